"""The gaps of a matrix, worked out by stretches, are those that asking it minute by minute finds."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from cosource.calendars.rules.weekly import WEEKDAYS, WeeklyHours
from cosource.parties.rules.duty import Shift
from cosource.tickets.matrix.rules.gaps import gaps_of
from cosource.tickets.matrix.rules.line import (
    CONTACT,
    DIRECTIONS,
    DUTY,
    KINDS,
    LEAD,
    PERSON,
    Line,
    Place,
)
from cosource.tickets.matrix.rules.matrix import OFF_HOURS, resolve
from cosource.tickets.matrix.rules.telling import Told, holes_of, new_among, told_as, told_from
from cosource.tickets.matrix.rules.world import Crew, Member, Someone, Span, World

pytestmark = pytest.mark.req("C15")
MINUTE = timedelta(minutes=1)
# The clocks go forward and back in Berlin, a public holiday, an ordinary day.
DAYS = [datetime(2026, *day, 21, tzinfo=UTC) for day in ((3, 28), (10, 24), (4, 30), (7, 6))]


def span(chance: random.Random, start: datetime, minutes: int) -> Span:
    begins = start + chance.randint(-600, minutes) * MINUTE
    return begins, chance.choice([None, begins + chance.randint(1, minutes) * MINUTE])


def hours(chance: random.Random) -> WeeklyHours:
    return WeeklyHours(
        chance.choice(["Europe/Berlin", "Asia/Tokyo", "America/New_York"]),
        tuple(sorted(chance.sample(WEEKDAYS, chance.randint(2, 7)), key=WEEKDAYS.index)),
        chance.randrange(1440),
        chance.randrange(1440),
        outside=chance.random() < 0.2,
        country=chance.choice(["", "DE"]),
    )


def world(chance: random.Random, start: datetime, minutes: int) -> World:
    people = {
        str(n): Someone(
            f"P{n}",
            active=chance.random() < 0.9,
            serves=tuple(span(chance, start, minutes) for _ in range(chance.randint(1, 2))),
            absent=tuple(span(chance, start, minutes) for _ in range(chance.randint(0, 2))),
            phone=chance.choice(["", "+49301234567"]),
            mail=chance.choice(["", "p@x.example"]),
        )
        for n in range(4)
    }
    teams = {
        f"t{n}": Crew(
            f"T{n}",
            tuple(
                Member(str(chance.randrange(5)), chance.random() < 0.5, span(chance, start, minutes))
                for _ in range(3)
            ),
            tuple(
                (Shift(hours(chance), chance.choice(["", "0", "9"])), span(chance, start, minutes))
                for _ in range(chance.randint(0, 3))
            ),
            chance.choice([None, start + chance.randint(-60, minutes) * MINUTE]),
        )
        for n in range(2)
    }
    return World(people, teams)


def place(chance: random.Random) -> Place:
    kind = chance.choice([PERSON, PERSON, DUTY, LEAD, CONTACT])
    phone = chance.choice(["", "", "+4930765432"])
    which = chance.choice(["0", "1", "2", "3", "7"]) if kind == PERSON else chance.choice(["t0", "t1", "t9"])
    return Place(kind, "" if kind == CONTACT else which, phone=phone, mail="" if phone else "c@x.example")


def matrix(chance: random.Random) -> list[Line]:
    return [
        Line(
            f"l{n}",
            chance.choice(list(DIRECTIONS)),
            chance.randint(1, 2),
            tuple(place(chance) for _ in range(chance.randint(1, 3))),
            kinds=frozenset(chance.sample(KINDS, chance.randint(0, 2))),
            priorities=frozenset(chance.sample(range(1, 6), chance.randint(0, 2))),
            hours=chance.choice([None, hours(chance), hours(chance)]),
            by_phone=chance.random() < 0.4,
        )
        for n in range(chance.randint(1, 4))
    ]


def holds(seed: int, minutes: int, combinations: int) -> int:
    """Compare both for some kinds and priorities; return how many minutes had a gap."""
    chance = random.Random(seed)
    start = chance.choice(DAYS)
    lines, known = matrix(chance), world(chance, start, minutes)
    found = gaps_of(lines, known, start, start + minutes * MINUTE)
    assert all(start <= gap.starts_at < gap.ends_at <= start + minutes * MINUTE for gap in found)
    empty = 0
    for kind, priority in chance.sample([(k, p) for k in KINDS for p in range(1, 6)], combinations):
        mine = [gap for gap in found if (gap.kind, gap.priority) == (kind, priority)]
        for minute in range(minutes):
            at = start + minute * MINUTE
            here = {(gap.level, gap.direction) for gap in mine if gap.starts_at <= at < gap.ends_at}
            asked = resolve(lines, known, kind=kind, priority=priority, at=at)
            reached = {(one.line.level, one.line.direction) for one in asked.reached}
            off = {one.line.id for one in asked.passed if one.why in {OFF_HOURS, "holiday"}}
            kept = {
                (line.level, line.direction)
                for line in lines
                if line.fits(kind, priority) and line.id not in off
            }
            expected = (kept - reached) if reached else {(0, "")}
            assert here == expected, (seed, kind, priority, at)
            empty += not reached
    return empty


def test_stretches_are_what_every_minute_says() -> None:
    assert sum(holds(seed, 600, 1) > 0 for seed in range(12)) > 3


@pytest.mark.proof
@pytest.mark.parametrize("part", range(20))
def test_stretches_are_what_every_minute_says_for_days(part: int) -> None:
    assert sum(holds(1_000 + 20 * part + number, 3 * 1440, 2) > 0 for number in range(20)) > 3


def office() -> list[Line]:
    working = WeeklyHours("Europe/Berlin", WEEKDAYS, 8 * 60, 18 * 60)
    return [Line("a", "functional", 1, (Place(CONTACT, name="Desk", mail="d@x.example"),), hours=working)]


def test_a_gap_that_comes_back_every_night_is_told_once_over_the_change_of_the_clocks() -> None:
    start = datetime(2026, 9, 1, 12, tzinfo=UTC)
    lines, window, told, counts = office(), timedelta(weeks=8), Told({}), []
    for day in (0, 1, 2, 30, 51, 54, 60):
        at = start + timedelta(days=day)
        holes = holes_of(gaps_of(lines, World(), at, at + window))
        counts.append(len(new_among(holes, told, "Europe/Berlin")))
        told = told_from(told_as(holes, at + window))
    assert counts == [7] + [0] * 6


def test_another_gap_among_known_ones_is_told() -> None:
    start, window = datetime(2026, 9, 1, 12, tzinfo=UTC), timedelta(weeks=8)
    lines = office()
    told = told_from(told_as(holes_of(gaps_of(lines, World(), start, start + window)), start + window))
    since = ((datetime(2020, 1, 1, tzinfo=UTC), None),)
    noon = start + timedelta(days=3)
    away = Someone("Ann", serves=since, absent=((noon, noon + timedelta(hours=1)),), mail="a@x.example")
    named = [Line("a", "functional", 1, (Place(PERSON, "1"),), hours=lines[0].hours)]
    holes = holes_of(gaps_of(named, World({"1": away}), start, start + window))
    assert [hole.stretch for hole in new_among(holes, told, "Europe/Berlin")] == [
        (noon, noon + timedelta(hours=1))
    ]
