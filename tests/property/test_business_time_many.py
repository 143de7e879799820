"""Business time of many rows at once is exactly that of one row after the other."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import numpy as np
import pytest
from tests.property.test_business_time import CASES, FIRST, QUICK, make_case

from cosource.calendars.rules import many
from cosource.calendars.rules.business_time import Calendar, NeverDue, Pause, Region, due, elapsed
from cosource.calendars.rules.many import Pauses, due_many, elapsed_many

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US = timedelta(microseconds=1)
ROWS = 60
WORLDS = max(40, 40 * CASES // QUICK // 10)
OFFICE = Calendar("Europe/Berlin", ((((8 * 60, 12 * 60), (13 * 60, 17 * 60)),) * 5) + ((), ()))
ALWAYS = Calendar("Europe/Berlin", (((0, 1440),),) * 7)


def number(instant: datetime) -> int:
    return (instant - EPOCH) // US


def instants(values: list[datetime]) -> np.ndarray:
    return np.array([number(value) for value in values], np.int64)


def make_rows(
    seed: int, calendar_of: int
) -> tuple[Calendar, list[tuple[datetime, datetime, float, list[Pause]]]]:
    random = Random(f"many {seed}")
    case = make_case(calendar_of)
    rows = []
    for _ in range(ROWS):
        start = case.start + timedelta(microseconds=random.randrange(-(10**12), 10**12))
        end = start + timedelta(
            microseconds=random.choice((0, 1, random.randrange(10**10), random.randrange(10**13)))
        )
        minutes = random.choice((0, 1, random.randrange(5000), random.random(), random.uniform(0, 5000)))
        pauses = []
        for _ in range(random.choice((0, 0, 1, 1, 2, 5))):
            pause = start + timedelta(microseconds=random.randrange(-(10**10), 10**12))
            length = random.choice((0, random.randrange(10**9), random.randrange(10**12)))
            pauses.append((pause, pause + timedelta(microseconds=length)))
        rows.append((start, end, minutes, pauses))
    return case.calendar(), rows


@pytest.mark.parametrize("cells", [many._MOST_CELLS, 0], ids=["grid", "search"])
def test_rows_are_equal_to_single_questions(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_MOST_CELLS", cells)
    many._table.cache_clear()
    for seed in range(FIRST, FIRST + WORLDS):
        calendar, rows = make_rows(seed, seed)
        starts, ends = instants([row[0] for row in rows]), instants([row[1] for row in rows])
        minutes = np.array([row[2] for row in rows])
        pauses = Pauses(
            np.cumsum([0, *(len(row[3]) for row in rows)]),
            instants([pause[0] for row in rows for pause in row[3]]),
            instants([pause[1] for row in rows for pause in row[3]]),
        )
        assert elapsed_many(starts, ends, calendar).tolist() == [
            elapsed(start, end, calendar) // US for start, end, _, _ in rows
        ], seed
        assert elapsed_many(starts, ends, calendar, pauses).tolist() == [
            elapsed(start, end, calendar, paused) // US for start, end, _, paused in rows
        ], seed
        assert due_many(starts, minutes, calendar).tolist() == [
            number(due(start, amount, calendar)) for start, _, amount, _ in rows
        ], seed
        assert due_many(starts, minutes, calendar, pauses).tolist() == [
            number(due(start, amount, calendar, paused)) for start, _, amount, paused in rows
        ], seed
    many._table.cache_clear()


def test_more_rows_than_are_done_at_a_time() -> None:
    random = Random("chunks")
    starts = np.array(
        [number(datetime(2026, 1, 1, tzinfo=UTC)) + random.randrange(10**13) for _ in range(20_000)]
    )
    ends = starts + 10**11
    for calendar in (OFFICE, ALWAYS, Calendar("Asia/Tokyo", OFFICE.hours, holidays=Region("JP"))):
        whole = elapsed_many(starts, ends, calendar)
        assert whole.tolist() == [
            value
            for n in range(0, 20_000, 777)
            for value in elapsed_many(starts[n : n + 777], ends[n : n + 777], calendar)
        ]
        for n in range(0, 20_000, 999):
            start, end = (EPOCH + int(edge[n]) * US for edge in (starts, ends))
            assert whole[n] == elapsed(start, end, calendar) // US
        # None, one or two pauses in a row; the two overlap.
        offsets = np.cumsum([0, *(n % 3 for n in range(20_000))])
        begin = np.repeat(starts, np.diff(offsets)) + 10**10 * (np.arange(offsets[-1]) % 2)
        pauses = Pauses(offsets, begin, begin + 4 * 10**10)
        passed, late = (
            elapsed_many(starts, ends, calendar, pauses),
            due_many(starts, starts % 999, calendar, pauses),
        )
        for n in (0, 1, 2, 16_382, 16_383, 16_384, 16_385, 16_386, 19_997, 19_998, 19_999):
            start, end = (EPOCH + int(edge[n]) * US for edge in (starts, ends))
            own = [EPOCH + int(edge) * US for edge in begin[offsets[n] : offsets[n + 1]]]
            paused = [(edge, edge + timedelta(seconds=40_000)) for edge in own]
            assert passed[n] == elapsed(start, end, calendar, paused) // US
            assert late[n] == number(due(start, int(starts[n]) % 999, calendar, paused))


def test_amounts_are_rounded_as_one_by_one() -> None:
    """Half a microsecond goes to the even one, and a product of floats does not decide it."""
    random = Random("halves")
    start = datetime(2026, 3, 2, tzinfo=UTC)
    minutes = [(n + 0.5) / 60_000_000 for n in range(2000)]
    minutes += [
        random.randrange(10**6) + (random.randrange(60_000_000) + 0.5) / 60_000_000 for _ in range(2000)
    ]
    found = due_many([number(start)] * len(minutes), minutes, ALWAYS)
    assert found.tolist() == [number(due(start, amount, ALWAYS)) for amount in minutes]


def test_a_pause_that_begins_when_it_is_due() -> None:
    start = datetime(2026, 3, 2, 7, tzinfo=UTC)
    pause = start + timedelta(minutes=60), start + timedelta(minutes=90)
    again = start + timedelta(minutes=120), start + timedelta(minutes=150)
    edges = [instants([one[side] for one in (pause, again)]) for side in (0, 1)]
    rows = Pauses([0, 2, 4, 6], *(np.tile(edge, 3) for edge in edges))
    found = due_many([number(start)] * 3, [60, 90, 91], OFFICE, rows)
    assert found.tolist() == [number(start + timedelta(minutes=late)) for late in (60, 120, 151)]
    assert found.tolist() == [number(due(start, amount, OFFICE, [pause, again])) for amount in (60, 90, 91)]


def test_instants_come_back_as_they_are_given() -> None:
    start = np.array(["2026-03-02T07:00", "2026-03-06T15:59:59"], "M8[s]")
    end = np.array(["2026-03-02T08:00:00.000001", "2026-03-09T07:00:01"], "M8[us]")
    assert elapsed_many(start, end, OFFICE).tolist() == [
        timedelta(hours=1, microseconds=1),
        timedelta(seconds=2),
    ]
    assert elapsed_many(start.astype("M8[us]"), end, OFFICE).dtype == np.dtype("m8[us]")
    assert due_many(start, [1, 1], OFFICE).tolist() == [
        datetime(2026, 3, 2, 7, 1),  # noqa: DTZ001 - numpy knows no zones
        datetime(2026, 3, 9, 7, 0, 59),  # noqa: DTZ001
    ]
    assert elapsed_many([], [], OFFICE).tolist() == []
    assert due_many([], [], OFFICE, Pauses([0], [], [])).tolist() == []


def test_years_without_an_open_day_and_the_last_year() -> None:
    sunday = Calendar("UTC", (((600, 601),), (), (), (), (), (), ()))
    start = number(datetime(2026, 12, 29, tzinfo=UTC))
    assert due_many([start, start], [1, 5000], sunday).tolist() == [
        number(due(EPOCH + start * US, amount, sunday)) for amount in (1, 5000)
    ]
    shut = Calendar("UTC", OFFICE.hours, frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(365)))
    assert elapsed_many([start], [start + 10**9], shut).tolist() == [0]
    assert due_many([start], [1], shut).tolist() == [number(datetime(2027, 1, 1, 8, 1, tzinfo=UTC))]
    last = number(datetime(2399, 12, 31, 23, 59, tzinfo=UTC))
    assert due_many([last], [1], ALWAYS).tolist() == [last + 60_000_000]
    with pytest.raises(NeverDue, match=r"^row 1: not due before the end of 2399$"):
        due_many([last, last], [1, 1.1], ALWAYS)
    with pytest.raises(NeverDue, match=r"^row 1: not due before the end of 2399$"):
        due_many([start, start], [1, 10**12], OFFICE)


NOON = number(datetime(2026, 3, 2, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("starts", "ends", "pauses", "message"),
    [
        (
            [NOON, NOON],
            [NOON, NOON - 1],
            None,
            "row 1: end 2026-03-02T11:59:59.999999+00:00 is before start 2026-03-02T",
        ),
        ([NOON], [NOON, NOON], None, "ends: 2 rows are given, there are 1 starts"),
        ([[NOON]], [NOON], None, "start: expected one row of instants, found 2 dimensions"),
        ([1.5], [NOON], None, "start: float64 can't be read exactly; give int64 microseconds or datetime64"),
        (
            np.array(["2026-03-02"], "M8[ns]"),
            [NOON],
            None,
            "start: datetime64[ns] can't be read exactly; give int64 microseconds",
        ),
        (np.array(["NaT"], "M8[us]"), [NOON], None, "row 0: start is no instant (NaT)"),
        (
            [NOON, -(10**16)],
            [NOON, NOON],
            None,
            "row 1: start: business time is computed for the years 1900 to 2399, not 1653",
        ),
        (
            [NOON],
            [NOON],
            ([0, 2], [NOON], [NOON]),
            "offsets: expected 2 whole numbers that rise from 0 to 1, the number of",
        ),
        ([NOON], [NOON], ([0], [], []), "offsets: expected 2 whole numbers"),
        (
            [NOON, NOON],
            [NOON, NOON],
            ([0, 0, 1], [NOON], [NOON - 10**6]),
            "row 1: the pause from 2026-03-02T12:00:00+00:00 ends before that, at 2026-03-02T11:59:59+00:00",
        ),
    ],
)
def test_bad_rows_are_named(
    starts: object, ends: object, pauses: tuple[list[int], ...] | None, message: str
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared below
        elapsed_many(starts, ends, OFFICE, Pauses(*pauses) if pauses else None)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        ([-1], "row 0: -1 minutes is no amount of time; give zero or more"),
        ([float("nan")], "row 0: nan minutes is no amount of time; give zero or more"),
        (["1"], "minutes: expected one row of numbers, found 1 dimensions of <U1"),
        ([1, 2], "minutes: 2 rows are given, there are 1 starts"),
        ([float("inf")], "row 0: not due before the end of 2399"),
    ],
)
def test_bad_amounts_are_named(minutes: list[object], message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared below
        due_many([NOON], minutes, OFFICE)
    assert str(refused.value) == message
