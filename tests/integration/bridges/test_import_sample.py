"""The real log through the tables: the figures that were counted from it by other means come out again.

One import serves all tests of this module; it is read, never changed.
"""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from django.db.models import Count, Max, Q, Sum
from tests.worlds import START

from cosource.bridges.models import Import
from cosource.foundation.models import AudienceReader, Entry, PendingEntry
from cosource.foundation.queries.verification import verify
from cosource.parties.models import Engagement, Organization, Team
from cosource.parties.queries.sight import actor_for_person
from cosource.tickets.models import Participation, Pause, Possession, StatedFigures, Ticket, TicketReference
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list

SAMPLE = Path(__file__).parents[3] / "examples" / "servicenow-incidents.csv.xz"
LINE = "ticket.source_line/1"


@pytest.fixture
def sample(imported, db):
    """Reads the imported sample, which is in place for the whole module."""


@pytest.mark.req("X5")
def test_every_line_is_in_once(sample):
    row = Import.objects.get()
    assert (row.rows_read, row.rows_kept, row.rows_known, row.rows_repaired, row.rows_refused) == (
        59354,
        59354,
        0,
        0,
        0,
    )
    assert row.report["codes"] == {"no-group": 9502, "before-opening": 5, "time-back": 1}
    assert Ticket.objects.count() == row.tickets_written == 9202
    lines = Entry.objects.filter(kind=LINE)
    assert lines.count() == 59354
    assert lines.values("key").distinct().count() == 59354
    assert not PendingEntry.objects.exists()


@pytest.mark.req("C10")
def test_handovers_and_returns_are_those_that_were_counted(sample):
    sums = Ticket.objects.aggregate(
        hops=Sum("handovers"),
        handed=Count("id", filter=Q(handovers__gt=0)),
        came=Sum("returns"),
        back=Count("id", filter=Q(returns__gt=0)),
    )
    assert (sums["hops"], sums["handed"]) == (8289, 3885)
    # By the lines themselves: changes of party between lines that name one, in the order of the file.
    paths: dict[object, list[str]] = {}
    for ticket_id, holder in (
        Entry.objects.filter(kind=LINE).order_by("id").values_list("subject_id", "facts__holder").iterator()
    ):
        if holder is not None:
            paths.setdefault(ticket_id, []).append(holder)
    hops = returns = back = 0
    for path in paths.values():
        steps = [path[0], *(b for a, b in pairwise(path) if a != b)]
        hops += len(steps) - 1
        came = sum(step in steps[:number] for number, step in enumerate(steps))
        returns += came
        back += came > 0
    assert abs(hops - 6117) <= 2  # one ticket's time steps back, and entries are in the order of time
    assert abs(sums["came"] - returns) <= 1
    assert abs(sums["back"] - back) <= 1


@pytest.mark.req("C10")
def test_the_list_finds_what_came_back(sample):
    owner = Organization.objects.get(name="Harbour Health")
    actor = actor_for_person(owner.employments.get().person, organization_id=owner.id, at=START)
    wanted = Ticket.objects.filter(returns__gt=0).count()
    assert Participation.objects.visible_to(actor).filter(came_back=True).count() == wanted
    page = ticket_list(actor=actor, filters=TicketFilter(state="all", flag="came_back"), at=START)
    assert len(page.rows) == 50
    assert all(row.came_back for row in page.rows)


def test_final_values_are_the_last_lines(sample):
    assert Counter(Ticket.objects.values_list("priority", flat=True)) == {1: 94, 2: 143, 3: 8581, 4: 384}
    assert Counter(Ticket.objects.values_list("state", flat=True)) == {"closed": 9202}
    holders = Counter(Ticket.objects.values_list("holder_organization__name", flat=True))
    assert holders == {"Harbour Health": 2803, "Brightline": 2924, "Kestrel": 2164, None: 1311}
    stated = StatedFigures.objects.aggregate(
        met=Count("ticket_id", filter=Q(sla_met=True)),
        knowledge=Count("ticket_id", filter=Q(knowledge=True)),
        unresolved=Count("ticket_id", filter=Q(resolved_at__isnull=True)),
        reopened=Count("ticket_id", filter=Q(reopens__gt=0)),
        reassigned=Count("ticket_id", filter=Q(reassignments__gt=0)),
    )
    assert stated == {"met": 3719, "knowledge": 3477, "unresolved": 783, "reopened": 133, "reassigned": 5108}
    names = StatedFigures.objects.order_by("ticket_id").values_list("kept", flat=True)[:200]
    assert not any({"opened_by", "resolved_by", "sys_created_by"} & set(kept) for kept in names)


def test_possession_and_pauses_tile_every_ticket(sample):
    spans = {t.id: (t.opened_at, t.closed_at) for t in Ticket.objects.only("id", "opened_at", "closed_at")}
    held: dict[object, list[tuple[object, object]]] = {}
    rows = Possession.objects.order_by("ticket_id", "sequence").values_list(
        "ticket_id", "from_at", "until_at"
    )
    for ticket_id, from_at, until_at in rows.iterator():
        held.setdefault(ticket_id, []).append((from_at, until_at))
    assert set(held) == set(spans)
    for ticket_id, pieces in held.items():
        assert (pieces[0][0], pieces[-1][1]) == spans[ticket_id]
        assert all(a[1] == b[0] for a, b in pairwise(pieces))
    assert set(Pause.objects.values_list("turn", flat=True)) == {"requester", "partner", "third_party"}


def test_each_series_has_its_own_gapless_numbers(sample):
    for series_id in (
        Organization.objects.get(name="Harbour Health").id,
        *Engagement.objects.values_list("id", flat=True),
    ):
        found = TicketReference.objects.filter(series_id=series_id)
        assert found.aggregate(Max("number"))["number__max"] == found.count() > 2000
    parts = Counter(Participation.objects.values_list("organization__name", flat=True))
    assert parts == {"Harbour Health": 9202, "Brightline": 4224, "Kestrel": 2713}


@pytest.mark.req("C14")
def test_no_line_of_one_partner_is_read_by_the_other(sample):
    partners = {o.id.hex: o.id for o in Organization.objects.filter(name__in=("Brightline", "Kestrel"))}
    readers: dict[object, set[object]] = {}
    for audience_id, organization_id in AudienceReader.objects.values_list("audience_id", "organization_id"):
        readers.setdefault(audience_id, set()).add(organization_id)
    lines = Entry.objects.filter(kind=LINE).values_list("audience_id", "facts__holder").distinct()
    for audience_id, holder in lines:
        if holder in partners:
            assert readers[audience_id] & set(partners.values()) == {partners[holder]}


def test_teams_of_history_are_ended(sample):
    assert Team.objects.count() == 69
    assert not Team.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.req("X1")
def test_the_chain_of_an_engagements_record_holds(sample):
    engagement = Engagement.objects.get(partner__name="Kestrel")
    checked = verify(engagement.client_id, stream_ids=[engagement.stream_id])
    assert checked.findings == []
    assert checked.entries > 10_000
