"""Links: seen by who sees both ends and by nobody else, named in the reader's own series, and free where there are none."""

from uuid import UUID, uuid4

import pytest
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.tickets.models import Participation, Ticket, TicketLink
from cosource.tickets.models.participation import Beside
from cosource.tickets.queries.links import links_of, tickets_found
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.links import ticket_link, ticket_unlink


def link(desk: Desk, ticket: Ticket, other: Ticket, kind: str = "related", by: str = "c1.ct") -> UUID:
    return ticket_link(
        ticket_id=ticket.id, other_id=other.id, kind=kind, actor=desk.actor(by), at=desk.tick()
    )


def seen(desk: Desk, ticket: Ticket, by: str) -> list[tuple[str, str]]:
    return [(line.kind, line.reference) for line in links_of(actor=desk.actor(by), ticket_id=ticket.id)]


def shared(desk: Desk, team: str, taker: str) -> Ticket:
    ticket = desk.open()
    desk.give(ticket, team, "c1.ct", taker)
    return ticket


def flagged(ticket: Ticket) -> set[UUID]:
    parts = Participation.objects.filter(ticket=ticket)
    return {p.organization_id for p in parts if p.has_beside(Beside.LINKS)}


@pytest.mark.req("D21")
@pytest.mark.threat("S18")
def test_a_link_is_seen_by_who_sees_both_ends(desk: Desk) -> None:
    mine, theirs = shared(desk, "p1.alder", "p1.pt"), desk.open()
    link_id = link(desk, mine, theirs, "caused_by")

    assert seen(desk, mine, "c1.ct") == [("caused_by", desk.part(theirs, "c1").reference)]
    assert seen(desk, theirs, "c1.ct") == [("causes", desk.part(mine, "c1").reference)]
    assert seen(desk, mine, "p1.pt") == []
    assert flagged(mine) == flagged(theirs) == {desk.org("c1")}
    entry = Entry.objects.get(kind="ticket.linked/1")
    assert (entry.subject_id, desk.readers(entry.id)) == (link_id, {desk.org("c1")})
    assert not TicketLink.objects.visible_to(desk.actor("p1.pt")).exists()


def test_each_reads_the_other_end_in_their_own_series(desk: Desk) -> None:
    one, other = shared(desk, "p1.alder", "p1.pt"), shared(desk, "p1.alder", "p1.pt")
    link(desk, one, other, "parent", by="p1.pt")

    assert seen(desk, one, "p1.pt") == [("parent", desk.part(other, "p1").reference)]
    assert seen(desk, one, "c1.ct") == [("parent", desk.part(other, "c1").reference)]
    assert desk.part(other, "p1").reference != desk.part(other, "c1").reference
    entry = Entry.objects.get(kind="ticket.linked/1")
    assert desk.readers(entry.id) == {desk.org("c1"), desk.org("p1")}


def test_a_partner_that_does_not_know_who_linked_is_told_by_the_owner(desk: Desk) -> None:
    tickets = []
    for _ in range(2):
        ticket = shared(desk, "p1.alder", "p1.pt")
        desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
        desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
        tickets.append(ticket)
    link(desk, *tickets, by="p2.pt")

    by_person, by_system = Entry.objects.filter(kind="ticket.linked/1").order_by("actor_kind")
    assert desk.readers(by_person.id) == {desk.org("c1"), desk.org("p2")}
    assert (by_system.actor_kind, desk.readers(by_system.id)) == ("system", {desk.org("c1"), desk.org("p1")})
    assert seen(desk, tickets[0], "p1.pt") == [("related", desk.part(tickets[1], "p1").reference)]


def test_who_joins_later_sees_the_link_then(desk: Desk) -> None:
    one, other = shared(desk, "p1.alder", "p1.pt"), desk.open()
    link(desk, one, other)
    assert seen(desk, one, "p1.pt") == []

    desk.give(other, "p1.alder", "c1.ct", "p1.pt")
    assert seen(desk, one, "p1.pt") == [("related", desk.part(other, "p1").reference)]
    assert flagged(one) == flagged(other) == {desk.org("c1"), desk.org("p1")}


def test_a_link_comes_off_from_either_end(desk: Desk) -> None:
    one, other, third = desk.open(), desk.open(), desk.open()
    first = link(desk, one, other)
    link(desk, one, third)
    ticket_unlink(ticket_id=other.id, link_id=first, actor=desk.actor("c1.ct"), at=desk.tick())

    assert (flagged(one), flagged(other)) == ({desk.org("c1")}, set())
    assert [kind for kind, _ in seen(desk, one, "c1.ct")] == ["related"]
    assert Entry.objects.get(kind="ticket.unlinked/1").facts["other"] == one.id.hex


def test_refusals_change_nothing(desk: Desk) -> None:
    one, other, own = shared(desk, "p1.alder", "p1.pt"), shared(desk, "p1.alder", "p1.pt"), desk.open()
    link(desk, one, other, "parent")
    before = Entry.objects.count()
    tries: list[tuple[Ticket, UUID, str, str, type[Exception]]] = [
        (one, one.id, "related", "c1.ct", Invalid),
        (one, other.id, "merged_into", "c1.ct", Invalid),
        (one, other.id, "bigger", "c1.ct", Invalid),
        (one, other.id, "parent", "c1.ct", Conflict),
        (one, own.id, "parent", "c1.ct", Conflict),
        (other, one.id, "parent", "c1.ct", Conflict),
        (one, own.id, "related", "p1.pt", NotFound),
        (one, uuid4(), "related", "p1.pt", NotFound),
        (one, other.id, "related", "c1.aud", NotAllowed),
    ]
    for ticket, other_id, kind, by, refusal in tries:
        with pytest.raises(refusal):
            ticket_link(
                ticket_id=ticket.id, other_id=other_id, kind=kind, actor=desk.actor(by), at=desk.tick()
            )
    assert (TicketLink.objects.count(), Entry.objects.count()) == (2, before)


def test_a_parent_out_of_sight_refuses_nothing(desk: Desk) -> None:
    """Otherwise the refusal would tell a partner that there is a ticket above this one."""
    mine, another, hidden = shared(desk, "p1.alder", "p1.pt"), shared(desk, "p1.alder", "p1.pt"), desk.open()
    link(desk, mine, hidden, "parent")
    link(desk, mine, another, "parent", by="p1.pt")
    assert seen(desk, mine, "p1.pt") == [("parent", desk.part(another, "p1").reference)]


def test_a_ticket_without_links_costs_no_statement(desk: Desk) -> None:
    from django.db import connection

    one, other, alone = desk.open(), desk.open(), desk.open()
    link(desk, one, other)
    counts = []
    for ticket in (alone, one):
        ticket_get(actor=desk.actor("c1.ct"), ticket_id=ticket.id, at=desk.now)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ticket_get(actor=desk.actor("c1.ct"), ticket_id=ticket.id, at=desk.now)
        counts.append(len(asked))
    assert counts[1] == counts[0] + 1
    assert counts[1] <= 15


def test_another_ticket_is_found_by_reference_or_words(desk: Desk) -> None:
    one, other = desk.open(), desk.open(title="Scanner jams")
    actor = desk.actor("c1.ct")
    reference = desk.part(other, "c1").reference
    assert tickets_found(actor=actor, text=reference.lower(), but=one.id, at=desk.now) == (other.id, [])
    meant, found = tickets_found(actor=actor, text="scanner", but=one.id, at=desk.now)
    assert (meant, [c.ticket_id for c in found]) == (None, [other.id])
    assert tickets_found(actor=actor, text=reference, but=other.id, at=desk.now) == (None, [])
    assert tickets_found(actor=desk.actor("p1.pt"), text="scanner", but=None, at=desk.now) == (None, [])


def test_the_page_links_by_words_and_by_reference(desk: Desk) -> None:
    one, other, third = desk.open(), desk.open(title="Scanner jams"), desk.open(title="Scanner smokes")
    reader = Reader(desk, "c1.ct")
    assert "Link with another ticket" in reader.page(one, "?do=link")

    asked = reader.client.post(f"/tickets/{one.id}/link/", {"kind": "related", "to": "scanner"})
    assert asked.status_code == 422
    assert all(str(t.id) in asked.content.decode() for t in (other, third))
    chosen = {"kind": "related", "to": "scanner", "asked": "scanner", "other": str(third.id)}
    assert reader.client.post(f"/tickets/{one.id}/link/", chosen).status_code == 303
    by_name = {"kind": "child", "to": desk.part(other, "c1").reference}
    assert reader.client.post(f"/tickets/{one.id}/link/", by_name).status_code == 303
    page = reader.page(one)
    assert "Scanner smokes" in page
    assert "Scanner jams" in page

    end = TicketLink.objects.get(ticket=one, other=third)
    gone = reader.client.post(f"/tickets/{one.id}/links/{end.link_id}/remove/")
    assert gone.status_code == 303
    assert "Scanner smokes" not in reader.page(one)
