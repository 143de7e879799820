"""How each database finds a named list: the plan of the query that reads its keys, as kept in `plans/`.

A plan that changes is read by a person before its file is: COSOURCE_TEST_WRITE_PLANS=1 writes them anew. On PostgreSQL those of
single filters are kept, and any index of open tickets will do for two. Beside them it is checked that no list of open tickets
reads the closed ones, and that a list is not sorted where an index has its order.
"""

import itertools
import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from tests.databases import Template, in_place
from tests.tickets_made import noon, random_tickets
from tests.worlds import World, two_clients_three_partners

from cosource.foundation.sight import Actor
from cosource.tickets.models import Ticket
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_ranges import ranges_of, rows_among
from cosource.tickets.queries.lists import order_of, ticket_list

PLANS = Path(__file__).parent / "plans"
ORDERS = ("due", "priority", "newest")
NAMED: dict[str, dict[str, str]] = {
    "open": {},
    "my turn": {"turn": "mine"},
    "client's turn": {"turn": "client"},
    "partner's turn": {"turn": "partner"},
    "waits for requester": {"turn": "requester"},
    "overdue": {"due": "overdue"},
    "within the hour": {"due": "hour"},
    "unanswered": {"flag": "unanswered"},
    "came back": {"flag": "came_back"},
    "priority 1": {"priority": "1"},
    "team": {"team": "TEAM"},
    "assignee": {"assignee": "mine"},
}

# What other tests left behind in tables and indexes makes one plan look cheaper than another: these have a database of their own.
pytestmark = pytest.mark.django_db(transaction=True)


class Asked(Exception):
    """The first query of a list, and its parameters."""


@pytest.fixture(scope="session")
def _standing_world(
    database_template: Template, django_db_setup: None, django_db_blocker: Any
) -> tuple[str, bytes]:
    """The world with many tickets, of which each test here gets a copy."""
    name = database_template.keep()
    with django_db_blocker.unblock(), in_place(name), transaction.atomic():
        world = two_clients_three_partners()
        random_tickets(world, Random(1), 1_500, noon())
        return name, pickle.dumps(world)


@pytest.fixture
def desk_of_many(world: World) -> Iterator[World]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            # SQLite is asked without statistics, as an installation has none; PostgreSQL always has them. In a queue as short
            # as this one PostgreSQL would rather sort; asked not to, it plans as it does for a long one. Pages cost nothing
            # here: how well an index follows the order of the rows on disk depends on ids, and they are random.
            if connection.vendor == "postgresql":
                cursor.execute("ANALYZE tickets_participation")
                for way in ("sort", "bitmapscan", "seqscan"):
                    cursor.execute(f"SET LOCAL enable_{way} = off")
                for page in ("seq", "random"):
                    cursor.execute(f"SET LOCAL {page}_page_cost = 0")
        yield world


def plan_of(actor: Actor, filters: TicketFilter) -> list[str]:
    """The plan of the first query, which reads the keys: the index of each step and the columns it is entered by."""

    def stop(execute, sql, params, many, context):
        raise Asked(sql, params)

    with connection.execute_wrapper(stop), pytest.raises(Asked) as asked:
        ticket_list(actor=actor, filters=filters, at=noon())
    sql, params = asked.value.args
    assert "tickets_participation" in sql
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (COSTS OFF)"
        cursor.execute(f"{explain} {sql}", params)
        lines = [str(row[-1]) for row in cursor.fetchall()]
    return [normal for line in lines if (normal := _normal(line))]


def _normal(line: str) -> str:
    if connection.vendor == "sqlite":
        return line
    if "Index Cond" in line:
        return "  by " + ", ".join(dict.fromkeys(re.findall(r"\(+(\w+)\b", line.split(":", 1)[1])))
    return "" if "Filter" in line else line.replace("->", "").strip()


def all_cases(team: str) -> list[tuple[str, str, TicketFilter]]:
    named = {k: {n: team if v == "TEAM" else v for n, v in f.items()} for k, f in NAMED.items()}
    pairs = [
        (f"{a} + {b}", {**named[a], **named[b]})
        for a, b in itertools.combinations([n for n in NAMED if n != "open"], 2)
        if not set(named[a]) & set(named[b])
    ]
    return [
        (name, order, TicketFilter(order=order, **given))
        for name, given in [*named.items(), *pairs]
        for order in ORDERS
    ]


def test_plans_of_named_lists_and_their_pairs_are_the_kept_ones(desk_of_many):
    world = desk_of_many
    actor = world.actor("c1.ct", at=noon())
    found = ""
    for name, order, filters in all_cases(str(world.teams["c1.desk"].id)):
        plan = plan_of(actor, filters)
        if "+" in name and connection.vendor == "postgresql":
            # For two filters at once several indexes are as good as each other, and PostgreSQL takes either.
            assert plan[0] == "Limit", (name, order, plan)
            assert re.match("Index (Only )?Scan (Backward )?using open_", plan[1]), (name, order, plan)
            assert plan[2].startswith("  by organization_id, desk"), (name, order, plan)
            assert len(plan) == 3, (name, order, plan)
        else:
            found += f"{name}, by {order}\n" + "".join(f"    {line}\n" for line in plan)
    kept = PLANS / f"{connection.vendor}.txt"
    if os.environ.get("COSOURCE_TEST_WRITE_PLANS"):
        kept.write_text(found)
    assert found == kept.read_text()


def test_single_named_lists_are_read_in_the_order_of_an_index(desk_of_many):
    """Each range of a list on its own: where there are several, what is sorted is no more than a page of each."""
    world = desk_of_many
    for reader, team in (("c1.cso", "c1.desk"), ("p1.pm", "p1.alder"), ("p1.pt", "p1.alder")):
        actor = world.actor(reader, at=noon())
        for name, given in NAMED.items():
            filters = TicketFilter(
                **{n: str(world.teams[team].id) if v == "TEAM" else v for n, v in given.items()}
            )
            for part in ranges_of(actor, filters, noon()).parts:
                plan = part.order_by(*order_of(actor, filters).fields)[:51].explain()
                assert not re.search("SORT|TEMP B-TREE", plan.upper()), (reader, name, plan)
                assert "open_" in plan, (reader, name, plan)
                assert not re.search("over_|Seq Scan", plan), (reader, name, plan)


def test_what_was_found_by_words_is_read_by_its_ids_and_not_by_the_list(desk_of_many):
    """However long the list is: an index of the list would be read to its end."""
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL has statistics, and in a table as small as this takes any way")
    world = desk_of_many
    found = list(Ticket.objects.order_by("id").values_list("id", flat=True)[:200])
    for reader, state, name in itertools.product(
        ("c1.cso", "c1.ct", "p1.pm", "p1.pt"), ("all", "open", "closed"), ("open", "my turn", "priority 1")
    ):
        actor = world.actor(reader, at=noon())
        filters = TicketFilter(state=state, text="word", **NAMED[name])
        rows = rows_among(actor, filters, noon(), found)
        plan = rows.order_by(*order_of(actor, filters).fields)[:51].explain()
        assert "autoindex_tickets_participation_2 (ticket_id=? AND organization_id=?)" in plan, plan
        assert not re.search("open_|over_|SCAN tickets", plan), plan
