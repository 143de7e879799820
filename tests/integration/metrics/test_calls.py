"""Calls: brought in once, counted where they came in, for those who read that desk's figures and for nobody else."""

from datetime import timedelta

import pytest
from tests.integration.metrics.conftest import move, refresh, rows_of_facts

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.metrics.queries.drill import tickets_behind
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.figures import figures
from cosource.metrics.services.gathering import facts_rebuild
from cosource.tickets.models import Call, CallLoad
from cosource.tickets.rules.calls import CallRow
from cosource.tickets.services.calls import calls_bring, calls_read
from cosource.tickets.services.contacts import contact_log

pytestmark = pytest.mark.req("E1")

IDS = (
    "calls",
    "speed_to_answer.mean",
    "speed_to_answer.median",
    "speed_to_answer.p90",
    "answered_within",
    "abandoned_rate",
)
# Ten calls of one hour: answered after so many seconds, or given up after so many (negative).
WAITS = (5, 10, 20, 30, 31, 60, -4, -10, -11, -90)


def lines(desk, waits=WAITS, first=0, queue="Main"):
    yield "id;queue;offered_at;answered_at;abandoned_at;ended_at;caller;technician\n"
    for number, wait in enumerate(waits, first):
        offered = desk.world.at + timedelta(minutes=number)
        then = (offered + timedelta(seconds=abs(wait))).isoformat()
        answered, abandoned = (then, "") if wait > 0 else ("", then)
        yield f"call-{number};{queue};{offered.isoformat()};{answered};{abandoned};;+49895550{number};Somebody\n"


def bring(desk, by="c1.cso", *, engagement=None, **more):
    return calls_read(
        lines=lines(desk, **more),
        source="PBX",
        engagement_id=desk.world.engagements[engagement].id if engagement else None,
        actor=desk.actor(by),
        at=desk.tick(60),
    )


def told(desk, by, scope=None, **more):
    found = figures(desk.actor(by), scope=[scope] if scope else None, only=IDS, at=desk.now, **more)
    return {f.id: (f.value, f.n) for f in found}


# Six answered: 5, 10, 20, 30, 31, 60. In time 4 of 10 less the two given up within ten seconds. Given up later: 2 of 10.
EXPECTED = {
    "calls": (10, 10),
    "speed_to_answer.mean": (26.0, 6),
    "speed_to_answer.median": (25.0, 6),
    "speed_to_answer.p90": (45.5, 6),
    "answered_within": (0.5, 8),
    "abandoned_rate": (0.2, 10),
}


def test_the_figures_are_those_of_the_calls_and_twice_is_as_once(desk):
    brought = bring(desk)
    assert (brought.taken, brought.known, brought.refused) == (10, 0, 0)
    refresh(desk)
    assert told(desk, "c1.cso") == EXPECTED

    entries = Entry.objects.count()
    again = bring(desk)
    assert (again.taken, again.known, again.load_id) == (0, 10, None)
    assert (Call.objects.count(), CallLoad.objects.count(), Entry.objects.count()) == (10, 1, entries)
    more = bring(desk, waits=(*WAITS, 5))
    assert (more.taken, more.known) == (1, 10)
    assert refresh(desk, checked=True).tickets == 1
    assert told(desk, "c1.cso")["calls"] == (11, 11)
    found = rows_of_facts()
    facts_rebuild()
    assert rows_of_facts() == found
    assert not {"caller", "technician"} & dict(found["calls"][0]).keys()
    assert tickets_behind(desk.actor("c1.cso"), "calls", at=desk.now).rows == ()


def test_both_parties_of_an_engagement_read_one_figure_and_a_third_nothing(desk):
    both = desk.world.engagements["c1p1"].id
    bring(desk, "p1.pm", engagement="c1p1")
    desk.open()
    refresh(desk)
    assert told(desk, "p1.pm", both) == told(desk, "c1.cso", both) == told(desk, "c1.cso") == EXPECTED
    nothing = {name: (0 if name == "calls" else None, 0) for name in IDS}
    assert told(desk, "p2.pm") == told(desk, "c2.cso") == nothing
    with pytest.raises(NotFound):
        told(desk, "p2.pm", both)
    assert CallLoad.objects.visible_to(desk.actor("c1.aud")).count() == 1
    assert not CallLoad.objects.visible_to(desk.actor("p2.pm")).exists()
    assert not Call.objects.visible_to(desk.actor("c1.req")).exists()

    bring(desk)  # of the same names, at the client's own desk: other calls
    refresh(desk, checked=True)
    assert told(desk, "c1.cso")["calls"] == (20, 20)
    assert told(desk, "p1.pm", both) == EXPECTED


def test_calls_are_broken_down_by_queue_and_month_and_nothing_else(desk):
    bring(desk)
    bring(desk, waits=(7,), first=20, queue="Night")
    refresh(desk)
    by = figures(desk.actor("c1.cso"), only=["calls", "tickets"], by="queue", at=desk.now)
    assert [(f.id, f.by.value, f.value) for f in by] == [("calls", "Main", 10), ("calls", "Night", 1)]
    assert figures(desk.actor("c1.cso"), only=["calls"], by="priority", at=desk.now) == []


@pytest.mark.parametrize(("by", "engagement", "refusal"), [
    ("c1.ct", None, NotAllowed), ("c1.req", None, NotAllowed), ("emb", None, NotAllowed), ("p1.pt", "c1p1", NotAllowed),
    ("p2.pm", "c1p1", NotFound), ("c2.cso", "c1p1", NotFound),
])  # fmt: skip
def test_only_who_leads_brings_calls_in(desk, by, engagement, refusal):
    with pytest.raises(refusal):
        bring(desk, by, engagement=engagement)
    assert not Call.objects.exists()


def test_bad_rows_are_named_by_row_and_column_and_good_ones_kept(desk):
    rows = [
        "\ufeffid,offered_at,answered_at,abandoned_at,other\n",
        "1,2026-03-01 09:00:00,2026-03-01 09:00:05,,x\n",
        ",2026-03-01 09:00:00,2026-03-01 09:00:05,,x\n",
        "2,yesterday,2026-03-01 09:00:05,,x\n",
        "3,2026-03-01 09:00:00,,,x\n",
        "4,2026-03-01 09:00:00,2026-03-01 08:59:59,,x\n",
        "5,2026-03-01 09:00:00\n",
        "6,2025-03-30 02:30:00,2025-03-30 03:30:01,,x\n",
        "7,2025-10-26 02:30:00,2025-10-26 03:30:01,,x\n",
        "8,2099-03-01 09:00:00,,2099-03-01 09:00:05,x\n",
        "1,2026-03-01 09:00:00,2026-03-01 09:00:05,,x\n",
        "9,2026-03-01 09:00:00,9999-01-01 00:00:00,,x\n",
        "10,2026-03-01 09:00:00,,9999-01-01 00:00:00,x\n",
    ]
    told = {"source": "PBX", "actor": desk.actor("c1.cso"), "at": desk.tick(), "zone": "Europe/Berlin"}
    brought = calls_read(lines=rows, **told)
    assert (brought.taken, brought.known, brought.refused) == (1, 1, 10)
    assert [(p.row, p.column) for p in brought.problems] == [
        (3, "id"), (4, "offered_at"), (5, "answered_at"), (6, "answered_at"), (7, ""), (8, "offered_at"),
        (9, "offered_at"), (10, "offered_at"), (12, "answered_at"), (13, "abandoned_at"),
    ]  # fmt: skip
    assert "does not exist in Europe/Berlin" in str(brought.problems[5].said)
    with pytest.raises(Invalid) as refused:
        calls_read(lines=["id;queue\n", "1;x\n"], **told)
    assert refused.value.details["fields"] == {
        "file": "The heading lacks: offered_at, answered_at, abandoned_at."
    }
    for unread in ("id,offered\rat\n", f"id,{'x' * 140_000}\n"):
        with pytest.raises(Invalid) as refused:
            calls_read(lines=[unread], **told)
        assert refused.value.details["fields"]["file"].startswith("The row cannot be read: ")
    assert Call.objects.get().offered_at.isoformat() == "2026-03-01T08:00:00+00:00"


def test_two_who_bring_the_same_calls_in_at_once_bring_each_call_once(desk):
    told = {"source": "PBX", "actor": desk.actor("c1.cso"), "at": desk.tick()}
    rows = [CallRow(f"{n}", told["at"], told["at"]) for n in range(501)]

    def overtaken():
        yield from rows[:500]
        # It was asked which of those are there, and then somebody else was quicker.
        assert calls_bring(rows=rows[:500], **told).taken == 500
        yield rows[500]

    brought = calls_bring(rows=overtaken(), **told)
    assert (brought.taken, brought.known) == (1, 500)
    assert sorted(CallLoad.objects.values_list("taken", "known")) == [(1, 500), (500, 0)]
    assert Call.objects.count() == 501


def test_first_contacts_count_where_all_parties_of_the_desk_were_told(desk):
    both = desk.world.engagements["c1p1"].id

    def log(by="c1.ct", **more):
        return contact_log(title="Locked out", actor=desk.actor(by), at=desk.tick(), **more)

    def solved(by, scope):
        [found] = figures(desk.actor(by), scope=[scope], only=["first_contact_solved"], at=desk.now)
        return found.value, found.n, dict(found.excluded)

    log(solved=True)
    log("p1.pt", solved=True, engagement_id=both)
    reopened = log(solved=True)
    log()
    without = desk.open()
    for ticket in (reopened, without):
        if ticket is without:
            move(desk, ticket, "resolved", "c1.ct", text="Done.")
        move(desk, ticket, "in_progress", "c1.ct", text="Not yet.")
    refresh(desk)
    reason = "no call or visit was logged at its opening"
    assert solved("c1.cso", desk.org("c1")) == (0.5, 4, {reason: 1})
    assert solved("p1.pm", both) == solved("c1.cso", both) == (1.0, 1, {})
    desk_rows = Facts().ask(f"SELECT count(*) AS n FROM {Facts().table('tickets')} WHERE solved_at_contact")
    assert desk_rows[0]["n"] == 4
