"""The possession ribbon: who held a ticket and on whose turn it waited, as places on a line, as words and as rows.

A reader sees the parties that he may see; all others become one neutral "another party", joined where they
follow each other, so that neither names nor numbers show. Possession that the record does not know is neutral
too, and called unknown. All places are percents of the width, with two decimals. Not here: the axis
(`ribbon_axis`), colours and patterns (a slot number stands for them), and how an instant is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from cosource.calendars.rules.business_time import Calendar, elapsed_minutes
from cosource.tickets.rules.clocks import duration_words
from cosource.tickets.rules.possession import Key, PossessionInterval
from cosource.tickets.rules.ribbon_axis import Axis, AxisLabel, axis_labels, axis_of, widened
from cosource.tickets.rules.ribbon_pieces import (
    Kind,
    Reader,
    RibbonParty,
    RibbonPause,
    RibbonTeam,
    Segment,
    State,
    Who,
    apart,
    cut,
    held,
    joined,
)
from cosource.tickets.rules.wording import Phrase, gettext_lazy, ngettext_lazy

type Anchor = Literal["start", "middle", "end"]

_UTC_ZONE = ZoneInfo("UTC")
_NO_NOTES: Mapping[datetime, str] = MappingProxyType({})
_LEAST_PIECE = 0.4
_INITIALS_FROM = 4.0
_TEAM_FROM = 13.0
_LABEL_ROOM = 18.0
_LEFT, _RIGHT = 8.0, 88.0


@dataclass(frozen=True, slots=True)
class RibbonDue:
    """The due time to draw, with its name, and where it was before a pause moved it back."""

    name: str | Phrase
    due_at: datetime
    first_due_at: datetime | None = None

    @property
    def was_moved(self) -> bool:
        """Tell whether a pause moved it by as much as is shown: a minute."""
        return self.first_due_at is not None and self.due_at - self.first_due_at >= timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle: from `start`, `width` wide.

    `slot` 0 is neutral. `minutes` are business time where a calendar was given, else wall time.
    """

    start: float
    width: float
    slot: int
    state: State
    initials: str
    team: str
    reason: str
    title: Phrase
    shows_initials: bool
    shows_team: bool
    from_at: datetime
    until_at: datetime
    minutes: float


@dataclass(frozen=True, slots=True)
class HandoverMark:
    """Where the ticket changed hands; `is_return`: to one who had it before."""

    at: float
    instant: datetime
    is_return: bool
    is_between_parties: bool
    title: Phrase


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the ribbon; an empty label has no room beside its neighbour."""

    at: float
    instant: datetime
    kind: Literal["now", "due", "first_due", "break"]
    label: Phrase | str
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A colour with its meaning and its time in all."""

    slot: int
    state: State
    name: Phrase
    minutes: float
    net: Phrase


@dataclass(frozen=True, slots=True)
class Row:
    """A piece as a line of a table; `turn` and `reason` are filled while paused, `until_at` is none at the end so far."""

    from_at: datetime
    until_at: datetime | None
    holder: Phrase
    team: str
    turn: Phrase | None
    reason: str
    duration: Phrase


@dataclass(frozen=True, slots=True)
class Ribbon:
    """The whole picture; `future_from` is where the part still to come begins, if any.

    `came_back`: how often it came back to a party, and how often that is allowed. `is_squeezed`: the axis is
    not linear.
    """

    pieces: tuple[Piece, ...]
    handovers: tuple[HandoverMark, ...]
    marks: tuple[Mark, ...]
    axis_labels: tuple[AxisLabel, ...]
    legend: tuple[LegendItem, ...]
    rows: tuple[Row, ...]
    story: Phrase
    came_back: Phrase | None
    future_from: float | None
    is_squeezed: bool


def ribbon(
    *,
    opened_at: datetime,
    now: datetime,
    possession: Sequence[PossessionInterval],
    parties: Sequence[RibbonParty],
    teams: Sequence[RibbonTeam] = (),
    pauses: Sequence[RibbonPause] = (),
    due: RibbonDue | None = None,
    ended_at: datetime | None = None,
    calendar: Calendar | None = None,
    zone: ZoneInfo = _UTC_ZONE,
    notes: Mapping[datetime, str] = _NO_NOTES,
    return_limit: int | None = None,
) -> Ribbon:
    """Draw the ribbon of a ticket for one reader.

    `possession` in the order of the record. `parties`: those that the reader may see. `ended_at`: the last event
    of a ticket that is resolved or closed, else none. `calendar`: in whose time the minutes are counted, and
    whose nights are squeezed. `zone`: the reader's, for even times. `notes`: what was said at a handover, by its
    instant. Stretches that the possession leaves out are drawn as unknown.

    >>> from datetime import UTC
    >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> drawn = ribbon(
    ...     opened_at=nine,
    ...     now=nine + timedelta(minutes=60),
    ...     possession=[PossessionInterval("hh", None, nine, None)],
    ...     parties=[RibbonParty("hh", 1, "HH", "Harbour Health")],
    ... )
    >>> [(piece.start, piece.width, piece.initials) for piece in drawn.pieces]
    [(0.0, 95.24, 'HH')]
    >>> str(drawn.story)
    'Possession from 2026-03-02 09:00 UTC to 2026-03-02 10:00 UTC: Harbour Health 1 h 00, until now.'
    """
    is_open = ended_at is None
    until = max(now if ended_at is None else ended_at, opened_at)
    last = max(until, due.due_at) if due and is_open else until
    axis = axis_of(opened_at, last, is_open=is_open, calendar=calendar)
    reader = Reader(parties, teams)
    segments = joined(cut(held(possession, opened_at, until, reader), apart(pauses, until), reader))
    minutes = [_minutes(segment.from_at, segment.until_at, calendar) for segment in segments]
    starts = _places(axis, segments)
    pieces = tuple(
        _piece(segment, start, end, spent)
        for segment, (start, end), spent in zip(segments, pairwise(starts), minutes, strict=True)
    )
    handovers = _handovers(segments, starts, notes)
    return Ribbon(
        pieces=pieces,
        handovers=handovers,
        marks=_marks(axis, now, due, calendar, is_open=is_open),
        axis_labels=axis_labels(axis, zone),
        legend=_legend(segments, minutes),
        rows=_rows(segments, minutes, is_open=is_open),
        story=_story(segments, minutes, handovers, due, is_open=is_open),
        came_back=_came_back(handovers, return_limit),
        future_from=round(axis.x(now), 2) if is_open else None,
        is_squeezed=bool(axis.breaks),
    )


def _minutes(start: datetime, end: datetime, calendar: Calendar | None) -> float:
    return (end - start) / timedelta(minutes=1) if calendar is None else elapsed_minutes(start, end, calendar)


def _places(axis: Axis, segments: Sequence[Segment]) -> list[float]:
    """Place the edges of the pieces: one more than there are pieces."""
    widths = [axis.x(segment.until_at) - axis.x(segment.from_at) for segment in segments]
    edges = [0.0]
    for width in widened(widths, _LEAST_PIECE) if widths else []:
        edges.append(edges[-1] + width)
    return edges


def _piece(segment: Segment, start: float, end: float, minutes: float) -> Piece:
    width = end - start
    who = segment.shown
    is_named = who.kind is Kind.SEEN
    return Piece(
        start=round(start, 2),
        width=round(width, 2),
        slot=who.slot,
        state=segment.state,
        initials=who.party.initials if who.party else "",
        team=who.team,
        reason=segment.reason,
        title=_title(segment, duration_words(minutes)),
        shows_initials=is_named and width > _INITIALS_FROM,
        shows_team=_has_room(segment, width),
        from_at=segment.from_at,
        until_at=segment.until_at,
        minutes=minutes,
    )


def _title(segment: Segment, duration: Phrase) -> Phrase:
    name = segment.shown.name
    if segment.turn is None:
        if not segment.holder.team:
            return gettext_lazy("%(name)s · %(duration)s", name=name, duration=duration)
        return gettext_lazy(
            "%(name)s · %(team)s · %(duration)s", name=name, team=segment.holder.team, duration=duration
        )
    if not segment.reason:
        return gettext_lazy("Paused, on the turn of %(name)s · %(duration)s", name=name, duration=duration)
    return gettext_lazy(
        "Paused, on the turn of %(name)s: %(reason)s · %(duration)s",
        name=name,
        reason=segment.reason,
        duration=duration,
    )


def _has_room(segment: Segment, width: float) -> bool:
    if segment.turn:
        return bool(segment.reason) and width > max(_INITIALS_FROM, 0.6 * len(segment.reason) + 1)
    return bool(segment.holder.team) and width > _TEAM_FROM


def _handovers(
    segments: Sequence[Segment], edges: Sequence[float], notes: Mapping[datetime, str]
) -> tuple[HandoverMark, ...]:
    """Mark each change of hands that the reader can see; unknown stretches are looked through."""
    marks = []
    before: Who | None = None
    lost_parties: set[Key] = set()
    lost_teams: set[Key] = set()
    for segment, edge in zip(segments, edges, strict=False):
        to = segment.holder
        if to.kind is Kind.UNKNOWN:
            continue
        if before is not None and _is_handover(before, to):
            between_parties = before.party != to.party
            if before.party:
                lost_parties.add(before.party.party_id)
            if before.team_id:
                lost_teams.add(before.team_id)
            regained = to.party is not None and to.party.party_id in lost_parties
            marks.append(
                HandoverMark(
                    at=round(edge, 2),
                    instant=segment.from_at,
                    is_return=regained if between_parties else to.team_id in lost_teams,
                    is_between_parties=between_parties,
                    title=_passing(before, to, notes.get(segment.from_at, "")),
                )
            )
        before = to
    return tuple(marks)


def _is_handover(before: Who, to: Who) -> bool:
    if before.party != to.party:
        return True
    return None not in {before.team_id, to.team_id} and before.team_id != to.team_id


def _passing(before: Who, to: Who, note: str) -> Phrase:
    if before.party == to.party:
        words = gettext_lazy("%(before)s to %(to)s", before=before.team, to=to.team)
    else:
        words = gettext_lazy("%(before)s to %(to)s", before=before.name, to=to.name)
    return gettext_lazy("%(words)s: %(note)s", words=words, note=note) if note else words


def _mark(axis: Axis, instant: datetime, kind: Literal["due", "first_due"], label: Phrase) -> Mark:
    x = axis.x(instant)
    return Mark(round(x, 2), instant, kind, label, "end" if x >= _LABEL_ROOM else "start")


def _marks(
    axis: Axis, now: datetime, due: RibbonDue | None, calendar: Calendar | None, *, is_open: bool
) -> tuple[Mark, ...]:
    marks = [
        Mark(
            at=round((axis.x(start) + axis.x(end)) / 2, 2),
            instant=start,
            kind="break",
            label=gettext_lazy("closed hours, not to scale"),
            anchor="middle",
        )
        for start, end in axis.marked_breaks
    ]
    due_x = None
    if due and due.due_at <= axis.ends_at:
        due_x = axis.x(due.due_at)
        if due.first_due_at is not None and due.was_moved:
            moved = duration_words(_minutes(due.first_due_at, due.due_at, calendar))
            words = gettext_lazy("%(due)s, moved %(moved)s by a pause", due=due.first_due_at, moved=moved)
            marks.append(_mark(axis, due.first_due_at, "first_due", words))
        words = gettext_lazy("%(name)s due %(due)s", name=due.name, due=due.due_at)
        marks.append(_mark(axis, due.due_at, "due", words))
    if is_open:
        x = axis.x(now)
        has_room = due_x is None or abs(due_x - x) >= _LABEL_ROOM
        label = gettext_lazy("now %(now)s", now=now) if has_room else ""
        anchor: Anchor = "start" if x < _LEFT else "end" if x > _RIGHT else "middle"
        marks.append(Mark(round(x, 2), now, "now", label, anchor))
    return tuple(marks)


def _legend(segments: Sequence[Segment], minutes: Sequence[float]) -> tuple[LegendItem, ...]:
    """Sum up time by holder, then pauses by turn, each in the order in which they first appear."""
    sums: dict[tuple[State, Who], float] = {}
    for segment, spent in zip(segments, minutes, strict=True):
        key = (segment.state, replace(segment.shown, team_id=None, team=""))
        sums[key] = sums.get(key, 0) + spent
    return tuple(
        LegendItem(
            slot=who.slot,
            state=state,
            name=gettext_lazy("Paused, on the turn of %(name)s", name=who.name)
            if state == "paused"
            else who.name,
            minutes=total,
            net=duration_words(total),
        )
        for (state, who), total in sorted(sums.items(), key=lambda item: item[0][0] == "paused")
    )


def _rows(segments: Sequence[Segment], minutes: Sequence[float], *, is_open: bool) -> tuple[Row, ...]:
    last = len(segments) - 1
    return tuple(
        Row(
            from_at=segment.from_at,
            until_at=None if is_open and index == last else segment.until_at,
            holder=segment.holder.name,
            team=segment.holder.team,
            turn=segment.turn.name if segment.turn else None,
            reason=segment.reason,
            duration=duration_words(spent),
        )
        for index, (segment, spent) in enumerate(zip(segments, minutes, strict=True))
    )


def _story(
    segments: Sequence[Segment],
    minutes: Sequence[float],
    handovers: Sequence[HandoverMark],
    due: RibbonDue | None,
    *,
    is_open: bool,
) -> Phrase:
    """Tell the pieces one after the other, then the due time."""
    if not segments:
        return gettext_lazy("Nobody has held the ticket yet.")
    came_back_at = {mark.instant for mark in handovers if mark.is_return}
    parts = [
        _told(segment, duration_words(spent), came_back=segment.from_at in came_back_at)
        for segment, spent in zip(segments, minutes, strict=True)
    ]
    told = parts[0]
    for part in parts[1:]:
        told = gettext_lazy("%(left)s; %(right)s", left=told, right=part)
    if is_open:
        told = gettext_lazy("%(story)s, until now", story=told)
    story = gettext_lazy(
        "Possession from %(start)s to %(end)s: %(story)s.",
        start=segments[0].from_at,
        end=segments[-1].until_at,
        story=told,
    )
    if due is None:
        return story
    if due.first_due_at is None or not due.was_moved:
        words = gettext_lazy("%(name)s due %(due)s.", name=due.name, due=due.due_at)
    else:
        words = gettext_lazy(
            "%(name)s due %(due)s, moved from %(first)s by a pause.",
            name=due.name,
            due=due.due_at,
            first=due.first_due_at,
        )
    return gettext_lazy("%(story)s %(due)s", story=story, due=words)


def _told(segment: Segment, duration: Phrase, *, came_back: bool) -> Phrase:
    name = segment.shown.name
    if segment.turn is None:
        if came_back:
            return gettext_lazy("returned to %(name)s %(duration)s", name=name, duration=duration)
        return gettext_lazy("%(name)s %(duration)s", name=name, duration=duration)
    if not segment.reason:
        return gettext_lazy("paused %(duration)s on %(name)s", name=name, duration=duration)
    return gettext_lazy(
        "paused %(duration)s on %(name)s for %(reason)s", name=name, duration=duration, reason=segment.reason
    )


def _came_back(handovers: Sequence[HandoverMark], return_limit: int | None) -> Phrase | None:
    times = sum(1 for mark in handovers if mark.is_return and mark.is_between_parties)
    if not times:
        return None
    if return_limit is None:
        return ngettext_lazy("came back %(count)s time", "came back %(count)s times", times)
    return gettext_lazy("came back, %(count)s of %(limit)s allowed", count=times, limit=return_limit)
