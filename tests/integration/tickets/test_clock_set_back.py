"""A clock that is set back between any two steps makes no stretch of time that ends before it began."""

from datetime import timedelta

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, move, text_of
from tests.integration.tickets.test_escalation import agree

from cosource.tickets.models import Clock, Handover, Pause, Possession
from cosource.tickets.rules.possession import PossessionInterval, gaps_and_overlaps


@pytest.mark.parametrize("minutes", [-5, -60, -24 * 60])
def test_no_stretch_ends_before_it_began(desk: Desk, minutes: int) -> None:
    agree(desk, text_of(KINDS, CLIENT_PAUSES))
    desk.now += timedelta(days=30)
    ticket = desk.open(impact=1, urgency=1)

    def back() -> None:
        desk.now += timedelta(minutes=minutes)

    back()
    desk.offer(ticket, "p1.alder")
    back()
    desk.accept(ticket, "p1.pt")
    for state, more in (
        ("in_progress", {}),
        ("waiting_client", {"reason": "badge"}),
        ("in_progress", {}),
        ("resolved", {}),
        ("in_progress", {}),
        ("resolved", {}),
        ("closed", {}),
    ):
        back()
        move(desk, ticket, "p1.pt" if state != "closed" else "c1.ct", state, **more)
    ticket.refresh_from_db()
    held = [
        PossessionInterval(str(p.organization_id), str(p.team_id), p.from_at, p.until_at)
        for p in Possession.objects.filter(ticket=ticket).order_by("sequence")
    ]
    assert len(held) == 2
    assert gaps_and_overlaps(held, ticket.opened_at, ticket.closed_at) == ()
    assert [p for p in Pause.objects.filter(ticket=ticket) if p.until_at and p.until_at < p.from_at] == []
    assert Handover.objects.get(ticket=ticket).answered_at >= Handover.objects.get(ticket=ticket).offered_at
    assert ticket.resolved_at >= ticket.opened_at
    clocks = Clock.objects.filter(ticket=ticket)
    assert clocks.exists()
    for clock in clocks:
        ended = clock.met_at or clock.stopped_at
        assert ended is not None
        assert ended >= clock.started_at
