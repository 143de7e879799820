"""Public holidays by region: which days are closed, in which years, and what they are computed from."""

import copy
import pickle
import subprocess
import sys
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cosource.calendars.queries import sources as sources_module
from cosource.calendars.queries.sources import sources, zones_brought
from cosource.calendars.rules.business_time import (
    BadCalendar,
    Calendar,
    NeverDue,
    Region,
    due,
    elapsed_minutes,
    open_stretches,
)
from cosource.calendars.rules.public_holidays import public_holidays

DAY = ((0, 1440),)
WEEK = (((480, 1020),),) * 5 + ((), ())


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day and so on


def test_days_of_a_country_and_of_a_part_of_it() -> None:
    germany = {
        *((1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26)),
    }
    bavaria = germany | {(1, 6), (6, 4), (11, 1)}
    assert {(d.month, d.day) for d in public_holidays(Region("DE"), 2026)} == germany
    assert {(d.month, d.day) for d in public_holidays(Region("DE", "BY"), 2026)} == bavaria


def test_a_substitute_day_is_closed_and_a_half_day_is_not() -> None:
    assert {date(2026, 7, 3), date(2026, 7, 4)} <= public_holidays(
        Region("US"), 2026
    )  # the 4th is a Saturday
    assert date(2021, 12, 31) in public_holidays(Region("US"), 2021)  # for New Year of 2022
    assert date(2026, 4, 2) not in public_holidays(Region("GR"), 2026)
    assert date(2026, 12, 24) not in public_holidays(Region("IS"), 2026)


def test_public_holidays_close_the_local_day() -> None:
    calendar = Calendar("Asia/Tokyo", (DAY,) * 7, holidays=Region("JP"))
    assert not calendar.is_always_open
    # New Year's Day in Tokyo begins on 31 December in UTC.
    assert elapsed_minutes(utc(2025, 12, 31), utc(2026, 1, 2), calendar) == 15 * 60 + 9 * 60
    assert due(utc(2025, 12, 31, 14, 59), 2, calendar) == utc(2026, 1, 1, 15, 1)
    # Further west it ends on 2 January.
    west = Calendar("Pacific/Honolulu", (DAY,) * 7, holidays=Region("US", "HI"))
    assert elapsed_minutes(utc(2026, 1, 1), utc(2026, 1, 2, 12), west) == 12 * 60


def test_open_days_win_and_own_days_are_added() -> None:
    calendar = Calendar(
        "Europe/Berlin",
        WEEK,
        frozenset({date(2026, 5, 15)}),
        frozenset({date(2026, 5, 14)}),
        Region("DE"),
    )
    assert elapsed_minutes(utc(2026, 5, 13, 22), utc(2026, 5, 14, 22), calendar) == 540.0
    assert elapsed_minutes(utc(2026, 5, 14, 22), utc(2026, 5, 15, 22), calendar) == 0.0
    assert due(utc(2026, 5, 24), 1, calendar) == utc(2026, 5, 26, 6, 1)  # Whit Monday


@pytest.mark.parametrize("year", [1900, 1991, 2026, 2100, 2101, 2399])
def test_every_year_can_be_computed(year: int) -> None:
    for region in (Region("DE", "BY"), Region("IN"), Region("LK"), Region("TW")):
        calendar = Calendar("UTC", (DAY,) * 7, holidays=region)
        closed = utc(year, 12, 31) - utc(year, 1, 1) + timedelta(days=1)
        assert open_stretches(calendar, year).total == closed - timedelta(
            days=len(public_holidays(region, year))
        )
    with pytest.raises(NeverDue):
        due(utc(2399, 12, 31), 1441, calendar)


def test_regions_that_are_not_known() -> None:
    with pytest.raises(BadCalendar, match=r"^holidays.country: 'Atlantis' is not a country"):
        Calendar("UTC", WEEK, holidays=Region("Atlantis"))
    with pytest.raises(BadCalendar, match=r"allowed: ACT \(Australian Capital Territory\), NSW"):
        Calendar("UTC", WEEK, holidays=Region("AU", "??"))


def test_a_calendar_can_be_copied_and_kept() -> None:
    calendar = Calendar("Europe/Berlin", WEEK, holidays=Region("deu", "bayern"))
    open_stretches(calendar, 2026)
    kept = pickle.dumps(calendar)
    assert b"Stretches" not in kept
    for other in (pickle.loads(kept), copy.deepcopy(calendar)):
        assert other == calendar == Calendar("Europe/Berlin", WEEK, holidays=Region("DE", "BY"))
        assert hash(other) == hash(calendar)
        assert open_stretches(other, 2026) is open_stretches(calendar, 2026)


def test_the_large_packages_are_imported_when_they_are_needed() -> None:
    code = (
        "import sys; from cosource.calendars.rules import business_time, many; from cosource.calendars import cli;"
        "business_time.Calendar('UTC', (((0, 1440),),) * 7);"
        "print(sorted({'holidays', 'numpy', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_sources_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sources()
    assert found.holidays.count(".") >= 1
    assert found.zones == "unknown" or (found.zones[:4].isdigit() and found.zones[4:].isalpha())
    sources_module.sources.cache_clear()
    try:
        (tmp_path / "UTC").touch()
        (tmp_path / "tzdata.zi").write_text("# version 2031z\n# more\n")
        monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path / "none"), str(tmp_path)))
        assert sources().zones == "2031z"
        assert zones_brought() is None
        (tmp_path / "tzdata.zi").write_text("# version 2032a\n")
        assert (sources().zones, zones_brought()) == ("2031z", "2032a")
        sources.cache_clear()
        (tmp_path / "tzdata.zi").unlink()
        assert sources().zones == "unknown"
        sources.cache_clear()
        (tmp_path / "UTC").unlink()
        assert sources().zones == sources_module.version_of_package()
    finally:
        sources.cache_clear()
