"""Pages of a list, put together, are exactly what a slow and separately written reading of the same rows gives.

For random worlds, every kind of reader, any filters, any order, pages of any size, and searches that stop anywhere.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from tests.proof import count
from tests.tickets_made import noon, random_tickets
from tests.worlds import World

from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.tickets.models import Participation
from cosource.tickets.models.participation import Kind, Turn
from cosource.tickets.queries.filters import DUES, FLAGS, ORDERS, STATES, TURNS, TicketFilter
from cosource.tickets.queries.lists import COUNT_LIMIT, ticket_counts, ticket_list
from cosource.tickets.queries.record import parties_seen_by

# Of each reader, so many in each of some worlds.
CASES = count("LISTS", sample=12, full=1_000)
LISTS_EACH = 6
READERS = (
    "c1.cso", "c1.ct", "c1.ct2", "c1.req", "c1.aud", "c2.cso", "c2.ct", "c2.req", "emb",
    "p1.pm", "p1.pt", "p1.pt2", "p2.pm", "p2.pt", "p3.pm", "p3.pt", "p3.ptsub", "token p1", "token c1",
)  # fmt: skip

pytestmark = pytest.mark.django_db


def actor_of(world: World, key: str) -> Actor:
    kind, _, name = key.rpartition(" ")
    return world.token_actor(name, at=noon()) if kind else world.actor(key, at=noon())


# ---- the slow reading: who sees a row, what a filter means, what comes first ----


def sees(actor: Actor, part: Participation) -> bool:
    if part.organization_id != actor.organization_id:
        return False
    mine = (
        part.team_id in actor.sight.team_ids
        or part.offered_team_id in actor.sight.team_ids
        or (actor.person_id is not None and part.assignee_id == actor.person_id)
    )
    for grant in actor.sight.grants:
        if grant.role == "requester":
            if part.kind == Kind.OWNER and part.requester_id == actor.person_id is not None:
                return True
        elif grant.engagement_id == part.engagement_id:
            if grant.role in ("service_owner", "manager", "auditor"):
                return True
            if grant.role == "technician" and grant.engagement_id is None:
                if not part.internal or mine:
                    return True
            elif grant.role == "technician" and (
                "read_in_scope" in grant.rights or (part.kind == Kind.WORKER and mine)
            ):
                return True
    return False


def fits(actor: Actor, part: Participation, f: TicketFilter, others: list[Participation]) -> bool:
    due = part.next_due_at - noon()
    holder = part.ticket.holder_organization_id
    wanted: dict[str, Callable[[], bool]] = {
        "state": lambda: f.state == "all" or (part.open if f.state == "open" else part.category == f.state),
        "turn": lambda: part.turn == TURNS[f.turn],
        "due": lambda: {
            "overdue": due < timedelta(0),
            "hour": timedelta(0) <= due < timedelta(hours=1),
            "today": timedelta(0) <= due < timedelta(hours=24),
        }[f.due],
        "priority": lambda: part.priority == int(f.priority),
        "team": lambda: (
            part.team_id in actor.sight.team_ids if f.team == "mine" else part.team_id == UUID(f.team)
        ),
        "assignee": lambda: (
            part.assignee_id is not None
            and part.assignee_id == (actor.person_id if f.assignee == "mine" else UUID(f.assignee))
        ),
        "client": lambda: part.owner_id == UUID(f.client),
        "service": lambda: part.service_id == UUID(f.service),
        "site": lambda: part.site_id == UUID(f.site),
        "holder": lambda: (
            holder == UUID(f.holder) and holder in parties_seen_by(part.organization_id, others)
        ),
        "engagement": lambda: (
            part.engagement_id == UUID(f.engagement)
            or any(
                o.engagement_id == UUID(f.engagement)
                and o.engagement is not None
                and o.engagement.client_id == part.organization_id
                and o.kind == Kind.WORKER
                for o in others
            )
        ),
        "flag": lambda: bool(getattr(part, f.flag)),
    }
    return all(test() for name, test in wanted.items() if getattr(f, name))


def place(actor: Actor, order: str, part: Participation) -> tuple[Any, ...]:
    if order == "due" and actor.sight.roles == {"requester"}:
        order = "newest"
    if order == "due":
        return (part.next_due_at, part.id)
    if order == "priority":
        return (part.priority, part.next_due_at, part.id)
    return (-part.opened_at.timestamp(), -part.id.int)


def slow_list(actor: Actor, f: TicketFilter, rows: list[Participation]) -> list[UUID]:
    by_ticket: dict[UUID, list[Participation]] = {}
    for row in rows:
        by_ticket.setdefault(row.ticket_id, []).append(row)
    found = [r for r in rows if sees(actor, r) and fits(actor, r, f, by_ticket[r.ticket_id])]
    return [r.ticket_id for r in sorted(found, key=lambda r: place(actor, f.order, r))]


# ---- random filters, and the quick list read through to its end ----


def random_filter(world: World, actor: Actor, random: Random) -> TicketFilter:
    ids: dict[str, list[str]] = {
        "turn": list(TURNS),
        "due": list(DUES),
        "priority": ["1", "2", "3", "5"],
        "team": ["mine", *(str(t.id) for t in world.teams.values())],
        "assignee": ["mine", *(str(p.id) for p in world.people.values())],
        "client": [str(world.organizations[c].id) for c in ("c1", "c2")],
        "engagement": [str(e.id) for e in world.engagements.values()],
        "service": [str(s.id) for s in world.services.values()],
        "site": [str(s.id) for s in world.sites.values()],
        "holder": [str(o.id) for o in world.organizations.values()],
        "flag": list(FLAGS),
    }
    chosen = {
        name: random.choice(ids[name])
        for name in random.sample(sorted(ids), random.choice((0, 1, 1, 2, 2, 3)))
    }
    if actor.sight.roles == {"requester"}:
        chosen = {k: v for k, v in chosen.items() if k in ("turn", "priority", "service", "site")}
    return TicketFilter(state=random.choice(("open", *STATES)), order=random.choice(ORDERS), **chosen)


def read_through(actor: Actor, f: TicketFilter, limit: int, scan_limit: int) -> list[UUID]:
    found: list[UUID] = []
    cursor = ""
    for _ in range(500):
        page = ticket_list(
            actor=actor, filters=f, at=noon(), cursor=cursor, limit=limit, scan_limit=scan_limit
        )
        assert len(page.rows) <= limit
        assert page.stopped_after in (None, scan_limit)
        found += [r.id for r in page.rows]
        cursor = page.next_cursor
        if not cursor:
            return found
    raise AssertionError("the pages do not end")


@pytest.mark.req("C10")
@pytest.mark.parametrize("seed", range(max(CASES // LISTS_EACH, 1)))
def test_pages_put_together_are_the_whole_list_in_order(world, seed):
    random = Random(seed)
    with transaction.atomic():
        random_tickets(world, random, random.choice((5, 25, 40)), noon())
        rows = list(Participation.objects.select_related("ticket", "engagement"))
        for key in READERS:
            actor = actor_of(world, key)
            for _ in range(LISTS_EACH):
                f = random_filter(world, actor, random)
                expected = slow_list(actor, f, rows)
                limit, scan_limit = random.choice((2, 3, 7, 50)), random.choice((1, 4, 9, 10_000))
                assert read_through(actor, f, limit, scan_limit) == expected, (key, f, limit, scan_limit)
                [count] = ticket_counts(actor=actor, filters=[f], at=noon())
                assert (count.number, count.is_more) == (min(len(expected), COUNT_LIMIT), False), (key, f)
        transaction.set_rollback(True)


def test_many_counts_in_one_query_are_the_same_as_one_by_one(world, django_assert_num_queries):
    random = Random(7)
    random_tickets(world, random, 40, noon())
    for key in ("c1.cso", "p1.pm", "p1.pt", "c1.req"):
        actor = actor_of(world, key)
        wanted = [random_filter(world, actor, random) for _ in range(12)]
        with django_assert_num_queries(1):
            together = ticket_counts(actor=actor, filters=wanted, at=noon())
        assert together == [ticket_counts(actor=actor, filters=[f], at=noon())[0] for f in wanted]


def test_a_page_marker_works_with_its_own_filters_only(world):
    random_tickets(world, Random(3), 30, noon())
    actor = world.actor("c1.cso", at=noon())
    page = ticket_list(actor=actor, filters=TicketFilter(), at=noon(), limit=2)
    for other in (TicketFilter(order="newest"), TicketFilter(state="all"), TicketFilter(turn="mine")):
        with pytest.raises(Invalid, match="belongs to other filters"):
            ticket_list(actor=actor, filters=other, at=noon(), cursor=page.next_cursor)
    for forged in ("x", page.next_cursor[:-1], page.next_cursor + "A"):
        with pytest.raises(Invalid, match="is not ours"):
            ticket_list(actor=actor, filters=TicketFilter(), at=noon(), cursor=forged)


@pytest.mark.parametrize(
    "unreadable",
    [
        {"due": "overdue"},
        {"team": "mine"},
        {"assignee": "mine"},
        {"flag": "came_back"},
        {"holder": str(UUID(int=1))},
    ],
)
@pytest.mark.threat("S19")
def test_who_only_asks_may_not_filter_by_what_the_desk_keeps_to_itself(world, unreadable):
    actor = world.actor("c1.req", at=noon())
    with pytest.raises(Invalid) as refused:
        ticket_list(actor=actor, filters=TicketFilter(**unreadable), at=noon())
    assert list(refused.value.details["fields"]) == list(unreadable)


def test_turns_of_a_row_are_those_of_the_reader(world):
    tickets = random_tickets(world, Random(11), 40, noon())
    assert tickets
    for key in ("c1.cso", "p1.pm", "p2.pm", "p3.ptsub"):
        actor = actor_of(world, key)
        page = ticket_list(actor=actor, filters=TicketFilter(state="all"), at=noon(), limit=200)
        parts = Participation.objects.select_related("engagement", "organization", "ticket")
        for row in page.rows:
            others = list(parts.filter(ticket_id=row.id))
            seen = parties_seen_by(actor.organization_id, others)
            names = {o.organization.name for o in others if o.organization_id in seen}
            for badge in (row.holder, row.turn_badge, row.client):
                assert badge is None or badge.name in names
            if row.turn == Turn.MINE and row.turn_badge is not None:
                own = world.organization(key.partition(".")[0])
                assert row.turn_badge.name == own.name
            drawn = [b for b in (row.holder, row.client) if b is not None]
            assert len({b.slot for b in drawn}) == len({b.name for b in drawn})


@pytest.mark.parametrize("key", ["c1.cso", "p1.pm", "p2.pm", "p3.pm", "p1.pt"])
def test_who_holds_a_ticket_is_a_filter_as_far_as_the_reader_knows(world, key):
    random_tickets(world, Random(5), 60, noon())
    rows = list(Participation.objects.select_related("ticket", "engagement"))
    actor = actor_of(world, key)
    for name in (*world.organizations, "stranger"):
        party = world.organizations[name].id if name in world.organizations else UUID(int=1)
        f = TicketFilter(state="all", holder=str(party))
        page = ticket_list(actor=actor, filters=f, at=noon(), limit=200)
        assert [r.id for r in page.rows] == slow_list(actor, f, rows), name
