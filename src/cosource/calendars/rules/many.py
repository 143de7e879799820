"""Business time of many tickets at once, exactly equal to one by one.

The open time up to an instant is a function that rises by stretches. It is laid out over all years of the question, on a grid
so fine that no cell holds more than a part of one stretch: then an instant takes one division and one look into the grid. The
way back, from open time to the instant, has a grid of its own. Calendars that need too fine a grid are searched instead. So few
rows are done at a time that what lies between question and answer never leaves a core's own cache.

numpy is imported with the first question. Arrays hold whole microseconds since 1970 in UTC as int64, or datetime64 of
microseconds or coarser; the answer is of the same sort.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cosource.calendars.rules.calendar import Calendar
from cosource.calendars.rules.laying_out import FIRST_YEAR, LAST_YEAR, open_stretches
from cosource.calendars.rules.rows import (
    Pauses,
    amounts_of,
    instants_of,
    iso,
    never_due,
    pauses_of,
    pieces_of,
    refuse_unequal,
    year_of,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from cosource.calendars.rules.rows import Whole

__all__ = ["Pauses", "due_many", "elapsed_many"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_MINUTE_US = 60_000_000
_GRIDS = tuple(minutes * _MINUTE_US for minutes in (720, 360, 240, 180, 120, 60, 30, 15, 10, 5, 1))
_MOST_CELLS = 1 << 21
# So many rows at a time stay within a core's own cache.
_CHUNK = 1 << 14


class _Table(NamedTuple):
    """The open stretches of some years. `before`: the open time before each, `sums`: up to its end, `begin`: of the years.

    By cell of a grid over the years, if `width` is not 0: the stretch that an instant in the cell is to be held against, and what
    is to be added then. By cell of a grid over the open time, if `due_width` is not 0: the stretch in which the cell's first open
    time is reached. `shift`, by stretch: from an open time to the instant that reaches it.
    """

    starts: "Whole"
    ends: "Whole"
    before: "Whole"
    sums: "Whole"
    begin: int
    width: int
    low: "Whole"
    high: "Whole"
    base: "Whole"
    due_width: int
    reaching: "Whole"
    shift: "Whole"


def elapsed_many(
    starts: "ArrayLike", ends: "ArrayLike", calendar: Calendar, pauses: Pauses | None = None
) -> "NDArray[Any]":
    """Measure the business time of each row from start to end, less what falls into its pauses.

    Raises: ValueError naming the first row that `elapsed` would refuse.

    >>> always = Calendar("UTC", (((0, 1440),),) * 7)
    >>> elapsed_many([0, 5], [60_000_000, 5], always).tolist()
    [60000000, 0]
    """
    import numpy as np  # noqa: PLC0415 - see above

    first, last = instants_of(starts, "start"), instants_of(ends, "end")
    refuse_unequal(first, last, "ends")
    if (last < first).any():
        row = int(np.argmax(last < first))
        raise ValueError(f"row {row}: end {iso(last[row])} is before start {iso(first[row])}")
    known = None if pauses is None else pauses_of(pauses, len(first))
    table = _table_for(calendar, first, last)
    result = np.empty(len(first), np.int64)
    for part in _parts(len(first)):
        begin, end, passed = first[part], last[part], result[part]
        np.subtract(_open_until(table, end), _open_until(table, begin), out=passed)
        if known is not None:
            rows, *edges = pieces_of(known, part)
            earliest, latest = begin[rows], end[rows]
            paused, goes_on = (np.minimum(np.maximum(edge, earliest), latest) for edge in edges)
            np.subtract.at(passed, rows, _open_until(table, goes_on) - _open_until(table, paused))
    return _like(starts, result, "m8[us]")


def due_many(
    starts: "ArrayLike", minutes: "ArrayLike", calendar: Calendar, pauses: Pauses | None = None
) -> "NDArray[Any]":
    """Find for each row the earliest instant at which the business time since its start reaches its minutes.

    Raises: NeverDue; ValueError; naming the first row that `due` would refuse.

    >>> always = Calendar("UTC", (((0, 1440),),) * 7)
    >>> due_many([0, 5], [1, 0.5], always).tolist()
    [60000000, 30000005]
    """
    import numpy as np  # noqa: PLC0415 - see above

    first = instants_of(starts, "start")
    amounts = amounts_of(minutes)
    refuse_unequal(first, amounts, "minutes")
    known = None if pauses is None else pauses_of(pauses, len(first))
    table = _table_for(calendar, first) if known is None else _table_for(calendar, first, known.ends)
    result = np.empty(len(first), np.int64)
    for part in _parts(len(first)):
        begin, target = first[part], result[part]
        np.add(_open_until(table, begin), amounts[part], out=target)
        if known is not None:
            rows, *edges = pieces_of(known, part)
            earliest = begin[rows]
            paused, goes_on = (_open_until(table, np.maximum(edge, earliest)) for edge in edges)
            lost = goes_on - paused
            worked = paused - _lost_earlier(rows, lost)
            np.add.at(target, rows, np.where(worked < target[rows], lost, 0))
    table = _table_reaching(calendar, table, result)
    for part in _parts(len(first)):
        target, amount = result[part], amounts[part]
        target[:] = np.where(amount == 0, first[part], _reached(table, target))
    return _like(starts, result, "M8[us]")


def _parts(count: int) -> Iterator[slice]:
    return (slice(begin, min(begin + _CHUNK, count)) for begin in range(0, count, _CHUNK))


def _like(given: "ArrayLike", result: "Whole", sort: str) -> "NDArray[Any]":
    import numpy as np  # noqa: PLC0415 - see above

    return result.view(sort) if np.asarray(given).dtype.kind == "M" else result


def _lost_earlier(rows: "Whole", lost: "Whole") -> "Whole | int":
    """Sum what the earlier pauses of its row took: worked time that has not passed at the start of a pause."""
    import numpy as np  # noqa: PLC0415 - see above

    is_new = rows[1:] != rows[:-1]
    if is_new.all():
        return 0
    new = np.flatnonzero(np.concatenate(([True], is_new)))
    earlier: Whole = np.cumsum(lost) - lost
    return earlier - np.repeat(earlier[new], np.diff(np.append(new, len(rows))))


def _table_for(calendar: Calendar, *instants: "ArrayLike") -> _Table:
    import numpy as np  # noqa: PLC0415 - see above

    found = [values for values in map(np.asarray, instants) if len(values)]
    if not found:
        return _table(calendar, FIRST_YEAR, FIRST_YEAR)
    return _table(calendar, year_of(min(v.min() for v in found)), year_of(max(v.max() for v in found)))


def _table_reaching(calendar: Calendar, table: _Table, target: "Whole") -> _Table:
    """Lay out further years until all open times are reached. Raises: NeverDue naming the row."""
    import numpy as np  # noqa: PLC0415 - see above

    most = int(target.max(initial=0))
    first_year = last_year = year_of(table.begin)
    while not len(table.sums) or table.sums[-1] < most:
        if last_year == LAST_YEAR:
            total = int(table.sums[-1]) if len(table.sums) else 0
            raise never_due(int(np.argmax(target > total)))
        last_year = min(LAST_YEAR, 2 * last_year - first_year + 1)
        table = _table(calendar, first_year, last_year)
    return table


@lru_cache(maxsize=32)
def _table(calendar: Calendar, first_year: int, last_year: int) -> _Table:
    """Lay out the years from `first_year` to `last_year`."""
    import numpy as np  # noqa: PLC0415 - see above

    tables = [open_stretches(calendar, year) for year in range(first_year, last_year + 1)]
    starts = _whole(instant for table in tables for instant in table.starts)
    ends = _whole(instant for table in tables for instant in table.ends)
    sums = np.cumsum(ends - starts)
    before = sums - (ends - starts)
    begin, end = ((datetime(y, 1, 1, tzinfo=UTC) - _EPOCH) // _US for y in (first_year, last_year + 1))
    width = _width(starts[1:] - begin, ends[:-1] - begin, end - begin) if len(starts) else 0
    low = high = base = reaching = np.empty(0, np.int64)
    if width:
        cells = np.arange(begin, end, width, dtype=np.int64)
        # The first stretch that ends after the cell begins; after the last one, that.
        nearest = np.minimum(np.searchsorted(ends, cells, "right"), len(ends) - 1)
        low, high, base = starts[nearest], ends[nearest], (before - starts)[nearest]
    due_width = _width(sums[1:], sums[:-1], int(sums[-1])) if len(starts) else 0
    if due_width:
        # A cell holds the open times above its beginning, up to its end.
        reaching = np.searchsorted(sums, np.arange(0, sums[-1], due_width), "right")
    return _Table(starts, ends, before, sums, begin, width, low, high, base, due_width, reaching, ends - sums)


def _whole(instants: Any) -> "Whole":
    import numpy as np  # noqa: PLC0415 - see above

    return np.fromiter(((instant - _EPOCH) // _US for instant in instants), np.int64)


def _width(begins: "Whole", ends: "Whole", length: int) -> int:
    """Find the widest grid of which no cell holds the end of a stretch and the next one's beginning; 0 where there is none."""
    allowed = (width for width in _GRIDS if length // width <= _MOST_CELLS)
    return next((w for w in allowed if (begins // w > (ends - 1) // w).all()), 0)


def _open_until(table: _Table, instants: "Whole") -> "Whole":
    """Give the open time from the beginning of the table to each instant."""
    import numpy as np  # noqa: PLC0415 - see above

    if table.width:
        cell = (instants - table.begin) // table.width
        held = np.minimum(np.maximum(instants, table.low.take(cell)), table.high.take(cell))
        return held + table.base.take(cell)
    if not len(table.starts):
        return np.zeros(len(instants), np.int64)
    found = np.searchsorted(table.starts, instants, "right") - 1
    passed = np.minimum(instants, table.ends[found]) - table.starts[found] + table.before[found]
    return np.where(found < 0, 0, passed)


def _reached(table: _Table, target: "Whole") -> "Whole":
    """Find the first instants at which the open time since the table's beginning reaches the targets, as far as it goes."""
    import numpy as np  # noqa: PLC0415 - see above

    if table.due_width:
        found = table.reaching.take(np.maximum(target - 1, 0) // table.due_width)
        found = found + (target > table.sums.take(found))
    else:
        found = np.searchsorted(table.sums, target)
    return target + table.shift.take(found)
