"""Clocks at work: each kind begins, stops and is met as its own agreement says."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.foundation.errors import Conflict, NotAllowed
from cosource.tickets.models import NEVER, Clock, Pause, Ticket
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_counts
from cosource.tickets.queries.ticket_facts import clocks_of
from cosource.tickets.services.answers import answer_accept, answer_challenge, service_restored
from cosource.tickets.services.changing import ticket_update
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.handover import handover_decline, handover_withdraw
from cosource.tickets.services.major import major_declare, major_update
from cosource.tickets.services.moving import ticket_move

OWN = """\
name: Own desk
starts_on: 2025-01-01
calendars:
  always:
    hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"],
      fri: ["00:00-24:00"], sat: ["00:00-24:00"], sun: ["00:00-24:00"]}
targets:
"""
KINDS = {"respond": 30, "accept": 20, "update": 60, "restore": 120, "resolve": 240}
PAUSES = """\
pause_reasons:
  requester_answer: {label: The requester’s answer, turn: requester}
"""
CLIENT_PAUSES = """\
  badge: {label: A badge, turn: client, asks: access}
  quote: {label: A decision, turn: client, asks: approval}
  parts: {label: Spare parts, turn: third_party}
unchallenged_minutes: 45
"""


def text_of(kinds: dict[str, int], more: str = "") -> str:
    lines = [
        f"  - {{kind: {kind}, priority: {p}, minutes: {m * p}, calendar: always}}\n"
        for kind, m in kinds.items()
        for p in range(1, 6)
    ]
    return OWN + "".join(lines) + PAUSES + more


@pytest.fixture
def agreed(desk: Desk) -> Desk:
    """The own desk of c1 and the engagement c1p1 have targets of all kinds, for all priorities."""
    boss = desk.actor("c1.cso")
    own = version_propose(engagement_id=None, text=text_of(KINDS), actor=boss, at=desk.now)
    version_confirm(version_id=own.id, digest=own.digest, actor=boss, at=desk.now)
    text = text_of(KINDS | {"access": 15, "approval": 25}, CLIENT_PAUSES)
    shared = version_propose(
        engagement_id=desk.world.engagements["c1p1"].id, text=text, actor=boss, at=desk.now
    )
    for word in (boss, desk.actor("p1.pm")):
        version_confirm(version_id=shared.id, digest=shared.digest, actor=word, at=desk.now)
    return desk


def clock(desk: Desk, ticket: Ticket, kind: str, of: str | None = "c1p1", number: int = 1) -> Clock:
    engagement = desk.world.engagements[of] if of else None
    return Clock.objects.get(ticket=ticket, kind=kind, engagement=engagement, round=number)


def after(start: datetime, minutes: int) -> datetime:
    return start + timedelta(minutes=minutes)


def reply(desk: Desk, ticket: Ticket, by: str, *parties: str, minutes: int = 1) -> datetime:
    ticket_reply(
        ticket_id=ticket.id,
        text="Here.",
        party_ids=[desk.org(p) for p in parties],
        with_requester=False,
        wider_confirmed=True,
        actor=desk.actor(by),
        at=desk.tick(minutes),
    )
    return desk.now


def move(desk: Desk, ticket: Ticket, by: str, to: str, minutes: int = 1, **more: Any) -> datetime:
    given: dict[str, Any] = {"text": "Because."} | more
    ticket_move(ticket_id=ticket.id, to_state=to, actor=desk.actor(by), at=desk.tick(minutes), **given)
    return desk.now


def with_partner(desk: Desk) -> Ticket:
    ticket = desk.open(impact=1, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


@pytest.mark.req("C8")
def test_opening_starts_the_owners_clocks(agreed: Desk) -> None:
    ticket = agreed.open(impact=1, urgency=1)
    found = Clock.objects.filter(ticket=ticket).order_by("due_at")
    assert [(c.kind, c.target_minutes, c.owed_by_id) for c in found] == [
        (kind, KINDS[kind], agreed.org("c1")) for kind in ("respond", "update", "restore", "resolve")
    ]
    assert {c.due_at - timedelta(minutes=c.target_minutes) for c in found} == {ticket.opened_at}


@pytest.mark.req("C8")
def test_an_offer_must_be_answered_in_time(agreed: Desk) -> None:
    ticket = agreed.open(impact=1, urgency=1)
    agreed.offer(ticket, "p1.alder")
    offered_at = agreed.now
    accept = clock(agreed, ticket, "accept")
    assert (accept.owed_by_id, accept.due_at) == (agreed.org("p1"), after(offered_at, 20))
    assert agreed.part(ticket, "p1").next_due_at == accept.due_at
    handover_withdraw(ticket_id=ticket.id, actor=agreed.actor("c1.ct"), at=agreed.tick())
    accept.refresh_from_db()
    assert (accept.met_at, accept.stopped_at) == (None, agreed.now)

    agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    second = clock(agreed, ticket, "accept", number=2)
    assert (second.started_at, second.met_at) == (after(agreed.now, -1), agreed.now)


@pytest.mark.req("C8")
def test_a_regular_word_is_expected_again_and_again(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    first = reply(agreed, ticket, "p1.pt", "c1", minutes=30)
    reply(agreed, ticket, "p1.pt", minutes=5)  # a note among ourselves is no word to the client
    late = reply(agreed, ticket, "p1.pt", "c1", minutes=90)
    rounds = list(
        Clock.objects.filter(ticket=ticket, kind="update", engagement__isnull=False).order_by("round")
    )
    assert [(c.round, c.met_at) for c in rounds] == [(1, first), (2, late), (3, None)]
    assert [c.met_at is not None and c.met_at <= c.due_at for c in rounds] == [True, False, False]
    assert rounds[2].due_at == after(late, 60)
    move(agreed, ticket, "p1.pt", "resolved")
    last = (
        Clock.objects.filter(ticket=ticket, kind="update", engagement__isnull=False).order_by("round").last()
    )
    assert last is not None
    assert (last.met_at, last.stopped_at) == (None, agreed.now)


@pytest.mark.req("C8")
def test_a_service_that_works_again_meets_restore_alone(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    given: dict[str, Any] = {"ticket_id": ticket.id, "text": "By the other printer."}
    with pytest.raises(NotAllowed):
        service_restored(**given, actor=agreed.actor("c1.ct"), at=agreed.tick())
    service_restored(**given, actor=agreed.actor("p1.pt"), at=agreed.tick())
    assert clock(agreed, ticket, "restore").met_at == agreed.now
    assert clock(agreed, ticket, "restore", of=None).met_at == agreed.now
    assert clock(agreed, ticket, "resolve").met_at is None
    assert agreed.kinds(ticket)[-1] == "ticket.restored/1"
    with pytest.raises(Conflict) as refused:
        service_restored(**given, actor=agreed.actor("p1.pt"), at=agreed.tick())
    assert refused.value.code == "nothing_to_restore"


def test_a_reopening_lets_restore_and_resolve_run_on(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    due_at = clock(agreed, ticket, "resolve").due_at
    move(agreed, ticket, "p1.pt", "resolved")
    assert not Clock.objects.filter(ticket=ticket, met_at=None, stopped_at=None).exists()
    move(agreed, ticket, "c1.ct", "in_progress", text="It is back.")
    running = Clock.objects.filter(ticket=ticket, met_at=None, stopped_at=None, engagement__isnull=False)
    assert sorted(c.kind for c in running) == ["resolve", "restore", "update"]
    assert clock(agreed, ticket, "resolve").due_at == due_at
    assert agreed.part(ticket, "p1").next_due_at < NEVER


@pytest.mark.req("X3")
def test_the_client_owes_what_a_reason_asks_while_the_partner_waits(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    resolve = clock(agreed, ticket, "resolve")
    asked = move(agreed, ticket, "p1.pt", "waiting_client", reason="badge")
    access = clock(agreed, ticket, "access")
    assert (access.owed_by_id, access.due_at) == (agreed.org("c1"), after(asked, 15))
    assert agreed.part(ticket, "c1").next_due_at == access.due_at
    assert agreed.part(ticket, "p1").next_due_at == NEVER
    assert not Clock.objects.filter(ticket=ticket, kind="approval").exists()

    answered = reply(agreed, ticket, "c1.ct", "p1", minutes=40)
    access.refresh_from_db()
    assert (access.met_at, access.met_at > access.due_at) == (answered, True)
    assert clock(agreed, ticket, "resolve").due_at == resolve.due_at + (answered - asked)
    shown = {c["kind"]: c for c in clocks_of(actor=agreed.actor("p1.pt"), ticket_id=ticket.id, at=agreed.now)}
    assert (shown["access"]["status"], shown["access"]["owed_by_id"]) == ("missed", agreed.org("c1"))
    assert shown["resolve"]["gross_minutes"] - shown["resolve"]["net_minutes"] == 40


@pytest.mark.req("X3")
def test_what_the_asker_takes_up_itself_leaves_nothing_owed(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    move(agreed, ticket, "p1.pt", "waiting_client", reason="quote")
    taken_up = move(agreed, ticket, "p1.pt", "in_progress", text="")
    approval = clock(agreed, ticket, "approval")
    assert (approval.met_at, approval.stopped_at) == (None, taken_up)
    assert Pause.objects.get(ticket=ticket).challenge_until is None


@pytest.mark.req("X3")
def test_an_answer_that_was_none_leaves_the_pause_as_if_it_had_not_ended(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    before = clock(agreed, ticket, "resolve").due_at
    asked = move(agreed, ticket, "p1.pt", "waiting_client", reason="badge")
    answered = reply(agreed, ticket, "c1.ct", "p1", minutes=10)
    assert Pause.objects.get(ticket=ticket).challenge_until == after(answered, 45)

    given: dict[str, Any] = {"ticket_id": ticket.id, "text": "That badge opens another door."}
    with pytest.raises(NotAllowed):
        answer_challenge(**given, actor=agreed.actor("c1.ct"), at=agreed.tick())
    answer_challenge(**given, actor=agreed.actor("p1.pt"), at=agreed.tick(30))
    ticket.refresh_from_db()
    pause = Pause.objects.get(ticket=ticket)
    assert (ticket.state, ticket.turn_organization_id) == ("waiting_client", agreed.org("c1"))
    assert (pause.from_at, pause.until_at, pause.challenge_until) == (asked, None, None)
    assert clock(agreed, ticket, "access").met_at is None
    assert clock(agreed, ticket, "resolve").paused

    again = reply(agreed, ticket, "c1.ct", "p1", minutes=20)
    answer_accept(ticket_id=ticket.id, actor=agreed.actor("p1.pt"), at=agreed.tick())
    assert clock(agreed, ticket, "resolve").due_at == before + (again - asked)
    assert clock(agreed, ticket, "access").met_at == again
    with pytest.raises(Conflict):
        answer_challenge(**given, actor=agreed.actor("p1.pt"), at=agreed.tick())
    assert [k for k in agreed.kinds(ticket, "c1") if "answer" in k] == [
        "ticket.answer_challenged/1",
        "ticket.answer_accepted/1",
    ]


@pytest.mark.req("X3")
@pytest.mark.parametrize(("minutes", "refused"), [(44, False), (45, True)])
def test_an_answer_left_alone_for_the_agreed_time_counts(agreed: Desk, minutes: int, refused: bool) -> None:
    ticket = with_partner(agreed)
    move(agreed, ticket, "p1.pt", "waiting_client", reason="badge")
    reply(agreed, ticket, "c1.ct", "p1")
    page = Reader(agreed, "p1.pt")
    later = agreed.tick(minutes)
    given: dict[str, Any] = {
        "ticket_id": ticket.id,
        "text": "It opens nothing.",
        "actor": agreed.actor("p1.pt"),
        "at": later,
    }
    if refused:
        with pytest.raises(Conflict) as why:
            answer_challenge(**given)
        assert why.value.code == "no_answer"
    else:
        answer_challenge(**given)
        shown = page.page(ticket)
        assert "That was no answer; it still waits: A badge" in shown
        assert "It opens nothing." in shown


@pytest.mark.req("X3")
def test_each_clock_stops_for_what_its_own_agreement_lists(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    own, theirs = clock(agreed, ticket, "resolve", of=None), clock(agreed, ticket, "resolve")
    began = move(agreed, ticket, "p1.pt", "waiting_partner", reason="parts")
    ended = move(agreed, ticket, "p1.pt", "in_progress", minutes=30, text="")
    assert clock(agreed, ticket, "resolve", of=None).due_at == own.due_at
    assert clock(agreed, ticket, "resolve").due_at == theirs.due_at + (ended - began)


@pytest.mark.req("X3")
def test_a_partners_clock_stands_still_while_the_ticket_is_elsewhere(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    own, theirs = clock(agreed, ticket, "resolve", of=None).due_at, clock(agreed, ticket, "resolve").due_at
    agreed.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    gone = agreed.now
    assert clock(agreed, ticket, "resolve").paused
    assert agreed.part(ticket, "p1").next_due_at == NEVER
    agreed.tick(60)
    agreed.offer(ticket, "p1.alder", by="c1.ct", reason="clarified")
    back = agreed.now
    assert clock(agreed, ticket, "resolve").due_at == theirs + (back - gone)
    assert clock(agreed, ticket, "resolve", of=None).due_at == own


@pytest.mark.req("X3")
@pytest.mark.parametrize(("reason", "runs"), [("not_in_scope", False), ("no_capacity", True)])
def test_declining_for_want_of_people_stops_no_clock(agreed: Desk, reason: str, runs: bool) -> None:
    ticket = agreed.open(impact=1, urgency=1)
    agreed.offer(ticket, "p1.alder")
    handover_decline(
        ticket_id=ticket.id, reason=reason, text="No.", actor=agreed.actor("p1.pt"), at=agreed.tick()
    )
    assert clock(agreed, ticket, "resolve").paused is not runs


@pytest.mark.req("C8")
@pytest.mark.parametrize(("minutes", "late"), [(178, False), (179, True)])
def test_a_downgrade_late_in_the_window_is_marked(agreed: Desk, minutes: int, late: bool) -> None:
    ticket = agreed.open(impact=1, urgency=1)
    ticket_update(
        ticket_id=ticket.id,
        changes={"impact": 3, "urgency": 3},
        actor=agreed.actor("c1.ct"),
        at=after(ticket.opened_at, minutes + 1),
    )
    resolve = clock(agreed, ticket, "resolve", of=None)
    assert (resolve.target_minutes, resolve.priority) == (240 * 5, 5)
    assert (resolve.late_from_minutes, resolve.late_at is not None) == (
        (240, True) if late else (None, False)
    )
    assert ("changed late, from 4 h 00 to 20 h 00" in Reader(agreed, "c1.ct").page(ticket)) is late


@pytest.mark.req("C8")
def test_cancelling_ends_every_clock_without_a_verdict(agreed: Desk) -> None:
    ticket = agreed.open()
    move(agreed, ticket, "c1.ct", "cancelled")
    assert {(c.met_at, c.stopped_at) for c in Clock.objects.filter(ticket=ticket)} == {(None, agreed.now)}


def test_an_update_to_all_is_the_word_that_both_sides_wait_for(agreed: Desk) -> None:
    ticket = agreed.open(by="c1.req")
    agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    major_declare(
        ticket_id=ticket.id,
        text="All printing is out.",
        commander_id=agreed.world.people["p1.pm"].id,
        actor=agreed.actor("c1.cso"),
        at=agreed.tick(),
    )
    assert clock(agreed, ticket, "respond", None).met_at == agreed.now
    assert clock(agreed, ticket, "respond").met_at is None
    major_update(ticket_id=ticket.id, text="On it.", actor=agreed.actor("p1.pm"), at=agreed.tick())
    assert clock(agreed, ticket, "respond").met_at == agreed.now
    assert clock(agreed, ticket, "update", None, 3).met_at is None


@pytest.mark.req("A3")
def test_two_sites_and_two_engagements_each_run_by_targets_of_their_own(agreed: Desk) -> None:
    """One kind of ticket at two sites, held by a partner: the client's clock and the partner's, by site, and sums that agree."""
    boss, sites = agreed.actor("c1.cso"), agreed.world.sites
    for engagement, words, minutes in (
        (None, [boss], (50, 200)),
        ("c1p1", [boss, agreed.actor("p1.pm")], (30, 90)),
    ):
        narrower = "".join(
            f"  - {{kind: resolve, priority: 1, minutes: {m}, calendar: always, site: {sites[name].name}}}\n"
            for name, m in zip(("c1.main", "c1.annex"), minutes, strict=True)
        )
        text = text_of({"resolve": 240}).replace(PAUSES, narrower + PAUSES)
        version = version_propose(
            engagement_id=agreed.world.engagements[engagement].id if engagement else None,
            text=text.replace("starts_on: 2025-01-01", "starts_on: 2025-01-02"),
            actor=boss,
            at=agreed.now,
        )
        for word in words:
            version_confirm(version_id=version.id, digest=version.digest, actor=word, at=agreed.now)
    tickets = {
        name: agreed.open(impact=1, urgency=1, site_id=sites[name].id if name else None)
        for name in ("c1.main", "c1.annex", "")
    }
    runs = {}
    for name, ticket in tickets.items():
        agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
        for of in (None, "c1p1"):
            found = clock(agreed, ticket, "resolve", of)
            assert found.due_at is not None
            runs[name, of] = (found.due_at - found.started_at) / timedelta(minutes=1)
    assert runs == {
        ("c1.main", None): 50,
        ("c1.main", "c1p1"): 30,
        ("c1.annex", None): 200,
        ("c1.annex", "c1p1"): 90,
        ("", None): 240,
        ("", "c1p1"): 240,
    }

    # What each desk reads as overdue by its own targets after so many minutes: main, annex, and all of them.
    late = {
        "c1.cso": [(0, 0, 0), (1, 0, 1), (1, 0, 1), (1, 1, 3)],
        "p1.pm": [(0, 0, 0), (1, 0, 1), (1, 1, 2), (1, 1, 3)],
    }
    for key, expected in late.items():
        seen = []
        for minutes in (15, 60, 150, 300):
            at = after(agreed.now, minutes)
            asked = [TicketFilter(due="overdue", site=str(sites[n].id)) for n in ("c1.main", "c1.annex")]
            asked.append(TicketFilter(due="overdue"))
            counts = ticket_counts(actor=agreed.world.actor(key, at=at), filters=asked, at=at)
            seen.append(tuple(count.number for count in counts))
        assert seen == expected, key
