"""Past tickets as rules see them, streamed in the sight of one reader: for a dry run and for a replay.

A party is compared with its own seat: as owner with the team that had the ticket when it was solved, whoever's that was; as a
partner with the last of its own teams, and only where the ticket was solved by it. Not here: the comparing (`rules.comparing`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from cosource.foundation.sight import Actor
from cosource.parties.models import Person, Team
from cosource.parties.queries.duty import shifts_of
from cosource.parties.rules.duty import duty_at
from cosource.tickets.models import Participation, Possession
from cosource.tickets.models.participation import Kind
from cosource.tickets.routing.queries.live_rules import takers, teams_of_rules
from cosource.tickets.routing.rules.choosing import TeamNow
from cosource.tickets.routing.rules.comparing import Comparison, Past, Router, compare_one
from cosource.tickets.routing.rules.matching import Case, RuleBook, folded, in_words

CHUNK = 20_000
_SOLVED = ("resolved", "closed")
_COLUMNS = (
    "id",
    "ticket_id",
    "kind",
    "ticket__kind",
    "ticket__topic",
    "ticket__subtopic",
    "ticket__title",
    "ticket__holder_team_id",
    "ticket__requester_id",
    "service_id",
    "site_id",
    "priority",
    "opened_at",
    "category",
    "team_id",
    "holds",
    "internal",
)


def seen(actor: Actor) -> "QuerySet[Participation]":
    """Return the parts of the reader's organization in tickets that it owns or worked on, in the reader's sight."""
    return Participation.objects.visible_to(actor).filter(kind__in=(Kind.OWNER, Kind.WORKER))


@dataclass(slots=True)
class _Names:
    """What of a ticket is the same for many: folded once."""

    folds: dict[str, str]
    hexes: dict[UUID | None, str]

    def fold(self, text: str) -> str:
        found = self.folds.get(text)
        if found is None:
            found = self.folds[text] = folded(text)
        return found

    def hex(self, value: UUID | None) -> str:
        found = self.hexes.get(value)
        if found is None:
            found = self.hexes[value] = value.hex if value is not None else ""
        return found


def past_tickets(actor: Actor, asks: frozenset[str]) -> Iterator[Past]:
    """Yield all past tickets in sight, the newest first. `asks`: what the rules look at; what they do not is not looked up."""
    party_id = actor.reads_as
    first_teams = _first_teams(party_id) if _works_for_others(actor) else {}
    locales: dict[UUID, str] = {}
    if "language" in asks:
        locales = dict(Person.objects.exclude(locale="").values_list("id", "locale"))
    names = _Names({}, {None: ""})
    wants_words = "words" in asks
    for (
        _part_id,
        ticket_id,
        part_kind,
        kind,
        topic,
        subtopic,
        title,
        holder_team_id,
        requester_id,
        service_id,
        site_id,
        priority,
        opened_at,
        category,
        team_id,
        holds,
        internal,
    ) in _rows(actor):
        owns = part_kind == Kind.OWNER
        solver = holder_team_id if owns else team_id if holds else None
        yield Past(
            id=ticket_id.hex,
            case=Case(
                at=opened_at,
                kind=names.fold(kind),
                topic=names.fold(topic),
                subtopic=names.fold(subtopic),
                service=names.hex(service_id),
                site=names.hex(site_id),
                priority=str(priority),
                language=folded(locales.get(requester_id, "")).partition("-")[0] if owns else "",
                team="" if owns else names.hex(first_teams.get(ticket_id)),
                title=in_words(title) if wants_words else "",
            ),
            solved_by=names.hex(solver) if category in _SOLVED else "",
            internal=internal,
        )


def _rows(actor: Actor) -> Iterator[tuple[Any, ...]]:
    """Read the parts piece by piece: between two pieces nothing is open, so that whoever reads may write how far it is."""
    left = seen(actor).order_by("-id")
    piece = list(left.values_list(*_COLUMNS)[:CHUNK])
    while piece:
        yield from piece
        piece = list(left.filter(id__lt=piece[-1][0]).values_list(*_COLUMNS)[:CHUNK])


def _works_for_others(actor: Actor) -> bool:
    return seen(actor).filter(kind=Kind.WORKER).exists()


def _first_teams(party_id: UUID) -> dict[UUID, UUID]:
    """Return for each ticket the first of the party's own teams that had it."""
    found: dict[UUID, UUID] = {}
    held = Possession.objects.filter(organization_id=party_id, team_id__isnull=False).order_by("sequence")
    for ticket_id, team_id in held.values_list("ticket_id", "team_id").iterator(chunk_size=CHUNK):
        found.setdefault(ticket_id, team_id)
    return found


def router_of(book: RuleBook, party_id: UUID, at: datetime) -> Router:
    """Return rules as they would decide now on the team, with the desk's first team for what none of them decides."""
    teams = takers(party_id, teams_of_rules(book), at=at)
    first = Team.objects.filter(organization_id=party_id, ended_at__isnull=True).order_by("id").first()
    own = frozenset(i.hex for i, team in teams.items() if team.organization_id == party_id)
    return Router(
        book,
        frozenset(i.hex for i in teams),
        own,
        first.id.hex if first else "",
        _then(teams.values(), at),
    )


def _then(teams: Iterable[Team], at: datetime) -> Callable[[str, datetime], TeamNow]:
    """Return how a team was at an instant, by the roster that it keeps now."""
    sites = {team.id.hex: team.site_id.hex if team.site_id else "" for team in teams}
    shifts = {team_id.hex: kept for team_id, kept in shifts_of([UUID(i) for i in sites], at).items()}
    return lambda team, at: TeamNow(duty_at(shifts.get(team, ()), at).on_duty, sites.get(team, ""))


def replay(
    *,
    actor: Actor,
    book: RuleBook,
    before: RuleBook,
    at: datetime,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> Comparison:
    """Route all past tickets in sight by `book`; count beside who solved them, and beside what `before` would have done.

    `tell`: called with how many are done, of how many, and may raise to stop. Writes nothing.
    """
    party_id = actor.reads_as
    router, was = router_of(book, party_id, at), router_of(before, party_id, at)
    found = Comparison()
    total = seen(actor).count()
    tell(0, total)
    for ticket in past_tickets(actor, book.asks | before.asks):
        compare_one(found, ticket, router, was)
        if found.tickets % CHUNK == 0:
            tell(found.tickets, total)
    tell(found.tickets, total)
    return found
