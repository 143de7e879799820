"""A major incident over two organizations: declared, told, ended, reviewed by both sides."""

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry, Notice
from cosource.tickets.models import MajorIncident, Message, Ticket
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.following import ticket_follow
from cosource.tickets.services.major import (
    major_declare,
    major_end,
    major_review,
    major_review_close,
    major_update,
)
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.sayings import saying_add

pytestmark = pytest.mark.req("C12")


def _at_partner(desk: Desk, by: str = "c1.req") -> Ticket:
    ticket = desk.open(by=by)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


def _declare(desk: Desk, ticket: Ticket, by: str = "c1.cso", leads: str = "p1.pm") -> None:
    major_declare(
        ticket_id=ticket.id,
        text="Printing is out in all of the hospital.",
        commander_id=desk.world.people[leads].id,
        actor=desk.actor(by),
        at=desk.tick(),
    )


def test_both_sides_work_it_from_the_call_to_the_review(desk: Desk) -> None:
    ticket = _at_partner(desk)
    _declare(desk, ticket)

    led = Ticket.objects.get(id=ticket.id)
    assert (led.impact, led.urgency, led.priority) == (1, 1, 1)
    told = set(Notice.objects.filter(kind="ticket.major").values_list("person_id", flat=True))
    assert {desk.world.people["p1.pm"].id, desk.world.people["p1.pt"].id} <= told
    assert desk.world.people["p2.pm"].id not in told
    major_update(ticket_id=ticket.id, text="A switch is replaced.", actor=desk.actor("p1.pm"), at=desk.tick())
    view = ticket_get(actor=desk.actor("p1.pm"), ticket_id=ticket.id, at=desk.now).major
    assert view is not None
    assert (view.commander, view.last_update_at, view.may_lead) == (
        desk.world.people["p1.pm"].name,
        desk.now,
        True,
    )
    ticket_move(
        ticket_id=ticket.id, to_state="resolved", text="It prints.", actor=desk.actor("p1.pt"), at=desk.tick()
    )
    major_end(ticket_id=ticket.id, text="All wards print.", actor=desk.actor("p1.pm"), at=desk.tick())
    assert Entry.objects.get(kind="ticket.major_ended/1").facts["minutes"] == 3
    for by in ("c1.cso", "p1.pm"):
        with pytest.raises(Conflict):
            major_review_close(ticket_id=ticket.id, actor=desk.actor("c1.cso"), at=desk.tick())
        major_review(ticket_id=ticket.id, text="One switch too few.", actor=desk.actor(by), at=desk.tick())
    major_review_close(ticket_id=ticket.id, actor=desk.actor("c1.cso"), at=desk.tick())

    assert MajorIncident.objects.get().reviewed_at == desk.now
    kinds = list(Message.objects.filter(ticket=ticket).order_by("at").values_list("kind", flat=True))
    assert [k for k in kinds if k in ("update", "review")] == ["update"] * 3 + ["review"] * 2


def test_the_requester_reads_the_updates_and_none_of_the_review(desk: Desk) -> None:
    ticket = _at_partner(desk)
    _declare(desk, ticket)
    major_end(ticket_id=ticket.id, text="All wards print.", actor=desk.actor("c1.cso"), at=desk.tick())
    major_review(ticket_id=ticket.id, text="One too few.", actor=desk.actor("c1.cso"), at=desk.tick())

    view = ticket_get(actor=desk.actor("c1.req"), ticket_id=ticket.id, at=desk.now)
    assert [line.says for line in view.conversation.messages if line.says] == ["update", "update"]
    assert view.major is None


def test_who_may_not_lead_changes_nothing_and_tells_nobody(desk: Desk) -> None:
    ticket = _at_partner(desk)
    before = (Entry.objects.count(), Notice.objects.count())

    for by in ("c1.ct", "p1.pt", "c1.req"):
        with pytest.raises(NotAllowed):
            _declare(desk, ticket, by)
    with pytest.raises(NotFound):
        _declare(desk, ticket, "p2.pm")
    with pytest.raises(NotFound):
        _declare(desk, ticket, leads="p2.pm")
    with pytest.raises(NotAllowed):
        major_update(ticket_id=ticket.id, text="x", actor=desk.actor("p1.pt"), at=desk.tick())
    with pytest.raises(Conflict):
        major_update(ticket_id=ticket.id, text="x", actor=desk.actor("c1.cso"), at=desk.tick())
    with pytest.raises(Conflict):
        _declare(desk, desk.open(kind="problem"))

    assert not MajorIncident.objects.exists()
    assert Notice.objects.count() == before[1]


def test_who_follows_is_told_of_updates_and_of_what_else_is_said(desk: Desk) -> None:
    ticket = _at_partner(desk)
    ticket_follow(ticket_id=ticket.id, follows=True, actor=desk.actor("c1.cso"), at=desk.tick())
    told = Notice.objects.filter(kind="ticket.followed", person_id=desk.world.people["c1.cso"].id)
    _declare(desk, ticket)
    before = told.count()
    major_update(ticket_id=ticket.id, text="A switch.", actor=desk.actor("p1.pm"), at=desk.tick())
    assert told.count() == before + 1
    saying_add(
        ticket_id=ticket.id, says="workaround", text="Next door.", actor=desk.actor("p1.pt"), at=desk.tick()
    )
    assert told.count() == before + 2


@pytest.mark.req("C28")
def test_a_partner_that_worked_on_it_before_neither_reviews_nor_is_named(desk: Desk) -> None:
    ticket = desk.open(by="c1.ct", service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    desk.give(ticket, "c1.desk", "p2.pt", "c1.ct")
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    with pytest.raises(NotFound):
        _declare(desk, ticket, leads="p2.pm")
    _declare(desk, ticket)
    major_end(ticket_id=ticket.id, text="All wards print.", actor=desk.actor("p1.pm"), at=desk.tick())
    for step in (major_review, major_update):
        with pytest.raises((NotAllowed, Conflict)):
            step(ticket_id=ticket.id, text="x", actor=desk.actor("p2.pm"), at=desk.tick())
    read = Entry.objects.filter(subject_id=ticket.id, audience__readers__organization_id=desk.org("p2"))
    assert not read.filter(kind__startswith="ticket.major").exists()
    assert not any(desk.org("p1") in desk.readers(entry.id) for entry in read)


def test_it_is_led_once_and_the_review_opens_only_at_its_end(desk: Desk) -> None:
    ticket = _at_partner(desk)
    _declare(desk, ticket)
    with pytest.raises(Conflict):
        _declare(desk, ticket)
    with pytest.raises(Conflict):
        major_review(ticket_id=ticket.id, text="x", actor=desk.actor("c1.cso"), at=desk.tick())
    with pytest.raises(Invalid):
        major_end(ticket_id=ticket.id, text=" ", actor=desk.actor("c1.cso"), at=desk.tick())
    assert MajorIncident.objects.get().ended_at is None
