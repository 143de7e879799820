"""Satisfaction: asked once when a desk asks at all, answered by who was asked, read by whom the form names, counted alike."""

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry, Notice
from cosource.tickets.models import Message, Survey, Ticket
from cosource.tickets.queries.surveys import survey_of, survey_settings
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.surveys import survey_answer, survey_settings_set


def asks(desk: Desk, **more: Any) -> None:
    given = {"active": True, "every_days": 30, "own_only": False} | more
    survey_settings_set(actor=desk.actor("c1.cso"), at=desk.tick(), **given)


def solved(desk: Desk, by: str = "c1.ct", *, given: bool = False) -> Ticket:
    ticket = desk.open(requester_id=desk.world.people["c1.req"].id)
    if given:
        desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    move(desk, ticket, "resolved", by)
    return ticket


def move(desk: Desk, ticket: Ticket, to: str, by: str) -> None:
    ticket_move(ticket_id=ticket.id, to_state=to, text="Done.", actor=desk.actor(by), at=desk.tick())


def answer(desk: Desk, ticket: Ticket, score: int, text: str = "", by: str = "c1.req") -> None:
    survey_answer(ticket_id=ticket.id, score=score, text=text, actor=desk.actor(by), at=desk.tick())


def test_nobody_is_asked_until_the_desk_asks_and_then_once(desk: Desk) -> None:
    solved(desk)
    assert not Survey.objects.exists()
    asks(desk)
    ticket = solved(desk)
    asked = Survey.objects.get()
    assert (asked.ticket_id, asked.person_id, asked.score) == (
        ticket.id,
        desk.world.people["c1.req"].id,
        None,
    )
    told = Notice.objects.get(kind="ticket.survey")
    assert (told.person_id, told.url) == (asked.person_id, f"/tickets/{ticket.id}/")
    move(desk, ticket, "in_progress", "c1.ct")
    move(desk, ticket, "resolved", "c1.ct")
    solved(desk)  # too soon for the same person
    assert Survey.objects.count() == 1
    desk.now += timedelta(days=30)
    solved(desk)
    assert Survey.objects.count() == 2


def test_the_answer_is_the_requesters_and_can_be_changed_for_a_while(desk: Desk) -> None:
    asks(desk)
    ticket = solved(desk, "p1.pt", given=True)
    answer(desk, ticket, 2, "It took long.")
    answer(desk, ticket, 4)
    assert Survey.objects.get().score == 4
    said = Entry.objects.filter(subject_id=ticket.id, kind="ticket.survey_answered/1").order_by("id")
    assert [e.facts for e in said] == [{"score": 2, "changed": False}, {"score": 4, "changed": True}]
    assert desk.readers(said[0].id) == {desk.org("c1"), desk.org("p1")}
    text = Message.objects.get(ticket=ticket, author=desk.world.people["c1.req"])
    assert desk.readers(text.id) == {desk.org("c1"), desk.org("p1")}
    for by in ("c1.ct", "p1.pt"):
        with pytest.raises(NotAllowed):
            answer(desk, ticket, 5, by=by)
    with pytest.raises(NotFound):
        answer(desk, ticket, 5, by="p2.pt")
    for score in (0, 6):
        with pytest.raises(Invalid):
            answer(desk, ticket, score)
    assert survey_of(desk.actor("p1.pt"), ticket.id).score == 4
    with pytest.raises(NotFound):
        survey_of(desk.actor("p2.pm"), ticket.id)
    desk.now += timedelta(days=30)
    with pytest.raises(Conflict):
        answer(desk, ticket, 1)


def test_a_desk_may_keep_answers_to_itself(desk: Desk) -> None:
    asks(desk, own_only=True)
    ticket = solved(desk, "p1.pt", given=True)
    answer(desk, ticket, 1, "Rude.")
    assert survey_of(desk.actor("c1.ct"), ticket.id).score == 1
    with pytest.raises(NotFound):
        survey_of(desk.actor("p1.pt"), ticket.id)
    assert "ticket.survey_answered/1" not in desk.kinds(ticket, "p1")
    assert survey_settings(desk.actor("c1.ct")).own_only
    with pytest.raises(NotFound):  # rather than what was never set
        survey_settings(desk.actor("c1.aud"))
    with pytest.raises(NotAllowed):
        survey_settings_set(
            active=False, every_days=1, own_only=False, actor=desk.actor("c1.ct"), at=desk.tick()
        )


def test_the_page_asks_who_asked_and_says_who_reads(desk: Desk) -> None:
    asks(desk)
    ticket = solved(desk, "p1.pt", given=True)
    Survey.objects.update(asked_at=desk.now + timedelta(days=3650))  # pages have the clock of today
    requester, technician = Reader(desk, "c1.req"), Reader(desk, "p1.pt")
    page = requester.page(ticket)
    assert "How well was it solved?" in page
    assert "Alder Hospitals and the partner that worked on it read your answer." in page
    assert "How well was it solved?" not in technician.page(ticket)
    sent = requester.client.post(f"/tickets/{ticket.id}/survey/", {"score": "5", "text": "Quick!"})
    assert (sent.status_code, Survey.objects.get().score) == (303, 5)
    assert "Solved very well: 5 of 5" in technician.page(ticket)
    assert "Quick!" in technician.page(ticket)
    owner = Reader(desk, "c1.cso")
    form = {"every_days": "7", "readers": "own", "version": "2"}
    assert owner.client.post("/tickets/survey/", form).status_code == 303
    wrong = {"every_days": "400", "readers": "both", "version": "3", "active": "1"}
    refused = owner.client.post("/tickets/survey/", wrong)
    typed = refused.content.decode()
    assert refused.status_code == 422
    for kept in (
        'value="400"',
        'name="active" value="1" checked',
        'value="both"',
        'name="version" value="3"',
    ):
        assert kept in typed
    assert 'value="own" selected' not in typed
    stale = owner.client.post("/tickets/survey/", wrong | {"every_days": "8", "version": "2"})
    assert (stale.status_code, 'value="8"' in stale.content.decode()) == (412, True)
    assert 'value="7"' in owner.get("/tickets/survey/").content.decode()
    assert technician.get("/tickets/survey/").status_code == 403
