"""Ten thousand steps due at once among a million clocks that run."""

import time
from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import KINDS, text_of
from tests.integration.tickets.test_escalation import LADDER, agree, resolve_of, with_partner
from tests.worlds import World

from cosource.foundation.bulk import insert_all
from cosource.foundation.ids import new_id
from cosource.foundation.models import Entry
from cosource.tickets.models import Clock, Escalation, Participation
from cosource.tickets.services.escalation import escalations_sweep

TICKETS, ROUNDS = 10_000, 100
LIMIT_SECONDS = 10.0
OTHER = "".join(line for line in LADDER.splitlines(keepends=True) if "access" not in line)


def another(row: Any, **changes: Any) -> Any:
    made = copy(row)
    made._state = copy(row._state)
    for name, value in (changes | {"id": new_id()}).items():
        setattr(made, name, value)
    return made


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
@pytest.mark.req("C15")
def test_ten_thousand_of_a_million_are_raised_in_ten_seconds(world: World) -> None:
    desk = Desk(world, world.at)
    agree(desk, text_of(KINDS, OTHER))
    ticket = with_partner(desk)
    clock = resolve_of(ticket)
    at = clock.next_step_at
    assert at is not None
    parts = list(Participation.objects.filter(ticket=ticket))
    tickets = [another(ticket) for _ in range(TICKETS)]
    insert_all(tickets)
    insert_all(another(p, ticket_id=t.id) for t in tickets for p in parts)
    Clock.objects.filter(id=clock.id).update(next_step_at=None)
    later = at + timedelta(days=30)
    for number in range(1, ROUNDS + 1):
        due = at if number == 1 else later
        insert_all(another(clock, ticket_id=t.id, round=number, next_step_at=due) for t in tickets)

    begun = time.perf_counter()
    assert escalations_sweep(at=at) == TICKETS
    took = time.perf_counter() - begun
    assert Escalation.objects.count() == TICKETS
    assert Entry.objects.filter(kind="escalation.raised/1").count() == TICKETS
    assert escalations_sweep(at=at) == 0
    print(f"\n{TICKETS} steps of {TICKETS * ROUNDS} clocks in {took:.2f} s")
    assert took <= LIMIT_SECONDS
