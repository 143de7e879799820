"""A partner that is not there yet: told by mail, its steps kept by the client and marked as such."""

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import NotAllowed
from cosource.foundation.models import DueWork, Entry
from cosource.parties.services.engagements import engagement_create
from cosource.parties.services.teams import team_add
from cosource.tickets.models import Ticket
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.moving import ticket_move


@pytest.fixture
def absent(desk: Desk) -> Desk:
    """c1 also works with Fir Cooling, of which nobody is here; c1 keeps its team "cooling"."""
    engagement = engagement_create(
        name="Cooling",
        other_name="Fir Cooling",
        own_side="client",
        other_email="desk@fir.example",
        actor=desk.actor("c1.cso"),
        at=desk.now,
    )
    desk.world.organizations["fir"] = engagement.partner
    desk.world.teams["fir.cooling"] = team_add(
        name="cooling",
        organization_id=engagement.partner_id,
        actor=desk.actor("c1.cso"),
        at=desk.now,
    )
    return desk


@pytest.mark.req("C11")
def test_the_absent_party_is_told_by_mail_and_its_steps_are_kept_for_it(absent: Desk) -> None:
    ticket = absent.open()
    absent.offer(ticket, "fir.cooling", text="The server room is warm.")
    mail = DueWork.objects.get(kind="foundation.mail", args__to="desk@fir.example")
    assert mail.args["text"] == "The server room is warm."
    assert absent.part(ticket, "fir").reference in mail.args["subject"]

    handover_accept(ticket_id=ticket.id, actor=absent.actor("c1.cso"), at=absent.tick())
    ticket_move(
        ticket_id=ticket.id,
        to_state="resolved",
        text="They mended it.",
        actor=absent.actor("c1.cso"),
        at=absent.tick(),
    )

    kept = Entry.objects.filter(subject_id=ticket.id, on_behalf_of_id=absent.org("fir"))
    assert sorted(kept.values_list("kind", flat=True)) == [
        "ticket.handed_over/1",
        "ticket.message_added/1",
        "ticket.state_changed/1",
    ]
    assert set(kept.values_list("organization_id", flat=True)) == {absent.org("c1")}
    ticket = Ticket.objects.get(id=ticket.id)
    assert (ticket.holder_organization_id, ticket.assignee_id) == (absent.org("fir"), None)


def test_nobody_else_answers_for_it(absent: Desk) -> None:
    ticket = absent.open()
    absent.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    absent.give(ticket, "c1.desk", "p1.pt", "c1.ct")
    ticket_hand_over(
        ticket_id=ticket.id,
        to_team_id=absent.world.teams["fir.cooling"].id,
        reason="skill",
        text="x",
        actor=absent.actor("c1.ct"),
        at=absent.tick(),
    )
    with pytest.raises(NotAllowed):
        handover_accept(ticket_id=ticket.id, actor=absent.actor("p1.pt"), at=absent.tick())
