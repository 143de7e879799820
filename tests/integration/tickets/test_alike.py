"""Before a ticket is opened: the open one that may be the same, within the writer's sight."""

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.tickets.queries.alike import tickets_alike
from cosource.tickets.services.moving import ticket_move


def titles(desk: Desk, who: str, title: str, engagement: str = "") -> list[str]:
    engagement_id = desk.world.engagements[engagement].id if engagement else None
    rows = tickets_alike(desk.actor(who), title, engagement_id=engagement_id, at=desk.now)
    return [row.title for row in rows]


@pytest.fixture
def told(desk: Desk) -> Desk:
    printing = desk.world.services["c1.printing"].id
    shared = desk.open(title="Wristband printers silent on 4 West", service_id=printing)
    desk.give(shared, to="p1.alder", by="c1.ct", taker="p1.pt")
    desk.tick(1)
    desk.open(title="Wristband printer silent", service_id=printing)
    desk.tick(1)
    done = desk.open(title="Wristband printer is silent again", service_id=printing)
    ticket_move(ticket_id=done.id, to_state="in_progress", actor=desk.actor("c1.ct"), at=desk.tick(1))
    ticket_move(
        ticket_id=done.id, to_state="resolved", text="On.", actor=desk.actor("c1.ct"), at=desk.tick(1)
    )
    desk.open(title="Printer out of toner", service_id=printing)
    return desk


def test_open_tickets_that_say_the_same_are_named_the_nearest_first(told: Desk) -> None:
    assert titles(told, "c1.ct", "All wristband printers of 4 West are silent") == [
        "Wristband printers silent on 4 West",
        "Wristband printer silent",
    ]
    assert titles(told, "c1.ct", "Printers") == []


def test_nobody_is_told_of_tickets_out_of_sight(told: Desk) -> None:
    asked = "Wristband printers silent on 4 West"
    assert titles(told, "p1.pt", asked, "c1p1") == ["Wristband printers silent on 4 West"]
    for who, engagement in (
        ("p2.pt", "c1p2"),
        ("c1.req", ""),
        ("c2.ct", ""),
        ("p1.pm", "c2p1"),
    ):
        assert titles(told, who, asked, engagement) == [], who
