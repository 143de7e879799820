"""How a person wants to be told. Not here: what follows from it (`rules.notices`)."""

from collections.abc import Collection, Mapping
from datetime import time

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid, NotFound, StaleVersion
from cosource.foundation.models import NoticeChoices
from cosource.foundation.notices import notice_kinds
from cosource.foundation.queries.notices import CHOICE_FIELDS
from cosource.foundation.rules.notices import CHANNELS, DIGESTS, SMS, VOICE
from cosource.foundation.rules.telephone import number_of
from cosource.foundation.sight import Actor


@transaction.atomic
def choices_set(
    *,
    ways: Mapping[str, Collection[str]],
    quiet_from: time | None,
    quiet_until: time | None,
    urgent_passes: bool,
    digest: str,
    digest_at: time | None,
    phone: str,
    actor: Actor,
    before: NoticeChoices | None = None,
) -> NoticeChoices:
    """Keep the actor's choices in place of those before.

    `before`: as their author saw them. Raises: NotFound without a person, Invalid, StaleVersion when they are not as before.
    """
    if actor.person_id is None:
        raise NotFound
    wrong: dict[str, str] = {}
    number = number_of(phone) or ""
    if phone.strip() and not number:
        wrong["phone"] = _("With the country, as in +49 30 1234567.")
    chosen = {way for found in ways.values() for way in found}
    if chosen & {SMS, VOICE} and not number:
        wrong.setdefault("phone", _("Messages and calls need a number."))
    if (quiet_from is None) != (quiet_until is None):
        wrong["quiet_until"] = _("Quiet hours have a beginning and an end.")
    if digest not in DIGESTS:
        wrong["digest"] = ", ".join(filter(None, DIGESTS))
    if not chosen <= set(CHANNELS) or not set(ways) <= {kind.key for kind in notice_kinds()}:
        wrong["ways"] = ", ".join(CHANNELS)
    if wrong:
        raise Invalid(_("Some of it does not fit."), fields=wrong)
    chosen_now = {
        "ways": {kind: sorted(found) for kind, found in ways.items()},
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "urgent_passes": urgent_passes,
        "digest": digest,
        "digest_at": digest_at,
        "phone": number,
    }
    row, _created = NoticeChoices.objects.get_or_create(person_id=actor.person_id)
    same = NoticeChoices.objects.filter(person_id=actor.person_id)
    if before is not None:
        same = same.filter(**{name: getattr(before, name) for name in CHOICE_FIELDS})
    if not same.update(**chosen_now):
        raise StaleVersion
    row.refresh_from_db()
    return row
