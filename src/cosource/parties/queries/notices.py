"""Who can be told something, and what people are called in notices."""

from collections.abc import Collection
from uuid import UUID

from cosource.foundation.notices import NoticePerson, SubjectLine
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person


def people_to_tell(ids: Collection[UUID], organization_id: UUID) -> dict[UUID, NoticePerson]:
    """Return the people among `ids` whose account is active; the zone is theirs or the organization's."""
    home = Organization.objects.filter(id=organization_id).values_list("time_zone", flat=True).first()
    return {
        p.id: NoticePerson(
            id=p.id, name=p.name, email=p.email, locale=p.locale, zone=p.time_zone or home or ""
        )
        for p in Person.objects.filter(id__in=ids, is_active=True)
    }


def person_lines(actor: Actor, ids: Collection[UUID]) -> dict[UUID, SubjectLine]:
    """Return the names of the people among `ids` that the actor may know of."""
    names = Person.objects.visible_to(actor).filter(id__in=ids).values_list("id", "name")
    return {person_id: SubjectLine(name) for person_id, name in names}


def engagement_lines(actor: Actor, ids: Collection[UUID]) -> dict[UUID, SubjectLine]:
    """Return the names of the engagements among `ids` that the actor may know of."""
    names = Engagement.objects.visible_to(actor).filter(id__in=ids).values_list("id", "name")
    return {engagement_id: SubjectLine(name) for engagement_id, name in names}
