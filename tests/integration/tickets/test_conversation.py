"""Writing: who reads is exactly who was named, a wider audience is asked for once, and an answer ends the wait."""

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry
from cosource.foundation.queries.search import matching_subjects
from cosource.foundation.services.erasure import payload_erase
from cosource.tickets.models import Message, Ticket
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.moving import ticket_move


def write(desk: Desk, ticket: Ticket, by: str, to: list[str], text: str = "Hello.", **more: object) -> object:
    given = {"with_requester": False} | more
    return ticket_reply(
        ticket_id=ticket.id,
        text=text,
        party_ids=[desk.org(k) for k in to],
        actor=desk.actor(by),
        at=desk.tick(),
        **given,  # type: ignore[arg-type]  # the test's own words
    )


@pytest.fixture
def shared(desk: Desk) -> Ticket:
    """A ticket of c1 that p1 works on."""
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


@pytest.mark.req("C14")
def test_exactly_the_named_parties_read(desk: Desk, shared: Ticket) -> None:
    both = write(desk, shared, "p1.pt", ["c1"])
    own = write(desk, shared, "p1.pt", [])

    assert desk.readers(both) == {desk.org("c1"), desk.org("p1")}  # type: ignore[arg-type]  # an id
    assert desk.readers(own) == {desk.org("p1")}  # type: ignore[arg-type]  # an id


@pytest.mark.req("C14")
def test_a_wider_audience_is_asked_for_once(desk: Desk, shared: Ticket) -> None:
    desk.give(shared, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.offer(shared, "p2.noc")
    before = Message.objects.count()

    with pytest.raises(Conflict) as refused:
        write(desk, shared, "c1.ct", ["p1", "p2"])
    assert refused.value.code == "wider_audience"
    # Both read before, but never together: they would learn of each other.
    assert set(refused.value.details["parties"]) == {str(desk.org("p1")), str(desk.org("p2"))}
    assert Message.objects.count() == before


@pytest.mark.req("C14")
def test_who_reads_for_the_first_time_is_named(desk: Desk) -> None:
    ticket = desk.open(
        service_id=desk.world.services["c1.printing"].id, requester_id=desk.world.people["c1.req"].id
    )
    write(desk, ticket, "c1.ct", [])

    write(desk, ticket, "c1.ct", ["p1"])  # it got the description, so it is not new
    entry = write(desk, ticket, "c1.ct", ["p1"], with_requester=True)
    assert Entry.objects.get(id=entry).audience.with_requester


def test_partners_that_read_together_know_of_each_other(desk: Desk, shared: Ticket) -> None:
    desk.give(shared, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(shared, "p2.noc", "c1.ct", "p2.pt")
    with pytest.raises(Invalid):
        write(desk, shared, "p2.pt", ["c1", "p1"])

    write(desk, shared, "c1.ct", ["p1", "p2"], wider_confirmed=True)
    together = write(desk, shared, "p2.pt", ["c1", "p1"])
    assert desk.readers(together) == {desk.org("c1"), desk.org("p1"), desk.org("p2")}  # type: ignore[arg-type]  # an id


def test_a_guess_at_a_party_learns_nothing(desk: Desk, shared: Ticket) -> None:
    desk.give(shared, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(shared, "p2.noc", "c1.ct", "p2.pt")
    said = []
    for key in ("p2", "p3", "c2"):
        with pytest.raises(Invalid) as refused:
            write(desk, shared, "p1.pt", ["c1", key])
        said.append(refused.value.message)
    assert len(set(said)) == 1


@pytest.mark.req("C28")
def test_strangers_and_readers_do_not_write(desk: Desk, shared: Ticket) -> None:
    before = Entry.objects.count()
    for by, refusal in (
        ("p2.pt", NotFound),
        ("c2.cso", NotFound),
        ("c1.req", NotFound),
        ("c1.aud", NotAllowed),
    ):
        with pytest.raises(refusal):
            write(desk, shared, by, [])
    assert Entry.objects.count() == before


def test_an_answer_by_the_asked_side_takes_it_up_again(desk: Desk, shared: Ticket) -> None:
    ticket_move(
        ticket_id=shared.id,
        to_state="waiting_client",
        text="Which room?",
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )
    shared.refresh_from_db()
    assert (shared.category, shared.turn, shared.turn_organization_id) == ("paused", "client", desk.org("c1"))

    write(desk, shared, "p1.pt", ["c1"], "Are you there?")
    shared.refresh_from_db()
    assert shared.state == "waiting_client"

    write(desk, shared, "c1.ct", ["p1"], "Room 4.")
    shared.refresh_from_db()
    assert (shared.state, shared.turn_organization_id) == ("in_progress", desk.org("p1"))


def test_two_who_wrote_at_once_lose_nothing(desk: Desk, shared: Ticket) -> None:
    version = Ticket.objects.get(id=shared.id).version
    write(desk, shared, "c1.ct", ["p1"], expected_version=version)
    with pytest.raises(StaleVersion):
        write(desk, shared, "p1.pt", ["c1"], expected_version=version)


@pytest.mark.req("C14")
def test_words_are_found_by_their_readers_only(desk: Desk, shared: Ticket) -> None:
    write(desk, shared, "p1.pt", [], "Zanzibar is our word.")
    write(desk, shared, "p1.pt", ["c1"], "Über Madagaskar geredet.")

    def found(key: str, words: str) -> bool:
        return shared.id in matching_subjects(words, actor=desk.actor(key), limit=100)[0]

    assert found("p1.pt", "zanzibar")
    assert not found("c1.ct", "zanzibar")
    assert found("c1.ct", "uber madagas")
    assert not found("p2.pt", "madagaskar")
    assert found("p1.pt", "ward prints")
    assert found("p1.pt", "zanzibar is our wo")
    assert found("p1.pt", "madagaskar ge")
    # One letter begins nearly everything: it is a word of its own.
    assert not found("p1.pt", "madagaskar g")


def test_a_search_that_stops_says_so(desk: Desk, shared: Ticket, monkeypatch) -> None:
    for _ in range(4):
        write(desk, shared, "p1.pt", ["c1"], "Madagaskar again.")
        write(desk, shared, "p1.pt", [], "Madagaskar, for ourselves.")
    client = desk.actor("c1.ct")
    assert matching_subjects("madagaskar", actor=client, limit=4) == ([shared.id], True)
    assert matching_subjects("madagaskar", actor=client, limit=3) == ([shared.id], False)
    # What others read counts for nothing.
    assert matching_subjects("madagaskar", actor=desk.actor("p1.pt"), limit=7) == ([shared.id], False)
    filters = TicketFilter(text="madagaskar")
    assert ticket_list(actor=client, filters=filters, at=desk.now).stopped_after is None
    monkeypatch.setattr("cosource.tickets.queries.lists.SCAN_LIMIT", 3)
    found = ticket_list(actor=client, filters=filters, at=desk.now)
    assert (found.stopped_after, [row.id for row in found.rows]) == (3, [shared.id])


def test_erasing_takes_the_text_everywhere(desk: Desk, shared: Ticket) -> None:
    opened = Entry.objects.get(subject_id=shared.id, kind="ticket.opened/1")
    payload_erase(entry_id=opened.id, reason="patient data", actor=desk.actor("c1.cso"), at=desk.tick())

    shared.refresh_from_db()
    assert shared.title == "–"
    for message in Message.objects.filter(ticket=shared, kind="description"):
        assert not Entry.objects.filter(id=message.id, payload__isnull=False).exists()
    assert shared.id not in matching_subjects("ward", actor=desk.actor("p1.pt"), limit=100)[0]
    assert "payload.erased/1" in desk.kinds(shared, "p1")
