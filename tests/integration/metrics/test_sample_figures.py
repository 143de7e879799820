"""Every figure of the carried log, exactly as a separate program counted it from the file."""

import csv
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cosource.metrics.queries.figures import figures
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
