"""Naming somebody in a message with an @: they are told at once, if they read it; nobody is named behind a wall."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as label

from cosource.foundation import clock
from cosource.foundation.errors import Invalid
from cosource.foundation.notices import register_notice_kind
from cosource.foundation.sight import Actor
from cosource.tickets.queries.record import Record
from cosource.tickets.queries.taking_part import Taking, readers_among, taking_part
from cosource.tickets.rules.mentions import mentioned_in
from cosource.tickets.rules.wording import gettext_lazy
from cosource.tickets.services.telling import part_tell

MENTIONED = "ticket.mentioned"


def mentioned(
    record: Record, text: str, *, readers: Collection[UUID], with_requester: bool, actor: Actor
) -> list[Taking]:
    """Return whom a text names of those who take part; no query without an @.

    Raises: Invalid when one of them would not read it: nobody is named to others about something that is kept from them.
    """
    if "@" not in text:
        return []
    at = actor.sight.resolved_at or clock.now()
    people = taking_part(record, actor, at)
    meant_ids = mentioned_in(text, {t.person_id: t.name for t in people})
    meant = [t for t in people if t.person_id in meant_ids]
    reading = readers_among(meant, record, readers=readers, with_requester=with_requester, at=at)
    outside = meant_ids - {t.person_id for t in reading}
    if outside:
        names = ", ".join(dict.fromkeys(t.name for t in meant if t.person_id in outside))
        words = _("%(names)s would not read this. Add their party to the readers, or take the @ away.") % {
            "names": names
        }
        raise Invalid(words, code="mention_outside", fields={"text": words})
    return reading


def mentions_tell(
    record: Record, meant: Collection[Taking], *, entry_id: UUID, actor: Actor, at: datetime
) -> None:
    """Tell those whom a message names."""
    for part in record.parts:
        told = {t.person_id for t in meant if t.organization_id == part.organization_id}
        if told:
            part_tell(
                record,
                part,
                effect_key=f"ticket.mentioned:{entry_id.hex}:{part.organization_id.hex}",
                person_ids=told,
                kind=MENTIONED,
                words=gettext_lazy("You are named on %(reference)s", reference=part.reference),
                actor=actor,
                at=at,
            )


def register() -> None:
    """Let people choose how they are told that somebody names them."""
    register_notice_kind(MENTIONED, label("Somebody names me with an @ on a ticket"))
