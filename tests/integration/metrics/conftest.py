"""A desk whose tickets are committed, and facts in a folder of the test's own."""

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.manifest import TABLES
from cosource.metrics.services.gathering import facts_refresh
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.moving import ticket_move


@pytest.fixture
def facts_dir(settings, tmp_path):
    settings.FACTS_DIR = tmp_path / "facts"
    return settings.FACTS_DIR


@pytest.fixture
def desk(transactional_db, world, facts_dir):
    return Desk(world, world.at)


@pytest.fixture
def agreed(desk):
    """The own desk of c1 and the engagement c1p1 have targets of all kinds: to resolve, 240 minutes times the priority."""
    boss = desk.actor("c1.cso")
    own = version_propose(engagement_id=None, text=text_of(KINDS), actor=boss, at=desk.now)
    version_confirm(version_id=own.id, digest=own.digest, actor=boss, at=desk.now)
    shared = version_propose(
        engagement_id=desk.world.engagements["c1p1"].id,
        text=text_of(KINDS | {"access": 15, "approval": 25}, CLIENT_PAUSES),
        actor=boss,
        at=desk.now,
    )
    for word in (boss, desk.actor("p1.pm")):
        version_confirm(version_id=shared.id, digest=shared.digest, actor=word, at=desk.now)
    return desk


def move(desk, ticket, to, by, **more):
    """Move a ticket to a state, half an hour later."""
    ticket_move(ticket_id=ticket.id, to_state=to, actor=desk.actor(by), at=desk.tick(30), **more)


def reply(desk, ticket, by, to=(), *, with_requester=False):
    """Write to the other side."""
    ticket_reply(
        ticket_id=ticket.id,
        text="Looking.",
        party_ids=[desk.org(party) for party in to],
        with_requester=with_requester,
        actor=desk.actor(by),
        at=desk.tick(15),
    )


def refresh(desk, holder="one", **more):
    """Seal what happened, and gather it as the worker does."""
    from cosource.foundation.services.sealing import seal_all

    seal_all()
    return facts_refresh(holder=holder, clock=lambda: desk.now, **more)


def rows_of_facts():
    """All rows of all tables, in an order of their own."""
    facts = Facts()
    return {
        name: sorted(
            (tuple(row.items()) for row in facts.ask(f"SELECT * FROM {facts.table(name)}")), key=repr
        )
        for name in TABLES
    }
