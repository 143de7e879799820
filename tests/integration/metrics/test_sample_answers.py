"""The first answers to the carried log, ticket by ticket, against a slow count that knows neither the facts nor the engine."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.metrics.test_sample_figures import _gathered, behind, facts, ruth  # noqa: F401 - fixtures

from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.calendars.rules.business_time import Calendar, elapsed
from cosource.foundation.models import Entry
from cosource.metrics.queries.answers import answers_get, differing_list
from cosource.metrics.queries.figures import figures
from cosource.parties.models import Engagement, Organization
from cosource.tickets.models import Pause, Possession, StatedFigures, Ticket

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
pytestmark = [pytest.mark.req("C16", "C10"), pytest.mark.usefixtures("facts")]

ALWAYS = Calendar("Europe/London", (((0, 1440),),) * 7)
OFFICE = Calendar("Europe/London", (((8 * 60, 17 * 60),),) * 5 + ((), ()))
# The ready agreement, by priority: hours and calendar. A day of the office has nine hours.
TARGETS = {1: (4, ALWAYS), 2: (8, ALWAYS), 3: (18, OFFICE), 4: (45, OFFICE)}


class Life:
    """A ticket as one who judges it by hand would lay it out. `partner`: for whose engagement; None: for the own desk."""

    def __init__(self, stated, pauses, held, lines, partner):
        ticket = stated.ticket
        self.met, self.opened = stated.sla_met, ticket.opened_at
        self.ended, self.closed, self.shown = stated.resolved_at, ticket.closed_at, ticket.resolved_at
        self.first = min((at for at, category in lines if category == "resolved"), default=None)
        self.priority = ticket.priority
        self.listed = {"requester"} if partner is None else {"requester", "client", "third_party"}
        self.pauses = [(p.turn, p.from_at, p.until_at) for p in pauses]
        mine = [h for h in held if partner is None or h.organization_id == partner]
        # Who had it for no time at all has no stretch of it.
        self.since = self.opened if partner is None or not mine else mine[0].from_at
        self.away = [(h.from_at, h.until_at) for h in held if h not in mine]

    def took(self, calendar, end=None, waiting="listed", *, with_others=False):
        """How long it took, counted one way."""
        start = self.opened if with_others else self.since
        end = max(end or self.ended, start)
        spans = [] if with_others else list(self.away)
        for turn, from_at, until_at in self.pauses:
            if waiting == "all" or (waiting == "listed" and turn in self.listed):
                spans.append((from_at, until_at))
        return elapsed(start, end, calendar, [(a, b or max(end, a)) for a, b in spans])

    def judged(self):
        """What the terms say, and why that is not what the source says."""
        if self.priority not in TARGETS:
            return None, "no_target"
        if self.ended is None:
            return None, "no_end"
        if self.ended < self.opened:
            return None, "out_of_order"
        hours, calendar = TARGETS[self.priority]

        def fits(*args, **more):
            return self.took(*args, **more) <= timedelta(hours=hours)

        in_time = fits(calendar)
        if in_time == self.met:
            return in_time, None
        ends = [at for at in (self.ended, self.first, self.shown, self.closed) if at]
        tried = {
            "resolved": [fits(calendar, self.shown)],
            "reopened": [fits(calendar, self.first)],
            "with_others": [fits(calendar, with_others=True)],
            "pauses": [fits(calendar, waiting="all"), fits(calendar, waiting="none")],
            "closing": [fits(calendar, self.closed)],
            "calendar": [fits(ALWAYS), fits(OFFICE)],
            "several": [
                *(fits(c, min(ends), "all") for c in (ALWAYS, OFFICE)),
                *(fits(c, max(ends), "none", with_others=True) for c in (ALWAYS, OFFICE)),
            ],
        }
        return in_time, next((cause for cause, said in tried.items() if self.met in said), "target")


def by_ticket(rows):
    found = {}
    for row in rows:
        found.setdefault(getattr(row, "ticket_id", None) or row.subject_id, []).append(row)
    return found


def expected(partner=None):
    """Each ticket of the desk with what is to come out."""
    mine = Ticket.objects.all()
    if partner is not None:
        mine = mine.filter(participations__organization_id=partner)
    stated = StatedFigures.objects.filter(ticket__in=mine, sla_met__isnull=False).select_related("ticket")
    pauses, held = (
        by_ticket(model.objects.order_by("ticket_id", "sequence")) for model in (Pause, Possession)
    )
    lines = by_ticket(
        Entry.objects.filter(kind="ticket.source_line/1").only("subject_id", "occurred_at", "facts")
    )
    known = {None, partner.hex if partner else None, Organization.objects.get(name="Harbour Health").id.hex}

    def readable(entries):
        """The lines of those whom both parties of the desk know."""
        return [
            (e.occurred_at, e.facts.get("category"))
            for e in entries
            if partner is None or e.facts.get("holder") in known
        ]

    return {
        one.ticket_id: (
            one.sla_met,
            *Life(
                one,
                pauses.get(one.ticket_id, ()),
                held[one.ticket_id],
                readable(lines[one.ticket_id]),
                partner,
            ).judged(),
        )
        for one in stated
    }


def walked(actor, cause, scope):
    """All tickets of a cause, page by page."""
    cursor, found = "", []
    while True:
        rows, cursor = differing_list(
            actor, cause, scope=scope, from_on=None, until_on=None, cursor=cursor, limit=200, at=AT
        )
        found += rows
        if not cursor:
            return found


@pytest.mark.parametrize("partner", [pytest.param("", marks=pytest.mark.proof), "Brightline"])
def test_every_ticket_is_judged_as_by_hand(ruth, partner):  # noqa: F811 - a fixture
    organization = Organization.objects.get(name=partner) if partner else None
    engagement = Engagement.objects.get(partner=organization) if organization else None
    quick_start_agreement(engagement_id=engagement.id if engagement else None, actor=ruth, at=AT)
    scope = [engagement.id] if engagement else None
    found = answers_get(ruth, scope=scope, at=AT).verdicts
    wanted = expected(organization.id if organization else None)
    assert found.n == len(wanted)
    verdicts = Counter((met, in_time) for met, in_time, _ in wanted.values())
    for met, split in ((True, found.met), (False, found.missed)):
        assert [split[v] for v in ("in_time", "late", "none")] == [
            verdicts[met, v] for v in (True, False, None)
        ]
    causes = Counter(cause for _, _, cause in wanted.values() if cause)
    assert {row.cause.value: row.n for row in found.causes} == causes
    # The rarer ones ticket by ticket: the walk to them reads a page at a time.
    for cause in [row.cause for row in found.causes if row.n < 1_000]:
        assert {row.ticket_id for row in walked(ruth, cause, scope)} == {
            ticket for ticket, (_, _, why) in wanted.items() if why == cause
        }


def test_the_sums_are_those_of_the_figures(ruth):  # noqa: F811 - a fixture
    found = answers_get(ruth, at=AT)
    of = {f.id: f for f in figures(ruth, at=AT)}
    for bounces, prefix in zip(found.bounces, ("", "party_"), strict=True):
        said = (bounces.returns, bounces.direct_returns, bounces.mutual)
        names = ("returns", "direct_returns", "mutual_pairs")
        assert said == tuple(of[f"{prefix}{name}"].value for name in names)
        assert bounces.tickets == of[f"{prefix}tickets_with_return"].numerator
        assert bounces.of == of[f"{prefix}tickets_with_handover"].numerator
        assert sum(pair.returns for pair in bounces.pairs) == bounces.returns
        assert sum(pair.hours_away for pair in bounces.pairs) == pytest.approx(bounces.hours_away, abs=1)
    turns = {f.by.value: f.value for f in figures(ruth, by="turn", only=["wait_by_turn"], at=AT)}
    assert {wait.turn: wait.hours for wait in found.waits.turns} == turns
