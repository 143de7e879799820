"""Changes and problems: planned, approved by one party after the other, carried out in their window, reviewed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.tickets.models import Approval, ChangePlan, Freeze, Message, Participation, Ticket
from cosource.tickets.queries.changes import changes_between, collisions_of
from cosource.tickets.queries.record import load
from cosource.tickets.services.approving import approval_ask, approval_decide
from cosource.tickets.services.changes import change_review, freeze_add, freeze_lift, plan_set
from cosource.tickets.services.merging import ticket_merge
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.sayings import saying_add


def _plan(desk: Desk, ticket: Ticket, by: str = "c1.ct", **changes: Any) -> None:
    window = {"starts_at": desk.now + timedelta(hours=1), "ends_at": desk.now + timedelta(hours=3)}
    plan_set(ticket_id=ticket.id, changes=window | changes, actor=desk.actor(by), at=desk.tick())


def _way_back(desk: Desk, ticket: Ticket, by: str = "c1.ct") -> None:
    saying_add(
        ticket_id=ticket.id,
        says="rollback",
        text="Put the old firmware back.",
        actor=desk.actor(by),
        at=desk.tick(),
    )


def _ask(desk: Desk, ticket: Ticket, by: str = "c1.ct") -> None:
    approval_ask(ticket_id=ticket.id, actor=desk.actor(by), at=desk.tick())


def _decide(desk: Desk, ticket: Ticket, by: str, decision: str = "approve", text: str = "Fine.") -> None:
    approval_decide(ticket_id=ticket.id, decision=decision, text=text, actor=desk.actor(by), at=desk.tick())


def _move(desk: Desk, ticket: Ticket, to: str, by: str, text: str = "", at: datetime | None = None) -> None:
    ticket_move(ticket_id=ticket.id, to_state=to, text=text, actor=desk.actor(by), at=at or desk.tick())


def _state(ticket: Ticket) -> str:
    return Ticket.objects.get(id=ticket.id).state


def _change_at_partner(desk: Desk) -> Ticket:
    ticket = desk.open(kind="change", service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    _plan(desk, ticket, "p1.pt")
    _way_back(desk, ticket, "p1.pt")
    return ticket


@pytest.mark.req("C14")
def test_both_sides_approve_one_after_the_other_the_owner_last(desk: Desk) -> None:
    ticket = _change_at_partner(desk)
    _ask(desk, ticket, "p1.pt")

    assert _state(ticket) == "awaiting_approval"
    assert [desk.part(ticket, o).to_approve for o in ("p1", "c1")] == [True, False]
    with pytest.raises(Conflict):
        _decide(desk, ticket, "c1.cso")
    _decide(desk, ticket, "p1.pm")
    assert [desk.part(ticket, o).to_approve for o in ("p1", "c1")] == [False, True]
    assert _state(ticket) == "awaiting_approval"
    _decide(desk, ticket, "c1.cso")

    assert _state(ticket) == "scheduled"
    assert list(Approval.objects.order_by("sequence").values_list("organization__id", "state")) == [
        (desk.org("p1"), "approved"),
        (desk.org("c1"), "approved"),
    ]
    assert not Participation.objects.filter(to_approve=True).exists()


@pytest.mark.req("C28")
def test_partners_that_do_not_know_each_other_learn_nothing_by_approving(desk: Desk) -> None:
    ticket = desk.open(kind="change", service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    _plan(desk, ticket, "p2.pt")
    _way_back(desk, ticket, "p2.pt")
    _ask(desk, ticket, "p2.pt")
    approvers = ("p2.pm", "p1.pm", "c1.cso")
    for by in approvers:
        _decide(desk, ticket, by, text="")

    assert _state(ticket) == "scheduled"
    for reader, other in (("p1", "p2"), ("p2", "p1")):
        entries = Entry.objects.filter(
            subject_id=ticket.id, audience__readers__organization_id=desk.org(reader)
        )
        told = entries.filter(kind="ticket.approval_decided/1").count()
        assert told == {"p1": 1, "p2": 2}[reader]
        for entry in entries:
            assert desk.org(other) not in desk.readers(entry.id) | {entry.organization_id}
            assert desk.org(other).hex not in str(entry.facts)


def test_a_change_is_carried_out_in_its_window_and_reviewed(desk: Desk) -> None:
    ticket = _change_at_partner(desk)
    _ask(desk, ticket, "p1.pt")
    _decide(desk, ticket, "p1.pm")
    _decide(desk, ticket, "c1.cso")
    plan = ChangePlan.objects.get()

    with pytest.raises(Conflict, match="has not begun"):
        _move(desk, ticket, "in_progress", "p1.pt")
    with pytest.raises(Conflict, match="is over"):
        _move(desk, ticket, "in_progress", "p1.pt", at=plan.ends_at)
    _move(desk, ticket, "in_progress", "p1.pt", at=plan.starts_at)
    _move(desk, ticket, "resolved", "p1.pt", "Firmware is on.", at=plan.starts_at + timedelta(hours=1))
    with pytest.raises(Invalid):
        change_review(
            ticket_id=ticket.id, outcome="fine", text="x", actor=desk.actor("p1.pt"), at=plan.ends_at
        )
    change_review(
        ticket_id=ticket.id,
        outcome="with_trouble",
        text="One tray had to be reset.",
        actor=desk.actor("p1.pt"),
        at=plan.ends_at,
    )

    assert _state(ticket) == "closed"
    assert ChangePlan.objects.get().outcome == "with_trouble"


def test_nobody_approves_what_they_asked_for_and_no_technician_approves(desk: Desk) -> None:
    ticket = desk.open(kind="change", by="c1.cso")
    _plan(desk, ticket, "c1.cso")
    _way_back(desk, ticket, "c1.cso")
    _ask(desk, ticket, "c1.cso")
    before = Entry.objects.count()

    for who in ("c1.cso", "c1.ct"):
        with pytest.raises(NotAllowed):
            _decide(desk, ticket, who)
    with pytest.raises(NotFound):
        _decide(desk, ticket, "p2.pm")

    assert (_state(ticket), Entry.objects.count()) == ("awaiting_approval", before)


@pytest.mark.parametrize(("decision", "becomes"), [("send_back", "new"), ("reject", "rejected")])
def test_what_is_not_approved_says_why(desk: Desk, decision: str, becomes: str) -> None:
    ticket = desk.open(kind="change")
    _plan(desk, ticket)
    _way_back(desk, ticket)
    _ask(desk, ticket)
    with pytest.raises(Invalid):
        _decide(desk, ticket, "c1.cso", decision, text="")
    _decide(desk, ticket, "c1.cso", decision, text="Not in the visiting hours.")

    assert _state(ticket) == becomes
    assert Message.objects.filter(ticket=ticket).count() == 3


def test_an_incomplete_plan_is_not_put_to_approval(desk: Desk) -> None:
    ticket = desk.open(kind="change")
    with pytest.raises(Invalid) as refused:
        _ask(desk, ticket)
    assert set(refused.value.details["fields"]) == {"starts_at"}
    _plan(desk, ticket)
    with pytest.raises(Invalid) as refused:
        _ask(desk, ticket)
    assert set(refused.value.details["fields"]) == {"rollback"}
    assert not Approval.objects.exists()


def test_a_standard_change_needs_nobody_and_an_emergency_the_owner_alone(desk: Desk) -> None:
    standard = desk.open(kind="change")
    _plan(desk, standard, type="standard")
    _ask(desk, standard)
    assert _state(standard) == "scheduled"
    urgent = desk.open(kind="change", service_id=desk.world.services["c1.printing"].id)
    desk.give(urgent, "p1.alder", "c1.ct", "p1.pt")
    _plan(desk, urgent, "p1.pt", type="emergency")
    _way_back(desk, urgent, "p1.pt")
    _ask(desk, urgent, "p1.pt")
    assert list(Approval.objects.values_list("organization_id", flat=True)) == [desk.org("c1")]


def test_another_plan_is_approved_anew(desk: Desk) -> None:
    ticket = desk.open(kind="change")
    _plan(desk, ticket)
    _way_back(desk, ticket)
    _ask(desk, ticket)
    _decide(desk, ticket, "c1.cso")
    _plan(desk, ticket, risk=1)

    assert _state(ticket) == "new"
    _ask(desk, ticket)
    assert list(Approval.objects.order_by("round").values_list("round", "state")) == [
        (1, "approved"),
        (2, "asked"),
    ]
    _move(desk, ticket, "cancelled", "c1.ct", "Not needed.")
    assert Approval.objects.get(round=2).state == "withdrawn"


def test_no_way_around_the_word_of_the_owner(desk: Desk) -> None:
    ticket = _change_at_partner(desk)
    for state in ("waiting_client", "in_progress", "resolved"):
        with pytest.raises(Conflict):
            _move(desk, ticket, state, "p1.pt", "Please look.")
    with pytest.raises(NotAllowed):
        _plan(desk, ticket, "p1.pt", type="standard")
    _ask(desk, ticket, "p1.pt")
    _decide(desk, ticket, "p1.pm")
    _decide(desk, ticket, "c1.cso")
    _way_back(desk, ticket, "p1.pt")
    assert _state(ticket) == "new"

    request = desk.open(kind="request", title="A second screen")
    _ask(desk, request)
    with pytest.raises(Conflict):
        ticket_merge(ticket_id=request.id, into_id=desk.open().id, actor=desk.actor("c1.ct"), at=desk.tick())
    _decide(desk, request, "c1.cso", "send_back", text="For whom?")
    for state in ("in_progress", "resolved"):
        with pytest.raises(Conflict):
            _move(desk, request, state, "c1.ct", "Done.")
    _ask(desk, request)
    _decide(desk, request, "c1.cso")
    assert _state(request) == "in_progress"


@pytest.mark.req("C28")
def test_a_freeze_that_is_not_shared_is_told_to_no_partner(desk: Desk) -> None:
    freeze_add(
        name="Board meets",
        starts_at=desk.now,
        ends_at=desk.now + timedelta(days=2),
        shared=False,
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
    )
    ticket = _change_at_partner(desk)
    with pytest.raises(Invalid) as refused:
        _ask(desk, ticket, "p1.pt")
    assert refused.value.details["fields"] == {"starts_at": "The owner wants nothing changed in this window."}


def test_a_freeze_stops_what_is_not_an_emergency(desk: Desk) -> None:
    def freeze(by: str, **more: Any) -> Freeze:
        return freeze_add(
            name="Quarter end",
            starts_at=desk.now,
            ends_at=desk.now + timedelta(days=2),
            actor=desk.actor(by),
            at=desk.tick(),
            **more,
        )

    with pytest.raises(NotAllowed):
        freeze("c1.ct")
    made = freeze("c1.cso")
    ticket = desk.open(kind="change")
    _plan(desk, ticket)
    _way_back(desk, ticket)
    with pytest.raises(Invalid) as refused:
        _ask(desk, ticket)
    assert "nothing changed until" in refused.value.details["fields"]["starts_at"]
    assert Freeze.objects.visible_to(desk.actor("p1.pm")).count() == 1
    assert Freeze.objects.visible_to(desk.actor("c2.cso")).count() == 0
    for entry in Entry.objects.filter(subject_id=made.id):
        assert len(desk.readers(entry.id)) <= 2
    with pytest.raises(NotAllowed):
        freeze_lift(freeze_id=made.id, actor=desk.actor("p1.pm"), at=desk.tick())
    freeze_lift(freeze_id=made.id, actor=desk.actor("c1.cso"), at=desk.tick())
    _ask(desk, ticket)
    assert _state(ticket) == "awaiting_approval"


def test_collisions_are_those_in_sight(desk: Desk) -> None:
    service = desk.world.services["c1.printing"].id
    ours = desk.open(kind="change", service_id=service)
    _plan(desk, ours)
    hidden = desk.open(kind="change", service_id=service, internal=True, title="Move the archive")
    _plan(desk, hidden)

    def seen_by(who: str) -> list[str]:
        actor = desk.actor(who)
        plan = ChangePlan.objects.get(ticket=ours)
        return [c.title for c in collisions_of(load(ours.id, actor), actor, plan)]

    assert seen_by("c1.ct") == ["Move the archive"]
    assert seen_by("p1.pm") == []
    day = (desk.now, desk.now + timedelta(days=1))
    assert [c.title for c in changes_between(desk.actor("c1.ct"), *day)] == [
        "Printer down",
        "Move the archive",
    ]
    assert [c.title for c in changes_between(desk.actor("p1.pm"), *day)] == ["Printer down"]
    assert changes_between(desk.actor("p2.pm"), *day) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "small"}, "type"),
        ({"risk": 4}, "risk"),
        ({"who": 1}, "who"),
        ({"ends_at": None}, "ends_at"),
        ({"starts_at": None}, "starts_at"),
        ({"ends_at": datetime.max.replace(tzinfo=UTC)}, "ends_at"),
    ],
)
def test_a_bad_plan_is_refused_by_field(desk: Desk, changes: dict[str, Any], field: str) -> None:
    ticket = desk.open(kind="change")
    with pytest.raises(Invalid) as refused:
        _plan(desk, ticket, **changes)
    assert list(refused.value.details["fields"]) == [field]
    assert not ChangePlan.objects.exists()


def test_only_changes_are_planned_and_requests_ask_their_owner(desk: Desk) -> None:
    incident = desk.open()
    for refused in (_plan, _ask):
        with pytest.raises(CosourceError):
            refused(desk, incident)
    request = desk.open(kind="request", title="A second screen")
    _ask(desk, request)
    _decide(desk, request, "c1.cso")
    assert _state(request) == "in_progress"


def test_the_cause_of_a_problem_is_named_before_it_is_a_known_error(desk: Desk) -> None:
    problem = desk.open(kind="problem")
    assert not problem.clocks.exists()
    _move(desk, problem, "in_progress", "c1.ct")
    with pytest.raises(Invalid):
        _move(desk, problem, "known_error", "c1.ct")
    _move(desk, problem, "known_error", "c1.ct", "A driver that leaks handles.")

    assert list(Message.objects.filter(ticket=problem).order_by("at").values_list("kind", flat=True)) == [
        "description",
        "root_cause",
    ]
    with pytest.raises(Invalid):
        _way_back(desk, problem)


def test_who_only_asks_opens_neither_problems_nor_changes(desk: Desk) -> None:
    for kind in ("problem", "change"):
        with pytest.raises(NotAllowed):
            desk.open(by="c1.req", kind=kind)
    assert desk.open(by="c1.req", kind="request").kind == "request"
    with pytest.raises(Invalid):
        desk.open(kind="wish")
