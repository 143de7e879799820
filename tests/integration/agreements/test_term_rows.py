"""The terms as rows: each with its words, and beside those of another version."""

from datetime import date

import pytest
from tests.integration.agreements.world import T0, text, world

from cosource.agreements.queries.term_rows import calendar_words, term_groups
from cosource.agreements.services.proposals import version_propose
from cosource.calendars.rules.business_time import Calendar

pytestmark = [pytest.mark.django_db, pytest.mark.req("C8")]

DAY = ((480, 1020),)


@pytest.mark.parametrize(
    ("hours", "closed", "words"),
    [
        ((((0, 1440),),) * 7, frozenset(), "24 × 7"),
        ((DAY,) * 5 + ((), ()), frozenset(), "Mon–Fri 08:00–17:00"),
        (
            (DAY,) * 4 + (((480, 720), (780, 900)), (), DAY),
            frozenset({date(2026, 12, 24)}),
            "Mon–Thu 08:00–17:00; Fri 08:00–12:00, 13:00–15:00; Sun 08:00–17:00; 1 day closed",
        ),
    ],
)
def test_calendars_in_short(hours, closed, words) -> None:
    assert calendar_words(Calendar("UTC", hours, closed)) == words


def test_rows_of_two_versions_stand_beside_each_other() -> None:
    there = world()

    def propose(source: str):
        return version_propose(engagement_id=there.with_brightline.id, text=source, actor=there.owner, at=T0)

    more = "  - {kind: resolve, priority: 1, within: 1h, calendar: always, site: North, service: Mail}\n"
    before = propose(text(more=more))
    after = propose(
        text(resolve="6h").replace("return_limit: 2", "return_limit: 4")
        + "priority_matrix: [[1, 1, 2], [1, 2, 3], [2, 3, 4]]\n"
    )
    alone = term_groups(before.id)
    assert [group.title for group in alone] == ["Targets", "Pause reasons", "Calendars", "Limits"]
    assert not any(row.is_changed or row.value_changed or row.base_changed for g in alone for row in g.rows)
    assert [(r.label, r.after and r.after.value, r.after and r.after.base) for r in alone[0].rows] == [
        ("Priority 1, respond", "15 m", "always"),
        ("Priority 1, resolve", "4 h", "always"),
        ("Priority 1, resolve · Mail · North", "1 h", "always"),
    ]
    beside = {row.label: row for group in term_groups(after.id, before.id) for row in group.rows}
    changed = {
        label: (row.before and row.before.value, row.after and row.after.value)
        for label, row in beside.items()
        if row.is_changed
    }
    assert changed == {
        "Priority 1, resolve": ("4 h", "6 h"),
        "Priority 1, resolve · Mail · North": ("1 h", None),
        "Returns before one named owner": ("2", "4"),
        "Impact 1": (None, "1 · 1 · 2"),
        "Impact 2": (None, "1 · 2 · 3"),
        "Impact 3": (None, "2 · 3 · 4"),
    }
    assert beside["Priority 1, resolve · Mail · North"].base_changed
    assert not beside["Priority 1, resolve"].base_changed
    assert beside["Waiting for access"].after == beside["Waiting for access"].before
