"""A calendar from what a person writes."""

from collections.abc import Mapping
from datetime import date, datetime

import pytest
import yaml

from cosource.calendars.rules.business_time import BadCalendar, Calendar, Region
from cosource.calendars.rules.parsing import parse_calendar

WRITTEN = """
timezone: Europe/Berlin
hours:
  mon: ["13:00-24:00", "08:00-12:00"]
  tue: []
  wed:
holidays:
  dates: [2026-12-24, "2026-12-25"]
  open: [2026-12-31]
"""


def test_a_calendar_as_a_file_gives_it() -> None:
    assert parse_calendar(yaml.safe_load(WRITTEN)) == Calendar(
        zone="Europe/Berlin",
        hours=(((480, 720), (780, 1440)), (), (), (), (), (), ()),
        closed_dates=frozenset({date(2026, 12, 24), date(2026, 12, 25)}),
        open_dates=frozenset({date(2026, 12, 31)}),
    )


def test_holidays_may_be_left_out() -> None:
    calendar = parse_calendar({"timezone": "UTC", "hours": {"sun": ("00:00-24:00",)}, "holidays": {}})
    assert calendar == parse_calendar({"timezone": "UTC", "hours": {"sun": ["00:00-24:00"]}})
    assert calendar.hours[6] == ((0, 1440),)


def test_public_holidays_by_code_or_name() -> None:
    for country, subdivision in (("DE", "BY"), ("de", "by"), ("DEU", "Bayern"), ("Germany", "BAYERN")):
        calendar = parse_calendar(
            {**monday("08:00-12:00"), "holidays": {"country": country, "subdivision": subdivision}}
        )
        assert calendar.holidays == Region("DE", "BY")
    assert parse_calendar({**monday("08:00-12:00"), "holidays": {"country": "NO"}}).holidays == ("NO", "")
    assert parse_calendar({**monday("08:00-12:00"), "holidays": ""}).holidays is None


def monday(*windows: object) -> Mapping[str, object]:
    return {"timezone": "UTC", "hours": {"mon": list(windows)}}


def closed(**holidays: object) -> Mapping[str, object]:
    return {**monday("08:00-12:00"), "holidays": holidays}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"hours": {}}, "timezone: missing; name a zone like Europe/Berlin"),
        ({"timezone": 5, "hours": {}}, "timezone: missing; name a zone like Europe/Berlin"),
        ({"timezone": "", "hours": {}}, "timezone: missing; name a zone like Europe/Berlin"),
        (
            {"timezone": "Berlin", "hours": {"mon": ["08:00-12:00"]}},
            "timezone: 'Berlin' is not a zone of the time zone database; write it like Europe/Berlin",
        ),
        ({"timezone": "UTC"}, "hours: expected keys with values, found None"),
        (
            {"timezone": "UTC", "hours": {}},
            "hours: no weekday has a working minute, so that nothing would ever be due",
        ),
        (
            {**monday("08:00-12:00"), "zone": "UTC"},
            "calendar: 'zone' is not known here; allowed: timezone, hours, holidays",
        ),
        (
            {"timezone": "UTC", "hours": {"monday": []}},
            "hours: 'monday' is not known here; allowed: mon, tue, wed, thu, fri, sat, sun",
        ),
        (
            {"timezone": "UTC", "hours": {"mon": "08:00-12:00"}},
            "hours.mon: expected a list, found '08:00-12:00'",
        ),
        (monday("8-12"), "hours.mon: '8-12' is not a window; write it like 08:00-17:00"),
        (monday(480), "hours.mon: 480 is not a window; write it like 08:00-17:00"),
        (monday("08:00-24:01"), "hours.mon: '08:00-24:01' has no such time of day; the last one is 24:00"),
        (monday("08:60-12:00"), "hours.mon: '08:60-12:00' has no such time of day; the last one is 24:00"),
        (
            monday("22:00-06:00"),
            (
                "hours.mon: '22:00-06:00' doesn't end after it begins; split a window over midnight into "
                "22:00-24:00 and, on the next day, 00:00-06:00"
            ),
        ),
        (monday("08:00-12:00", "11:30-13:00"), "hours.mon: two windows overlap at 11:30"),
        (
            closed(land="DE"),
            "holidays: 'land' is not known here; allowed: country, subdivision, dates, open",
        ),
        (
            closed(country=False),
            'holidays.country: YAML reads this word without quotes as False; put it in quotes, such as "NO"',
        ),
        (
            closed(country="CA", subdivision=True),
            'holidays.subdivision: YAML reads this word without quotes as True; put it in quotes, such as "ON"',
        ),
        (closed(country=["DE"]), "holidays.country: ['DE'] is not a code; write it like NO"),
        (
            closed(subdivision="BY"),
            "holidays.subdivision: 'BY' needs its country; add country, such as DE",
        ),
        (
            closed(country="Germ"),
            (
                "holidays.country: 'Germ' is not a country whose holidays are known; "
                "did you mean DE (Germany), NE (Niger), GR (Greece)?"
            ),
        ),
        (
            closed(country="12"),
            (
                "holidays.country: '12' is not a country whose holidays are known; "
                "give its code of ISO 3166, such as DE"
            ),
        ),
        (
            closed(country="DE", subdivision="BAY"),
            (
                "holidays.subdivision: 'BAY' is not a part of Germany whose holidays are known; "
                "did you mean BY (Bayern)?"
            ),
        ),
        (
            closed(country="DK", subdivision="84"),
            "holidays.subdivision: '84' is not known; Denmark has no subdivisions here: leave it out",
        ),
        (
            {**monday("08:00-12:00"), "holidays": ["2026-12-24"]},
            "holidays: expected keys with values, found ['2026-12-24']",
        ),
        (
            closed(dates=["24.12.2026"]),
            "holidays.dates: '24.12.2026' is not a date; write it like 2026-12-24",
        ),
        (
            closed(dates=[datetime(2026, 12, 24, 8)]),  # noqa: DTZ001  a YAML file gives such a value
            "holidays.dates: datetime.datetime(2026, 12, 24, 8, 0) is not a date; write it like 2026-12-24",
        ),
        (closed(open="2026-12-24"), "holidays.open: expected a list, found '2026-12-24'"),
        (
            closed(dates=["2026-12-24", "2026-12-31"], open=["2026-12-31"]),
            "holidays: 2026-12-31 is both under dates and under open",
        ),
    ],
)
def test_what_is_wrong_is_named(source: Mapping[str, object], message: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        parse_calendar(source)
    assert str(refused.value) == message
