"""What people say about themselves: name, language, time zone, appearance."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import NotAllowed
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization, Person
from cosource.parties.services.checks import clean_phone, clean_text, clean_zone, field_error
from cosource.parties.services.record import append_own

THEMES = ("light", "dark", "system")


@transaction.atomic
def profile_update(
    *, name: str, locale: str, time_zone: str, theme: str, actor: Actor, at: datetime, phone: str = ""
) -> Person:
    """Change one's own profile.

    `phone`: a number with its country, or empty for none.
    `locale`, `time_zone`: empty follows the browser and the organization. `theme`: light, dark or system.
    Appends `person.profile_changed/1` to the organization's own record; nothing when nothing changed.
    Raises: Invalid, NotAllowed for anybody but a person.
    """
    if actor.kind != "person" or actor.id is None or actor.organization_id is None:
        raise NotAllowed(_("Only people have a profile."))
    new = {
        "name": clean_text("name", name, limit=120),
        "phone": clean_phone("phone", phone),
        "locale": locale,
        "time_zone": clean_zone("time_zone", time_zone, required=False),
        "theme": theme,
    }
    if locale and locale not in dict(settings.LANGUAGES):
        raise field_error("locale", _("This language is not offered."), "locale")
    if theme not in THEMES:
        raise field_error("theme", _("Choose light, dark or system."), "theme")
    person = Person.objects.get(pk=actor.id)
    changed = {field: value for field, value in new.items() if getattr(person, field) != value}
    if not changed:
        return person
    for field, value in changed.items():
        setattr(person, field, value)
    person.save(update_fields=list(changed))
    append_own(
        Organization.objects.get(pk=actor.organization_id),
        "person.profile_changed/1",
        ("person", person.id),
        actor=actor,
        at=at,
        facts={"changed": sorted(changed)},
        payload={"name": person.name} if "name" in changed else None,
    )
    return person
