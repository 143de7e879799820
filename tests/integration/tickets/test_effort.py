"""Time and cost: rows for those whose they are and who leads, sums for the other side, nothing for anybody else."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader

from cosource.foundation import clock
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.tickets.models import Effort, Ticket
from cosource.tickets.queries.effort import efforts_of, time_sheet
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.effort import effort_log, effort_void

DAY = date(2026, 3, 2)


def log(desk: Desk, ticket: Ticket, by: str, minutes: int = 30, **more: Any) -> Effort:
    given: dict[str, Any] = {"day": DAY, "activity": "remote"} | more
    return effort_log(ticket_id=ticket.id, minutes=minutes, actor=desk.actor(by), at=desk.tick(), **given)


def rows(desk: Desk, ticket: Ticket, by: str) -> list[tuple[int, str]]:
    lines = efforts_of(actor=desk.actor(by), ticket_id=ticket.id)[2]
    return sorted((line.minutes, line.person) for line in lines)


def sums(desk: Desk, ticket: Ticket, by: str) -> list[tuple[Any, int, int, tuple[str, ...]]]:
    found = efforts_of(actor=desk.actor(by), ticket_id=ticket.id)[1]
    return [(s.organization_id, s.minutes, s.billable_minutes, s.costs) for s in found]


@pytest.fixture
def shared(desk: Desk) -> Ticket:
    """A ticket of c1 that p1 works on."""
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


@pytest.mark.req("D21")
def test_rows_are_for_whose_they_are_and_who_leads_and_sums_for_the_client(
    desk: Desk, shared: Ticket
) -> None:
    log(desk, shared, "p1.pt", 90, billable=True, cost=Decimal("80.00"), currency="eur")
    log(desk, shared, "p1.pm", 10)
    log(desk, shared, "c1.ct", 5)
    technician, manager = desk.world.people["p1.pt"].name, desk.world.people["p1.pm"].name

    assert rows(desk, shared, "p1.pt") == [(90, technician)]
    assert rows(desk, shared, "p1.pm") == [(10, manager), (90, technician)]
    assert rows(desk, shared, "c1.cso") == [(5, desk.world.people["c1.ct"].name), (10, ""), (90, "")]
    assert rows(desk, shared, "c1.ct") == [(5, desk.world.people["c1.ct"].name)]
    p1 = (desk.org("p1"), 100, 90, ("80.00 EUR",))
    assert sums(desk, shared, "c1.ct") == [(desk.org("c1"), 5, 0, ()), p1]
    assert sums(desk, shared, "p1.pt") == [p1]


def test_its_entries_stand_in_the_own_record_alone(desk: Desk, shared: Ticket) -> None:
    row = log(desk, shared, "p1.pt", text="Changed the fuser.")
    entry = Entry.objects.get(kind="ticket.effort_logged/1")
    assert (entry.subject_id, desk.readers(entry.id)) == (row.id, {desk.org("p1")})
    assert entry.payload.body == {"text": "Changed the fuser."}


def test_a_row_is_taken_back_once_and_counts_nowhere(desk: Desk, shared: Ticket) -> None:
    row, other = log(desk, shared, "p1.pt", 30), log(desk, shared, "p1.pm", 20)
    at = desk.tick()
    for by, effort, refusal in (
        ("p1.pt", other, NotFound),
        ("c1.cso", row, NotAllowed),
        ("c1.ct", row, NotFound),
    ):
        with pytest.raises(refusal):
            effort_void(ticket_id=shared.id, effort_id=effort.id, actor=desk.actor(by), at=at)
    effort_void(ticket_id=shared.id, effort_id=row.id, actor=desk.actor("p1.pm"), at=at)
    with pytest.raises(Conflict):
        effort_void(ticket_id=shared.id, effort_id=row.id, actor=desk.actor("p1.pm"), at=at)
    assert [s[1] for s in sums(desk, shared, "c1.ct")] == [20]


@pytest.mark.parametrize(
    ("by", "given", "refusal"),
    [
        ("p1.pt", {"minutes": 0}, Invalid),
        ("p1.pt", {"minutes": 1441}, Invalid),
        ("p1.pt", {"activity": "sleep"}, Invalid),
        ("p1.pt", {"day": date(2026, 3, 4)}, Invalid),
        ("p1.pt", {"day": date(2024, 3, 4)}, Invalid),
        ("p1.pt", {"cost": Decimal(1)}, Invalid),
        ("p1.pt", {"cost": Decimal("0.001"), "currency": "EUR"}, Invalid),
        ("c1.aud", {}, NotAllowed),
        ("p2.pt", {}, NotFound),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    desk: Desk, shared: Ticket, by: str, given: dict[str, Any], refusal: type[Exception]
) -> None:
    before = Entry.objects.count()
    with pytest.raises(refusal):
        log(desk, shared, by, **given)
    assert (Entry.objects.count(), Effort.objects.count()) == (before, 0)


def test_a_week_is_ones_own(desk: Desk, shared: Ticket) -> None:
    log(desk, shared, "p1.pt", 30)
    log(desk, shared, "p1.pm", 20)
    sheet = time_sheet(actor=desk.actor("p1.pt"), monday=DAY)
    assert [(line.minutes, line.reference) for line in sheet] == [(30, desk.part(shared, "p1").reference)]
    assert time_sheet(actor=desk.actor("p1.pt"), monday=date(2026, 3, 9)) == []


def test_a_ticket_without_time_costs_no_statement(desk: Desk, shared: Ticket) -> None:
    def asked() -> int:
        ticket_get(actor=desk.actor("c1.ct"), ticket_id=shared.id, at=desk.now)
        with CaptureQueriesContext(connection) as queries:
            ticket_get(actor=desk.actor("c1.ct"), ticket_id=shared.id, at=desk.now)
        return len(queries)

    before = asked()
    log(desk, shared, "p1.pt")
    assert asked() == before + 1 <= 15


def test_the_pages_write_down_show_and_take_back(desk: Desk, shared: Ticket) -> None:
    reader = Reader(desk, "p1.pt")
    assert "Write down time" in reader.page(shared, "?do=effort")
    url = f"/tickets/{shared.id}/time/new/"
    today = clock.now().date().isoformat()
    given = {
        "minutes": "1:30",
        "day": today,
        "activity": "on_site",
        "cost": "12,50",
        "currency": "eur",
        "billable": "1",
    }
    for wrong in ({"minutes": "long"}, {"day": "soon"}, {"cost": "much"}):
        assert reader.client.post(url, given | wrong).status_code == 422
    assert reader.client.post(url, given | {"text": "Fuser."}).status_code == 303
    assert "1:30" in reader.page(shared)
    assert "Fuser." in reader.get(f"/tickets/{shared.id}/time/").content.decode()
    assert "Fuser." in reader.get("/tickets/time/").content.decode()
    row = Effort.objects.get()
    assert (row.minutes, row.cost, row.currency, row.billable) == (90, Decimal("12.50"), "EUR", True)
    client = Reader(desk, "c1.ct")
    assert "1:30" in client.page(shared)
    assert "Fuser." not in client.get(f"/tickets/{shared.id}/time/").content.decode()
    assert Reader(desk, "p2.pt").get(f"/tickets/{shared.id}/time/").status_code == 404
    assert reader.client.post(f"/tickets/{shared.id}/time/{row.id}/void/").status_code == 303
    assert "1:30" not in reader.page(shared)
