"""Who calls: the people whom a desk may find by number or name, with their open tickets, and what the last calls were about.

A desk finds its own people; a partner finds by name whom the tickets in its sight are for, since it has no directory of its
client's people. Not here: writing a call down (`services.contacts`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cosource.foundation.rules.telephone import last_digits
from cosource.foundation.sight import Actor
from cosource.parties.models import Employment, Person, Team
from cosource.parties.queries.sight import live
from cosource.tickets.models import Contact, Participation
from cosource.tickets.models.participation import ParticipationQuerySet
from cosource.tickets.queries.desks import Desk
from cosource.tickets.rules.contacts import name_fits
from cosource.tickets.rules.states import label_of

# So many callers are offered, with so many of their tickets, from among so many of the desk's last tickets.
CALLERS, TICKETS, LOOKED_AT = 6, 4, 500
_LAST_CONTACTS, _LAST_SERVICES = 200, 5


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """An open ticket of a caller, by the name under which the reader knows it."""

    id: UUID
    reference: str
    title: str
    state: str

    @property
    def key(self) -> str:
        """Return how a form names it."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may be calling. `person_id` None: known by name alone. `about`: address and number, as far as known."""

    person_id: UUID | None
    name: str
    about: str = ""
    tickets: tuple[OpenTicket, ...] = field(default=())


def callers_found(desk: Desk, typed: str, actor: Actor, at: datetime) -> list[Caller]:
    """Return who calls at a desk, by what was typed of their name, address or number; the own people first.

    At most four statements.
    """
    typed = " ".join(typed.split())[:120]
    if not typed:
        return []
    people = _people(desk, typed, actor, at)
    seen = Participation.objects.visible_to(actor).filter(desk=_desk_id(desk, actor))
    tickets = _of_people(seen, people)
    known = {person.name.casefold() for person in people}
    found = [
        Caller(p.id, p.name, " · ".join(filter(None, (p.phone, p.email))), tuple(tickets[p.id][:TICKETS]))
        for p in people
    ]
    named = {} if last_digits(typed) else _by_name(seen, typed)
    found += [
        Caller(None, name, tickets=tuple(of[:TICKETS]))
        for name, of in named.items()
        if name.casefold() not in known
    ]
    return found[:CALLERS]


def usual_desk(desks: Sequence[Desk], actor: Actor) -> Desk | None:
    """Return the desk of the actor's last call, or else the first of a client, or else the own one."""
    last = None
    if len(desks) > 1 and actor.person_id is not None:
        mine = Contact.objects.filter(taken_by_id=actor.person_id, taken_for_id=actor.reads_as)
        last = mine.order_by("-at", "-id").values_list("ticket__owner_id", flat=True).first()
    return min(desks, key=lambda d: (d.owner.id != last, d.engagement is None), default=None)


def last_services(desk: Desk, actor: Actor) -> list[UUID]:
    """Return the services of the last calls that the actor took at a desk, the last one first."""
    if actor.person_id is None:
        return []
    mine = Contact.objects.filter(
        taken_by_id=actor.person_id,
        taken_for_id=actor.reads_as,
        ticket__owner=desk.owner,
        ticket__service_id__isnull=False,
    )
    last = mine.order_by("-at", "-id").values_list("ticket__service_id", flat=True)[:_LAST_CONTACTS]
    return list(dict.fromkeys(i for i in last if i is not None))[:_LAST_SERVICES]


def own_team(desk: Desk, actor: Actor, at: datetime) -> UUID | None:
    """Return the team for which the actor answers at a desk: one of theirs that works there, or none."""
    teams = Team.objects.filter(
        id__in=actor.sight.team_ids, organization_id=actor.reads_as, ended_at__isnull=True
    )
    if desk.engagement is not None:
        teams = teams.filter(live(at, "offered_on__"), offered_on__engagement=desk.engagement)
    return teams.order_by("id").values_list("id", flat=True).first()


def _desk_id(desk: Desk, actor: Actor) -> UUID:
    return desk.engagement.id if desk.engagement else actor.reads_as


def _people(desk: Desk, typed: str, actor: Actor, at: datetime) -> list[Person]:
    if desk.engagement is not None:
        return []
    employed = Employment.objects.filter(live(at), organization=desk.owner).values("person_id")
    digits = last_digits(typed)
    if digits:
        fits = Q(phone__endswith=digits)
    else:
        fits = Q(email__istartswith=typed)
        words = Q()
        for word in typed.split():
            words &= Q(name__icontains=word)
        fits |= words
    rows = Person.objects.visible_to(actor).filter(fits, id__in=employed, is_active=True)
    return list(rows.order_by("name", "id")[:CALLERS])


def _of_people(seen: ParticipationQuerySet, people: Iterable[Person]) -> dict[UUID, list[OpenTicket]]:
    found: dict[UUID, list[OpenTicket]] = defaultdict(list)
    ids = [person.id for person in people]
    if ids:
        rows = seen.filter(requester_id__in=ids, open=True).select_related("ticket")
        for part in rows.order_by("-opened_at", "id")[: CALLERS * TICKETS * 4]:
            if part.requester_id is not None:
                found[part.requester_id].append(_ticket(part))
    return found


def _by_name(seen: ParticipationQuerySet, typed: str) -> dict[str, list[OpenTicket]]:
    """Return the names that fit, of those for whom the desk's last open tickets are, with these tickets."""
    found: dict[str, list[OpenTicket]] = defaultdict(list)
    rows = seen.filter(open=True).select_related("ticket__requester")
    for part in rows.order_by("-opened_at", "id")[:LOOKED_AT]:
        ticket = part.ticket
        name = ticket.requester.name if ticket.requester else ticket.requester_name
        if name_fits(typed, name):
            found[name].append(_ticket(part))
    return found


def _ticket(part: Participation) -> OpenTicket:
    ticket = part.ticket
    return OpenTicket(ticket.id, part.reference, ticket.title, label_of(ticket.kind, ticket.state))
