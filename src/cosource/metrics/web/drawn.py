"""Figures as the pages draw them: written values, where lines and bars lie, and a sentence for those who see neither.

Not here: what is asked (`asking`), what is counted (`queries`), and the markup (templates).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cosource.foundation.pages import PartyBadge
from cosource.metrics.queries.board import Group, Split, Tile, Ways
from cosource.metrics.queries.matrix import Way
from cosource.metrics.queries.promises import Outcome
from cosource.metrics.queries.trends import Point
from cosource.metrics.queries.words import month_words, number_words, rough_words, unit_words, value_words
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.drawing import Band, Line, bar_width, interval_band, shade, trend_line
from cosource.metrics.rules.fields import Named, pair_value
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import Cohort, Unit
from cosource.metrics.web.asking import Asking


def figure_url(asking: Asking, figure_id: str, **more: str) -> str:
    """Return the address of a figure's page for the same question."""
    return f"{reverse('scoreboard:figure', args=[figure_id])}?{asking.query(**more)}"


@dataclass(frozen=True, slots=True)
class How:
    """How a figure is counted."""

    cohort: str
    left_out: tuple[str, ...]
    source: str
    pitfall: str


def how_of(figure_id: str, cohort: str) -> How:
    """Return the definition of a figure in the reader's language."""
    metric = BY_ID[figure_id]
    return How(_(cohort), tuple(_(e.reason) for e in metric.exclusions), _(metric.source), _(metric.pitfalls))


@dataclass(frozen=True, slots=True)
class Head:
    """A figure with all that it takes to check it."""

    id: str
    title: str
    number: str
    unit: str
    rough: str
    made_of: str
    n: str
    left_out: tuple[tuple[str, str], ...]
    left_out_words: str
    band: Band | None
    band_words: tuple[str, str, str]
    how: How
    url: str


def head_of(figure: Figure, asking: Asking, **more: str) -> Head:
    """Return a figure as it is drawn; `more`: of which group."""
    # A figure bound to a term is met or missed by the term alone, and no estimate.
    has_band = (
        figure.unit is Unit.SHARE
        and figure.interval is not None
        and figure.value is not None
        and figure.cohort_key is not Cohort.DUE
    )
    band = (
        interval_band(figure.interval, figure.value)
        if has_band and figure.interval and figure.value is not None
        else None
    )
    words = ("", "", "")
    if band and figure.interval:
        low, high = (number_words(bound, Unit.SHARE) for bound in figure.interval)
        said = _("95 %% interval from %(low)s %% to %(high)s %%") % {"low": low, "high": high}
        words = (f"{low} – {high}", f"0 – {round(band.top * 100)} %", said)
    left_out = sum(count for _reason, count in figure.excluded)
    return Head(
        figure.id,
        _(figure.title),
        number_words(figure.value, figure.unit),
        unit_words(figure.unit),
        rough_words(figure),
        _made_of(figure),
        number_words(figure.n, Unit.TICKETS),
        tuple((_(reason), number_words(count, Unit.TICKETS)) for reason, count in figure.excluded),
        ngettext("%(n)s left out", "%(n)s left out", left_out) % {"n": number_words(left_out, Unit.TICKETS)}
        if left_out
        else "",
        band,
        words,
        how_of(figure.id, figure.cohort),
        figure_url(asking, figure.id, **more),
    )


def _made_of(figure: Figure) -> str:
    if figure.unit is Unit.POINTS and figure.interval is not None:
        low, high = (number_words(bound, Unit.POINTS) for bound in figure.interval)
        return _("95 %% interval from %(low)s to %(high)s") % {"low": low, "high": high}
    if figure.unit is not Unit.SHARE or figure.numerator is None:
        return ""
    kind = Unit.TICKETS if isinstance(figure.numerator, int) else Unit.HOURS
    parts = {"part": number_words(figure.numerator, kind), "whole": value_words(figure.denominator, kind)}
    return _("%(part)s of %(whole)s") % parts


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through months with a sentence that says the same."""

    line: Line
    words: str


def trend_of(points: Sequence[Point], unit: Unit) -> Trend | None:
    """Return the trend; None of fewer than two months."""
    values = [float(p.value) for p in points if p.value is not None]
    line = trend_line(values)
    if line is None:
        return None
    first, last = points[0], points[-1]
    words = _(
        "%(n)s months: %(first)s in %(from)s, %(last)s in %(until)s; lowest %(low)s, highest %(high)s"
    ) % {
        "n": len(values),
        "first": value_words(first.value, unit),
        "from": month_words(first.on),
        "last": value_words(last.value, unit),
        "until": month_words(last.on),
        "low": value_words(min(values), unit),
        "high": value_words(max(values), unit),
    }
    return Trend(line, words)


@dataclass(frozen=True, slots=True)
class DrawnTile:
    """A tile. `beside`: words with the figures told beside it."""

    head: Head
    beside: tuple[tuple[str, str], ...]
    trend: Trend | None
    promise: "DrawnPromise | None" = None


def tile_of(tile: Tile, asking: Asking, outcome: Outcome | None = None) -> DrawnTile:
    """Return a tile as it is drawn."""
    beside = tuple((_(word), value_words(f.value, f.unit)) for word, f in tile.beside)
    return DrawnTile(
        head_of(tile.figure, asking),
        beside,
        trend_of(tile.points, tile.figure.unit),
        promise_of(outcome) if outcome else None,
    )


@dataclass(frozen=True, slots=True)
class DrawnPromise:
    """What the terms say of a figure: kept or not, what was promised, and how that was counted."""

    is_kept: bool
    term: str
    misses: str
    version: str


def promise_of(outcome: Outcome) -> DrawnPromise:
    """Return a promise as it is drawn."""
    one = outcome.kept
    misses = ngettext("%(n)s missed", "%(n)s missed", one.missed) % {
        "n": number_words(one.missed, Unit.TICKETS)
    }
    allowed = ngettext("%(n)s allowed", "%(n)s allowed", one.allowed) % {
        "n": number_words(one.allowed, Unit.TICKETS)
    }
    version = _("By version %(n)s of the agreement") % {"n": outcome.version}
    if outcome.since is not None:
        version = _("By version %(n)s of the agreement, in force since %(day)s") % {
            "n": outcome.version,
            "day": date_format(outcome.since, "DATE_FORMAT"),
        }
    return DrawnPromise(
        one.is_kept, _("agreed ≥ %(n)s %%") % {"n": one.promise.percent}, f"{misses}, {allowed}", version
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a group: what it says, of how many, and where its tickets are."""

    text: str
    n: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A group of a breakdown with its bar."""

    label: str
    badge: PartyBadge | None
    n: str
    bar: str
    url: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class DrawnSplit:
    """A breakdown as a table with bars. `hidden`: how many smaller groups are not shown."""

    by: str
    titles: tuple[str, ...]
    rows: tuple[Row, ...]
    hidden: int


def split_of(
    split: Split, asking: Asking, *, by: str, named: Named, badges: Mapping[UUID, PartyBadge], most: int
) -> DrawnSplit:
    """Return a breakdown as it is drawn, with at most so many groups."""
    largest = max((group.n for group in split.groups), default=0)
    return DrawnSplit(
        by,
        tuple(_(title) for _id, title in split.columns),
        tuple(
            _row(group, split, asking, largest, badges if named is Named.PARTY else {})
            for group in split.groups[:most]
        ),
        max(len(split.groups) - most, 0),
    )


def _row(group: Group, split: Split, asking: Asking, largest: int, badges: Mapping[UUID, PartyBadge]) -> Row:
    of = {"by": group.by.field, "value": group.by.value or ""}
    cells = []
    for (figure_id, _title), figure in zip(split.columns, group.cells, strict=True):
        if figure is None or figure.value is None:
            cells.append(Cell("–", "", ""))
        else:
            n = _("of %(n)s") % {"n": number_words(figure.n, Unit.TICKETS)}
            cells.append(Cell(value_words(figure.value, figure.unit), n, figure_url(asking, figure_id, **of)))
    badge = badges.get(UUID(group.by.value)) if badges and group.by.value else None
    return Row(
        group.by.label,
        badge,
        number_words(group.n, Unit.TICKETS),
        bar_width(group.n, largest),
        figure_url(asking, "first_contact_resolution", **of),
        tuple(cells),
    )


@dataclass(frozen=True, slots=True)
class WayCell:
    """Handovers from the row to the column: how many, how dark, and the sentence that says it."""

    n: int
    shade: int
    words: str
    is_self: bool
    is_pair: bool


@dataclass(frozen=True, slots=True)
class WayRow:
    """A holder with its ways to the others."""

    name: str
    badge: PartyBadge | None
    cells: tuple[WayCell, ...]
    all: int


@dataclass(frozen=True, slots=True)
class DrawnMatrix:
    """Who handed over to whom. `most`: the busiest way. `pair`: the words about the pair of which most came back."""

    rows: tuple[WayRow, ...]
    most: int
    pair_name: str
    pair_words: str
    pair_url: str


def matrix_of(ways: Ways, asking: Asking, badges: Mapping[UUID, PartyBadge], *, teams: bool) -> DrawnMatrix:
    """Return the matrix by team or by party as it is drawn."""
    found: Sequence[Way] = ways.matrix.teams if teams else ways.matrix.parties
    holders = (
        [(i, name, badges.get(party) if party else None) for i, name, party in ways.teams]
        if teams
        else [(i, name, badges.get(i)) for i, name in ways.parties]
    )
    there = {(way.from_id, way.to_id): way for way in found}
    most = max((way.handovers for way in found), default=0)
    pair = {(way.from_id, way.to_id) for way in ways.pair or () if way} if teams else set()
    rows = []
    for i, name, badge in holders:
        cells = []
        for other, other_name, _badge in holders:
            way = there.get((i, other))
            n = way.handovers if way else 0
            words = ngettext(
                "%(from)s to %(to)s: %(n)s handover", "%(from)s to %(to)s: %(n)s handovers", n
            ) % {
                "from": name,
                "to": other_name,
                "n": n,
            }
            cells.append(WayCell(n, shade(n, most), words, i == other, (i, other) in pair))
        rows.append(
            WayRow(name, badge, tuple(cells), sum(way.handovers for way in found if way.from_id == i))
        )
    return DrawnMatrix(tuple(rows), most, *(_pair_words(ways, asking) if teams else ("", "", "")))


def _pair_words(ways: Ways, asking: Asking) -> tuple[str, str, str]:
    if ways.pair is None:
        return "", "", ""
    one, other = ways.pair
    both = [way for way in (one, other) if way]
    returns, of = sum(w.returns for w in both), sum(w.returns for w in ways.matrix.teams)
    words = _(
        "sent back most: %(n)s handovers, %(returns)s of the %(all)s returns, %(hours)s hours away in all."
    ) % {
        "n": number_words(sum(w.handovers for w in both), Unit.TICKETS),
        "returns": number_words(returns, Unit.TICKETS),
        "all": number_words(of, Unit.TICKETS),
        "hours": number_words(round(sum(w.hours_away for w in both)), Unit.TICKETS),
    }
    return (
        f"{one.from_name} ⇄ {one.to_name}",
        words,
        figure_url(asking, "mutual_pairs", by="pair", value=pair_value(one.from_id, one.to_id))
        if other
        else "",
    )
