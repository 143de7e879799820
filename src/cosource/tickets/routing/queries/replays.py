"""What came of the last dry run that somebody asked for, in names, as that reader may see them now.

Not here: asking for one (`services.replaying`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.models import DueWork
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization, Team
from cosource.tickets.models import Participation
from cosource.tickets.routing.rules.comparing import Comparison

REPLAY = "routing.replay"
type Pair = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """How many tickets a pair of teams stands for; `right`: the two are one; `share`: of the row's largest, 0 to 4."""

    count: int
    right: bool
    share: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts with a row and a column for each team, those with most tickets first."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...], int], ...]


def replay_latest(actor: Actor) -> DueWork | None:
    """Return the last dry run that the actor asked for as this organization; nobody reads another's."""
    return (
        DueWork.objects.filter(kind=REPLAY, owner_organization_id=actor.reads_as, owner_person_id=actor.id)
        .order_by("-created_at", "-id")
        .first()
        if actor.id is not None
        else None
    )


def result_of(found: Comparison) -> dict[str, Any]:
    """Return what is kept of a comparison: ids and counts."""
    return {
        "tickets": found.tickets,
        "solved": found.solved,
        "right": found.right,
        "accuracy": found.accuracy,
        "differing": found.differing,
        "confusion": _pairs(found.confusion.items()),
        "moved": _pairs(found.moved.items()),
        "by_rule": sorted([place, count] for place, count in found.by_rule.items()),
        "examples": [list(example) for example in found.examples],
    }


def _pairs(counts: Any) -> list[list[Any]]:
    return [[a, b, n] for (a, b), n in sorted(counts, key=lambda item: (-item[1], item[0]))]


def team_names(actor: Actor, pairs: Sequence[Pair]) -> dict[str, str]:
    """Return the names of the teams that a result speaks of: those of parties that the actor knows, as on its tickets."""
    ids = {UUID(team) for a, b, _n in pairs for team in (a, b) if team}
    rows = Team.objects.filter(id__in=ids, organization__in=Organization.objects.visible_to(actor))
    names = {
        team_id.hex: name if party_id == actor.reads_as else f"{party}, {name}"
        for team_id, name, party_id, party in rows.values_list(
            "id", "name", "organization_id", "organization__name"
        )
    }
    return {"": _("no team")} | names


def matrix_of(pairs: Sequence[Pair], names: dict[str, str], most: int = 12) -> Matrix:
    """Return pairs of from and to as a matrix of at most so many teams a side; the rest stands together."""
    other = _("others")
    sums: dict[str, int] = {}
    for a, b, n in pairs:
        sums[a] = sums.get(a, 0) + n
        sums[b] = sums.get(b, 0) + n
    shown = set(sorted(sums, key=lambda team: (-sums[team], team))[:most])

    def named(team: str) -> str:
        return names.get(team, other) if team in shown else other

    counts: dict[tuple[str, str], int] = {}
    same: set[tuple[str, str]] = set()
    for a, b, n in pairs:
        key = (named(a), named(b))
        counts[key] = counts.get(key, 0) + n
        if a == b:
            same.add(key)
    froms = _by_size(counts, 0)
    tos = _by_size(counts, 1)
    largest = max(counts.values(), default=1)
    rows = tuple(
        (
            row,
            tuple(
                Cell(n := counts.get((row, column), 0), (row, column) in same, -(-4 * n // largest))
                for column in tos
            ),
            sum(n for (a, _b), n in counts.items() if a == row),
        )
        for row in froms
    )
    return Matrix(tuple(tos), rows)


def _by_size(counts: dict[tuple[str, str], int], end: int) -> list[str]:
    sums: dict[str, int] = {}
    for key, n in counts.items():
        sums[key[end]] = sums.get(key[end], 0) + n
    return sorted(sums, key=lambda name: (-sums[name], name))


@dataclass(frozen=True, slots=True)
class Example:
    """A ticket that would go elsewhere."""

    ticket_id: UUID
    reference: str
    title: str
    was: str
    now: str


def examples_of(actor: Actor, rows: Sequence[Sequence[str]], names: dict[str, str]) -> list[Example]:
    """Return the examples that are in the reader's sight now."""
    parts = {
        part.ticket_id.hex: part
        for part in Participation.objects.visible_to(actor)
        .filter(ticket_id__in=[UUID(row[0]) for row in rows])
        .select_related("ticket")
    }
    return [
        Example(part.ticket_id, part.reference, part.ticket.title, names.get(was, "–"), names.get(now, "–"))
        for ticket_id, was, now in rows
        if (part := parts.get(ticket_id)) is not None
    ]
