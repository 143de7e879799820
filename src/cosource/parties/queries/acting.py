"""Acting as a named person without a session: for the command line, which is told who it acts for."""

from datetime import datetime
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.ledger_sight import ledger_sight
from cosource.foundation.sight import ADMINISTRATOR, Actor
from cosource.parties.models import Person
from cosource.parties.queries.sight import actor_under_hat, hats_of, sight_of_organization


def administrator_named(email: str, at: datetime) -> list[Actor]:
    """Return the person with this address as an administrator, once for each organization that they administer."""
    person = Person.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None:
        return []
    hats = [hat for hat in hats_of(person.id, at) if not hat.as_host]
    actors = [actor_under_hat(person, hat, at=at, channel="cli") for hat in hats]
    return [actor for actor in actors if ADMINISTRATOR in actor.sight.roles_on(None)]


def acting_named(email: str, organization_name: str, at: datetime) -> Actor | None:
    """Return the person with this address, acting for the organization of this exact name, or for their first; None if nobody."""
    person = Person.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None:
        return None
    hats = hats_of(person.id, at)
    hat = next((h for h in hats if not organization_name or h.organization_name == organization_name), None)
    return actor_under_hat(person, hat, at=at, channel="cli") if hat else None


def organization_acting(name: str, reason: str, at: datetime) -> Actor | None:
    """Return the system acting for the organization of this exact name or id, reading all that is its own; None if nobody."""
    organization_id = ledger_sight().organization_named(name)
    if organization_id is None:
        return None
    return Actor(
        kind="system", id=None, sight=sight_of_organization(organization_id, at), reason=reason, channel="cli"
    )


def acting_as(name: str, *, reason: str, at: datetime) -> Actor | None:
    """Return a person by mail address, or an organization by its exact name or id, as an actor; None for nobody."""
    if "@" in name:
        return acting_named(name, "", at)
    return organization_acting(name, reason, at)


def own_person_id(actor: Actor, email: str) -> UUID:
    """Return the person with this address, in the actor's sight. Raises: NotFound."""
    found = Person.objects.visible_to(actor).filter(email__iexact=email.strip()).first()
    if found is None:
        raise NotFound
    return found.id
