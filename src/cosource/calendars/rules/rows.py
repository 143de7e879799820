"""Rows of instants, amounts and pauses as arrays of whole microseconds, or why they can't be read exactly.

Whole microseconds are counted from 1970 in UTC. numpy is imported with the first array.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cosource.calendars.rules.laying_out import FIRST_YEAR, LAST_YEAR, OUTSIDE
from cosource.calendars.rules.refusals import NeverDue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    type Whole = NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_MINUTE_US = 60_000_000
_FIRST = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // _US
_END = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _US
_MOST_MINUTES = (_END - _FIRST) // _MINUTE_US + 1
# Nearer to a half than this, a product of floats does not tell to which side it is to be rounded.
_NEAR_HALF = 1e-6


class Pauses(NamedTuple):
    """The pauses of all rows, one after the other: those of row n are `starts[offsets[n]:offsets[n + 1]]`, with their ends."""

    offsets: "ArrayLike"
    starts: "ArrayLike"
    ends: "ArrayLike"


def instants_of(values: "ArrayLike", what: str) -> "Whole":
    """Read instants. Raises: ValueError naming the row."""
    import numpy as np  # noqa: PLC0415 - see above

    found = np.asarray(values)
    if found.ndim != 1:
        raise ValueError(f"{what}: expected one row of instants, found {found.ndim} dimensions")
    if found.dtype.kind == "M" and np.can_cast(found.dtype, "M8[us]", "safe"):
        found = found.astype("M8[us]").view(np.int64)
    elif found.dtype.kind not in "iu" and len(found):
        raise ValueError(
            f"{what}: {found.dtype} can't be read exactly; give int64 microseconds or datetime64[us]"
        )
    outside = (found < _FIRST) | (found >= _END)
    if outside.any():
        row = int(np.argmax(outside))
        if found[row] == np.iinfo(np.int64).min:
            raise ValueError(f"row {row}: {what} is no instant (NaT)")
        raise ValueError(f"row {row}: {what}: {OUTSIDE.format(year=year_of(found[row]))}")
    return found.astype(np.int64, copy=False)


def year_of(instant: int) -> int:
    """Give the UTC year of an instant."""
    import numpy as np  # noqa: PLC0415 - see above

    return int(np.int64(instant).view("M8[us]").astype("M8[Y]").astype(np.int64)) + 1970


def iso(instant: int) -> str:
    """Write an instant for a person."""
    return (_EPOCH + int(instant) * _US).isoformat()


def refuse_unequal(first: "NDArray[Any]", other: "NDArray[Any]", name: str) -> None:
    """Refuse columns that differ in length. Raises: ValueError."""
    if len(first) != len(other):
        raise ValueError(f"{name}: {len(other)} rows are given, there are {len(first)} starts")


def amounts_of(minutes: "ArrayLike") -> "Whole":
    """Give minutes as whole microseconds, rounded as `timedelta` rounds: exactly, and halves to even.

    Raises: ValueError, NeverDue, naming the row.
    """
    import numpy as np  # noqa: PLC0415 - see above

    given = np.asarray(minutes)
    if given.ndim != 1 or (given.dtype.kind not in "iuf" and len(given)):
        raise ValueError(
            f"minutes: expected one row of numbers, found {given.ndim} dimensions of {given.dtype}"
        )
    bad = ~(given >= 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"row {row}: {given[row]} minutes is no amount of time; give zero or more")
    if (given > _MOST_MINUTES).any():
        raise never_due(int(np.argmax(given > _MOST_MINUTES)))
    if given.dtype.kind != "f":
        return given.astype(np.int64) * _MINUTE_US
    part, whole = np.modf(given.astype(np.float64))
    fine = part * _MINUTE_US
    rounded = np.rint(fine).astype(np.int64)
    for near in np.flatnonzero(np.abs(fine - np.floor(fine) - 0.5) < _NEAR_HALF):
        rounded[near] = (float(part[near]) * _MINUTE) // _US
    amounts: Whole = whole.astype(np.int64) * _MINUTE_US + rounded
    return amounts


def never_due(row: int) -> NeverDue:
    """Say which row is never due."""
    return NeverDue(f"row {row}: not due before the end of {LAST_YEAR}")


def pauses_of(pauses: Pauses, count: int) -> Pauses:
    """Read the pauses of so many rows. Raises: ValueError naming the row."""
    import numpy as np  # noqa: PLC0415 - see above

    offsets = np.asarray(pauses.offsets)
    starts, ends = instants_of(pauses.starts, "pause start"), instants_of(pauses.ends, "pause end")
    refuse_unequal(starts, ends, "pause ends")
    if (
        offsets.shape != (count + 1,)
        or offsets.dtype.kind not in "iu"
        or offsets[0] != 0
        or offsets[-1] != len(starts)
        or (offsets[1:] < offsets[:-1]).any()
    ):
        raise ValueError(
            f"offsets: expected {count + 1} whole numbers that rise from 0 to {len(starts)}, the number of pauses"
        )
    offsets = offsets.astype(np.int64, copy=False)
    if (ends < starts).any():
        pause = int(np.argmax(ends < starts))
        row = int(np.searchsorted(offsets, pause, "right")) - 1
        raise ValueError(
            f"row {row}: the pause from {iso(starts[pause])} ends before that, at {iso(ends[pause])}"
        )
    return Pauses(offsets, starts, ends)


def pieces_of(pauses: Pauses, part: slice) -> "tuple[Whole, Whole, Whole]":
    """Give the pauses of a part of the rows as pieces that don't overlap, in order: their rows within it, from, until.

    `pauses`: as `pauses_of` gives them.
    """
    import numpy as np  # noqa: PLC0415 - see above

    offsets = np.asarray(pauses.offsets)[part.start : part.stop + 1]
    within = slice(int(offsets[0]), int(offsets[-1]))
    starts, ends = np.asarray(pauses.starts)[within], np.asarray(pauses.ends)[within]
    rows = np.repeat(np.arange(len(offsets) - 1, dtype=np.int64), offsets[1:] - offsets[:-1])
    if ((rows[1:] != rows[:-1]) | (starts[1:] >= ends[:-1])).all():
        return rows, starts, ends
    order = np.lexsort((starts, rows))
    rows, starts, ends = rows[order], starts[order], ends[order]
    # How far the pauses before one reach, within its row: ends are compared by rank, so that a later row's are always more.
    ranked = np.sort(ends)
    reach = rows * (len(ends) + 1) + np.searchsorted(ranked, ends) + 1
    reach = np.maximum.accumulate(reach)
    before = np.concatenate((reach[:1] * 0, reach[:-1])) - rows * (len(ends) + 1)
    covered = np.where(before > 0, ranked[np.maximum(before, 1) - 1], starts)
    starts = np.maximum(starts, covered)
    return rows, starts, np.maximum(starts, ends)
