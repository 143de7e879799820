"""Counts the time of many tickets at once, as their terms count it and in every other way in which a source may have counted it.

Rows are arrays, one element for each ticket, instants as whole microseconds in UTC; time is business time as clocks count it
(`calendars.rules.many`). numpy is imported with the first question. Not here: which tickets, and by which terms (`judging`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cosource.agreements.rules.terms import CLIENT, REQUESTER, THIRD_PARTY, Terms
from cosource.calendars.rules.calendar import Calendar
from cosource.calendars.rules.many import Pauses, elapsed_many
from cosource.metrics.rules.verdicts import TRIED, Cause, End, Waiting, Way

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Column = NDArray[Any]

# Whose waiting may stop a clock, by index; any further index is another's, and `WITH_OTHERS` is no waiting at all.
TURNS = (REQUESTER, CLIENT, THIRD_PARTY)
WITH_OTHERS = -1
CAUSES = tuple(Cause)
CODE = {cause: number for number, cause in enumerate(CAUSES)}
AGREE = -1
_ALWAYS = Calendar("UTC", (((0, 1440),),) * 7)
_MINUTE_US = 60_000_000
_ENDS = {End.FIRST: "first_resolved_at", End.SHOWN: "shown_resolved_at", End.CLOSED: "closed_at"}


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows with their verdicts, the last opened first.

    `stated`: whether the source says in time. `verdict`: 1 in time, 0 late, -1 none. `cause`: index in `CAUSES`, or `AGREE`.
    `minutes`: business minutes that the terms count; `target`: how many they allow; -1: none. `version`: index in `versions` of
    the terms that judged, or -1; `before`: whether they began only later.
    """

    stated: "Column"
    verdict: "Column"
    cause: "Column"
    minutes: "Column"
    target: "Column"
    version: "Column"
    before: "Column"
    versions: tuple[UUID, ...]


def lacks(instants: "Column") -> "Column":
    """Tell of each instant whether there is none."""
    import numpy as np  # noqa: PLC0415 - a process that asks no figures need not have it

    missing: Column = instants == np.iinfo(np.int64).min
    return missing


@dataclass
class Group:
    """Tickets that are counted by one calendar of one version, and the ways to count them."""

    terms: Terms
    calendar: Calendar
    places: "Column"
    rows: Mapping[str, "Column"]
    spans: Mapping[str, "Column"]
    target: "Column"

    def judge(self, judged: Judged) -> None:
        """Write the verdicts of these tickets, and the causes of those that differ from what the source says."""
        import numpy as np  # noqa: PLC0415 - as above

        taken = self._taken(Way())[0]
        met_at, due_at = self.rows["clock_met_at"], self.rows["clock_due_at"]
        in_time = np.where(lacks(met_at), taken <= self.allowed, met_at <= due_at)
        judged.verdict[self.places] = in_time
        judged.minutes[self.places] = taken // _MINUTE_US
        stated = judged.stated[self.places]
        differing = self.those(in_time != stated)
        cause = np.full(len(differing.places), CODE[Cause.TARGET])
        wanted = stated[in_time != stated]
        # The first that holds is written last.
        for tried, ways in reversed(list(TRIED.items())):
            cause[differing.lead_to(ways, wanted)] = CODE[tried]
        judged.cause[differing.places] = cause

    def those(self, which: "Column") -> "Group":
        """Return some of the tickets."""
        import numpy as np  # noqa: PLC0415 - as above

        inside = which[self.spans["place"]]
        spans = {name: column[inside] for name, column in self.spans.items()}
        spans["place"] = (np.cumsum(which) - 1)[spans["place"]]
        rows = {name: column[which] for name, column in self.rows.items()}
        return Group(self.terms, self.calendar, self.places[which], rows, spans, self.target[which])

    def lead_to(self, ways: Sequence[Way], wanted: "Column") -> "Column":
        """Tell of each ticket whether any of the ways leads to the verdict that is wanted."""
        found = ~wanted & wanted
        for way in ways:
            for taken in self._taken(way):
                found |= (taken <= self.allowed) == wanted
        return found

    def _taken(self, way: Way) -> "list[Column]":
        """Return the business microseconds of each ticket, counted in a way; for each calendar where any will do."""
        import numpy as np  # noqa: PLC0415 - as above

        turn = self.spans["turn"]
        still = np.zeros(len(turn), bool) if way.with_others else turn == WITH_OTHERS
        if way.waiting is Waiting.ALL:
            still |= turn != WITH_OTHERS
        elif way.waiting is Waiting.LISTED:
            still |= np.isin(turn, self._listed)
        start = self.rows["since"]
        if way.with_others:
            start = np.minimum(start, self.rows["opened_at"])
        end = np.maximum(self._end(way.end), start)
        place, begins, ends = (self.spans[name][still] for name in ("place", "from_at", "until_at"))
        ends = np.maximum(np.where(lacks(ends), end[place], ends), begins)
        offsets = np.concatenate(([0], np.cumsum(np.bincount(place, minlength=len(start)))))
        pauses = Pauses(offsets, begins, ends)
        calendars = {*self.terms.calendars.values(), _ALWAYS} if way.any_calendar else {self.calendar}
        return [elapsed_many(start, end, calendar, pauses) for calendar in calendars]

    def _end(self, end: End) -> "Column":
        import numpy as np  # noqa: PLC0415 - as above

        resolved = self.rows["resolved_at"]
        resolved = np.where(lacks(resolved), self.rows["clock_met_at"], resolved)
        if end in _ENDS:
            there = self.rows[_ENDS[end]]
            return np.where(lacks(there), resolved, there)
        if end is End.RESOLVED:
            return resolved
        each = np.stack([resolved, *(self._end(one) for one in _ENDS)])
        return each.min(axis=0) if end is End.EARLIEST else each.max(axis=0)

    @property
    def allowed(self) -> "Column":
        """Return how long the terms let each ticket take, in microseconds."""
        return self.target * _MINUTE_US

    @property
    def _listed(self) -> list[int]:
        """Return the turns, as indexes in `TURNS`, whose waiting these terms leave out."""
        is_own = self.terms.engagement_id is None
        return [n for n, turn in enumerate(TURNS) if self.terms.pauses_clock(turn, is_own)]
