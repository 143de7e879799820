"""The first answers to a small foreign log whose causes are worked out by hand, one ticket for each."""

import json
import re
from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.integration.bridges.log import HEADING, bring_in, line
from tests.integration.metrics.conftest import move, refresh
from tests.integration.metrics.test_figures import later, worked
from tests.integration.metrics.test_scoreboard_page import browser, page, rows_of
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of
from typer.testing import CliRunner

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.config.cli import app
from cosource.foundation.errors import NotAllowed, NotFound
from cosource.metrics.queries.answers import answers_get, bounced_list, differing_list
from cosource.metrics.queries.figures import figures
from cosource.metrics.rules.verdicts import Verdict
from cosource.tickets.models import Possession, StatedFigures, Ticket

pytestmark = [pytest.mark.req("C16", "C10", "X5"), pytest.mark.django_db(transaction=True)]

# Four hours around the clock for priority 1, eight for priority 4, nothing for any other. 1 March 2024 was a Friday.
TERMS = """\
name: Old terms
starts_on: {starts_on}
timezone: UTC
calendars:
  always:
    hours: {{mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"],
      fri: ["00:00-24:00"], sat: ["00:00-24:00"], sun: ["00:00-24:00"]}}
  office:
    hours: {{mon: ["08:00-17:00"], tue: ["08:00-17:00"], wed: ["08:00-17:00"], thu: ["08:00-17:00"], fri: ["08:00-17:00"]}}
targets:
  - {{kind: resolve, priority: 1, within: 4h, calendar: always}}
  - {{kind: resolve, priority: 4, within: 8h, calendar: always}}
pause_reasons:
  requester_answer: {{label: The requester’s answer, turn: requester}}
"""


def agree(desk, engagement=None, starts_on="2024-01-01"):
    boss = desk.actor("c1.cso")
    made = version_propose(
        engagement_id=desk.world.engagements[engagement].id if engagement else None,
        text=TERMS.format(starts_on=starts_on),
        actor=boss,
        at=desk.now,
    )
    for word in [boss, desk.actor("p1.pm")] if engagement else [boss]:
        version_confirm(version_id=made.id, digest=made.digest, actor=word, at=desk.now)


def told(key, sla, *steps, prio="high", resolved="?", opened="2024-03-01 08:00"):
    """A ticket: what the source says, then its lines as `state at group`, the last one closing it."""
    rows = []
    for number, step in enumerate(steps):
        state, at, group = step.split("|")
        closed = {"closed": at} if state == "Closed" else {}
        rows.append(
            line(id=key, state=state, at=at, seq=number, group=group, prio=prio, opened=opened, sla=sla, title=key,
                 resolved=resolved, **closed)
        )  # fmt: skip
    return "".join(rows)


D = "2024-03-01"
LOG = HEADING + "".join(
    (
        told("same", "true", f"Active|{D} 08:00|Desk", f"Resolved|{D} 10:00|Desk", f"Closed|{D} 10:30|Desk", resolved=f"{D} 10:00"),
        told("same-late", "false", f"Active|{D} 08:00|Desk", f"Resolved|{D} 14:00|Desk", f"Closed|{D} 15:00|Desk", resolved=f"{D} 14:00"),
        told("resolved", "true", f"Active|{D} 08:00|Desk", f"Resolved|{D} 10:00|Desk", f"Closed|{D} 16:00|Desk", resolved=f"{D} 15:00"),
        told("reopened", "true", f"Active|{D} 08:00|Desk", f"Resolved|{D} 10:00|Desk", f"Active|{D} 11:00|Desk",
             f"Resolved|{D} 15:00|Desk", f"Closed|{D} 16:00|Desk", resolved=f"{D} 15:00"),
        told("with_others", "false", f"Active|{D} 08:00|Desk", f"Active|{D} 14:00|W1", f"Resolved|{D} 15:00|W1",
             f"Closed|{D} 15:30|W1", resolved=f"{D} 15:00"),
        told("pauses-more", "true", f"Active|{D} 08:00|W1", f"Awaiting vendor|{D} 09:00|W1", f"Active|{D} 13:00|W1",
             f"Resolved|{D} 14:00|W1", f"Closed|{D} 14:30|W1", resolved=f"{D} 14:00"),
        told("pauses-none", "false", f"Active|{D} 08:00|Desk", f"Awaiting caller|{D} 09:00|Desk", f"Active|{D} 13:00|Desk",
             f"Resolved|{D} 13:30|Desk", f"Closed|{D} 13:40|Desk", resolved=f"{D} 13:30"),
        told("closing", "false", f"Active|{D} 08:00|W1", f"Resolved|{D} 10:00|W1", "Closed|2024-03-05 10:00|W1", resolved=f"{D} 10:00"),
        told("calendar", "true", f"Active|{D} 14:00|Desk", "Resolved|2024-03-04 10:00|Desk", "Closed|2024-03-04 11:00|Desk",
             prio="low", opened=f"{D} 14:00", resolved="2024-03-04 10:00"),
        told("several", "true", f"Active|{D} 08:00|Desk", f"Awaiting vendor|{D} 09:00|Desk", f"Active|{D} 11:00|Desk",
             f"Resolved|{D} 13:00|Desk", f"Active|{D} 13:30|Desk", f"Resolved|{D} 16:00|Desk", f"Closed|{D} 16:10|Desk",
             resolved=f"{D} 16:00"),
        told("target", "true", f"Active|{D} 08:00|Desk", f"Resolved|{D} 20:00|Desk", f"Closed|{D} 20:10|Desk", resolved=f"{D} 20:00"),
        told("no_end", "true", f"Active|{D} 08:00|Desk", f"Closed|{D} 09:00|Desk"),
        told("out_of_order", "false", f"Active|{D} 08:00|Desk", f"Closed|{D} 09:00|Desk", resolved=f"{D} 07:00"),
        told("no_target", "true", f"Active|{D} 08:00|Desk", f"Closed|{D} 09:00|Desk", prio="?", resolved=f"{D} 08:30"),
        told("unsaid", "?", f"Active|{D} 08:00|Desk", f"Closed|{D} 09:00|Desk", resolved=f"{D} 08:30"),
    )
)  # fmt: skip
# At the own desk: what each ticket is to be (cause, met as the source says, late, minutes that count), worked out by hand.
OWN = {
    "resolved": ("resolved", True, Verdict.LATE, 420),
    "reopened": ("reopened", True, Verdict.LATE, 420),
    "pauses-more": ("pauses", True, Verdict.LATE, 360),
    "pauses-none": ("pauses", False, Verdict.IN_TIME, 90),
    "closing": ("closing", False, Verdict.IN_TIME, 120),
    "calendar": ("calendar", True, Verdict.LATE, 68 * 60),
    "several": ("several", True, Verdict.LATE, 480),
    "target": ("target", True, Verdict.LATE, 720),
    "no_end": ("no_end", True, Verdict.NONE, None),
    "out_of_order": ("out_of_order", False, Verdict.NONE, None),
    "no_target": ("no_target", True, Verdict.NONE, None),
}
# With the partner, which had three of them: what it had not at all, or not yet, does not count.
SHARED = {
    "with_others": ("with_others", False, Verdict.IN_TIME, 60),
    "pauses-more": ("pauses", True, Verdict.LATE, 360),
    "closing": ("closing", False, Verdict.IN_TIME, 120),
}


@pytest.fixture
def brought(desk, tmp_path):
    bring_in(tmp_path, LOG, desk.actor("c1.cso"), desk.now)
    return desk


@pytest.fixture
def judged(brought):
    agree(brought)
    agree(brought, "c1p1")
    refresh(brought)
    return brought


def answers_of(desk, who="c1.cso", **more):
    return answers_get(desk.actor(who), at=later(desk), **more)


def differing(desk, who, answers, **of):
    """Every ticket that differs, by title, as the walk from each cause names it."""
    found = {}
    for row in answers.verdicts.causes:
        tickets, _ = differing_list(desk.actor(who), row.cause, at=later(desk), scope=None, **of)
        assert len(tickets) == row.n
        for ticket in tickets:
            assert ticket.title not in found
            found[ticket.title] = (row.cause, ticket.met, ticket.verdict, ticket.minutes)
    return found


PERIOD = {"from_on": None, "until_on": None}


def test_each_ticket_has_the_one_cause_that_was_worked_out(judged):
    found = answers_of(judged)
    assert differing(judged, "c1.cso", found, **PERIOD) == OWN
    verdicts = found.verdicts
    assert (found.tickets, verdicts.n, verdicts.same, verdicts.differ) == (15, 14, 3, 11)
    assert dict(verdicts.met) == {Verdict.IN_TIME: 1, Verdict.LATE: 6, Verdict.NONE: 2}
    assert dict(verdicts.missed) == {Verdict.IN_TIME: 2, Verdict.LATE: 2, Verdict.NONE: 1}
    assert [(t.name, t.tickets, t.before) for t in verdicts.terms] == [("Old terms", 14, 0)]


@pytest.mark.req("C17")
def test_both_parties_read_the_same_of_their_engagement(judged):
    scope = [judged.world.engagements["c1p1"].id]
    seen = [answers_of(judged, who, scope=scope) for who in ("c1.cso", "c1.aud", "p1.pm", "p1.pt")]
    assert all(other == seen[0] for other in seen)
    assert differing(judged, "p1.pm", seen[0], **PERIOD) == SHARED
    assert (seen[0].verdicts.n, seen[0].verdicts.same) == (3, 0)


def test_the_counts_add_up_and_are_those_of_the_scoreboard(judged):
    for who, scope in (("c1.cso", None), ("p1.pm", None)):
        for days in ({}, {"from_on": date(2024, 3, 1), "until_on": date(2024, 3, 2)}):
            found = answers_of(judged, who, scope=scope, **days)
            by_id = {f.id: f for f in figures(judged.actor(who), scope=scope, at=later(judged), **days)}
            verdicts, stated = found.verdicts, by_id["sla_met_stated"]
            assert (verdicts.n, sum(verdicts.met.values())) == (stated.n, stated.numerator)
            assert verdicts.same + verdicts.differ == verdicts.n
            assert sum(row.n for row in verdicts.causes) == verdicts.differ
            assert all(row.n == row.met_late + row.missed_in_time + row.no_verdict for row in verdicts.causes)
            assert sum(row.met_late for row in verdicts.causes) == verdicts.met[Verdict.LATE]
            assert sum(row.missed_in_time for row in verdicts.causes) == verdicts.missed[Verdict.IN_TIME]
            assert found.waits.n == by_id["wait_by_turn"].n
            assert found.waits.share == by_id["pause_share"].value
            assert sum(wait.hours for wait in found.waits.turns) == pytest.approx(found.waits.hours)


def test_waiting_is_told_by_whose_turn_it_was(judged):
    waits = answers_of(judged).waits
    assert [(w.turn, w.hours, w.tickets, w.share) for w in waits.turns] == [
        ("third_party", 6.0, 2, 0.6),
        ("requester", 4.0, 1, 0.4),
    ]


def test_tickets_from_before_the_terms_are_judged_as_if_these_had_held(brought):
    agree(brought, starts_on="2025-01-01")
    refresh(brought)
    found = answers_of(brought).verdicts
    assert [(t.tickets, t.before) for t in found.terms] == [(14, 14)]
    assert (found.n, found.same) == (14, 3)


def test_without_terms_every_verdict_stands_alone(brought):
    refresh(brought)
    found = answers_of(brought).verdicts
    assert [(row.cause, row.n, row.no_verdict) for row in found.causes] == [("no_terms", 14, 14)]
    assert found.is_silent
    assert "Of 14 your terms say nothing, most often since no terms are agreed for this desk." in page(
        browser(brought, "c1.cso").get("/scoreboard/first-answers/")
    )


def test_where_a_clock_ran_here_it_is_the_clock_that_judges(desk):
    """Tickets that were worked here, of which a source has its say as well: one in time, one late, one that ended without."""
    boss = desk.actor("c1.cso")
    shared = version_propose(
        engagement_id=desk.world.engagements["c1p1"].id, text=text_of(KINDS, CLIENT_PAUSES), actor=boss, at=desk.now
    )  # fmt: skip
    for word in (boss, desk.actor("p1.pm")):
        version_confirm(version_id=shared.id, digest=shared.digest, actor=word, at=desk.now)
    worked(desk)
    for ticket in Ticket.objects.all():
        StatedFigures.objects.create(ticket=ticket, sla_met=True)
    refresh(desk)
    scope = [desk.world.engagements["c1p1"].id]
    found = answers_of(desk, "p1.pm", scope=scope).verdicts
    assert (found.n, dict(found.met)) == (2, {Verdict.IN_TIME: 1, Verdict.LATE: 1, Verdict.NONE: 0})


def test_bounces_are_the_returns_with_the_hours_between_losing_and_regaining(agreed):
    worked(agreed)
    refresh(agreed)
    found = answers_of(agreed)
    ended = Ticket.objects.exclude(resolved_at=None)
    hours, returns = 0.0, 0
    for ticket in ended:
        lost = {}
        for held in Possession.objects.filter(ticket=ticket).order_by("sequence"):
            if held.team_id in lost:
                hours += (held.from_at - lost[held.team_id]) / timedelta(hours=1)
                returns += 1
            lost[held.team_id] = held.until_at
    by_level = {bounces.level: bounces for bounces in found.bounces}
    team = by_level["team"]
    assert (team.returns, team.direct_returns, team.tickets, team.of, team.mutual) == (4, 4, 2, 2, 2)
    assert (returns, team.hours_away) == (4, pytest.approx(hours, abs=0.01))
    [pair] = team.pairs
    assert {pair.one, pair.other} == {"c1 desk team", "p1 alder team"}
    assert (pair.returns, pair.tickets, pair.hours_away) == (4, 2, team.hours_away)
    tickets, more = bounced_list(
        agreed.actor("c1.cso"), pair.value, "team", at=later(agreed), scope=None, **PERIOD
    )
    assert ({row.ticket_id for row in tickets}, more) == ({t.id for t in ended}, "")
    assert sum(row.hours_away for row in tickets) == pytest.approx(team.hours_away, abs=0.02)
    assert [(b.one, b.other, b.returns) for b in by_level["party"].pairs] == [
        ("Alder Hospitals", "Cedar Desk", 4)
    ]


@pytest.mark.req("D21")
def test_between_whom_tickets_bounced_is_not_for_everybody_to_compare(agreed):
    """A technician of a client with two partners reads how much, and between whom for one engagement alone."""
    worked(agreed)
    refresh(agreed)
    of_all, of_technician = (answers_of(agreed, who).bounces for who in ("c1.cso", "c1.ct"))
    for whole, part in zip(of_all, of_technician, strict=True):
        assert (part.pairs, part.withheld, whole.withheld) == ((), True, False)
        assert (part.returns, part.tickets, part.hours_away) == (4, 2, whole.hours_away)
    scope = [agreed.world.engagements["c1p1"].id]
    assert (
        answers_of(agreed, "c1.ct", scope=scope).bounces == answers_of(agreed, "p1.pm", scope=scope).bounces
    )
    with pytest.raises(NotAllowed):
        bounced_list(
            agreed.actor("c1.ct"), of_all[0].pairs[0].value, "team", at=later(agreed), scope=None, **PERIOD
        )
    shown = page(browser(agreed, "c1.ct").get("/scoreboard/first-answers/"))
    assert "Between whom: that is for those who answer for this desk" in shown
    assert "p1 alder team" not in shown


def test_nothing_and_a_single_ticket(desk):
    refresh(desk)
    empty = answers_of(desk)
    assert (empty.tickets, empty.verdicts.n, empty.verdicts.differ, empty.verdicts.causes) == (0, 0, 0, ())
    assert [(b.returns, b.tickets, b.pairs) for b in empty.bounces] == [(0, 0, ()), (0, 0, ())]
    assert (empty.waits.hours, empty.waits.share, empty.waits.turns) == (0.0, None, ())
    ticket = desk.open()
    desk.tick(60)
    move(desk, ticket, "in_progress", "c1.ct")
    move(desk, ticket, "resolved", "c1.ct", text="Done.")
    refresh(desk)
    one = answers_of(desk)
    assert (one.tickets, one.verdicts.n, one.waits.share) == (1, 0, 0.0)


def test_who_is_not_entitled_finds_nothing(judged):
    scope = [judged.world.engagements["c1p1"].id]
    for who in ("p2.pm", "c2.cso", "c1.req"):
        with pytest.raises(NotFound):
            answers_of(judged, who, scope=scope)
        with pytest.raises(NotFound):
            differing_list(judged.actor(who), "closing", scope=scope, at=later(judged), **PERIOD)
    with pytest.raises(NotFound):
        differing_list(judged.actor("c1.cso"), "weather", scope=None, at=later(judged), **PERIOD)
    for pair, level in (("x/y", "team"), ("x", "team"), (f"{scope[0]}/{scope[0]}", "person")):
        with pytest.raises(NotFound):
            bounced_list(judged.actor("c1.cso"), pair, level, scope=None, at=later(judged), **PERIOD)


def test_page_program_and_command_say_the_same(judged):
    scope = judged.world.engagements["c1p1"].id
    expected = json.loads(json.dumps(asdict(answers_of(judged, "p1.pm", scope=[scope])), default=str))
    with time_machine.travel(later(judged), tick=False):
        robot = Client(headers={"host": "localhost", "authorization": f"Bearer {judged.world.secrets['p1']}"})
        answer = robot.get("/api/v1/metrics/first-answers", {"scope": str(scope)})
        assert answer.status_code == 200, answer.content
        typed = CliRunner().invoke(
            app, ["metrics", "answers", "--json", "--as", "Cedar Desk", "--scope", scope.hex]
        )
        assert typed.exit_code == 0, typed.output
        plain = CliRunner().invoke(app, ["metrics", "answers", "--as", "Cedar Desk"]).stdout
        shown = page(browser(judged, "p1.pm").get(f"/scoreboard/first-answers/?scope={scope}"))
        stranger = browser(judged, "p2.pm").get(f"/scoreboard/first-answers/?scope={scope}")
    for found in (answer.json(), json.loads(typed.stdout)):
        assert found == expected
    first = "Of 1 ticket that the source calls met, 1 was late by your terms. Of 2 that it calls missed, 2 were in time."
    assert first in plain
    assert first in shown
    assert stranger.status_code == 404


def test_from_an_answer_to_its_tickets_in_one_click(judged):
    client = browser(judged, "p1.pm")
    shown = page(client.get("/scoreboard/first-answers/"))
    [link] = {u for u in _links(shown) if "cause=closing" in u and "says" not in u}
    tickets = page(client.get(link))
    assert "missed" in tickets
    assert "2.00 of 4.00 h" in tickets
    assert "/tickets/" in tickets
    assert Counter(t in tickets for t in ("pauses-more", "with_others")) == {False: 2}
    stranger = browser(judged, "p2.pm")
    assert stranger.get(link).status_code == 404
    assert client.get("/scoreboard/first-answers/verdicts/?cause=weather").status_code == 404
    assert client.get("/scoreboard/first-answers/weather/").status_code == 404
    assert client.get("/scoreboard/first-answers/bounces/?pair=1/2&level=team").status_code == 404


def test_each_table_is_a_file_too(judged):
    client, scope = browser(judged, "p1.pm"), judged.world.engagements["c1p1"].id
    causes = rows_of(client.get(f"/scoreboard/table/causes.csv?scope={scope}"))
    assert causes[0] == ["cause", "title", "n", "met_late", "missed_in_time", "no_verdict"]
    assert causes[1:] == [
        ["with_others", "Time with others", "1", "0", "1", "0"],
        ["pauses", "Waiting counted otherwise", "1", "1", "0", "0"],
        ["closing", "Judged up to the closing", "1", "0", "1", "0"],
    ]
    assert rows_of(client.get(f"/scoreboard/table/waits.csv?scope={scope}"))[1:] == [
        ["a third party", "4.0", "1", "1.0"]
    ]
    assert rows_of(client.get(f"/scoreboard/table/bounces.csv?scope={scope}"))[1:] == []


def test_the_page_asks_the_database_few_things(judged):
    client = browser(judged, "c1.cso")
    for address in ("/scoreboard/first-answers/", "/scoreboard/first-answers/verdicts/?cause=pauses"):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 15, [q["sql"][:90] for q in queries.captured_queries]


def _links(text):
    return [u.replace("&amp;", "&") for u in re.findall(r'href="([^"]*)"', text)]


def test_what_comes_next_is_said_where_there_is_nothing_yet(desk):
    refresh(desk)
    boss, technician = browser(desk, "c1.cso"), browser(desk, "c1.ct")
    assert "Bring in a file" in page(boss.get("/scoreboard/first-answers/"))
    assert "Bring in a file" not in page(technician.get("/scoreboard/first-answers/"))
    ticket = desk.open()
    refresh(desk)
    assert "Nothing ended yet" in page(boss.get("/scoreboard/first-answers/"))
    move(desk, ticket, "in_progress", "c1.ct")
    move(desk, ticket, "resolved", "c1.ct", text="Done.")
    refresh(desk)
    shown = page(boss.get("/scoreboard/first-answers/"))
    assert "No source states a verdict on these tickets" in shown
    assert "No ticket came back to a team that had it before." in shown
    assert "These tickets waited for nobody, as far as the record says." in shown


def test_an_import_that_is_done_leads_to_them(brought):
    from cosource.bridges.models import Import

    refresh(brought)
    client = browser(brought, "c1.cso")
    assert 'href="/scoreboard/first-answers/"' in page(client.get(f"/import/{Import.objects.get().id}/"))
    assert "/scoreboard/first-answers/?" in page(client.get("/scoreboard/"))
