"""Changing a ticket and assigning it: what follows, what the record says, what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.calendars.queries.sources import sources
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry
from cosource.tickets.models import Participation, Ticket
from cosource.tickets.services.changing import ticket_assign, ticket_update


def change(desk: Desk, ticket: Ticket, by: str, **more: Any) -> None:
    version = more.pop("expected_version", None)
    ticket_update(
        ticket_id=ticket.id, changes=more, actor=desk.actor(by), at=desk.tick(), expected_version=version
    )
    ticket.refresh_from_db()


def test_the_record_keeps_what_was_and_what_is(desk: Desk) -> None:
    ticket = desk.open()
    change(desk, ticket, "c1.ct", title="All printers down", impact=1)

    entry = Entry.objects.get(subject_id=ticket.id, kind="ticket.changed/1")
    assert entry.facts == {
        "title": "changed",
        "impact": {"from": 2, "to": 1},
        "priority": {"from": 3, "to": ticket.priority},
        "computed_with": sources()._asdict(),
    }
    assert entry.payload.body == {"title": {"from": "Printer down", "to": "All printers down"}}


def test_nothing_changed_is_nothing_said(desk: Desk) -> None:
    ticket = desk.open()
    change(desk, ticket, "c1.ct", title="Printer  down", impact=2)
    assert desk.kinds(ticket) == ["ticket.opened/1"]
    assert ticket.version == 1


@pytest.mark.req("A2")
def test_a_service_in_scope_brings_its_partner_in(desk: Desk) -> None:
    ticket = desk.open()
    change(desk, ticket, "c1.ct", service_id=desk.world.services["c1.printing"].id)

    assert desk.part(ticket, "p1").kind == "scope"
    assert desk.kinds(ticket, "p1") == ["ticket.shared/1"]
    shared = Entry.objects.get(subject_id=ticket.id, kind="ticket.shared/1")
    assert shared.actor_kind == "system"


@pytest.mark.parametrize(
    ("by", "changes", "refusal"),
    [
        ("c1.ct", {"state": "closed"}, Invalid),
        ("c1.ct", {"version": 9}, Invalid),
        ("c1.ct", {"owner_id": uuid4()}, Invalid),
        ("c1.ct", {"impact": 0}, Invalid),
        ("c1.ct", {"title": ""}, Invalid),
        ("c1.ct", {"service_id": uuid4()}, NotFound),
        ("c1.aud", {"title": "x"}, NotAllowed),
        ("p1.pm", {"title": "x"}, NotFound),
    ],
)
def test_a_refused_change_changes_nothing(
    desk: Desk, by: str, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    ticket = desk.open()
    with pytest.raises(refusal):
        change(desk, ticket, by, **changes)
    ticket.refresh_from_db()
    assert (ticket.version, ticket.title, desk.kinds(ticket)) == (1, "Printer down", ["ticket.opened/1"])


def test_an_edit_of_an_old_version_is_refused(desk: Desk) -> None:
    ticket = desk.open()
    change(desk, ticket, "c1.ct", title="One", expected_version=1)
    with pytest.raises(StaleVersion):
        change(desk, ticket, "c1.ct", title="Two", expected_version=1)


@pytest.mark.req("C28")
def test_a_partner_in_scope_reads_and_does_not_change(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    with pytest.raises(NotAllowed):
        change(desk, ticket, "p1.pm", title="x")
    with pytest.raises(NotFound):
        change(desk, ticket, "p1.pt", title="x")


def test_assignment_is_within_the_holding_team(desk: Desk) -> None:
    ticket = desk.open()
    person = desk.world.people["c1.ct"]
    ticket_assign(ticket_id=ticket.id, person_id=person.id, actor=desk.actor("c1.ct"), at=desk.tick())
    assert Participation.objects.get(ticket=ticket).assignee_id == person.id

    for other in (desk.world.people["p1.pt"].id, desk.world.people["c1.ct2"].id, uuid4()):
        with pytest.raises(Invalid):
            ticket_assign(ticket_id=ticket.id, person_id=other, actor=desk.actor("c1.ct"), at=desk.tick())
    ticket_assign(ticket_id=ticket.id, person_id=None, actor=desk.actor("c1.ct"), at=desk.tick())
    assert Participation.objects.get(ticket=ticket).assignee_id is None


def test_a_closed_ticket_is_not_changed(desk: Desk) -> None:
    from cosource.tickets.services.moving import ticket_move

    ticket = desk.open()
    for state in ("resolved", "closed"):
        ticket_move(ticket_id=ticket.id, to_state=state, text="x", actor=desk.actor("c1.ct"), at=desk.tick())
    with pytest.raises(Conflict):
        change(desk, ticket, "c1.ct", title="x")
