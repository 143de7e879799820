"""Public holidays in the calendars of an agreement's text."""

from datetime import UTC, datetime

import pytest

from cosource.agreements.queries.term_rows import calendar_words
from cosource.agreements.rules.agreement_text import parse_agreement
from cosource.agreements.rules.problems import BadAgreement
from cosource.calendars.rules.business_time import Calendar, Region, due

TEXT = """\
name: Desk
starts_on: 2026-03-29
timezone: Europe/Berlin
calendars:
  office:
    hours: {mon: ["08:00-17:00"], thu: ["08:00-17:00"]}
    holidays:
      country: DE
      subdivision: BY
      open: [2026-05-14]
targets:
  - {kind: resolve, priority: 1, minutes: 60, calendar: office}
"""


@pytest.mark.req("C8")
def test_public_holidays_run_by_the_agreement() -> None:
    office = parse_agreement(TEXT).calendars["office"]
    assert office.holidays == Region("DE", "BY")
    # Monday 25 May is Whit Monday; Thursday 14 May, Ascension, was agreed to be worked.
    assert due(datetime(2026, 5, 21, 16, tzinfo=UTC), 60, office) == datetime(2026, 5, 28, 7, tzinfo=UTC)
    assert due(datetime(2026, 5, 13, tzinfo=UTC), 60, office) == datetime(2026, 5, 14, 7, tzinfo=UTC)


def test_norway_is_a_country() -> None:
    text = TEXT.replace("country: DE", "country: NO").replace("      subdivision: BY\n", "")
    assert parse_agreement(text).calendars["office"].holidays == Region("NO")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "country: DE",
            "country: Germ",
            (
                "line 8, calendars.office.holidays.country: 'Germ' is not a country whose holidays are known; "
                "did you mean DE (Germany), NE (Niger), GR (Greece)?"
            ),
        ),
        (
            "subdivision: BY",
            "subdivision: BAY",
            (
                "line 9, calendars.office.holidays.subdivision: 'BAY' is not a part of Germany whose holidays "
                "are known; did you mean BY (Bayern)?"
            ),
        ),
    ],
)
def test_an_unknown_region_is_named_with_its_line(before: str, after: str, message: str) -> None:
    with pytest.raises(BadAgreement) as refused:
        parse_agreement(TEXT.replace(before, after))
    assert str(refused.value).splitlines()[-1] == message


def test_a_page_says_whose_holidays_are_closed() -> None:
    calendar = Calendar("UTC", (((480, 1020),),) * 5 + ((), ()), holidays=Region("DE", "BY"))
    assert calendar_words(calendar) == "Mon–Fri 08:00–17:00; public holidays of DE-BY closed"
