"""How a person comes to exist and to work for an organization, used by the services that know why; and their telephone number.

Not here: signing in, and what a profile holds.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Employment, Organization, Person
from cosource.parties.queries.sight import live
from cosource.parties.services.checks import clean_email, clean_phone, clean_text
from cosource.parties.services.policy import organization_for
from cosource.parties.services.record import append_own


def person_write(*, email: str, name: str, password: str, verified: bool, at: datetime) -> Person:
    """Write a person with a password. `verified`: whether the address is proven to be theirs. Raises: Invalid."""
    person = Person(
        email=clean_email("email", email), name=clean_text("name", name, limit=120), created_at=at
    )
    try:
        validate_password(password, person)
    except ValidationError as refused:
        raise Invalid(
            " ".join(refused.messages), code="password", fields={"password": refused.messages}
        ) from None
    person.set_password(password)
    person.save(force_insert=True)
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=verified)
    return person


@transaction.atomic
def person_phone_set(*, person_id: UUID, phone: str, actor: Actor, at: datetime) -> None:
    """Note under which number one of the own people calls, or with nothing that none is known.

    Appends `person.phone_set/1` to the organization's own record, without the number. Raises: NotFound, NotAllowed, Invalid.
    """
    party = organization_for(actor, "skill.manage")
    number = clean_phone("phone", phone)
    employed = Employment.objects.filter(live(at), organization=party.organization).values("person_id")
    if not Person.objects.visible_to(actor).filter(pk=person_id, id__in=employed).update(phone=number):
        raise NotFound
    append_own(
        party.organization,
        "person.phone_set/1",
        ("person", person_id),
        actor=party.actor,
        at=at,
        facts={"known": bool(number)},
    )


def employment_write(
    *, person: Person, organization: Organization, title: str, at: datetime
) -> tuple[Employment, dict[str, Any]]:
    """Write an employment and return it with the payload of the entry that tells of it."""
    employment = Employment.objects.create(
        person=person,
        organization=organization,
        title=clean_text("title", title, limit=120, required=False),
        starts_at=at,
    )
    return employment, {"name": person.name, "email": person.email}
