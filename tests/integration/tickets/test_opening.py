"""Opening a ticket: who takes part, what it is called, what the record says, and what is refused."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry, Payload
from cosource.tickets.models import Message, Participation, Possession, Ticket, TicketReference
from cosource.tickets.queries.desks import desks_of, may_open


def nothing_written(before: tuple[int, ...]) -> bool:
    return counts() == before


def counts() -> tuple[int, ...]:
    return tuple(
        m.objects.count()
        for m in (Ticket, Entry, Payload, Message, Participation, Possession, TicketReference)
    )


def test_a_ticket_is_held_from_its_first_instant(desk: Desk) -> None:
    ticket = desk.open(impact=1, urgency=1)

    held = Possession.objects.get(ticket=ticket)
    assert (held.organization_id, held.team_id) == (desk.org("c1"), desk.world.teams["c1.desk"].id)
    assert (held.from_at, held.until_at) == (ticket.opened_at, None)
    assert (ticket.state, ticket.category, ticket.priority, ticket.turn) == ("new", "open", 1, "holder")


def test_the_entry_holds_facts_and_its_payload_the_words(desk: Desk) -> None:
    ticket = desk.open(topic="Printing", asset_name="PRN-07")

    entry = Entry.objects.get(subject_id=ticket.id)
    assert (entry.kind, entry.subject_kind, entry.actor_kind) == ("ticket.opened/1", "ticket", "person")
    assert entry.organization_id == desk.org("c1")
    assert entry.facts["priority"] == ticket.priority
    assert "Printer" not in str(entry.facts)
    assert entry.payload.body == {
        "title": "Printer down",
        "text": "Nothing prints on ward 4.",
        "asset": "PRN-07",
        "requester": "",
    }
    assert desk.readers(entry.id) == {desk.org("c1")}


@pytest.mark.req("C11")
def test_a_covered_service_lets_its_partner_take_part_and_no_other(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)

    parts = {p.organization_id: p for p in Participation.objects.filter(ticket=ticket)}
    assert set(parts) == {desk.org("c1"), desk.org("p1")}
    assert parts[desk.org("p1")].kind == "scope"
    assert desk.kinds(ticket, "p1") == ["ticket.shared/1"]
    assert desk.kinds(ticket, "p2") == []


@pytest.mark.req("C28")
def test_an_internal_ticket_is_shared_with_nobody(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id, internal=True)

    assert [p.organization_id for p in Participation.objects.filter(ticket=ticket)] == [desk.org("c1")]


@pytest.mark.req("C11")
def test_each_series_counts_for_itself(desk: Desk) -> None:
    first = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.open(by="c2.ct", service_id=desk.world.services["c2.stations"].id)
    second = desk.open()
    third = desk.open(service_id=desk.world.services["c1.printing"].id)

    own = [desk.part(t, "c1").reference.rpartition("-")[2] for t in (first, second, third)]
    shared = [desk.part(t, "p1").reference.rpartition("-")[2] for t in (first, third)]
    assert own == ["1", "2", "3"]
    assert shared == ["1", "2"]


@pytest.mark.req("C11")
def test_a_partner_opens_on_its_clients_desk(desk: Desk) -> None:
    ticket = desk.open(by="p1.pt", engagement_id=desk.world.engagements["c1p1"].id)

    assert ticket.owner_id == desk.org("c1")
    assert (ticket.holder_organization_id, desk.part(ticket, "p1").kind) == (desk.org("p1"), "worker")
    assert desk.readers(Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1").id) == {
        desk.org("c1"),
        desk.org("p1"),
    }


def test_a_requester_asks_for_themselves_whatever_they_send(desk: Desk) -> None:
    ticket = desk.open(by="c1.req", requester_id=desk.world.people["c1.ct"].id)

    assert ticket.requester_id == desk.world.people["c1.req"].id


@pytest.mark.parametrize(
    ("by", "more", "refusal"),
    [
        ("c1.aud", {}, NotAllowed),
        ("p1.pt", {}, NotAllowed),
        ("c1.ct", {"title": " \n "}, Invalid),
        ("c1.ct", {"title": "x" * 201}, Invalid),
        ("c1.ct", {"text": "a\x00b"}, Invalid),
        ("c1.ct", {"text": "y" * 20_001}, Invalid),
        ("c1.ct", {"impact": 4}, Invalid),
        ("c1.ct", {"service_id": uuid4()}, NotFound),
        ("c1.ct", {"team_id": uuid4()}, NotFound),
        ("c1.ct", {"requester_id": uuid4()}, NotFound),
        ("c1.ct", {"engagement_id": uuid4()}, NotFound),
    ],
)
def test_what_is_refused_leaves_nothing(
    desk: Desk, by: str, more: dict[str, Any], refusal: type[Exception]
) -> None:
    before = counts()
    with pytest.raises(refusal):
        desk.open(by=by, **more)
    assert nothing_written(before)


@pytest.mark.parametrize("field", ["service_id", "site_id", "team_id", "requester_id", "engagement_id"])
def test_what_belongs_to_others_is_as_if_it_never_was(desk: Desk, field: str) -> None:
    others: dict[str, UUID] = {
        "service_id": desk.world.services["c2.stations"].id,
        "site_id": desk.world.sites["c2.main"].id,
        "team_id": desk.world.teams["p2.noc"].id,
        "requester_id": desk.world.people["c2.req"].id,
        "engagement_id": desk.world.engagements["c2p1"].id,
    }
    said = []
    for value in (others[field], uuid4()):
        with pytest.raises(NotFound) as refused:
            desk.open(**{field: value})
        said.append(refused.value.message)
    assert said[0] == said[1]


def test_who_may_open_has_a_desk_to_open_at_and_nobody_else(world) -> None:
    wrong = [
        key for key in world.people if may_open(actor := world.actor(key)) != bool(desks_of(actor, world.at))
    ]
    # Among them: a partner's partner, who works on what is handed on and opens nothing.
    assert (wrong, may_open(world.actor("p3.ptsub"))) == ([], False)
