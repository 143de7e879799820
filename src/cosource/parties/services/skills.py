"""What people can do, in the words of the organization that needs it."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Person, PersonSkill, Skill
from cosource.parties.services.checks import clean_text, field_error
from cosource.parties.services.policy import organization_for
from cosource.parties.services.record import append_own

LEVELS = (1, 2, 3, 4)


@transaction.atomic
def skill_add(*, name: str, actor: Actor, at: datetime) -> Skill:
    """Name a skill for the own organization. Appends `skill.added/1`. Raises: NotAllowed, Invalid when the name is taken."""
    party = organization_for(actor, "skill.manage")
    skill = Skill(organization=party.organization, name=clean_text("name", name, limit=80))
    try:
        with transaction.atomic():
            skill.save(force_insert=True)
    except IntegrityError:
        raise field_error("name", _("There is one of this name already."), "taken") from None
    append_own(
        party.organization,
        "skill.added/1",
        ("skill", skill.id),
        actor=party.actor,
        at=at,
        payload={"name": skill.name},
    )
    return skill


@transaction.atomic
def person_skill_set(*, person_id: UUID, skill_id: UUID, level: int, actor: Actor, at: datetime) -> None:
    """Say how well a person has a skill: 1 (learning) to 4 (teaches others), 0 for not at all.

    Appends `person.skill_set/1`. Raises: NotFound, NotAllowed, Invalid.
    """
    party = organization_for(actor, "skill.manage")
    person = Person.objects.visible_to(actor).filter(pk=person_id).first()
    skill = Skill.objects.visible_to(actor).filter(pk=skill_id).first()
    if person is None or skill is None:
        raise NotFound
    if level and level not in LEVELS:
        raise field_error("level", _("A level is 1 to 4, or 0 for none."), "level")
    if level:
        PersonSkill.objects.update_or_create(person=person, skill=skill, defaults={"level": level})
    else:
        PersonSkill.objects.filter(person=person, skill=skill).delete()
    append_own(
        party.organization,
        "person.skill_set/1",
        ("person", person.id),
        actor=party.actor,
        at=at,
        facts={"skill": skill.id.hex, "level": level},
    )
