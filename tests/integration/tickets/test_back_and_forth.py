"""What goes back and forth: by the two parties between which it goes, with both sides' reasons, for those who are told of it."""

from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of

from cosource.foundation.errors import Invalid
from cosource.tickets.queries.back_and_forth import back_and_forth
from cosource.tickets.services.handover import handover_decline

pytestmark = [pytest.mark.django_db, pytest.mark.req("C10")]


def read(desk: Desk, who: str) -> list[Any]:
    """Who it goes between, and of each ticket the title and its offers: from whom to whom, why, and what became of it."""
    pairs, is_cut = back_and_forth(desk.actor(who), at=desk.now)
    assert not is_cut
    return [
        (
            [badge.name if badge else None for badge in pair.sides],
            pair.returns,
            [
                (
                    one.row.title,
                    [
                        (hop.giver_team, hop.receiver_team, hop.reason_key, hop.decline_key or hop.state)
                        for hop in one.hops
                    ],
                )
                for one in pair.tickets
            ],
        )
        for pair in pairs
    ]


def test_each_side_reads_both_sides_reasons_and_a_third_party_nothing(desk: Desk) -> None:
    printing = desk.world.services["c1.printing"].id
    once = desk.open(title="once", service_id=printing)
    desk.give(once, "p1.alder", "c1.ct", "p1.pt")
    desk.give(once, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.offer(once, "p1.alder", reason="clarified")
    handover_decline(
        ticket_id=once.id, reason="not_in_scope", text="No.", actor=desk.actor("p1.pt"), at=desk.tick()
    )
    twice = desk.open(title="twice", service_id=printing)
    for reason in ("skill", "access"):
        desk.give(twice, "p2.noc", "c1.ct", "p2.pt", reason=reason)
        desk.give(twice, "c1.desk", "p2.pt", "c1.ct", reason="scope")
    desk.open(title="never", service_id=printing)

    ours = [
        ("c1 desk team", "p1 alder team", "skill", "accepted"),
        ("p1 alder team", "c1 desk team", "done_here", "accepted"),
        ("c1 desk team", "p1 alder team", "clarified", "not_in_scope"),
    ]
    with_p1 = (["Alder Hospitals", "Cedar Desk"], 1, [("once", ours)])
    found = read(desk, "c1.cso")
    assert found[1:] == [with_p1]
    assert [found[0][:2], found[0][2][0][0]] == [(["Alder Hospitals", "Dogwood Networks"], 3), "twice"]
    assert [hop[2:] for hop in found[0][2][0][1]] == [
        ("skill", "accepted"),
        ("scope", "accepted"),
        ("access", "accepted"),
        ("scope", "accepted"),
    ]
    assert read(desk, "c1.aud") == found
    # The partner in whose scope the other ticket lies takes part in it, and learns of nothing between the two others.
    assert read(desk, "p1.pm") == [with_p1]
    assert not desk.part(twice, "p1").came_back
    assert [pair[:2] for pair in read(desk, "p2.pm")] == [(["Alder Hospitals", "Dogwood Networks"], 3)]
    assert read(desk, "c2.cso") == []
    with pytest.raises(Invalid):
        read(desk, "c1.req")

    page = words_of(Reader(desk, "p1.pt").get("/tickets/back-and-forth/"))
    assert "Our part is done" in page
    assert "declined: Not in our scope" in page
    assert "Dogwood" not in page
    assert Reader(desk, "c1.req").get("/tickets/back-and-forth/").status_code == 403
