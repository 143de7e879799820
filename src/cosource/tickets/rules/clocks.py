"""Clocks of a ticket: how far one has run, when it is due, and how it is drawn and said.

A clock runs in the business time of its calendar and stands still in the pauses that its own agreement counts.
Its status is derived each time it is asked for. Not here: the rows of clocks, and who is told when one is due.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import floor

from cosource.calendars.rules.business_time import Calendar, due, elapsed_minutes
from cosource.tickets.rules.states import Turn
from cosource.tickets.rules.wording import Phrase, gettext_lazy

WARNING_SHARE = 0.75

_MINUTE = timedelta(minutes=1)
_HOUR_MINUTES = 60
_DAY_MINUTES = 24 * 60
_DAYS_FROM = 2 * _DAY_MINUTES
_FULL = 100.0
_LAST_TICK = 82.0


class ClockStatus(StrEnum):
    """What a clock says at a glance; `met`, `missed` and `ended` (in time, and for nothing any more) are final."""

    OK = "ok"
    SOON = "soon"
    OVER = "over"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    ENDED = "ended"


_RUNNING = frozenset({ClockStatus.OK, ClockStatus.SOON, ClockStatus.OVER})


@dataclass(frozen=True, slots=True)
class ClockPause:
    """A stretch in which somebody else had to act: from `from_at` up to `until_at` (none: still)."""

    from_at: datetime
    until_at: datetime | None
    turn: Turn
    reason: str


@dataclass(frozen=True, slots=True)
class ClockState:
    """A clock at an instant.

    `net_minutes` is business time less pauses, `gross_minutes` the wall time; `remaining_minutes` is negative
    once the target is passed. `first_due_at` is the due time if nothing had paused the clock; `due_at` counts
    the pauses so far, an open one up to now. `open_pause` is what holds the clock at present.
    """

    status: ClockStatus
    target_minutes: int
    net_minutes: float
    gross_minutes: float
    due_at: datetime
    first_due_at: datetime
    open_pause: ClockPause | None

    @property
    def remaining_minutes(self) -> float:
        """Give what is left of the target."""
        return self.target_minutes - self.net_minutes

    @property
    def is_running(self) -> bool:
        """Tell whether time is counting now, so that `due_at` will come."""
        return self.status in _RUNNING


@dataclass(frozen=True, slots=True)
class ClockBar:
    """A clock as a thin bar: percents of the whole bar, a short label beside it, a sentence for those who can't see it.

    `tick_percent` is where the target lies once it is passed.
    """

    state: ClockStatus
    fill_percent: float
    tick_percent: float | None
    label: Phrase
    sentence: Phrase


def counting_pauses(
    pauses: Iterable[ClockPause], stops_on: Collection[Turn], reasons: Collection[str] | None = None
) -> tuple[ClockPause, ...]:
    """Keep the pauses that stop a clock: those on one of its turns, with a reason its agreement lists.

    `reasons` none: the agreement lists no reasons apart from the turn.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> on_client = ClockPause(noon, None, Turn.CLIENT, "site access")
    >>> counting_pauses([on_client], {Turn.REQUESTER})
    ()
    """
    return tuple(
        pause for pause in pauses if pause.turn in stops_on and (reasons is None or pause.reason in reasons)
    )


def clock_state(
    *,
    started_at: datetime,
    target_minutes: int,
    calendar: Calendar,
    now: datetime,
    pauses: Sequence[ClockPause] = (),
    met_at: datetime | None = None,
    warning_share: float = WARNING_SHARE,
) -> ClockState:
    """Read a clock.

    `pauses`: only those that count for this clock. `met_at`: when what the clock waits for happened; a time
    before the start counts as none elapsed. `warning_share`: the part of the target from which it is due soon.
    Raises: ValueError if the target is not positive, and as `business_time.elapsed`.

    >>> from datetime import UTC
    >>> always = Calendar("UTC", (((0, 1440),),) * 7)
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> state = clock_state(
    ...     started_at=noon, target_minutes=60, calendar=always, now=noon + timedelta(minutes=50)
    ... )
    >>> state.status.value, state.remaining_minutes
    ('soon', 10.0)
    """
    if target_minutes <= 0:
        raise ValueError(f"a target of {target_minutes} minutes can't be kept: it must be positive")
    end = max(now if met_at is None else met_at, started_at)
    begun = [pause for pause in pauses if pause.from_at <= end]
    spans = [(pause.from_at, _end_of(pause, end)) for pause in begun]
    net = elapsed_minutes(started_at, end, calendar, spans)
    still = [pause for pause in begun if pause.until_at is None or pause.until_at > end]
    open_pause = still[0] if still and met_at is None else None
    return ClockState(
        status=_status(
            net, target_minutes, warning_share, is_met=met_at is not None, is_paused=bool(open_pause)
        ),
        target_minutes=target_minutes,
        net_minutes=net,
        gross_minutes=(end - started_at) / _MINUTE,
        due_at=due(started_at, target_minutes, calendar, spans),
        first_due_at=due(started_at, target_minutes, calendar),
        open_pause=open_pause,
    )


def next_due(states: Iterable[ClockState]) -> datetime | None:
    """Find the earliest due time among the clocks that run; none if no clock does.

    >>> next_due([]) is None
    True
    """
    return min((state.due_at for state in states if state.is_running), default=None)


def duration_words(minutes: float) -> Phrase:
    """Say an amount of time, cut to whole minutes downward: under an hour, under two days, beyond.

    >>> [str(duration_words(minutes)) for minutes in (25, 100, 240, 3540, -25)]
    ['25 m', '1 h 40', '4 h 00', '2 d 11 h', '−25 m']
    """
    whole = floor(minutes)
    if whole < 0:
        return gettext_lazy("−%(duration)s", duration=duration_words(-whole))
    hours, rest = divmod(whole, _HOUR_MINUTES)
    if whole < _HOUR_MINUTES:
        return gettext_lazy("%(minutes)s m", minutes=whole)
    if whole < _DAYS_FROM:
        return gettext_lazy("%(hours)s h %(minutes)s", hours=hours, minutes=f"{rest:02}")
    return gettext_lazy("%(days)s d %(hours)s h", days=whole // _DAY_MINUTES, hours=hours % 24)


def clock_bar(state: ClockState, name: str | Phrase) -> ClockBar:
    """Draw a clock as a bar; `name` is what it measures, such as "Resolve".

    >>> from datetime import UTC
    >>> always = Calendar("UTC", (((0, 1440),),) * 7)
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> bar = clock_bar(
    ...     clock_state(
    ...         started_at=noon, target_minutes=60, calendar=always, now=noon + timedelta(minutes=85)
    ...     ),
    ...     "Respond",
    ... )
    >>> bar.tick_percent, str(bar.label), str(bar.sentence)
    (70.6, '−25 m', 'Respond: 25 m over the target of 1 h 00')
    """
    passed = state.remaining_minutes < 0
    is_red = state.status in {ClockStatus.OVER, ClockStatus.MISSED}
    share = _FULL * state.target_minutes / state.net_minutes if is_red else _FULL
    label, sentence = _words(state, name)
    return ClockBar(
        state=state.status,
        fill_percent=_FULL if passed else round(_FULL * state.net_minutes / state.target_minutes, 1),
        tick_percent=round(min(share, _LAST_TICK), 1) if is_red else None,
        label=label,
        sentence=sentence,
    )


def _words(state: ClockState, name: str | Phrase) -> tuple[Phrase, Phrase]:
    """Compose the label beside the bar and the sentence that replaces it."""
    target = duration_words(state.target_minutes)
    if state.status in {ClockStatus.MET, ClockStatus.ENDED}:
        spent = duration_words(state.net_minutes)
        label = (
            gettext_lazy("met, %(spent)s of %(target)s", spent=spent, target=target)
            if state.status is ClockStatus.MET
            else gettext_lazy("ended after %(spent)s of %(target)s", spent=spent, target=target)
        )
        return label, gettext_lazy("%(name)s: %(what)s", name=name, what=label)
    if state.status is ClockStatus.MISSED:
        beyond = duration_words(-floor(state.remaining_minutes))
        return gettext_lazy("missed by %(beyond)s", beyond=beyond), gettext_lazy(
            "%(name)s: missed by %(beyond)s, took %(spent)s of %(target)s",
            name=name,
            beyond=beyond,
            spent=duration_words(state.net_minutes),
            target=target,
        )
    left = duration_words(state.remaining_minutes)
    if state.remaining_minutes < 0:
        beyond = duration_words(-floor(state.remaining_minutes))
        what = gettext_lazy("%(beyond)s over the target of %(target)s", beyond=beyond, target=target)
    else:
        what = gettext_lazy("%(left)s left of %(target)s", left=left, target=target)
    if state.open_pause is not None:
        return left, gettext_lazy(
            "%(name)s: paused (%(reason)s), %(what)s", name=name, reason=state.open_pause.reason, what=what
        )
    return left, gettext_lazy("%(name)s: %(what)s", name=name, what=what)


def _status(
    net: float, target_minutes: int, warning_share: float, *, is_met: bool, is_paused: bool
) -> ClockStatus:
    if is_met:
        return ClockStatus.MET if net <= target_minutes else ClockStatus.MISSED
    if is_paused:
        return ClockStatus.PAUSED
    if net > target_minutes:
        return ClockStatus.OVER
    return ClockStatus.SOON if net >= warning_share * target_minutes else ClockStatus.OK


def _end_of(pause: ClockPause, end: datetime) -> datetime:
    return end if pause.until_at is None else min(pause.until_at, end)
