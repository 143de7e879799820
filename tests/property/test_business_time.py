"""Business time against counting every minute, over zones with every kind of change of the clocks.

The quick suite samples cases and zones; a proof runs 200,000 cases, or as many as COSOURCE_PROOF_CASES says. A case
is made from its number alone, so a failure names what is needed to see it again: COSOURCE_PROOF_FROM starts at that number.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest
from tests.minutes import EPOCH, changes, counted, public
from tests.proof import count

from cosource.calendars.rules.business_time import (
    Calendar,
    Region,
    due,
    elapsed,
    elapsed_minutes,
    open_stretches,
)

ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Santiago",
    "America/Havana",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
REGIONS = (
    Region("DE"),
    Region("DE", "BY"),
    Region("IE"),
    Region("EG"),
    Region("LB"),
    Region("CL"),
    Region("AU", "NSW"),
    Region("NO"),
    Region("MA"),
    Region("NP"),
    Region("WS"),
    Region("US", "TX"),
)
QUICK = 1_000
CASES = count("CASES", sample=QUICK, full=200_000)
FIRST = int(os.environ.get("COSOURCE_PROOF_FROM", "0"))
BATCHES = 8
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Case:
    zone: str
    hours: tuple[tuple[tuple[int, int], ...], ...]
    closed: frozenset[date]
    kept_open: frozenset[date]
    start: datetime
    end: datetime
    pauses: tuple[tuple[datetime, datetime], ...]
    amount: int
    region: Region | None

    def calendar(self) -> Calendar:
        return Calendar(self.zone, self.hours, self.closed, self.kept_open, self.region)

    def counted(self) -> tuple[int, datetime | None]:
        return counted(
            self.zone,
            self.hours,
            self.closed,
            self.kept_open,
            self.region,
            self.start,
            self.end,
            self.pauses,
            self.amount,
        )


def make_case(number: int) -> Case:
    random = Random(f"business time {number}")
    zone = random.choice(ZONES)
    year = 2011 if zone == "Pacific/Apia" and random.random() < 0.5 else random.randrange(2000, 2038)
    region = random.choice(REGIONS) if random.random() < 0.4 else None
    near = changes(zone, year)
    kind = random.random()
    if near and kind < 0.6:
        start = random.choice(near) - timedelta(minutes=random.randrange(0, 1500))
    elif kind < 0.7:
        start = datetime(year, 12, 31, tzinfo=UTC) + timedelta(minutes=random.randrange(-2000, 2000))
    elif region and kind < 0.9 and (days := public(*region, year)):
        start = EPOCH + timedelta(days=random.choice(days), minutes=random.randrange(-3000, 1440))
    else:
        start = datetime(year, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(365 * 1440))
    longest = random.choice((300, 3000, 3000, 20_000))
    end = start + timedelta(minutes=random.randrange(longest))
    days = [start.date() + timedelta(days=shift) for shift in range(-1, 5)]
    pauses = []
    for _ in range(random.choice((0, 0, 1, 1, 2, 4))):
        pause = start + timedelta(minutes=random.randrange(-300, 3000))
        pauses.append((pause, pause + timedelta(minutes=random.choice((0, 7, 60, random.randrange(2000))))))
    hours = tuple(make_day(random) for _ in range(7))
    if not any(hours):
        hours = (((0, 1440),),) * 7
    return Case(
        zone=zone,
        hours=hours,
        closed=frozenset(random.sample(days, random.choice((0, 0, 1, 2)))),
        kept_open=frozenset(random.sample(days, random.choice((0, 0, 0, 1)))),
        start=start,
        end=end,
        pauses=tuple(pauses),
        amount=random.randrange(0, min(longest, 2500)),
        region=region,
    )


def make_day(random: Random) -> tuple[tuple[int, int], ...]:
    kind = random.random()
    if kind < 0.2:
        return ()
    if kind < 0.4:
        return ((0, 1440),)
    # Half of the edges lie in the small hours, where the clocks change.
    edges = sorted(random.sample(range(300) if kind < 0.7 else range(1441), random.choice((2, 4))))
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def cases(batch: int) -> Iterator[tuple[int, Case]]:
    for number in range(FIRST + batch, FIRST + CASES, BATCHES):
        yield number, make_case(number)


@pytest.mark.req("C8", "X3")
@pytest.mark.parametrize("batch", range(BATCHES))
def test_elapsed_and_due_agree_with_counting_minutes(batch: int) -> None:
    reached_count = 0
    for number, case in cases(batch):
        calendar = case.calendar()
        minutes, reached = case.counted()
        assert elapsed_minutes(case.start, case.end, calendar, case.pauses) == minutes, (number, case)
        at = due(case.start, case.amount, calendar, case.pauses)
        if reached is None:
            assert at > case.end, (number, case)
        else:
            reached_count += 1
            assert at == reached, (number, case)
    assert reached_count > 0


def test_due_and_elapsed_are_inverse_to_the_microsecond() -> None:
    random = Random("inverse")
    for number in range(300):
        case = make_case(number)
        calendar = case.calendar()
        amount = timedelta(microseconds=random.randrange(1, 10**11))
        start = case.start + timedelta(microseconds=random.randrange(60_000_000))
        at = due(start, amount / MINUTE, calendar, case.pauses)
        amount = (amount / MINUTE) * MINUTE
        assert elapsed(start, at, calendar, case.pauses) == amount, number
        assert elapsed(start, at - timedelta(microseconds=1), calendar, case.pauses) < amount, number


def test_elapsed_adds_up_wherever_it_is_cut() -> None:
    random = Random("cut")
    for number in range(300):
        case = make_case(number)
        calendar = case.calendar()
        span = (case.end - case.start) // timedelta(microseconds=1)
        middle = case.start + timedelta(microseconds=random.randrange(span + 1))
        assert elapsed(case.start, case.end, calendar, case.pauses) == (
            elapsed(case.start, middle, calendar, case.pauses)
            + elapsed(middle, case.end, calendar, case.pauses)
        ), number


@pytest.mark.parametrize("year", [1972, 1996, 2011, 2024, 2026, 2037])
def test_no_change_of_any_zone_is_overlooked(year: int) -> None:
    """A calendar of one window a day is open, in every zone of the world, at the instants at which it should be."""
    random = Random(f"zones {year}")
    hours = (((120, 200), (1380, 1440)),) * 7
    zones = sorted(available_timezones() - {"localtime", "Factory"})
    for zone in random.sample(zones, 40) if CASES <= QUICK else zones:
        info = ZoneInfo(zone)
        table = open_stretches(Calendar(zone, hours), year)
        for edge in random.sample([*table.starts, *table.ends], 12):
            for shift in (-1, 1):
                at = edge + timedelta(seconds=shift)
                local = at.astimezone(info)
                of_day = local.hour * 60 + local.minute
                expected = any(opens <= of_day < closes for opens, closes in hours[0])
                if at.year == year:
                    assert (table.until(at + timedelta(seconds=1)) > table.until(at)) is expected, (zone, at)
