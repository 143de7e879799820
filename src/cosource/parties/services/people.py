"""How a person comes to exist and to work for an organization. Used by the services that know why; not a step of its own.

Not here: signing in, and what a profile holds.
"""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from cosource.foundation.errors import Invalid
from cosource.parties.models import Employment, Organization, Person
from cosource.parties.services.checks import clean_email, clean_text


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
