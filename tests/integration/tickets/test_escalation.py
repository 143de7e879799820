"""The ladder at work: who is told when, once, until somebody acknowledges, and never the other side by accident."""

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, move, reply, text_of

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.foundation.clock import now as clock_now
from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.models import DueWork, Entry, Notice
from cosource.foundation.queries.duework import Turns, work_list
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.notices import (
    notice_acknowledge,
    notice_acknowledge_by_token,
    token_of,
)
from cosource.parties.models import Grant
from cosource.tickets.models import Clock, Escalation, Ticket
from cosource.tickets.queries.escalation_audit import escalations_audit
from cosource.tickets.queries.escalations import escalations_of
from cosource.tickets.services import escalation_telling
from cosource.tickets.services.acknowledging import escalation_acknowledge
from cosource.tickets.services.changing import ticket_update
from cosource.tickets.services.escalation import escalations_sweep

LADDER = """\
escalation:
  - {clock: resolve, priorities: [1], at: 50%, notify: team}
  - {clock: resolve, priorities: [1], at: 75%, notify: team}
  - {clock: resolve, priorities: [1], at: due, notify: manager}
  - {clock: resolve, priorities: [1], at: due+30m, notify: deputy}
  - {clock: resolve, priorities: [1], at: due+60m, notify: other_party}
  - {clock: access, priorities: [1], at: due, notify: manager}
"""
BY_HOURS = """\
  day:
    hours: {mon: ["08:00-18:00"], tue: ["08:00-18:00"]}
"""


def agree(desk: Desk, text: str) -> None:
    boss = desk.actor("c1.cso")
    version = version_propose(
        engagement_id=desk.world.engagements["c1p1"].id, text=text, actor=boss, at=desk.now
    )
    for word in (boss, desk.actor("p1.pm")):
        version_confirm(version_id=version.id, digest=version.digest, actor=word, at=desk.now)


@pytest.fixture
def agreed(desk: Desk) -> Desk:
    agree(
        desk,
        text_of(KINDS | {"access": 15}, CLIENT_PAUSES.replace("asks: approval", "asks: answer") + LADDER),
    )
    return desk


def with_partner(desk: Desk) -> Ticket:
    ticket = desk.open(impact=1, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


def resolve_of(ticket: Ticket) -> Clock:
    return Clock.objects.get(ticket=ticket, kind="resolve")


def sweep(at: datetime) -> list[tuple[int, str, str]]:
    """Sweep, and return all steps that came so far."""
    escalations_sweep(at=at)
    rows = Escalation.objects.order_by("raised_at", "step")
    return list(rows.values_list("step", "notify", "state"))


def told(desk: Desk, step: int) -> set[str]:
    ids = {UUID(i) for i in Escalation.objects.get(step=step).told}
    return {key for key, person in desk.world.people.items() if person.id in ids}


@pytest.mark.req("C15")
def test_steps_come_one_after_the_other_each_to_its_receiver(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    clock = resolve_of(ticket)
    start = clock.started_at
    assert clock.next_step_at == start + timedelta(minutes=120)
    assert sweep(start + timedelta(minutes=119)) == []
    assert sweep(start + timedelta(minutes=120)) == [(1, "team", "raised")]
    assert told(agreed, 1) == {
        key
        for key, p in agreed.world.people.items()
        if p.memberships.filter(team=agreed.world.teams["p1.alder"]).exists()
    }
    assert len(sweep(start + timedelta(minutes=240))) == 3
    assert told(agreed, 3) == {"p1.pm"}
    assert len(sweep(start + timedelta(minutes=600))) == 5
    assert told(agreed, 5) == {"c1.cso"}
    clock.refresh_from_db()
    assert (clock.next_step_at, clock.raised) == (None, 0b111110)
    assert sweep(start + timedelta(days=9))[5:] == []


@pytest.mark.req("C15")
def test_a_pause_shifts_the_steps_and_nothing_comes_meanwhile(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    start = resolve_of(ticket).started_at
    began = move(agreed, ticket, "p1.pt", "waiting_client", reason="badge")
    assert resolve_of(ticket).next_step_at is None
    assert sweep(start + timedelta(days=1)) == [(6, "manager", "raised")]  # the client's own clock is overdue
    assert told(agreed, 6) == {"c1.cso"}
    ended = reply(agreed, ticket, "c1.ct", "p1", minutes=50)
    assert resolve_of(ticket).next_step_at == start + timedelta(minutes=120) + (ended - began)


@pytest.mark.req("C15")
@pytest.mark.parametrize("to", ["waiting_client", "resolved"])
def test_a_step_that_was_reached_comes_though_nobody_looked_before_the_clock_stood(
    agreed: Desk, to: str
) -> None:
    ticket = with_partner(agreed)
    start = resolve_of(ticket).started_at
    reached_at = start + timedelta(minutes=120)
    agreed.now = reached_at
    stood = move(agreed, ticket, "p1.pt", to, **({"reason": "badge"} if to == "waiting_client" else {}))
    late = stood + timedelta(hours=20)

    missed = [f for f in escalations_audit(at=late).findings if f.clock_id == resolve_of(ticket).id]
    assert [(f.step, f.what) for f in missed] == [(1, f"was to come at {reached_at.isoformat()} and did not")]
    sweep(late)
    assert [(e.step, e.due_at, e.state) for e in Escalation.objects.filter(clock=resolve_of(ticket))] == [
        (1, reached_at, "raised")
    ]
    assert resolve_of(ticket).next_step_at is None
    assert escalations_audit(at=late).findings == ()


@pytest.mark.req("C15")
def test_a_ticket_elsewhere_is_told_of_what_was_reached_before(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    reached_at = resolve_of(ticket).started_at + timedelta(minutes=120)
    agreed.now = reached_at
    agreed.give(ticket, "c1.desk", "p1.pt", "c1.ct")
    clock = resolve_of(ticket)
    assert (clock.paused, clock.next_step_at) == (True, reached_at)
    sweep(agreed.now + timedelta(days=1))
    assert list(Escalation.objects.filter(clock=clock).values_list("step", flat=True)) == [1]


@pytest.mark.req("C15")
def test_one_clock_that_cannot_be_worked_out_holds_up_no_other(agreed: Desk) -> None:
    broken, whole = with_partner(agreed), with_partner(agreed)
    at = resolve_of(whole).started_at + timedelta(minutes=120)
    Clock.objects.filter(id=resolve_of(broken).id).update(calendar="gone")

    assert escalations_sweep(at=at, batch=1) == 1
    assert Escalation.objects.get().ticket_id == whole.id
    assert [(f.clock_id, f.what) for f in escalations_audit(at=at).findings] == [
        (resolve_of(broken).id, "cannot be worked out: KeyError('gone')")
    ]
    Clock.objects.filter(id=resolve_of(broken).id).update(calendar=resolve_of(whole).calendar)
    assert escalations_sweep(at=at) == 1


@pytest.mark.req("C15")
def test_a_clock_that_is_met_tells_nobody(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    move(agreed, ticket, "p1.pt", "resolved")
    assert sweep(agreed.now + timedelta(days=9)) == []


@pytest.mark.req("C15")
def test_acknowledging_spares_the_party_until_due_and_then_for_good(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    start = resolve_of(ticket).started_at
    sweep(start + timedelta(minutes=120))
    first = Escalation.objects.get(step=1)
    given: dict[str, Any] = {"ticket_id": ticket.id, "at": start + timedelta(minutes=121)}
    with pytest.raises(NotFound):
        escalation_acknowledge(escalation_id=first.id, actor=agreed.actor("c1.ct"), **given)
    with pytest.raises(NotFound):
        escalation_acknowledge(escalation_id=first.id, actor=agreed.actor("c1.req"), **given)
    escalation_acknowledge(escalation_id=first.id, actor=agreed.actor("p1.pt"), **given)
    with pytest.raises(Conflict):
        escalation_acknowledge(escalation_id=first.id, actor=agreed.actor("p1.pm"), **given)
    assert sweep(start + timedelta(minutes=180))[1:] == [(2, "team", "spared")]

    assert sweep(start + timedelta(minutes=240))[2:] == [(3, "manager", "raised")]
    due = Escalation.objects.get(step=3)
    assert "Escalated" in words_of(Reader(agreed, "p1.pt").get("/"))
    assert 'class="told escalated"' in Reader(agreed, "p1.pt").get("/tickets/").content.decode()
    given["at"] = start + timedelta(minutes=241)
    escalation_acknowledge(escalation_id=due.id, actor=agreed.actor("p1.pm"), **given)
    assert sweep(start + timedelta(minutes=300))[3:] == [
        (4, "deputy", "spared"),
        (5, "other_party", "raised"),
    ]
    other = Escalation.objects.get(step=5)
    with pytest.raises(NotAllowed):
        escalation_acknowledge(escalation_id=other.id, actor=agreed.actor("p1.pm"), **given)
    escalation_acknowledge(escalation_id=other.id, actor=agreed.actor("c1.cso"), **given)
    assert agreed.kinds(ticket, "c1").count("escalation.acknowledged/1") == 1
    assert agreed.kinds(ticket, "p1").count("escalation.acknowledged/1") == 3


@pytest.mark.req("C15")
def test_what_one_party_is_told_the_other_never_learns(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    start = resolve_of(ticket).started_at
    client, partner = Reader(agreed, "c1.cso"), Reader(agreed, "p1.pm")
    before = client.page(ticket)
    agreed.now = start + timedelta(minutes=240)
    sweep(agreed.now)
    assert Escalation.objects.filter(ticket=ticket).count() == 3
    entries = Entry.objects.filter(subject_id=ticket.id, kind="escalation.raised/1")
    assert {frozenset(agreed.readers(e.id)) for e in entries} == {frozenset({agreed.org("p1")})}
    assert "Told: the manager" in partner.page(ticket)
    assert client.page(ticket) == before
    assert escalations_of(actor=agreed.actor("c1.cso"), ticket_id=ticket.id) == []
    agreed.now = start + timedelta(minutes=300)
    sweep(agreed.now)
    shown = escalations_of(actor=agreed.actor("c1.cso"), ticket_id=ticket.id)
    assert [(e["notify"], e["party_id"]) for e in shown] == [("other_party", agreed.org("c1"))]
    theirs = escalations_of(actor=agreed.actor("p1.pm"), ticket_id=ticket.id)
    assert [(e["step"], len(e["person_ids"]) > 0) for e in theirs] == [
        (1, True),
        (2, True),
        (3, True),
        (4, True),
        (5, False),
    ]
    for stranger in ("p2.pt", "c2.ct"):
        with pytest.raises(NotFound):
            escalations_of(actor=agreed.actor(stranger), ticket_id=ticket.id)


@pytest.mark.req("C15")
def test_a_step_holds_at_its_hours_only(desk: Desk) -> None:
    ladder = (
        "escalation:\n"
        "  - {clock: resolve, priorities: [1], at: 50%, notify: team, hours: day}\n"
        "  - {clock: resolve, priorities: [1], at: due, notify: manager}\n"
    )
    agree(desk, text_of(KINDS, ladder).replace("targets:\n", BY_HOURS + "targets:\n"))
    desk.tick(8 * 60)  # six in the evening, on a Monday, is past the day's hours; two hours later still
    ticket = with_partner(desk)
    assert sweep(resolve_of(ticket).started_at + timedelta(minutes=240)) == [
        (1, "team", "off_hours"),
        (2, "manager", "raised"),
    ]


@pytest.mark.req("C8", "C15")
def test_a_downgrade_takes_the_ladder_of_the_new_priority(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    start = resolve_of(ticket).started_at
    sweep(start + timedelta(minutes=120))
    ticket_update(
        ticket_id=ticket.id,
        changes={"impact": 2, "urgency": 2},
        actor=agreed.actor("c1.ct"),
        at=start + timedelta(minutes=130),
    )
    clock = resolve_of(ticket)
    assert (clock.priority, clock.raised, clock.next_step_at) == (ticket_priority(ticket), 0b10, None)


def ticket_priority(ticket: Ticket) -> int:
    ticket.refresh_from_db()
    return ticket.priority


def work_all() -> None:
    while work_next(worker="w", at=clock_now() + timedelta(minutes=1)):
        pass


@pytest.mark.req("C15")
def test_each_is_told_once_in_words_that_give_nothing_away(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    sweep(resolve_of(ticket).started_at + timedelta(minutes=240))
    work_all()
    row = Escalation.objects.get(step=3)
    escalation_telling.tell_enqueue([row], at=agreed.now)  # as after a worker that died once it had told
    work_all()
    notices = Notice.objects.filter(kind="ticket.escalated", person_id=agreed.world.people["p1.pm"].id)
    assert [(n.words["m"], n.words["v"]["reference"], n.urgent) for n in notices] == [
        ("%(reference)s: “%(clock)s” is overdue", agreed.part(ticket, "p1").reference, True)
    ]
    team = Notice.objects.filter(kind="ticket.escalated", person_id=agreed.world.people["p1.pt"].id)
    assert [n.urgent for n in team] == [False, False]
    assert not Notice.objects.filter(kind="ticket.escalated", organization_id=agreed.org("c1")).exists()


def test_a_storm_of_one_party_is_told_in_its_own_turn_and_what_fails_has_an_owner(agreed: Desk) -> None:
    with_partner(agreed)
    DueWork.objects.all().delete()
    storm, other = (
        [Escalation(party_id=agreed.org(key)) for _ in range(rows)] for key, rows in (("p1", 140), ("c1", 2))
    )
    at = clock_now()
    escalation_telling.tell_enqueue([*storm, *other], at=at)
    waiting = DueWork.objects.filter(kind=escalation_telling.KIND)
    assert sorted((r.owner_organization_id, r.fair_key, len(r.args["ids"])) for r in waiting) == sorted(
        (agreed.org(key), agreed.org(key), n) for key, n in (("p1", 50), ("p1", 50), ("p1", 40), ("c1", 2))
    )
    turns = Turns()
    for _ in range(2):
        assert work_next(worker="w", at=at, turns=turns)
    done = DueWork.objects.filter(state="done")
    assert {r.owner_organization_id for r in done} == {agreed.org("p1"), agreed.org("c1")}
    waiting.filter(state="queued").update(state="parked")
    assert len(work_list(actor=agreed.actor("p1.pm"), state="parked").items) == 2
    assert work_list(actor=agreed.actor("c1.cso"), state="parked").items == []


@pytest.mark.req("C15")
def test_what_is_acknowledged_in_a_notice_stands_on_the_ticket_at_once(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    start = resolve_of(ticket).started_at
    sweep(start + timedelta(minutes=240))
    work_all()
    manager = agreed.world.people["p1.pm"]
    notice = Notice.objects.get(kind="ticket.escalated", person_id=manager.id)
    heard_at = start + timedelta(minutes=250)
    notice_acknowledge(notice_id=notice.id, actor=agreed.actor("p1.pm"), at=heard_at)
    raised = Escalation.objects.filter(clock=resolve_of(ticket))
    assert set(raised.values_list("acknowledged_at", "acknowledged_by_id")) == {(heard_at, manager.id)}
    # Its entry is what open pages are told by.
    entry = Entry.objects.get(kind="escalation.acknowledged/1")
    assert (entry.subject_id, entry.facts["steps"], entry.organization_id) == (
        ticket.id,
        [1, 2, 3],
        agreed.org("p1"),
    )
    assert Reader(agreed, "p1.pt").page(ticket).count(f"acknowledged by {manager.name}") == 3
    assert "acknowledged by" not in Reader(agreed, "c1.ct").page(ticket)
    # Nobody of the party has to answer again for what is taken on.
    assert not Notice.objects.filter(needs_acknowledgement=True, acknowledged_at=None).exists()
    assert sweep(start + timedelta(minutes=270))[3:] == [(4, "deputy", "spared")]


@pytest.mark.req("C15")
def test_what_is_acknowledged_on_the_ticket_is_open_in_no_notice(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    at = resolve_of(ticket).started_at + timedelta(minutes=240)
    sweep(at)
    work_all()
    escalation_acknowledge(
        ticket_id=ticket.id,
        escalation_id=Escalation.objects.get(step=2).id,
        actor=agreed.actor("p1.pt"),
        at=at,
    )
    still = Notice.objects.filter(kind="ticket.escalated", acknowledged_at=None)
    assert set(still.values_list("person_id", flat=True)) == {agreed.world.people["p1.pm"].id}


@pytest.mark.req("C15", "C29")
def test_a_link_kept_from_a_mail_acknowledges_nothing_once_the_right_is_gone(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    sweep(resolve_of(ticket).started_at + timedelta(minutes=240))
    work_all()
    manager = agreed.world.people["p1.pm"]
    token = token_of(Notice.objects.get(kind="ticket.escalated", person_id=manager.id))
    Grant.objects.filter(person=manager).update(ends_at=agreed.now)
    with pytest.raises(NotFound):
        notice_acknowledge_by_token(token=token, at=agreed.tick())
    assert not Escalation.objects.filter(acknowledged_at__isnull=False).exists()
    assert not Notice.objects.filter(acknowledged_at__isnull=False).exists()


@pytest.mark.req("C15")
def test_the_audit_finds_what_was_missed_and_what_came_twice(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    start = resolve_of(ticket).started_at
    at = start + timedelta(minutes=240)
    sweep(at)
    clean = escalations_audit(at=at)
    assert (clean.findings, clean.steps) == ((), 3)

    late = escalations_audit(at=at + timedelta(minutes=31, seconds=1))
    assert [(f.step, f.what.partition(" at ")[0]) for f in late.findings] == [(4, "was to come")]
    Clock.objects.filter(kind="resolve").update(raised=0b110)
    assert sorted((f.step or 0, f.what) for f in escalations_audit(at=at).findings) == [
        (3, "a row that its clock does not remember")
    ]
    Escalation.objects.filter(step=3).delete()
    assert (3, "entered in the ledger, and not raised") in [
        (f.step, f.what) for f in escalations_audit(at=at).findings
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.req("C15")
def test_two_sweeps_at_once_and_one_that_dies_raise_each_step_once(world: Any) -> None:
    desk = Desk(world, world.at)
    agree(
        desk,
        text_of(KINDS | {"access": 15}, CLIENT_PAUSES.replace("asks: approval", "asks: answer") + LADDER),
    )
    tickets = [with_partner(desk) for _ in range(8)]
    at = resolve_of(tickets[-1]).started_at + timedelta(minutes=240)

    class Killed(BaseException):
        pass

    def die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and "escalation" in sql:
            raise Killed
        return execute(sql, params, many, context)

    with pytest.raises(Killed), connection.execute_wrapper(die):
        escalations_sweep(at=at, batch=5)
    assert Escalation.objects.count() == 0

    came: list[int] = []

    def run() -> None:
        try:
            came.append(escalations_sweep(at=at, batch=5))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(came) == Escalation.objects.count() == 24
    assert Entry.objects.filter(kind="escalation.raised/1").count() == 24
    assert escalations_audit(at=at).findings == ()
    assert escalations_sweep(at=at) == 0
