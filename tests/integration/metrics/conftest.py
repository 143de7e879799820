"""A desk whose tickets are committed, and facts in a folder of the test's own."""

from datetime import timedelta

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.manifest import TABLES
from cosource.metrics.services.gathering import facts_refresh


@pytest.fixture
def facts_dir(settings, tmp_path):
    settings.FACTS_DIR = tmp_path / "facts"
    return settings.FACTS_DIR


@pytest.fixture
def desk(transactional_db, world, facts_dir):
    return Desk(world, world.at)


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


def later(desk, days=40):
    return desk.now + timedelta(days=days)
