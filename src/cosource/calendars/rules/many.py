"""Business time of many tickets at once, exactly equal to one by one.

The open time up to an instant is a function that rises by stretches. It is laid out over all years of the question, on a grid
so fine that no cell holds more than a part of one stretch: then an instant takes one division and one look into the grid.
Calendars that need too fine a grid are searched instead.

numpy is imported with the first question. Arrays hold whole microseconds since 1970 in UTC as int64, or datetime64 of
microseconds or coarser; the answer is of the same sort.
"""

from collections.abc import Callable
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
# So many instants at a time stay within a core's own cache.
_CHUNK = 1 << 13


class _Table(NamedTuple):
    """The open stretches of some years. `before`: the open time before each, `sums`: up to its end, `begin`: of the years.

    By cell of the grid, if `width` is not 0: the stretch that an instant in the cell is to be held against, and what is to be
    added then.
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
    table = _table_for(calendar, first, last)
    result = _in_chunks(_between, table, first, last)
    if pauses is not None:
        rows, pause_from, pause_until = pieces_of(pauses, len(first))
        if len(rows):
            table = _table_for(calendar, first, last, pause_from, pause_until)
            pause_from = np.clip(pause_from, first[rows], last[rows])
            pause_until = np.clip(pause_until, first[rows], last[rows])
            lost = _in_chunks(_between, table, pause_from, pause_until)
            np.subtract.at(result, rows, lost)
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
    begun = first
    rows = pause_from = pause_until = np.empty(0, np.int64)
    if pauses is not None:
        rows, pause_from, pause_until = pieces_of(pauses, len(first))
        pause_from, pause_until = (np.maximum(edge, first[rows]) for edge in (pause_from, pause_until))
        begun = np.concatenate((first, pause_until))
    table = _table_for(calendar, begun)
    target = _in_chunks(_open_until, table, first) + amounts
    if len(rows):
        lost = _in_chunks(_between, table, pause_from, pause_until)
        # What the earlier pauses of a row took is worked time that has not passed at the start of this one.
        earlier = np.cumsum(lost) - lost
        new = np.flatnonzero(np.diff(rows, prepend=-1))
        earlier -= np.repeat(earlier[new], np.diff(np.append(new, len(rows))))
        worked = _in_chunks(_open_until, table, pause_from) - earlier
        counts = worked < target[rows]
        np.add.at(target, rows[counts], lost[counts])
    result = _reached(calendar, table, target)
    result[amounts == 0] = first[amounts == 0]
    return _like(starts, result, "M8[us]")


def _like(given: "ArrayLike", result: "Whole", sort: str) -> "NDArray[Any]":
    import numpy as np  # noqa: PLC0415 - see above

    return result.view(sort) if np.asarray(given).dtype.kind == "M" else result


def _table_for(calendar: Calendar, *instants: "Whole") -> _Table:
    lows, highs = ([int(edge(a)) for a in instants if len(a)] for edge in (_least, _most))
    if not lows:
        return _table(calendar, FIRST_YEAR, FIRST_YEAR)
    return _table(calendar, year_of(min(lows)), year_of(max(highs)))


def _least(values: "Whole") -> int:
    return int(values.min())


def _most(values: "Whole") -> int:
    return int(values.max())


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
    width = _width(starts - begin, ends - begin, end - begin)
    low = high = base = np.empty(0, np.int64)
    if width:
        cells = np.arange(begin, end, width, dtype=np.int64)
        # The first stretch that ends after the cell begins; after the last one, that.
        nearest = np.minimum(np.searchsorted(ends, cells, "right"), len(ends) - 1)
        low, high, base = starts[nearest], ends[nearest], (before - starts)[nearest]
    return _Table(starts, ends, before, sums, begin, width, low, high, base)


def _whole(instants: Any) -> "Whole":
    import numpy as np  # noqa: PLC0415 - see above

    return np.fromiter(((instant - _EPOCH) // _US for instant in instants), np.int64)


def _width(starts: "Whole", ends: "Whole", length: int) -> int:
    """Find the widest grid of which no cell holds parts of two stretches; 0 where there is none."""
    if not len(starts):
        return 0
    allowed = (width for width in _GRIDS if length // width <= _MOST_CELLS)
    return next((w for w in allowed if (starts[1:] // w > (ends[:-1] - 1) // w).all()), 0)


def _in_chunks(work: "Callable[..., None]", table: _Table, *columns: "Whole") -> "Whole":
    import numpy as np  # noqa: PLC0415 - see above

    count = len(columns[0])
    result = np.empty(count, np.int64)
    scratch = tuple(np.empty(min(_CHUNK, count), np.int64) for _ in range(3))
    for begin in range(0, count, _CHUNK):
        part = slice(begin, begin + _CHUNK)
        length = min(_CHUNK, count - begin)
        work(table, *(column[part] for column in columns), result[part], tuple(s[:length] for s in scratch))
    return result


def _between(
    table: _Table, first: "Whole", last: "Whole", out: "Whole", scratch: "tuple[Whole, ...]"
) -> None:
    cell, value, until_first = scratch
    _open_until(table, first, until_first, (cell, value))
    _open_until(table, last, out, (cell, value))
    out -= until_first


def _open_until(table: _Table, instants: "Whole", out: "Whole", scratch: "tuple[Whole, ...]") -> None:
    """Write the open time from the beginning of the table to each instant into `out`."""
    import numpy as np  # noqa: PLC0415 - see above

    cell, value = scratch[:2]
    if table.width:
        np.subtract(instants, table.begin, out=cell)
        np.floor_divide(cell, table.width, out=cell)
        np.take(table.low, cell, out=value, mode="clip")
        np.maximum(value, instants, out=out)
        np.take(table.high, cell, out=value, mode="clip")
        np.minimum(value, out, out=out)
        np.take(table.base, cell, out=value, mode="clip")
        out += value
    elif len(table.starts):
        found = np.searchsorted(table.starts, instants, "right") - 1
        out[:] = np.minimum(instants, table.ends[found]) - table.starts[found] + table.before[found]
        out[found < 0] = 0
    else:
        out[:] = 0


def _reached(calendar: Calendar, table: _Table, target: "Whole") -> "Whole":
    """Find the first instants at which the open time since the table's beginning reaches the targets."""
    import numpy as np  # noqa: PLC0415 - see above

    most = int(target.max(initial=0))
    first_year = year_of(table.begin)
    last_year = first_year
    while not len(table.sums) or table.sums[-1] < most:
        if last_year == LAST_YEAR:
            total = int(table.sums[-1]) if len(table.sums) else 0
            raise never_due(int(np.argmax(target > total)))
        last_year = min(LAST_YEAR, 2 * last_year - first_year + 1)
        table = _table(calendar, first_year, last_year)
    found = np.searchsorted(table.sums, target)
    result: Whole = table.ends[found] - (table.sums[found] - target)
    return result
