"""Sixty cases with their answers, to be checked by hand: fixed_cases.csv, by the calendars of fixed_calendars.yaml.

From `start` to `end` there are so many `minutes`, less the pauses; and so many minutes after `start` are `due`.
"""

import csv
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from tests.minutes import counted

from cosource.calendars.rules.business_time import Calendar, Pause, due, elapsed, elapsed_minutes
from cosource.calendars.rules.many import Pauses, due_many, elapsed_many
from cosource.calendars.rules.parsing import parse_calendar

HERE = Path(__file__).parent
CALENDARS = {
    name: parse_calendar(written)
    for name, written in yaml.load(
        (HERE / "fixed_calendars.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader
    ).items()
}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def pauses(text: str) -> list[Pause]:
    return [
        (instant(start), instant(end)) for start, _, end in (pause.partition("/") for pause in text.split())
    ]


with (HERE / "fixed_cases.csv").open(encoding="utf-8", newline="") as file:
    CASES = [
        pytest.param(
            CALENDARS[row["calendar"]],
            instant(row["start"]),
            instant(row["end"]),
            int(row["minutes"]),
            instant(row["due"]),
            pauses(row["pauses"]),
            id=row["about"],
        )
        for row in csv.DictReader(file)
    ]
ARGUMENTS = ("calendar", "start", "end", "minutes", "due_at", "paused")


def test_there_are_sixty() -> None:
    assert len(CASES) == 60


@pytest.mark.req("C8")
@pytest.mark.parametrize(ARGUMENTS, CASES)
def test_a_case(
    calendar: Calendar, start: datetime, end: datetime, minutes: int, due_at: datetime, paused: list[Pause]
) -> None:
    assert elapsed_minutes(start, end, calendar, paused) == minutes
    assert due(start, minutes, calendar, paused) == due_at
    # There and back again.
    assert elapsed_minutes(start, due_at, calendar, paused) == minutes
    assert due(start, elapsed_minutes(start, due_at, calendar, paused), calendar, paused) == due_at


@pytest.mark.parametrize(ARGUMENTS, CASES)
def test_a_case_counted_minute_by_minute(
    calendar: Calendar, start: datetime, end: datetime, minutes: int, due_at: datetime, paused: list[Pause]
) -> None:
    assert counted(
        calendar.zone,
        calendar.hours,
        calendar.closed_dates,
        calendar.open_dates,
        calendar.holidays,
        start,
        end,
        paused,
        minutes,
    ) == (minutes, due_at)


@pytest.mark.parametrize(ARGUMENTS, CASES)
def test_a_case_as_a_row(
    calendar: Calendar, start: datetime, end: datetime, minutes: int, due_at: datetime, paused: list[Pause]
) -> None:
    first, last, wanted = (round(at.timestamp()) * 10**6 for at in (start, end, due_at))
    edges = [[round(pause[side].timestamp()) * 10**6 for pause in paused] for side in (0, 1)]
    ragged = Pauses([0, len(paused)], *edges)
    assert elapsed_many([first], [last], calendar, ragged).tolist() == [minutes * 60 * 10**6]
    assert due_many([first], [minutes], calendar, ragged).tolist() == [wanted]


@pytest.mark.parametrize(ARGUMENTS, CASES)
def test_a_case_adds_up_over_pauses_and_cuts(
    calendar: Calendar, start: datetime, end: datetime, minutes: int, due_at: datetime, paused: list[Pause]
) -> None:
    """Resumed at each cut, or paused between two cuts: the parts make the whole."""
    cuts = [start + n * (end - start) / 7 for n in range(8)]
    parts = [elapsed(first, last, calendar, paused) for first, last in pairwise(cuts)]
    assert sum(parts, timedelta()) == timedelta(minutes=minutes)
    assert elapsed(start, end, calendar, [*paused, (cuts[2], cuts[4])]) == (
        timedelta(minutes=minutes) - parts[2] - parts[3]
    )


@pytest.mark.parametrize(ARGUMENTS, CASES)
def test_around_the_clock_is_the_difference_in_utc(
    calendar: Calendar, start: datetime, end: datetime, minutes: int, due_at: datetime, paused: list[Pause]
) -> None:
    always = Calendar(calendar.zone, (((0, 1440),),) * 7)
    assert elapsed(start, end, always) == end - start
    assert due(start, minutes, always) == start + timedelta(minutes=minutes)
