"""Moving through the states: who may, what pauses, and what each party's clock makes of it."""

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.agreements.models import AgreementVersion
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.tickets.models import NEVER, Clock, Participation, Pause, Ticket
from cosource.tickets.services.changing import ticket_update
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.moving import ticket_move


def move(desk: Desk, ticket: Ticket, by: str, to: str, minutes: int = 1, **more: Any) -> None:
    given: dict[str, Any] = {"text": "Because."} | more
    ticket_move(ticket_id=ticket.id, to_state=to, actor=desk.actor(by), at=desk.tick(minutes), **given)
    ticket.refresh_from_db()


@pytest.fixture
def agreed(desk: Desk) -> Desk:
    """Own desk and c1p1 have the quick-start terms in force; it is the next day at noon."""
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.now)
    shared = quick_start_agreement(
        engagement_id=desk.world.engagements["c1p1"].id, actor=desk.actor("c1.cso"), at=desk.now
    )
    version = AgreementVersion.objects.get(id=shared.id)
    version_confirm(version_id=version.id, digest=version.digest, actor=desk.actor("p1.pm"), at=desk.now)
    desk.tick(28 * 60)
    return desk


def clock(ticket: Ticket, kind: str, engagement: Any = None) -> Clock:
    return Clock.objects.get(ticket=ticket, kind=kind, engagement=engagement)


@pytest.mark.req("C11")
def test_the_holder_works_resolves_and_the_requester_confirms(desk: Desk) -> None:
    ticket = desk.open(by="c1.req")
    move(desk, ticket, "c1.ct", "in_progress", text="")
    move(desk, ticket, "c1.ct", "resolved")
    assert (ticket.category, ticket.resolved_at, ticket.turn) == ("resolved", desk.now, "requester")
    assert desk.part(ticket, "c1").next_due_at == NEVER

    move(desk, ticket, "c1.req", "closed", text="")
    assert (ticket.category, ticket.closed_at) == ("closed", desk.now)
    assert not Participation.objects.filter(ticket=ticket, open=True).exists()


def test_a_reopening_is_the_same_ticket_again(desk: Desk) -> None:
    ticket = desk.open()
    move(desk, ticket, "c1.ct", "resolved")
    move(desk, ticket, "c1.ct", "in_progress", text="It is back.")
    assert (ticket.category, ticket.resolved_at) == ("open", None)


@pytest.mark.parametrize(
    ("by", "to", "refusal"),
    [
        ("c1.ct", "closed", Conflict),
        ("c1.ct", "nonsense", Invalid),
        ("p1.pt", "in_progress", NotFound),
        ("c2.cso", "resolved", NotFound),
        ("c1.aud", "resolved", NotAllowed),
        ("c1.req", "resolved", NotFound),
    ],
)
def test_a_refused_move_changes_nothing(desk: Desk, by: str, to: str, refusal: type[Exception]) -> None:
    ticket = desk.open()
    before = (Entry.objects.count(), Pause.objects.count(), ticket.version)
    with pytest.raises(refusal):
        move(desk, ticket, by, to)
    ticket.refresh_from_db()
    assert before == (Entry.objects.count(), Pause.objects.count(), ticket.version)
    assert ticket.state == "new"


def test_only_the_holder_works_on_it(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    with pytest.raises(Conflict):
        move(desk, ticket, "c1.ct", "resolved")
    move(desk, ticket, "p1.pt", "resolved")


def test_waiting_needs_a_word(desk: Desk) -> None:
    ticket = desk.open()
    with pytest.raises(Invalid):
        move(desk, ticket, "c1.ct", "waiting_requester", text=" ")


@pytest.mark.req("C8")
def test_clocks_start_with_the_ticket_and_stay_with_its_version(agreed: Desk) -> None:
    ticket = agreed.open(impact=1, urgency=1, service_id=agreed.world.services["c1.printing"].id)
    own, theirs = agreed.part(ticket, "c1"), agreed.part(ticket, "p1")
    assert own.agreement_version_id is not None
    assert theirs.agreement_version_id is not None
    assert own.agreement_version_id != theirs.agreement_version_id
    respond, resolve = clock(ticket, "respond"), clock(ticket, "resolve")
    assert respond.due_at == ticket.opened_at + timedelta(minutes=respond.target_minutes)
    assert resolve.due_at == ticket.opened_at + timedelta(minutes=resolve.target_minutes)
    assert own.next_due_at == respond.due_at


@pytest.mark.req("C8")
def test_a_first_answer_meets_the_response_and_a_note_among_ourselves_does_not(agreed: Desk) -> None:
    ticket = agreed.open(by="c1.req")
    given: dict[str, Any] = {"ticket_id": ticket.id, "text": "x", "party_ids": []}
    ticket_reply(**given, with_requester=False, actor=agreed.actor("c1.ct"), at=agreed.tick())
    assert clock(ticket, "respond").met_at is None

    ticket_reply(**given, with_requester=True, actor=agreed.actor("c1.ct"), at=agreed.tick())
    assert clock(ticket, "respond").met_at == agreed.now
    assert agreed.part(ticket, "c1").next_due_at == clock(ticket, "resolve").due_at


@pytest.mark.req("X3")
def test_a_pause_on_the_clients_turn_moves_the_partners_clock_alone(agreed: Desk) -> None:
    engagement = agreed.world.engagements["c1p1"]
    ticket = agreed.open(impact=1, urgency=1)
    agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    before = clock(ticket, "resolve").due_at, clock(ticket, "resolve", engagement).due_at

    reason = next(
        r.key
        for r in AgreementVersion.objects.get(agreement__engagement=engagement).pause_reasons.all()
        if r.turn == "client"
    )
    move(agreed, ticket, "p1.pt", "waiting_client", reason=reason, text="Badge, please.")
    assert agreed.part(ticket, "p1").next_due_at == NEVER
    assert agreed.part(ticket, "c1").next_due_at < NEVER
    ticket_reply(
        ticket_id=ticket.id,
        text="Here.",
        party_ids=[agreed.org("p1")],
        with_requester=False,
        actor=agreed.actor("c1.ct"),
        at=agreed.tick(22),
    )

    ticket.refresh_from_db()
    assert ticket.state == "in_progress"
    assert clock(ticket, "resolve").due_at == before[0]
    assert clock(ticket, "resolve", engagement).due_at == before[1] + timedelta(minutes=22)
    assert clock(ticket, "resolve", engagement).first_due_at == before[1]


def test_a_reason_that_is_not_agreed_pauses_nothing(agreed: Desk) -> None:
    ticket = agreed.open()
    agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    with pytest.raises(Invalid) as refused:
        move(agreed, ticket, "p1.pt", "waiting_client", reason="lunch")
    assert "Choose one of the agreed reasons" in str(refused.value.details["fields"]["reason"])
    assert not Pause.objects.exists()


@pytest.mark.req("C8")
def test_a_downgrade_counts_from_the_opening(agreed: Desk) -> None:
    ticket = agreed.open(impact=1, urgency=1)
    first = clock(ticket, "resolve")
    ticket_update(
        ticket_id=ticket.id,
        changes={"impact": 3, "urgency": 3},
        actor=agreed.actor("c1.ct"),
        at=agreed.tick(30),
    )

    later = clock(ticket, "resolve")
    assert later.started_at == first.started_at
    assert later.target_minutes > first.target_minutes
    assert later.first_due_at == later.due_at > first.due_at
    ticket.refresh_from_db()
    assert (ticket.priority, agreed.part(ticket, "c1").priority) == (4, 4)  # the agreed matrix has no fifth


@pytest.mark.req("C8")
def test_a_partners_clock_runs_from_when_it_was_asked(agreed: Desk) -> None:
    engagement = agreed.world.engagements["c1p1"]
    ticket = agreed.open(impact=1, urgency=1, service_id=agreed.world.services["c1.printing"].id)
    assert not Clock.objects.filter(ticket=ticket, engagement=engagement).exists()
    assert agreed.part(ticket, "p1").next_due_at == NEVER

    agreed.tick(60)
    agreed.offer(ticket, "p1.alder")
    assert clock(ticket, "respond", engagement).started_at == agreed.now
    assert agreed.part(ticket, "p1").next_due_at == clock(ticket, "respond", engagement).due_at


@pytest.mark.req("C8")
def test_a_question_to_the_other_side_is_a_response(agreed: Desk) -> None:
    engagement = agreed.world.engagements["c1p1"]
    ticket = agreed.open()
    agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    assert clock(ticket, "respond", engagement).met_at is None
    move(agreed, ticket, "p1.pt", "waiting_client", reason="client_access", text="Badge, please.")
    assert clock(ticket, "respond", engagement).met_at == agreed.now
