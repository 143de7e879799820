"""Acting later in the name of who set something going: with the rights that they have by then, not those they had."""

from datetime import datetime
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.sight import Actor
from cosource.parties.models import IntegrationToken, Person
from cosource.parties.queries.sight import actor_for_person, actor_for_token


def acting_for(*, by_id: UUID | None, by_token: bool, organization_id: UUID, at: datetime) -> Actor:
    """Return the person or token as it may act at `at`. Raises: NotFound for one that is not there any more."""
    if by_token:
        token = IntegrationToken.objects.filter(pk=by_id or NIL).first()
        if token is not None:
            return actor_for_token(token, at=at)
    person = Person.objects.filter(pk=by_id or NIL).first()
    if person is None:
        raise NotFound
    return actor_for_person(person, organization_id=organization_id, at=at, channel="worker")
