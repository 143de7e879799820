"""Met or missed: by the share that the version in force promises, the same for both parties, and by nothing else."""

import re

import pytest
from tests.integration.metrics.conftest import move, refresh
from tests.integration.metrics.test_scoreboard_page import browser, of, page, tile
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose

pytestmark = [pytest.mark.req("C16"), pytest.mark.django_db(transaction=True)]
MARCH = "period=2026-03"


def agree(desk, promise: str) -> None:
    boss = desk.actor("c1.cso")
    shared = version_propose(
        engagement_id=desk.world.engagements["c1p1"].id,
        text=text_of(KINDS | {"access": 15, "approval": 25}, CLIENT_PAUSES) + promise,
        actor=boss,
        at=desk.now,
    )
    for word in (boss, desk.actor("p1.pm")):
        version_confirm(version_id=shared.id, digest=shared.digest, actor=word, at=desk.now)


@pytest.fixture
def worked(desk):
    """Of three resolve times of c1 with p1, two are kept and one is missed."""
    agree(desk, "in_time_percent: 60\n")
    for late in (0, 0, 2_000):
        ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
        desk.give(ticket, to="p1.alder", by="c1.ct", taker="p1.pt")
        desk.tick(late)
        move(desk, ticket, "resolved", "p1.pt", text="Toner.")
    refresh(desk)
    return desk


def said(desk, who: str, scope: str = "c1p1") -> str:
    client = browser(desk, who)
    query = f"{of(desk, scope)}&{MARCH}" if scope else MARCH
    return tile(page(client.get(f"/scoreboard/?{query}")), "Resolved in time")


def test_both_parties_read_whether_the_share_was_kept(worked):
    words = said(worked, "c1.cso")
    assert "66.67 % met agreed ≥ 60 % 1 missed, 1 allowed" in words
    assert words.replace("Question : Resolved in time", "") == said(worked, "p1.pm").replace(
        "Question : Resolved in time", ""
    )


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        ("in_time_percent: 67\n", "missed agreed ≥ 67 % 1 missed, 0 allowed"),
        ("in_time_percent: 99\nallowed_misses: 1\n", "met agreed ≥ 99 % 1 missed, 1 allowed"),
        ("", "2 of 3"),
    ],
)
def test_the_version_in_force_at_the_end_of_the_period_decides(worked, promise, expected):
    agree(worked, promise)
    words = said(worked, "p1.pm")
    assert expected in words
    assert ("agreed" in words) is bool(promise)
    figure = page(browser(worked, "p1.pm").get(f"/scoreboard/figure/sla_met/?{of(worked)}&{MARCH}"))
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", figure))
    assert ("By version 2 of the agreement" in told) is bool(promise)


def test_nothing_is_said_of_a_group_or_of_another_desk(worked):
    client = browser(worked, "c1.cso")
    group = page(client.get(f"/scoreboard/figure/sla_met/?{of(worked)}&{MARCH}&by=priority&value=3"))
    assert "agreed ≥" not in group
    # The own desk has no agreement of its own here.
    assert "agreed ≥" not in page(client.get(f"/scoreboard/?{MARCH}"))
