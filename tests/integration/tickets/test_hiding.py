"""A text with personal data is hidden at once from all but a few, everywhere; then it is erased, or shown as before."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of
from tests.integration.tickets.test_erasure import tables_with
from tests.integration.tickets.test_fields import answer, begin, declare, read
from tests.integration.tickets.test_stand_in import absent

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import DueWork, Entry, Hiding, Notice
from cosource.foundation.queries.export_entries import entry_records
from cosource.foundation.queries.search import matching_subjects
from cosource.foundation.services.sealing import seal_all
from cosource.tickets.api.router import _entry
from cosource.tickets.models import Ticket
from cosource.tickets.queries.ticket_facts import entries_of
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.hiding import (
    answers_hide,
    message_hide,
    message_redact,
    message_release,
)
from cosource.tickets.services.splitting import ticket_split

pytestmark = [pytest.mark.django_db, pytest.mark.req("X1")]
__all__ = ["absent"]
CANARY = "Xanthippe"


@pytest.fixture
def shared(desk: Desk):
    """A ticket of c1 that p1 works on, and a message of p1's technician about a patient."""
    ticket = desk.open(requester_id=desk.world.people["c1.req"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    with time_machine.travel(desk.now + timedelta(hours=1), tick=True):
        yield ticket


def told(desk: Desk, ticket: Ticket, by: str = "p1.pt", to: tuple[str, ...] = ("c1",), **more: Any) -> UUID:
    return ticket_reply(
        ticket_id=ticket.id,
        text=f"Patient {CANARY} waits.",
        party_ids=[desk.org(k) for k in to],
        actor=desk.actor(by),
        at=desk.tick(),
        **({"with_requester": False} | more),
    )


def step(do: Any, desk: Desk, ticket: Ticket, entry: UUID, by: str, **more: Any) -> None:
    do(ticket_id=ticket.id, entry_id=entry, actor=desk.actor(by), at=desk.tick(), **more)


def found(desk: Desk, ticket: Ticket, key: str) -> bool:
    return ticket.id in matching_subjects(CANARY.lower(), actor=desk.actor(key), limit=100)[0]


def in_api(desk: Desk, ticket: Ticket, actor: Any) -> bool:
    page = entries_of(actor=actor, ticket_id=ticket.id, limit=200)
    return CANARY in json.dumps([_entry(entry) for entry in page.items], default=str)


def taken_out(desk: Desk, key: str) -> bool:
    return CANARY in json.dumps(list(entry_records(desk.actor(key), desk.now)), default=str)


def test_one_click_hides_it_from_all_but_a_few_everywhere(desk: Desk, shared: Ticket) -> None:
    entry = told(desk, shared)
    seal_all()
    everybody = ("c1.ct", "c1.cso", "p1.pt", "p1.pm")
    assert all(CANARY in Reader(desk, key).page(shared) for key in everybody)
    assert all(found(desk, shared, key) for key in everybody)
    assert all(in_api(desk, shared, desk.world.token_actor(key, desk.now)) for key in ("c1", "p1"))
    assert taken_out(desk, "c1.cso")
    assert taken_out(desk, "p1.pm")

    answer = Reader(desk, "c1.ct").client.post(f"/tickets/{shared.id}/hidden/{entry}/hide/")
    assert answer.status_code == 303
    # The author, who hid it, who leads a side that reads it; a colleague of who hid it reads it no more.
    assert {
        key for key in (*everybody, "c1.ct2", "c1.aud") if CANARY in Reader(desk, key).page(shared)
    } == set(everybody)
    assert "it contains personal or patient data" in Reader(desk, "c1.ct2").page(shared)
    assert not any(found(desk, shared, key) for key in (*everybody, "c1.ct2"))
    assert not any(in_api(desk, shared, desk.world.token_actor(key, desk.now)) for key in ("c1", "p1"))
    seal_all()
    assert not taken_out(desk, "c1.cso")
    assert not taken_out(desk, "p1.pm")
    page = Reader(desk, "c1.cso").get(reverse("audit:entry", args=[entry])).content.decode()
    assert CANARY not in page
    assert "Hidden: it contains personal or patient data." in page
    hidden = Entry.objects.get(kind="payload.hidden/1")
    assert desk.readers(hidden.id) == {desk.org("c1"), desk.org("p1")}
    assert tables_with(CANARY) == {"foundation_payload"}
    people = desk.world.people
    assert set(Notice.objects.filter(kind="ticket.hidden").values_list("person_id", flat=True)) == {
        people["p1.pt"].id,
        people["p1.pm"].id,
        people["c1.cso"].id,
    }


def test_on_paper_stands_what_the_reader_may_see_and_nothing_hidden(desk: Desk, shared: Ticket) -> None:
    entry = told(desk, shared)
    ticket_reply(
        ticket_id=shared.id,
        text="Only among us.",
        party_ids=[],
        with_requester=False,
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )

    def paper(key: str, ticket: Ticket = shared) -> str:
        response = Reader(desk, key).get(f"/tickets/{ticket.id}/print/")
        assert response.status_code == 200
        # There is nothing to send, and nothing that was begun.
        assert not any(tag in response.content for tag in (b"<form", b"<input", b"<textarea", b"hx-"))
        return words_of(response)

    assert all(CANARY in paper(key) for key in ("c1.ct", "p1.pt"))
    assert "Only among us." in paper("p1.pm")
    assert "Only among us." not in paper("c1.cso")
    step(message_hide, desk, shared, entry, "c1.ct")
    # Its author still reads it, but paper goes on to others.
    assert CANARY in Reader(desk, "p1.pt").page(shared)
    for key in ("p1.pt", "c1.cso", "c1.ct2"):
        assert CANARY not in paper(key)
        assert "Hidden, and not printed" in paper(key)
    asked = paper("c1.req")
    assert "Clocks" not in asked
    assert "Possession" not in asked
    assert Reader(desk, "p2.pt").get(f"/tickets/{shared.id}/print/").status_code == 404


def test_erased_it_is_gone_for_good_and_both_sides_are_told(desk: Desk, shared: Ticket) -> None:
    entry = told(desk, shared)
    step(message_hide, desk, shared, entry, "c1.ct2")
    with pytest.raises(Invalid):
        step(message_redact, desk, shared, entry, "c1.cso", reason=" ")
    step(message_redact, desk, shared, entry, "c1.cso", reason="patient data")
    assert tables_with(CANARY) == set()
    assert not Hiding.objects.exists()
    for key in ("p1.pt", "c1.ct"):
        assert "patient data" in Reader(desk, key).page(shared)
    erased = Entry.objects.get(kind="payload.erased/1")
    assert desk.readers(erased.id) == {desk.org("c1"), desk.org("p1")}


def test_harmless_it_is_found_and_read_as_before(desk: Desk, shared: Ticket) -> None:
    entry = told(desk, shared)
    step(message_hide, desk, shared, entry, "c1.ct")
    step(message_release, desk, shared, entry, "p1.pm")
    for key in ("c1.ct", "c1.ct2", "p1.pt"):
        assert CANARY in Reader(desk, key).page(shared)
        assert found(desk, shared, key)
    assert desk.kinds(shared, "c1")[-2:] == ["payload.hidden/1", "payload.released/1"]
    assert not found(desk, shared, "p2.pt")


def test_who_decides_leads_the_side_that_wrote_it_or_whose_record_it_is(desk: Desk, shared: Ticket) -> None:
    of_client = told(desk, shared, "c1.ct", ("p1",))
    own = told(desk, shared, "p1.pt", ())
    step(message_hide, desk, shared, of_client, "p1.pt")
    step(message_hide, desk, shared, own, "p1.pt")
    for entry, by, refusal in (
        (of_client, "p1.pm", NotAllowed),
        (of_client, "c1.ct", NotAllowed),
        (of_client, "p2.pm", NotFound),
        (own, "c1.cso", NotFound),
        (own, "p1.pt", NotAllowed),
    ):
        with pytest.raises(refusal):
            step(message_release, desk, shared, entry, by)
        with pytest.raises(refusal):
            step(message_redact, desk, shared, entry, by, reason="x")
    step(message_release, desk, shared, of_client, "c1.cso")
    step(message_release, desk, shared, own, "p1.pm")
    assert not Hiding.objects.exists()


def test_who_does_not_read_or_write_hides_nothing(desk: Desk, shared: Ticket) -> None:
    own = told(desk, shared, "p1.pt", ())
    both = told(desk, shared)
    to_requester = told(desk, shared, with_requester=True, wider_confirmed=True)
    for entry, by, refusal in (
        (own, "c1.cso", NotFound),
        (both, "p2.pt", NotFound),
        (both, "c1.aud", NotAllowed),
        (both, "c1.req", NotFound),
        (shared.id, "c1.ct", NotFound),
    ):
        with pytest.raises(refusal):
            step(message_hide, desk, shared, entry, by)
    assert not Hiding.objects.exists()
    step(message_hide, desk, shared, to_requester, "c1.req")
    with pytest.raises(Conflict):
        step(message_hide, desk, shared, to_requester, "c1.ct")
    assert CANARY in Reader(desk, "c1.req").page(shared)
    assert CANARY in Reader(desk, "c1.cso").page(shared)


def test_a_description_is_hidden_in_every_stream_and_not_shared_on(desk: Desk) -> None:
    ticket = desk.open(text=f"Patient {CANARY} fell.", service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    first = Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1")
    step(message_hide, desk, ticket, first.id, "c1.ct")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    with time_machine.travel(desk.now + timedelta(minutes=1)):
        for key in ("p1.pt", "c1.ct2", "p2.pt", "p2.pm"):
            assert CANARY not in Reader(desk, key).page(ticket), key
        assert CANARY in Reader(desk, "p1.pm").page(ticket)
    assert not any(found(desk, ticket, key) for key in ("c1.cso", "p1.pm", "p2.pm"))
    step(message_redact, desk, ticket, first.id, "c1.cso", reason="patient data")
    assert tables_with(CANARY) == set()


def test_a_ticket_made_of_it_hides_it_too_and_none_is_made_of_what_is_hidden(
    desk: Desk, shared: Ticket
) -> None:
    entry = told(desk, shared)

    def split() -> Ticket:
        return ticket_split(
            ticket_id=shared.id, entry_ids=[entry], title="Apart", actor=desk.actor("c1.ct"), at=desk.tick()
        )

    other = split()
    assert CANARY in Reader(desk, "c1.ct2").page(other)
    step(message_hide, desk, shared, entry, "c1.ct")
    for key in ("c1.ct2", "p1.pt2"):
        assert not found(desk, other, key)
    assert CANARY not in Reader(desk, "c1.ct2").page(other)
    with pytest.raises(Invalid):
        split()
    step(message_release, desk, shared, entry, "c1.cso")
    assert CANARY in Reader(desk, "c1.ct2").page(other)


def test_it_goes_from_the_mail_that_waits(absent: Desk) -> None:
    ticket = absent.open(title="Printer down")
    absent.offer(ticket, "fir.cooling", text=f"{CANARY} sits there.")
    offer = Entry.objects.get(subject_id=ticket.id, kind="ticket.handover_offered/1")
    step(message_hide, absent, ticket, offer.id, "c1.ct")
    waiting = DueWork.objects.get(kind="foundation.mail", args__to="desk@fir.example")
    assert "\n\n–\n\n" in waiting.args["text"]
    assert tables_with(CANARY) == {"foundation_payload"}


def test_the_page_asks_the_same_number_of_times(desk: Desk, shared: Ticket) -> None:
    entry, actor = told(desk, shared), desk.actor("c1.cso")

    def asked() -> int:
        with CaptureQueriesContext(connection) as asking:
            ticket_get(actor=actor, ticket_id=shared.id, at=desk.now)
        return len(asking)

    asked()
    before = asked()
    step(message_hide, desk, shared, entry, "c1.ct")
    asked()
    assert asked() == before


def test_answers_are_hidden_with_all_that_was_answered_before_and_erased_everywhere(desk: Desk) -> None:
    one = declare(desk)
    ticket = begin(
        desk, {one.id: {"room": CANARY}}, service_id=desk.world.services["c1.printing"].id, title="Bed 4"
    )
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    answer(desk, ticket, "p1.pt", one, room=f"{CANARY} 2", floor="1")
    everybody = ("c1.ct", "c1.cso", "c1.ct2", "p1.pt", "p1.pm")
    place = f"/tickets/{ticket.id}/fields/{one.id}"

    def pages() -> set[str]:
        return {key for key in everybody if CANARY in Reader(desk, key).page(ticket)}

    def post(key: str, what: str, **form: str) -> int:
        code: int = Reader(desk, key).client.post(f"{place}/{what}/", form).status_code
        return code

    with time_machine.travel(desk.now + timedelta(hours=1), tick=True):
        assert pages() == set(everybody)
        assert [post("c1.req", "hide"), post("p2.pt", "hide"), post("c1.aud", "hide")] == [404, 404, 403]
        assert post("c1.ct", "hide") == 303
        # The author of the latest, who hid it, and who leads a side that reads it.
        assert pages() == {"c1.ct", "c1.cso", "p1.pt", "p1.pm"}
        assert read(desk, ticket, "c1.cso") == {"Where": None}
        asked = {"state": "all", "field": f"{one.id.hex}.room:"}
        for key in ("c1.ct", "p1.pt"):
            assert b"data-row " not in Reader(desk, key).client.get("/tickets/", asked).content
            assert CANARY not in words_of(Reader(desk, key).get(f"/tickets/{ticket.id}/print/"))
            assert not in_api(desk, ticket, desk.world.token_actor(key[:2], desk.now))
        with pytest.raises(Conflict):
            answer(desk, ticket, "p1.pt", one, room="14")
        with pytest.raises(Conflict):
            answers_hide(ticket_id=ticket.id, set_id=one.id, actor=desk.actor("p1.pt"), at=desk.tick())
        assert [post("c1.ct", "release"), post("p1.pm", "release"), post("c1.cso", "release")] == [
            403,
            303,
            404,
        ]
        assert pages() == set(everybody)
        assert not found(desk, ticket, "c1.cso")
        assert post("p1.pt", "hide") == 303
        assert post("c1.cso", "erase", reason="") == 303
        assert pages() == {"c1.ct", "c1.cso", "p1.pt", "p1.pm"} - {"c1.ct"}
        assert post("c1.cso", "erase", reason="A patient.") == 303
        assert pages() == set()
        assert tables_with(CANARY) == set()
        assert "What was answered was erased." in Reader(desk, "p1.pt").page(ticket)
        answer(desk, ticket, "p1.pt", one, room="14")
    assert read(desk, ticket, "c1.cso") == {"Where": {"room": "14"}}
