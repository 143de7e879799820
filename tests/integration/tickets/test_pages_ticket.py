"""The ticket page: what each party reads on it, and what its forms do or refuse."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation.models import Entry
from cosource.foundation.services.erasure import payload_erase
from cosource.tickets.models import Handover, Message, Participation, Ticket
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.moving import ticket_move


@pytest.fixture(autouse=True)
def at_the_desk(desk: Desk):
    with time_machine.travel(desk.now + timedelta(hours=4), tick=True):
        yield


def agreed(desk: Desk, key: str, lead: str, partner: str) -> None:
    version = quick_start_agreement(
        engagement_id=desk.world.engagements[key].id, actor=desk.actor(lead), at=desk.tick()
    )
    version_confirm(version_id=version.id, digest=version.digest, actor=desk.actor(partner), at=desk.tick())


def audience(desk: Desk, *parties: str) -> str:
    return ".".join(sorted(desk.org(p).hex for p in parties))


def state_of(ticket: Ticket) -> tuple[object, ...]:
    """All that a refused step must leave as it was."""
    ticket.refresh_from_db()
    return (
        ticket.version,
        ticket.state,
        ticket.holder_team_id,
        ticket.assignee_id,
        Entry.objects.filter(subject_id=ticket.id).count(),
        Message.objects.filter(ticket=ticket).count(),
        list(Handover.objects.filter(ticket=ticket).values_list("state", flat=True)),
        list(Participation.objects.filter(ticket=ticket).order_by("id").values_list("team_id", "unanswered")),
    )


# ---- who reads what ----


@pytest.mark.req("C14")
def test_each_party_reads_its_own_part(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id, title="Printers offline")
    ticket_reply(
        ticket_id=ticket.id,
        text="Bed manager asked twice.",
        party_ids=[],
        with_requester=False,
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt", text="Queues are stuck.")
    ticket_reply(
        ticket_id=ticket.id,
        text="Ours alone: call the vendor.",
        party_ids=[],
        with_requester=False,
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )

    client, partner = Reader(desk, "c1.ct").page(ticket), Reader(desk, "p1.pt").page(ticket)
    assert "Bed manager asked twice." in client
    assert "Bed manager asked twice." not in partner
    assert "Ours alone: call the vendor." in partner
    assert "Ours alone: call the vendor." not in client
    assert "Queues are stuck." in client
    assert "Queues are stuck." in partner
    assert desk.part(ticket, "c1").reference in client
    assert desk.part(ticket, "p1").reference in partner
    assert desk.part(ticket, "c1").reference not in partner


@pytest.mark.req("C14")
def test_another_partner_has_neither_name_nor_words_nor_number(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt", text="A word for Cedar.")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here", text="Back to you.")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt", text="The uplink, please.")

    other = Reader(desk, "p2.pt").get(f"/tickets/{ticket.id}/")
    text = other.content.decode()
    assert "The uplink, please." in text
    for secret in ("Cedar", "A word for Cedar.", "Back to you.", "p1 alder", desk.org("p1").hex):
        assert secret not in text
    assert str(desk.org("p1")) not in text
    assert "another party" in words_of(other)


def test_out_of_sight_is_as_if_it_never_was(desk: Desk) -> None:
    ticket = desk.open(internal=True, service_id=desk.world.services["c1.printing"].id)
    stranger = Reader(desk, "p2.pt")
    for path in ("", "reply/", "start/", "accept/", "hand-over/", "edit/"):
        ask = stranger.client.post if path else stranger.client.get
        there, never = (ask(f"/tickets/{i}/{path}") for i in (ticket.id, uuid4()))
        assert (there.status_code, never.status_code) == (404, 404)
        assert words_of(there) == words_of(never)


def test_a_reader_in_scope_may_read_but_not_act(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    manager = Reader(desk, "p1.pm")
    page = manager.page(ticket)
    assert "You may read this ticket, but not write into it." in page
    before = state_of(ticket)
    for step in ("reply", "start", "resolve", "assign", "edit"):
        assert manager.take(ticket, step, text="No.", audience=audience(desk, "p1")).status_code == 403
    assert state_of(ticket) == before


def test_the_requester_reads_what_is_meant_for_requesters(desk: Desk) -> None:
    ticket = desk.open("c1.req", text="My badge does not open the ward.")
    for text, aloud in (("We look into it.", True), ("He lost two badges already.", False)):
        ticket_reply(
            ticket_id=ticket.id,
            text=text,
            party_ids=[],
            with_requester=aloud,
            actor=desk.actor("c1.ct"),
            at=desk.tick(),
        )
    page = Reader(desk, "c1.req").page(ticket)
    assert "My badge does not open the ward." in page
    assert "We look into it." in page
    assert "He lost two badges already." not in page
    for inside in ("Clocks", "Ledger", "Hand over", "Held by"):
        assert inside not in page


def test_an_erased_text_says_so(desk: Desk) -> None:
    ticket = desk.open()
    entry_id = ticket_reply(
        ticket_id=ticket.id,
        text="The patient is called Jo Doe.",
        party_ids=[],
        with_requester=False,
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    payload_erase(entry_id=entry_id, reason="names a patient", actor=desk.actor("c1.cso"), at=desk.tick())
    page = Reader(desk, "c1.ct").page(ticket)
    assert "Jo Doe" not in page
    assert "names a patient" in page
    assert "Erased on" in page


def test_what_is_written_stays_harmless(desk: Desk) -> None:
    ticket = desk.open(
        text="<script>alert(1)</script> **bold** [x](javascript:alert(1)) ![i](http://e.example/i.png)"
    )
    page = Reader(desk, "c1.ct").get(f"/tickets/{ticket.id}/").content.decode()
    assert "<strong>bold</strong>" in page
    for bad in ("<script>alert", 'href="javascript', "<img"):
        assert bad not in page


def test_the_page_costs_the_same_however_long_the_talk(desk: Desk) -> None:
    ticket = desk.open()

    def talk(times: int) -> int:
        for number in range(times):
            ticket_reply(
                ticket_id=ticket.id,
                text=f"Word {number}",
                party_ids=[],
                with_requester=False,
                actor=desk.actor("c1.ct"),
                at=desk.tick(),
            )
        actor, at = desk.actor("c1.ct"), desk.tick()
        ticket_get(actor=actor, ticket_id=ticket.id, at=at)
        with CaptureQueriesContext(connection) as asked:
            view = ticket_get(actor=actor, ticket_id=ticket.id, at=at)
        assert (
            len(view.conversation.messages)
            == 1 + Message.objects.filter(ticket=ticket, kind="message").count()
        )
        return len(asked)

    few, many = talk(5), talk(45)
    assert few == many
    assert many <= 15


# ---- the forms ----


@pytest.mark.req("C14")
def test_the_readers_are_named_and_a_wider_audience_asks_once(desk: Desk) -> None:
    ticket = desk.open("c1.req")
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    reader = Reader(desk, "p1.pt")
    assert "Alder Hospitals and Cedar Desk will read this." in reader.page(ticket)

    form = {"audience": audience(desk, "c1", "p1"), "with_requester": "1", "text": "Please try again."}
    before = state_of(ticket)
    asked = reader.take(ticket, "reply", **form)
    assert asked.status_code == 409
    assert "New to this ticket: the requester" in words_of(asked)
    assert "Please try again." in asked.content.decode()
    assert state_of(ticket) == before

    other = reader.take(ticket, "reply", **(form | {"confirmed": f"{audience(desk, 'c1', 'p1')}-"}))
    assert other.status_code == 409
    sent = reader.take(ticket, "reply", **(form | {"confirmed": f"{form['audience']}+"}))
    assert (sent.status_code, sent["Location"]) == (303, f"/tickets/{ticket.id}/")
    assert "Please try again." in Reader(desk, "c1.req").page(ticket)


@pytest.mark.req("C14")
def test_partners_are_not_made_known_to_each_other_unasked(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    reader, form = (
        Reader(desk, "c1.ct"),
        {"audience": audience(desk, "c1", "p1", "p2"), "text": "Both of you?"},
    )
    before = state_of(ticket)
    asked = reader.take(ticket, "reply", **form)
    assert asked.status_code == 409
    assert "Cedar Desk, Dogwood Networks: they would learn of each other here." in words_of(asked)
    assert "New to this ticket" not in words_of(asked)
    assert state_of(ticket) == before
    key = f"{form['audience']}-"
    assert reader.take(ticket, "reply", **form, confirmed=key).status_code == 303
    assert "Cedar Desk" in Reader(desk, "p2.pt").page(ticket)


@pytest.mark.req("C14")
def test_a_note_among_ourselves_never_reaches_the_requester(desk: Desk) -> None:
    ticket = desk.open("c1.req")
    reader = Reader(desk, "c1.ct")
    own = audience(desk, "c1")
    sent = reader.take(ticket, "reply", text="He lost two badges.", audience=own, with_requester="1")
    assert sent.status_code == 303
    sent = reader.take(ticket, "reply", text="We look into it.", audience=f"{own}+")
    assert sent.status_code == 303
    asked = Reader(desk, "c1.req").page(ticket)
    assert "We look into it." in asked
    assert "He lost two badges." not in asked


@pytest.mark.req("C14")
def test_nobody_is_reached_who_takes_no_part(desk: Desk) -> None:
    ticket = desk.open()
    before = state_of(ticket)
    refused = Reader(desk, "c1.ct").take(
        ticket, "reply", text="Hello", audience=audience(desk, "c1", "p2"), confirmed="x"
    )
    assert refused.status_code == 422
    assert "Hello" in refused.content.decode()
    assert state_of(ticket) == before


def test_an_empty_message_is_refused_at_its_field(desk: Desk) -> None:
    ticket = desk.open()
    before = state_of(ticket)
    refused = Reader(desk, "c1.ct").take(ticket, "reply", text="  ", audience=audience(desk, "c1"))
    assert refused.status_code == 422
    assert 'id="text-error"' in refused.content.decode()
    assert state_of(ticket) == before


def test_a_page_that_is_out_of_date_keeps_the_text_and_says_what_changed(desk: Desk) -> None:
    ticket = desk.open()
    reader = Reader(desk, "c1.ct")
    old = ticket.version
    from cosource.tickets.web.versions import version_mark

    mark, since = version_mark(ticket.id, old), desk.now.isoformat()
    ticket_reply(
        ticket_id=ticket.id,
        text="I was quicker.",
        party_ids=[],
        with_requester=False,
        actor=desk.actor("c1.ct2"),
        at=desk.tick(),
    )
    before = state_of(ticket)
    refused = reader.client.post(
        f"/tickets/{ticket.id}/resolve/", {"version": mark, "since": since, "text": "Toner replaced."}
    )
    assert refused.status_code == 412
    page = words_of(refused)
    assert "has changed since you opened it" in page
    assert "A new message" in page
    assert "Toner replaced." in refused.content.decode()
    assert state_of(ticket) == before


def test_the_version_on_the_page_is_no_count(desk: Desk) -> None:
    ticket = desk.open()
    assert (
        f'name="version" value="{ticket.version}"'
        not in Reader(desk, "c1.ct").get(f"/tickets/{ticket.id}/").content.decode()
    )


def test_a_ticket_is_worked_by_its_forms_from_start_to_end(desk: Desk) -> None:
    agreed(desk, "c1p1", "c1.cso", "p1.pm")
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    ticket = desk.open("c1.req", service_id=desk.world.services["c1.printing"].id)
    client, partner = Reader(desk, "c1.ct"), Reader(desk, "p1.pt")
    both = {"audience": audience(desk, "c1", "p1")}

    def done(response: object) -> str:
        assert getattr(response, "status_code", 0) == 303, words_of(response)  # type: ignore[arg-type]
        ticket.refresh_from_db()
        return ticket.state

    assert done(client.take(ticket, "start")) == "in_progress"
    person = desk.world.people["c1.ct"].id
    done(client.take(ticket, "assign", person=str(person)))
    assert ticket.assignee_id == person
    done(client.take(ticket, "edit", title="All printers down", impact="1", urgency="1"))
    assert (ticket.title, ticket.priority) == ("All printers down", 1)
    team = str(desk.world.teams["p1.alder"].id)
    done(client.take(ticket, "hand-over", team=team, reason="skill", text="Please look."))
    done(client.take(ticket, "withdraw"))
    done(client.take(ticket, "hand-over", team=team, reason="skill", text="Please look now."))
    done(partner.take(ticket, "decline", reason="information_missing", text="Which ward?"))
    done(client.take(ticket, "hand-over", team=team, reason="skill", text="Ward 4."))
    done(partner.take(ticket, "accept"))
    assert ticket.holder_organization_id == desk.org("p1")
    assert done(
        partner.take(ticket, "pause", pause="waiting_client:client_access", text="A badge, please.")
    ) == ("waiting_client")
    page = client.page(ticket)
    assert "Your turn : decide" in page or "Your turn: decide" in page.replace(" :", ":")
    assert done(client.take(ticket, "reply", text="At the gate.", **both)) == "in_progress"
    assert done(partner.take(ticket, "resolve", text="Replaced the fuser.")) == "resolved"
    requester = Reader(desk, "c1.req")
    assert done(requester.take(ticket, "reopen", text="Still grey.")) == "in_progress"
    assert done(partner.take(ticket, "resolve", text="Drum too.")) == "resolved"
    assert done(requester.take(ticket, "close")) == "closed"
    assert "This ticket is closed." in client.page(ticket)


@pytest.mark.parametrize(
    ("step", "form", "status"),
    [
        ("pause", {"text": "Why?"}, 422),
        ("pause", {"pause": "waiting_client:because", "text": "Why?"}, 422),
        ("pause", {"pause": "closed:", "text": "x"}, 409),
        ("resolve", {"text": ""}, 422),
        ("cancel", {"text": ""}, 422),
        ("close", {"text": ""}, 409),
        ("hand-over", {"text": "x", "reason": "skill"}, 422),
        ("hand-over", {"team": "no-id", "text": "x", "reason": "skill"}, 422),
        ("hand-over", {"team": str(uuid4()), "text": "x", "reason": "skill"}, 404),
        ("hand-over", {"team": "p1.alder", "text": "x", "reason": "no"}, 422),
        ("hand-over", {"team": "p1.alder", "text": "", "reason": "skill"}, 422),
        ("hand-over", {"team": "p1.birch", "text": "x", "reason": "skill"}, 404),
        ("accept", {}, 409),
        ("decline", {"reason": "no", "text": "x"}, 422),
        ("decline", {"reason": "no_capacity", "text": "x"}, 409),
        ("withdraw", {}, 409),
        ("assign", {"person": "no-id"}, 422),
        ("assign", {"person": "p1.pt"}, 422),
        ("edit", {"title": ""}, 422),
        ("edit", {"impact": "9"}, 422),
        ("edit", {"service_id": str(uuid4())}, 404),
        ("reply", {"text": "x", "audience": "no-id"}, 422),
    ],
)
def test_a_refused_step_changes_nothing(desk: Desk, step: str, form: dict[str, str], status: int) -> None:
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    ticket = desk.open()
    world = desk.world
    given = {
        k: str(world.teams[v].id) if v in world.teams else str(world.people[v].id) if v in world.people else v
        for k, v in form.items()
    }
    before = state_of(ticket)
    refused = Reader(desk, "c1.ct").take(ticket, step, **given)
    assert refused.status_code == status, words_of(refused)
    assert state_of(ticket) == before
    if given.get("text", "").strip() and status in (409, 422):
        assert given["text"] in refused.content.decode()


@pytest.mark.parametrize("form", ["pause", "hand-over", "resolve", "cancel", "assign", "edit"])
def test_each_form_opens_by_address_without_scripts(desk: Desk, form: str) -> None:
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    ticket = desk.open("c1.ct", requester_id=desk.world.people["c1.req"].id)
    page = Reader(desk, "c1.ct").get(f"/tickets/{ticket.id}/?do={form}").content.decode()
    assert f'action="/tickets/{ticket.id}/{form}/"' in page
    assert "style=" not in page


def test_a_form_offers_only_teams_that_may_take_it(desk: Desk) -> None:
    ticket = desk.open()
    page = Reader(desk, "c1.ct").page(ticket, "?do=hand-over")
    assert "p1 alder team" in page
    assert "p2 noc team" in page
    assert "p1 birch team" not in page
    assert "p3 repairs team" not in page


def test_htmx_gets_the_column_alone(desk: Desk) -> None:
    ticket = desk.open()
    reader = Reader(desk, "c1.ct")
    whole = reader.get(f"/tickets/{ticket.id}/").content.decode()
    part = reader.client.get(f"/tickets/{ticket.id}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    assert 'id="conv"' in part
    refused = reader.client.post(
        f"/tickets/{ticket.id}/reply/",
        {"text": "", "audience": audience(desk, "c1")},
        headers={"HX-Request": "true"},
    )
    assert (refused.status_code, 'id="text-error"' in refused.content.decode()) == (200, True)


def test_the_description_names_all_to_whom_it_was_handed(desk: Desk) -> None:
    ticket = desk.open()

    def description(key: str) -> str:
        view = ticket_get(actor=desk.actor(key), ticket_id=ticket.id, at=desk.tick())
        return next(line.readers.words for line in view.conversation.lines if line.is_message)

    names = {key: desk.world.organizations[key].name for key in ("c1", "p1", "p2")}
    assert description("c1.ct") == f"{names['c1']} only"
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    assert description("c1.ct") == f"{names['c1']} + {names['p1']}"
    desk.give(ticket, "p2.noc", "c1.cso", "p2.pt")
    assert description("c1.ct") == "All parties"
    assert description("p1.pt") == f"{names['c1']} + {names['p1']}"


@pytest.mark.parametrize(
    ("by", "words"), [("", "The client may close it"), ("c1.req", "The requester may confirm")]
)
def test_what_is_resolved_says_who_may_end_it(desk: Desk, by: str, words: str) -> None:
    ticket = desk.open(requester_id=desk.world.person(by).id if by else None)

    def turn() -> tuple[str, str]:
        found = ticket_get(actor=desk.actor("c1.ct"), ticket_id=ticket.id, at=desk.tick()).turn
        return found.words, found.verb

    assert turn() == ("Your turn", "start work")
    for state in ("in_progress", "resolved"):
        ticket_move(
            ticket_id=ticket.id, to_state=state, text="Done.", actor=desk.actor("c1.ct"), at=desk.tick()
        )
    assert turn() == (words, "")


def test_possession_shows_at_the_weekend_too(desk: Desk) -> None:
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    desk.now = datetime(2026, 3, 7, 10, tzinfo=UTC)
    ticket = desk.open()
    desk.tick(89)
    view = ticket_get(actor=desk.actor("c1.ct"), ticket_id=ticket.id, at=desk.tick())
    assert view.ribbon is not None
    assert [(piece.minutes, piece.width > 1) for piece in view.ribbon.pieces] == [(90.0, True)]


def test_the_ribbon_is_also_a_table_and_the_ledger_is_shown(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    reader = Reader(desk, "c1.ct")
    table = reader.page(ticket, "?table")
    assert "p1 alder team" in table
    assert "Until" in table
    ledger = reader.page(ticket, "?show=ledger")
    assert "ticket.handed_over/1" in ledger
    assert "Nothing prints on ward 4." not in reader.page(ticket, "?show=ledger")
