"""Every figure of the carried log, exactly as a separate program counted it from the file."""

import csv
import re
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cosource.metrics.queries.drill import tickets_behind
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.matrix import handovers_between
from cosource.metrics.queries.period import last_with_data
from cosource.metrics.queries.trends import trend
from cosource.metrics.rules.periods import Period
from cosource.metrics.services.gathering import facts_rebuild
from cosource.parties.models import Person
from cosource.parties.queries.sight import actor_for_person

HERE = Path(__file__).parent
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
pytestmark = [pytest.mark.req("C16", "E1"), pytest.mark.usefixtures("facts")]


def table(name: str) -> list[dict[str, str]]:
    lines = (HERE / name).read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.fixture(scope="module")
def _gathered(imported, django_db_blocker, tmp_path_factory):
    from django.conf import settings

    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "FACTS_DIR", tmp_path_factory.mktemp("facts"))
        facts_rebuild()
        yield


@pytest.fixture
def facts(_gathered, db):
    """The facts of the log."""


@pytest.fixture
def ruth():
    return actor_for_person(
        Person.objects.get(email="ruth@harbour.example"), organization_id=None, at=AT, channel="cli"
    )


def group_of(figure) -> str:
    """The group as the file names it: `Service desk (Group 70)` is Group 70 there."""
    if figure.by is None:
        return ""
    found = re.findall(r"Group \d+", figure.by.label)
    if found:
        return " / ".join(sorted(found))
    return (
        figure.by.label
        if figure.by.field in ("site", "team") or "pair" in figure.by.field
        else figure.by.value or ""
    )


def test_each_figure_is_exactly_what_was_counted(ruth):
    wanted = defaultdict(dict)
    for row in table("sample_figures.csv"):
        wanted[row["by"]][row["id"], row["group"]] = (float(row["value"]), int(row["n"]))
    for by, expected in wanted.items():
        ids = {i for i, _ in expected}
        found = {
            (f.id, group_of(f)): (float(f.value), f.n)
            for f in figures(ruth, by=by or None, only=sorted(ids), at=AT)
        }
        assert {key: found.get(key) for key in expected} == expected
    assert sum(map(len, wanted.values())) == len(table("sample_figures.csv"))


def test_the_ways_of_the_tickets_are_those_that_were_counted(ruth):
    found = handovers_between(ruth, at=AT)
    ways = {
        (re.search(r"Group \d+", w.from_name)[0], re.search(r"Group \d+", w.to_name)[0]): w.handovers
        for w in found.teams
    }
    expected = {(row["from"], row["to"]): int(row["n"]) for row in table("sample_handovers.csv")}
    assert {way: ways.get(way) for way in expected} == expected
    totals = {f.id: f.value for f in figures(ruth, at=AT)}
    for prefix, mine in (("", found.teams), ("party_", found.parties)):
        assert sum(w.handovers for w in mine) == totals[f"{prefix}handovers"]
        assert sum(w.returns for w in mine) == totals[f"{prefix}returns"]
        assert sum(w.direct_returns for w in mine) == totals[f"{prefix}direct_returns"]
    assert all(w.hours_away > 0 for w in found.parties)


def behind(actor, figure_id, **asked):
    """All tickets behind a figure, page by page."""
    rows, cursor = [], ""
    while True:
        page = tickets_behind(actor, figure_id, cursor=cursor, limit=200, at=AT, **asked)
        rows += page.rows
        cursor = page.next_cursor
        if not cursor:
            return rows


def test_a_figure_leads_to_its_tickets(ruth):
    march = {"from_on": date(2016, 3, 1), "until_on": date(2016, 4, 1)}
    (mean,) = figures(ruth, only=["mttr_resolve.mean"], at=AT, **march)
    rows = behind(ruth, "mttr_resolve.mean", **march)
    assert len(rows) == len({row.ticket_id for row in rows}) == mean.n
    assert rows == sorted(rows, key=lambda row: (row.opened_at, row.ticket_id), reverse=True)
    assert sum(row.value for row in rows) / mean.n == pytest.approx(mean.value, abs=0.01)
    left_out = behind(ruth, "mttr_resolve.mean", left_out=True, **march)
    assert {row.reason for row in left_out} == {"closed without a resolve time"}
    assert mean.excluded == (("closed without a resolve time", len(left_out)),)


def test_a_group_leads_to_its_tickets(ruth):
    for by, only in (("priority", "reopened"), ("turn", "wait_by_turn"), ("pair", "mutual_pairs")):
        figure = figures(ruth, by=by, only=[only], at=AT)[-1]
        rows = behind(ruth, only, by=by, by_value=figure.by.value)
        assert len(rows) == figure.n > 0


def test_open_tickets_day_by_day_are_what_the_backlog_says(ruth):
    days = trend(ruth, "backlog", from_on=date(2016, 3, 28), until_on=date(2016, 4, 2), step="day", at=AT)
    assert [point.on.day for point in days] == [28, 29, 30, 31, 1]
    for point in days[:-1]:
        (open_then,) = figures(ruth, until_on=point.on.replace(day=point.on.day + 1) if point.on.day < 31 else date(2016, 4, 1), only=["backlog"], at=AT)  # fmt: skip
        assert (open_then.value, open_then.n) == (point.value, point.n)
    months = trend(ruth, "backlog", at=AT)
    assert (months[0].on, months[1].value, months[-1].value) == (date(2016, 2, 1), days[3].value, 0)
    assert [p.n for p in trend(ruth, "tickets", at=AT)] == [207, 8995]


def test_pages_begin_with_the_last_month_in_which_anything_ended(ruth):
    assert last_with_data(ruth, at=AT) == Period(date(2017, 2, 1), date(2017, 3, 1))
