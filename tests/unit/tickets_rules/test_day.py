"""The order of a day: groups, strip, and when it is quiet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cosource.tickets.rules.day import Due, grouped, quiet_until, strip_of, when_due

BERLIN = ZoneInfo("Europe/Berlin")
TEN = datetime(2026, 3, 2, 10, tzinfo=BERLIN)


@dataclass
class Thing:
    due_at: datetime | None


def due(hours: float) -> Thing:
    return Thing(TEN + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("thing", "group"),
    [
        (due(-0.01), Due.OVERDUE),
        (due(0), Due.HOUR),
        (due(1), Due.HOUR),
        (due(1.01), Due.TODAY),
        (due(13.9), Due.TODAY),
        (due(14), Due.WEEK),
        (due(24 * 7), Due.WEEK),
        (due(24 * 7 + 1), Due.LATER),
        (Thing(None), Due.LATER),
    ],
)
def test_when_something_is_due(thing: Thing, group: Due) -> None:
    assert when_due(thing.due_at, TEN) is group


def test_groups_keep_their_order_and_empty_ones_stay_away() -> None:
    late, soon, never = due(-2), due(0.5), Thing(None)
    assert grouped([never, soon, late], TEN) == {
        Due.OVERDUE: [late],
        Due.HOUR: [soon],
        Due.LATER: [never],
    }
    assert list(grouped([never, soon, late], TEN)) == [Due.OVERDUE, Due.HOUR, Due.LATER]


def test_the_strip_begins_at_seven() -> None:
    strip = strip_of([due(-5), due(0.5), due(4), due(10), Thing(None)], TEN)
    assert strip.begins_at == TEN.replace(hour=7)
    assert strip.now == 25.0
    assert [(m.at, m.kind) for m in strip.marks] == [(0.0, "over"), (29.17, "soon"), (58.33, "ok")]
    assert [(label.at, label.anchor) for label in strip.labels][::3] == [
        (0.0, "start"),
        (50.0, "middle"),
        (100.0, "end"),
    ]


@pytest.mark.parametrize(("hour", "begins"), [(5, 3), (6, 4), (7, 7), (17, 7), (18, 16), (23, 21)])
def test_early_and_late_the_strip_follows_the_hour(hour: int, begins: int) -> None:
    now = TEN.replace(hour=hour, minute=30)
    assert strip_of([], now).begins_at == now.replace(hour=begins, minute=0)


def test_it_is_quiet_until_the_next_thing_of_the_day() -> None:
    assert quiet_until([due(-1), due(0.5), due(5), due(3), due(20), Thing(None)], TEN) == due(3).due_at
    assert quiet_until([due(0.5), due(20)], TEN) is None
