"""What this room tells the page frame: badges, who the reader is, and which of its pages are for them."""

from cosource.foundation.pages import Identity
from cosource.foundation.sight import Actor
from cosource.parties.models import Person
from cosource.parties.models.scope import LEADS, RIGHTS_READERS, STAFF
from cosource.parties.queries.badges import own_badge


def identity_of(actor: Actor) -> Identity | None:
    """Return how a person is shown to themselves: name, letters, and the organization acted for."""
    if actor.person_id is None:
        return None
    name = actor.name or Person.objects.values_list("name", flat=True).get(pk=actor.person_id)
    letters = "".join(word[0] for word in name.split()[:2]).upper()
    return Identity(name=name, initials=letters, badge=own_badge(actor))


def works_here(actor: Actor) -> bool:
    """Tell whether the actor works for the organization; who only asks for help does not see this room."""
    return actor.person_id is not None and bool(actor.sight.roles & STAFF)


def leads_somewhere(actor: Actor) -> bool:
    """Tell whether the actor leads the desk or one side of an engagement, and so may give rights somewhere."""
    return works_here(actor) and bool(actor.sight.roles & LEADS) and not actor.sight.as_host


def reads_rights(actor: Actor) -> bool:
    """Tell whether the actor sees the organization's tokens and rights: who leads, and auditors."""
    return works_here(actor) and bool(actor.sight.roles & RIGHTS_READERS) and not actor.sight.as_host


def leads_here(actor: Actor) -> bool:
    """Tell whether the actor leads the organization's desk or administers it."""
    return works_here(actor) and bool(actor.sight.roles_on(None) & LEADS) and not actor.sight.as_host
