"""Calls and walk-ups: written down in one step, found by number or name, counted as first contacts by whoever was told."""

from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.parties.models import Person
from cosource.parties.services.people import person_phone_set
from cosource.tickets.models import Contact, Ticket
from cosource.tickets.queries.calling import Caller, callers_found, last_services
from cosource.tickets.queries.desks import Desk as AtDesk
from cosource.tickets.queries.desks import desks_of
from cosource.tickets.services.contacts import contact_add, contact_log


def log(desk: Desk, by: str = "c1.ct", **more: Any) -> Ticket:
    given: dict[str, Any] = {"title": "Password forgotten"} | more
    return contact_log(actor=desk.actor(by), at=desk.tick(), **given)


def at_desk(desk: Desk, by: str, key: str = "own") -> AtDesk:
    return next(d for d in desks_of(desk.actor(by), desk.now) if d.key == key)


def found(desk: Desk, typed: str, by: str = "c1.ct", key: str = "own") -> list[Caller]:
    return callers_found(at_desk(desk, by, key), typed, desk.actor(by), desk.now)


@pytest.mark.req("E1")
def test_a_call_that_is_solved_at_once_is_a_resolved_ticket_of_the_own_team(desk: Desk) -> None:
    caller = desk.world.people["c1.req"]
    ticket = log(desk, solved=True, requester_id=caller.id, text="Set anew.")
    ticket.refresh_from_db()
    assert (ticket.state, ticket.requester_id, ticket.resolved_at) == ("resolved", caller.id, desk.now)
    assert ticket.holder_team_id == desk.world.teams["c1.desk"].id
    contact = Contact.objects.get()
    assert (contact.channel, contact.opened, contact.solved) == ("phone", True, True)
    assert contact.taken_by_id == desk.world.people["c1.ct"].id
    assert desk.kinds(ticket) == ["ticket.opened/1", "ticket.state_changed/1", "ticket.contact_logged/1"]
    assert Entry.objects.get(id=contact.id).facts["solved"] is True


def test_a_call_left_open_is_an_ordinary_ticket_and_an_unknown_caller_stays_a_name(desk: Desk) -> None:
    before = Person.objects.count()
    ticket = log(desk, channel="walk_up", requester_name="Somebody from ward 4")
    assert (ticket.state, ticket.requester_id, ticket.requester_name) == ("new", None, "Somebody from ward 4")
    assert Person.objects.count() == before
    with pytest.raises(Invalid):
        log(desk, channel="pigeon")
    with pytest.raises(NotAllowed):
        log(desk, "c1.req")


@pytest.mark.req("E1", "E5")
def test_a_partner_logs_a_call_at_its_clients_desk_and_both_are_told(desk: Desk) -> None:
    both = {"engagement_id": desk.world.engagements["c1p1"].id}
    ticket = log(desk, "p1.pt", solved=True, requester_name="Nurse Joy", **both)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.owner_id) == ("resolved", desk.org("c1"))
    contact = Contact.objects.get()
    assert desk.readers(contact.id) == {desk.org("c1"), desk.org("p1")}
    assert Contact.objects.visible_to(desk.actor("c1.ct")).get() == contact
    assert not Contact.objects.visible_to(desk.actor("p2.pm")).exists()
    with pytest.raises(NotFound):  # another partner's engagement
        log(desk, "p2.pt", **both)
    with pytest.raises(NotFound):  # its client's people are no choice of a partner
        log(desk, "p1.pt", requester_id=desk.world.people["c1.req"].id, **both)


def test_calling_again_about_an_open_ticket_goes_on_with_it(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    contact_add(ticket_id=ticket.id, text="Still no paper.", actor=desk.actor("c1.ct"), at=desk.tick())
    contact = Contact.objects.get()
    assert (contact.opened, contact.solved, contact.ticket_id) == (False, False, ticket.id)
    assert desk.readers(contact.id) == {desk.org("c1"), desk.org("p1")}
    assert desk.kinds(ticket)[-2:] == ["ticket.message_added/1", "ticket.contact_logged/1"]
    with pytest.raises(NotFound):
        contact_add(ticket_id=ticket.id, text="Hello?", actor=desk.actor("p2.pt"), at=desk.tick())
    assert Ticket.objects.count() == 1


@pytest.mark.req("E5")
def test_callers_are_found_by_number_and_name_within_sight(desk: Desk) -> None:
    caller = desk.world.people["c1.req"]
    person_phone_set(
        person_id=caller.id, phone="0049 (89) 555-0134", actor=desk.actor("c1.cso"), at=desk.tick()
    )
    ticket = desk.open(requester_id=caller.id)
    for typed in ("089 5550134", "+49895550134", "50134", caller.name.lower(), caller.email[:6]):
        only = found(desk, typed)
        assert [(c.person_id, [t.id for t in c.tickets]) for c in only] == [(caller.id, [ticket.id])], typed
    assert found(desk, "34") == [] == found(desk, "c2")

    # A partner knows by name whom its tickets are for, and nothing of the directory.
    key = desk.world.engagements["c1p1"].id.hex
    assert found(desk, caller.name, "p1.pt", key) == []
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    known = found(desk, caller.name, "p1.pt", key)
    assert [(c.person_id, c.name, c.about, [t.id for t in c.tickets]) for c in known] == [
        (None, caller.name, "", [ticket.id])
    ]
    assert found(desk, "089 5550134", "p1.pt", key) == []
    other = desk.world.engagements["c1p2"].id.hex
    assert found(desk, caller.name, "p2.pt", other) == []


def test_services_of_the_last_calls_come_first(desk: Desk) -> None:
    services = [s for s in desk.world.services.values() if s.organization_id == desk.org("c1")][:2]
    for service in (services[0], services[1], services[0]):
        log(desk, service_id=service.id)
    assert last_services(at_desk(desk, "c1.ct"), desk.actor("c1.ct")) == [s.id for s in services]
    assert last_services(at_desk(desk, "c1.cso"), desk.actor("c1.cso")) == []


def test_the_page_works_without_scripts_from_finding_the_caller_to_the_ticket(desk: Desk) -> None:
    technician, caller = Reader(desk, "c1.ct"), desk.world.people["c1.req"]
    ticket = desk.open(requester_id=caller.id)
    assert technician.get("/tickets/call/").status_code == 200
    form = {"once": "0" * 32, "desk": "own", "channel": "phone", "kind": "incident", "caller": caller.name}
    page = technician.client.post("/tickets/call/", form | {"outcome": "find", "title": "No paper"})
    assert "Printer down" in words_of(page)
    assert 'value="No paper"' in page.content.decode()
    assert f'value="p:{caller.id}" checked' in page.content.decode()

    missing = technician.client.post("/tickets/call/", form | {"outcome": "solved", "title": " "})
    assert (missing.status_code, Ticket.objects.count()) == (422, 1)
    sent = form | {"outcome": "solved", "title": "No paper", "pick": f"p:{caller.id}"}
    first, again = (technician.client.post("/tickets/call/", sent) for _ in range(2))
    made = Ticket.objects.exclude(id=ticket.id).get()
    assert first.headers["Location"] == again.headers["Location"] == f"/tickets/{made.id}/"
    assert (made.state, made.requester_id) == ("resolved", caller.id)
    assert "Somebody called: solved at once" in technician.page(made)
    more = form | {"once": "1" * 32, "outcome": "open", "title": "Still none", "pick": f"t:{ticket.id}"}
    assert technician.client.post("/tickets/call/", more).headers["Location"] == f"/tickets/{ticket.id}/"
    assert Reader(desk, "c1.req").get("/tickets/call/").status_code == 403


def test_a_partner_begins_at_a_clients_desk(desk: Desk) -> None:
    page = Reader(desk, "p1.pt").get("/tickets/call/").content.decode()
    assert f'name="desk" value="{desk.world.engagements["c1p1"].id.hex}"' in page
