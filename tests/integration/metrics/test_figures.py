"""Figures of live tickets: who gets them, that all who do get the same, and that strangers change nothing of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from tests.integration.metrics.conftest import move, refresh, reply

from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.models import Entry
from cosource.foundation.services.erasure import payload_erase
from cosource.metrics.queries.answers import answers_get
from cosource.metrics.queries.drill import tickets_behind
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.matrix import handovers_between
from cosource.metrics.queries.scopes import scopes_for
from cosource.metrics.queries.trends import trend
from cosource.parties.models import Grant
from cosource.tickets.models import StatedFigures, Ticket
from cosource.tickets.services.merging import ticket_merge, ticket_unmerge

pytestmark = pytest.mark.req("C16", "C17")
YEAR = {"from_on": date(2026, 1, 1), "until_on": date(2027, 1, 1)}


def asked(desk, who, **more):
    return figures(desk.actor(who), at=later(desk), **(YEAR | more))


def later(desk) -> datetime:
    return desk.world.at + timedelta(days=20)


def by_id(found):
    return {f.id: f for f in found if f.by is None}


def engagement(desk, key) -> UUID:
    return desk.world.engagements[key].id


def everything(desk, who, scope) -> list[object]:
    """Whatever is computed for a scope, in every breakdown."""
    given = {"scope": scope, "at": later(desk)}
    found: list[object] = list(figures(desk.actor(who), **given))
    for by in ("kind", "priority", "service", "site", "team", "party", "month", "turn", "pair", "party pair"):
        found += figures(desk.actor(who), by=by, **given)
    found.append(handovers_between(desk.actor(who), **given))
    found.append(answers_get(desk.actor(who), **given))
    found += trend(desk.actor(who), "backlog", step="day", **given)
    return found


def worked(desk) -> list[Ticket]:
    """Tickets that p1 worked on and gave back: one resolved in time, one late, one open."""
    tickets = []
    for hours in (1, 60, None):
        ticket = desk.open(impact=1, urgency=1)
        desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
        reply(desk, ticket, "p1.pt", ["c1"])
        desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
        desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
        if hours is not None:
            desk.tick(60 * hours)
            move(desk, ticket, "resolved", "p1.pt", text="Toner.")
        else:
            desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
        tickets.append(ticket)
    return tickets


def test_both_parties_of_an_engagement_get_the_very_same_figures(agreed):
    worked(agreed)
    refresh(agreed)
    scope = [engagement(agreed, "c1p1")]
    seen = [everything(agreed, who, scope) for who in ("c1.cso", "c1.ct", "c1.aud", "p1.pm", "p1.pt")]
    assert all(others == seen[0] for others in seen[1:])
    of = by_id(asked(agreed, "p1.pm", scope=scope))
    assert (of["tickets"].value, of["backlog"].value) == (3, 1)
    assert (of["handovers"].value, of["handovers"].n) == (6, 2)
    assert (of["returns"].value, of["tickets_with_return"].value, of["direct_returns"].value) == (4, 1.0, 4)
    assert (of["party_mutual_pairs"].value, of["party_returns"].value) == (2, 4)
    assert of["first_response.median"].n == 3
    # Resolved in time, and late; of the third the partner's clock stands still, since it is with the client.
    assert (of["sla_met"].numerator, of["sla_met"].denominator) == (1, 2)
    assert of["sla_met"].excluded == (("stands still, not overdue", 1),)
    assert of["mttr_resolve.mean"].n == 2
    assert of["first_contact_resolution"].value == 0.0
    assert of["sla_met_stated"].value is None
    assert dict(of["sla_met_stated"].excluded) == {"the source states no verdict": 2}


def test_the_usual_scope_is_the_clients_own_desk_and_all_of_a_partners_engagements(agreed):
    worked(agreed)
    other = agreed.open(by="c2.ct")
    agreed.give(other, "p1.birch", "c2.ct", "p1.pt2")
    agreed.open(internal=True)
    refresh(agreed)
    assert by_id(asked(agreed, "c1.cso"))["tickets"].value == 4
    assert by_id(asked(agreed, "p1.pm"))["tickets"].value == 4
    assert by_id(asked(agreed, "p1.pt2"))["tickets"].value == 1
    names = {scope.name for scope in scopes_for(agreed.actor("p1.pm")) if scope.is_default}
    assert names == {agreed.world.engagements[key].name for key in ("c1p1", "c2p1")}
    assert [s.is_own for s in scopes_for(agreed.actor("c1.cso")) if s.is_default] == [True]


def test_who_is_not_entitled_to_a_scope_finds_none(agreed):
    worked(agreed)
    refresh(agreed)
    of_p1, own = [engagement(agreed, "c1p1")], [agreed.org("c1")]
    for who, scope in (
        ("p2.pm", of_p1), ("p2.pt", of_p1), ("c2.cso", of_p1), ("p3.pm", of_p1),
        ("p1.pm", own), ("p1.pt", own), ("c1.req", own), ("c1.req", of_p1), ("c1.req", None),
        ("p1.pt2", of_p1), ("c1.cso", [UUID(int=1)]), ("c1.cso", []),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            asked(agreed, who, scope=scope)
        with pytest.raises(NotFound):
            tickets_behind(agreed.actor(who), "tickets", scope=scope, at=later(agreed))
    # Placed at the client, a partner's person reads the client's desk, and not the engagement of their own employer.
    assert by_id(asked(agreed, "emb"))["tickets"].value == 3
    with pytest.raises(NotFound):
        asked(agreed, "emb", scope=of_p1)


def test_a_limited_grant_limits_the_figures(agreed):
    printing = agreed.world.services["c1.printing"].id
    for service in (printing, printing, None):
        ticket = agreed.open(service_id=service)
        agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    refresh(agreed)
    scope = [engagement(agreed, "c1p1")]
    grants = Grant.objects.filter(person=agreed.world.people["p1.pt"], engagement_id=scope[0])
    assert by_id(asked(agreed, "p1.pt", scope=scope))["tickets"].value == 3
    grants.update(service_ids=[str(printing)])
    assert by_id(asked(agreed, "p1.pt", scope=scope))["tickets"].value == 2
    grants.update(service_ids=[], history_from=agreed.world.at + timedelta(days=1))
    assert by_id(asked(agreed, "p1.pt", scope=scope))["tickets"].value == 0
    assert by_id(asked(agreed, "p1.pm", scope=scope))["tickets"].value == 3
    [limited] = [s for s in scopes_for(agreed.actor("p1.pt")) if s.id == scope[0]]
    assert limited.is_limited


def test_nothing_comes_of_nothing(agreed):
    refresh(agreed)
    of = by_id(asked(agreed, "c1.cso"))
    assert {f.n for f in of.values()} == {0}
    assert of["tickets"].value == of["handovers"].value == of["backlog"].value == 0
    assert of["mttr_resolve.median"].value is of["reopened"].value is of["pause_share"].value is None
    assert of["reopened"].interval is None
    assert asked(agreed, "c1.cso", by="priority") == []
    assert tickets_behind(agreed.actor("c1.cso"), "tickets", at=later(agreed)).rows == ()
    assert trend(agreed.actor("c1.cso"), "backlog", at=later(agreed)) == []


def test_one_ticket_is_a_figure_too(agreed):
    ticket = agreed.open(impact=1, urgency=1)
    agreed.tick(90)
    move(agreed, ticket, "resolved", "c1.ct", text="Done.")
    refresh(agreed)
    of = by_id(asked(agreed, "c1.cso"))
    assert [of[f"mttr_resolve.{fold}"].value for fold in ("mean", "median", "p90")] == [2.0, 2.0, 2.0]
    assert (of["sla_met"].value, of["sla_met"].n) == (1.0, 1)
    assert of["first_contact_resolution"].value == 1.0
    assert of["reopened"].interval == pytest.approx((0.0, 0.793451), abs=1e-6)


def test_what_is_open_and_overdue_is_missed_and_what_is_not_due_yet_is_no_verdict(agreed):
    agreed.open(impact=1, urgency=1)
    refresh(agreed)
    cso = agreed.actor("c1.cso")
    opened_at = agreed.now
    early = figures(cso, only=["sla_met"], at=opened_at + timedelta(minutes=239))
    due = figures(cso, only=["sla_met"], at=opened_at + timedelta(minutes=242))
    assert [(f.value, f.n) for f in (*early, *due)] == [(None, 0), (0.0, 1)]


def test_what_there_is_not_is_refused_by_name(agreed):
    refresh(agreed)
    with pytest.raises(
        Invalid, match=r"no field “colour”. There are: kind, priority, .*, team, party, queue, month"
    ):
        asked(agreed, "c1.cso", by="colour")
    with pytest.raises(Invalid, match="no metric “speed”"):
        asked(agreed, "c1.cso", only=["speed"])
    with pytest.raises(Invalid, match="No day lies from 2026-03-02 up to 2026-03-02"):
        asked(agreed, "c1.cso", from_on=date(2026, 3, 2), until_on=date(2026, 3, 2))
    with pytest.raises(Invalid, match="cursor"):
        tickets_behind(agreed.actor("c1.cso"), "tickets", cursor="x'; --", at=later(agreed))


def test_a_figure_may_count_more_than_its_reader_opens(agreed):
    """The technician's other colleagues have tickets as well: the figures are the engagement's, the tickets one's own."""
    worked(agreed)
    refresh(agreed)
    scope = [engagement(agreed, "c1p1")]
    technician = agreed.actor("p1.pt")
    mine = tickets_behind(technician, "tickets", scope=scope, at=later(agreed))
    assert len(mine.rows) == 3
    blind = replace(technician, sight=replace(technician.sight, team_ids=frozenset(), person_id=UUID(int=9)))
    assert by_id(figures(blind, scope=scope, at=later(agreed)))["tickets"].value == 3
    assert tickets_behind(blind, "tickets", scope=scope, at=later(agreed)).rows == ()
    all_of_them = tickets_behind(agreed.actor("p1.pm"), "tickets", scope=scope, limit=2, at=later(agreed))
    rest = tickets_behind(
        agreed.actor("p1.pm"), "tickets", scope=scope, cursor=all_of_them.next_cursor, at=later(agreed)
    )
    assert [row.value for row in (*all_of_them.rows, *rest.rows)] == [1, 1, 1]
    assert rest.next_cursor == ""


@pytest.mark.req("C28", "D21")
def test_strangers_change_nothing_of_an_engagements_figures(agreed):
    """Tickets of others, and what others do with its tickets while the partner has them not: not one byte differs."""
    tickets = worked(agreed)
    for ticket in tickets:
        StatedFigures.objects.create(ticket=ticket, sla_met=True)
    scope = [engagement(agreed, "c1p1")]
    refresh(agreed)
    before = {who: repr(everything(agreed, who, scope)) for who in ("p1.pm", "p1.pt", "c1.cso")}
    for number in range(6):
        stranger = agreed.open(internal=number == 0)
        StatedFigures.objects.create(ticket=stranger, sla_met=number % 2 == 0)
        if number:
            agreed.give(stranger, "p2.noc", "c1.ct", "p2.pt")
            reply(agreed, stranger, "p2.pt", ["c1"])
        if number == 1:
            move(agreed, stranger, "waiting_client", "p2.pt", reason="requester_answer", text="Which?")
        if number > 2:
            move(agreed, stranger, "in_progress", "p2.pt")
            move(agreed, stranger, "resolved", "p2.pt", text="Done.")
    # The open one is with the client: a second partner has it for a while.
    agreed.give(tickets[2], "p2.noc", "c1.ct", "p2.pt")
    reply(agreed, tickets[2], "p2.pt", ["c1"])
    keeper = agreed.world.people["c1.ct"].id
    agreed.give(tickets[2], "c1.desk", "p2.pt", "c1.ct", reason="done_here", named_owner_id=keeper)
    agreed.open(by="c2.ct")
    refresh(agreed, checked=True)
    assert {who: repr(everything(agreed, who, scope)) for who in before} == before
    own = by_id(asked(agreed, "c1.cso"))
    assert (own["tickets"].value, own["backlog"].value) == (9, 4)


@pytest.mark.req("C28", "D21")
def test_a_reopening_counts_where_both_parties_read_it(agreed):
    """What was resolved and reopened with another partner, before this one ever had it, is none of this one's figures."""
    for before in (False, True):
        ticket = agreed.open()
        if before:
            agreed.give(ticket, "p2.noc", "c1.ct", "p2.pt")
            move(agreed, ticket, "resolved", "p2.pt", text="Done.")
            move(agreed, ticket, "in_progress", "c1.ct", text="Not yet.")
            agreed.give(ticket, "c1.desk", "p2.pt", "c1.ct", reason="done_here")
        agreed.give(ticket, "p1.alder", "c1.ct", "p1.pt")
        move(agreed, ticket, "resolved", "p1.pt", text="Toner.")
    refresh(agreed, checked=True)
    counted = {
        name: by_id(asked(agreed, "c1.cso", scope=[scope]))["reopened"].numerator
        for name, scope in (
            ("own", agreed.org("c1")),
            ("p1", engagement(agreed, "c1p1")),
            ("p2", engagement(agreed, "c1p2")),
        )
    }
    assert counted == {"own": 1, "p1": 0, "p2": 1}


def test_programs_read_the_same(agreed):
    worked(agreed)
    refresh(agreed)
    with time_machine.travel(later(agreed), tick=False):
        answers = []
        for key in ("p1", "c1"):
            robot = Client(
                headers={"host": "localhost", "authorization": f"Bearer {agreed.world.secrets[key]}"},
                raise_request_exception=False,
            )
            scope = engagement(agreed, "c1p1")
            asked_for = {"from": "2026-01-01", "until": "2027-01-01", "scope": str(scope)}
            answer = robot.get("/api/v1/metrics/figures", asked_for)
            answers.append(answer)
            if answer.status_code == 200:
                behind = robot.get(
                    "/api/v1/metrics/tickets", asked_for | {"metric": "tickets", "limit": "2"}
                ).json()
                assert len(behind["items"]) == 2
                assert behind["next_cursor"]
        assert answers[0].status_code == 200, answers[0].content
        items = answers[0].json()["items"]
        expected = figures(agreed.actor("p1.pm"), scope=[scope], at=later(agreed), **YEAR)
        assert [(i["id"], i["value"], i["n"]) for i in items] == [(f.id, f.value, f.n) for f in expected]
        assert robot.get("/api/v1/metrics").json()["items"][0]["id"] == "tickets"
        foreign = robot.get("/api/v1/metrics/figures", {"scope": str(engagement(agreed, "c2p3"))})
        assert foreign.status_code == 404
        refused = robot.get("/api/v1/metrics/figures", {"by": "colour"})
        assert refused.status_code in (404, 422)


@pytest.mark.req("X1")
def test_erasing_what_a_ticket_says_leaves_every_figure_and_names_the_ticket_no_more(agreed):
    tickets = worked(agreed)
    refresh(agreed)
    scope = [engagement(agreed, "c1p1")]
    before = repr(everything(agreed, "p1.pm", scope))
    opened = Entry.objects.get(subject_id=tickets[0].id, kind="ticket.opened/1")
    payload_erase(entry_id=opened.id, reason="patient data", actor=agreed.actor("c1.cso"), at=agreed.tick())
    refresh(agreed, checked=True)
    assert repr(everything(agreed, "p1.pm", scope)) == before
    behind = tickets_behind(agreed.actor("p1.pm"), "tickets", scope=scope, at=later(agreed)).rows
    assert {row.ticket_id: row.title for row in behind}[tickets[0].id] == "–"
    assert len(behind) == 3


def test_a_clock_that_was_stopped_without_being_met_gives_no_verdict(agreed):
    """A ticket that was cancelled: its resolve clock ended without a verdict, which is said and not counted."""
    ticket = agreed.open(impact=1, urgency=1)
    move(agreed, ticket, "cancelled", "c1.ct", text="Not needed.")
    refresh(agreed)
    met = by_id(asked(agreed, "c1.cso", only=["sla_met"]))["sla_met"]
    assert (met.value, met.n, met.excluded) == (None, 0, (("ended without a verdict", 1),))


def test_a_duplicate_that_was_merged_counts_once_in_the_ticket_that_goes_on(agreed):
    """Its end is nobody's resolution; taken back, it is neither resolved nor reopened."""
    into, duplicate, back = (agreed.open(impact=1, urgency=1) for _ in range(3))
    for ticket in (duplicate, back):
        ticket_merge(ticket_id=ticket.id, into_id=into.id, actor=agreed.actor("c1.ct"), at=agreed.tick(30))
    ticket_unmerge(ticket_id=back.id, actor=agreed.actor("c1.ct"), at=agreed.tick(30))
    for ticket in (into, back):
        move(agreed, ticket, "resolved", "c1.ct", text="Toner.")
    refresh(agreed, checked=True)

    found = by_id(
        asked(agreed, "c1.cso", only=["tickets", "mttr_resolve.mean", "reopened", "sla_met", "backlog"])
    )
    assert found["tickets"].value == 3
    assert (found["mttr_resolve.mean"].n, found["mttr_resolve.mean"].excluded) == (
        2,
        (),
    )
    assert (found["reopened"].value, found["reopened"].n) == (0.0, 2)
    assert (found["sla_met"].n, found["sla_met"].excluded[0]) == (2, ("ended without a verdict", 1))
    assert found["backlog"].value == 0


def test_a_figure_is_broken_down_by_kind_of_ticket(desk):
    printing = desk.world.services["c1.printing"].id
    for kind, minutes in (("incident", 60), ("request", 120), ("incident", 180)):
        ticket = desk.open(kind=kind, service_id=printing)
        desk.tick(minutes - 30)
        move(desk, ticket, "resolved", "c1.ct", text="Done.")
    refresh(desk)
    found = figures(desk.actor("c1.cso"), by="kind", only=["mttr_resolve.mean"], at=later(desk))
    assert [(f.by.value, f.by.label, f.value, f.n) for f in found] == [
        ("incident", "Incident", 2.0, 2),
        ("request", "Service request", 2.0, 1),
    ]
