"""What the scoreboard shows, put together from the questions behind it: tiles with their trend, a breakdown, the ways of tickets.

Everything is asked for one opened scope, so that it is looked up once. Not here: words and drawing (`web`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cosource.foundation.sight import Actor
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.matrix import Matrix, Way, handovers_between
from cosource.metrics.queries.scopes import OpenedScope
from cosource.metrics.queries.trends import Point, trend
from cosource.metrics.rules.board import COLUMNS, SIZE, TILE_IDS, TILES, TileSpec
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.figure import By, Figure
from cosource.metrics.rules.metric import Cohort
from cosource.metrics.rules.periods import Period, months_back, opening_month
from cosource.parties.models import Team

TREND_MONTHS = 12
TEAMS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with those told beside it, each with its word, and the months up to the end of the period."""

    figure: Figure
    beside: tuple[tuple[str, Figure], ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month in which tickets ended, and how many."""

    on: date
    n: int


@dataclass(frozen=True, slots=True)
class Board:
    """`tiles`: those in which something counts; `silent`: the others. `figures`: all, in the order of the catalogue.

    `months`: those in which tickets ended, or, while none did, were opened.
    """

    period: Period
    tiles: tuple[Tile, ...]
    silent: tuple[Figure, ...]
    figures: tuple[Figure, ...]
    months: tuple[Month, ...]


def board_get(actor: Actor, *, scope: OpenedScope, period: Period | None, at: datetime) -> Board | None:
    """Return the figures of a scope with their trends; None while there are no tickets.

    `period` None: the month on which the page opens. Raises: NotFound, NoFacts.
    """
    by_month = trends_of(actor, TILE_IDS, scope=scope, at=at)
    months = _months(by_month)
    if period is None:
        period = opening_month([(month.on, month.n) for month in months])
    if period is None:
        return None
    found = figures(actor, scope=scope, from_on=period.from_on, until_on=period.until_on, at=at)
    by_id = {figure.id: figure for figure in found}
    tiles = [_tile(spec, by_id, recent(by_month[spec.id], period)) for spec in TILES]
    return Board(
        period,
        tuple(tile for tile in tiles if tile.figure.n),
        tuple(tile.figure for tile in tiles if not tile.figure.n),
        tuple(found),
        tuple(months),
    )


def _tile(spec: TileSpec, by_id: Mapping[str, Figure], points: Sequence[Point]) -> Tile:
    beside = tuple((word, by_id[i]) for i, word in spec.beside if by_id[i].value is not None)
    return Tile(by_id[spec.id], beside, tuple(points))


def months_get(actor: Actor, *, scope: OpenedScope, at: datetime) -> list[Month]:
    """Return the months in which tickets of a scope ended, or, while none did, were opened. Raises: NotFound, NoFacts."""
    return _months(trends_of(actor, [SIZE, "tickets"], scope=scope, at=at))


def _months(by_month: Mapping[str, Sequence[Point]]) -> list[Month]:
    return [Month(point.on, point.n) for point in by_month[SIZE] or by_month["tickets"]]


def trends_of(
    actor: Actor, ids: Sequence[str], *, scope: OpenedScope, at: datetime
) -> dict[str, list[Point]]:
    """Return the months of several figures at once. Raises: NotFound, NoFacts."""
    found: dict[str, list[Point]] = defaultdict(list)
    by_day = [i for i in ids if BY_ID[i].cohort is Cohort.OPEN]
    rest = [i for i in ids if i not in by_day]
    for figure in figures(actor, scope=scope, by="month", only=rest, at=at) if rest else ():
        if figure.by is not None and figure.by.value is not None:
            on = date.fromisoformat(f"{figure.by.value}-01")
            found[figure.id].append(Point(on, figure.value, figure.n))
    for figure_id in by_day:
        if BY_ID[figure_id].id == "backlog":
            found[figure_id] = trend(actor, figure_id, scope=scope, at=at)
    return found


def recent(points: Sequence[Point], period: Period) -> list[Point]:
    """Return the last months up to the end of a period in which there is a value; of all time, the last ones there are."""
    known = [p for p in points if p.value is not None]
    if period.until_on is None:
        return known[-TREND_MONTHS:]
    first = months_back(period.until_on, TREND_MONTHS)
    if period.from_on is not None:
        first = min(first, period.from_on.replace(day=1))
    return [p for p in known if first <= p.on < period.until_on]


@dataclass(frozen=True, slots=True)
class Group:
    """A row of a breakdown: what it is of, how many tickets ended there, and a figure for each column (None: nothing counts)."""

    by: By
    n: int
    cells: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A breakdown. `columns`: ids of the figures in which something counts, with their titles."""

    columns: tuple[tuple[str, str], ...]
    groups: tuple[Group, ...]


def split_get(actor: Actor, *, scope: OpenedScope, period: Period, by: str, at: datetime) -> Split:
    """Return the figures of a breakdown, a row for each group. Raises: NotFound, Invalid, NoFacts."""
    wanted = [SIZE, *(i for i, _ in COLUMNS if i != SIZE)]
    found = figures(
        actor, scope=scope, from_on=period.from_on, until_on=period.until_on, by=by, only=wanted, at=at
    )
    groups: dict[str | None, By] = {}
    cells: dict[tuple[str, str | None], Figure] = {}
    for figure in found:
        if figure.by is not None:
            groups.setdefault(figure.by.value, figure.by)
            cells[figure.id, figure.by.value] = figure
    columns = tuple(c for c in COLUMNS if any(f.id == c[0] and f.n for f in found))
    rows = [
        Group(
            by,
            size.n if (size := cells.get((SIZE, value))) else 0,
            tuple(cells.get((column, value)) for column, _ in columns),
        )
        for value, by in groups.items()
    ]
    if by not in ("month", "day", "priority", "impact", "urgency"):
        rows.sort(key=lambda row: (-row.n, row.by.label))
    return Split(columns, tuple(rows))


@dataclass(frozen=True, slots=True)
class Ways:
    """Between whom tickets went. `teams`: the busiest, by id, with name and party; `pair`: that of which most came back."""

    matrix: Matrix
    teams: tuple[tuple[UUID, str, UUID | None], ...]
    parties: tuple[tuple[UUID, str], ...]
    pair: tuple[Way, Way | None] | None


def ways_get(actor: Actor, *, scope: OpenedScope, period: Period, at: datetime) -> Ways:
    """Return who handed over to whom, with the busiest teams first by their party. Raises: NotFound, NoFacts."""
    matrix = handovers_between(actor, scope=scope, from_on=period.from_on, until_on=period.until_on, at=at)
    names, weight = _weights(matrix.teams)
    busiest = sorted(names, key=lambda i: (-weight[i], str(i)))[:TEAMS_SHOWN]
    party_of = dict(Team.objects.filter(pk__in=busiest).values_list("id", "organization_id"))
    party_names, party_weight = _weights(matrix.parties)
    parties = sorted(party_names, key=lambda i: (-party_weight[i], str(i)))
    rank = {party: n for n, party in enumerate(parties)}
    busiest.sort(key=lambda i: (rank.get(party_of.get(i) or i, len(rank)), -weight[i], str(i)))
    return Ways(
        matrix,
        tuple((i, names[i], party_of.get(i)) for i in busiest),
        tuple((i, party_names[i]) for i in parties),
        _returning_pair(matrix.teams),
    )


def _weights(ways: Sequence[Way]) -> tuple[dict[UUID, str], dict[UUID, int]]:
    names: dict[UUID, str] = {}
    weight: dict[UUID, int] = defaultdict(int)
    for way in ways:
        for side, name in ((way.from_id, way.from_name), (way.to_id, way.to_name)):
            names[side] = name
            weight[side] += way.handovers
    return names, weight


def _returning_pair(ways: Sequence[Way]) -> tuple[Way, Way | None] | None:
    there = {(way.from_id, way.to_id): way for way in ways}
    back = {
        key: way.returns + (there[key[::-1]].returns if key[::-1] in there else 0)
        for key, way in there.items()
    }
    best = max(back, key=lambda key: (back[key], there[key].handovers, str(key)), default=None)
    if best is None or not back[best]:
        return None
    return there[best], there.get((best[1], best[0]))
