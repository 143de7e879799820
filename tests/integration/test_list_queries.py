"""Every list page asks few queries, and no more with fifty rows than with five."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.integration.bridges.log import HEADING, MAPPING
from tests.worlds import START

from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.bridges.services.staging import import_stage
from cosource.foundation.services.sealing import seal_all
from cosource.knowledge.services.articles import article_publish, article_write
from cosource.parties.services.engagements import engagement_create
from cosource.parties.services.invitations import OfferedRole
from cosource.parties.services.places import service_add, site_add
from cosource.parties.services.teams import team_add
from cosource.parties.services.tokens import TokenGrant, token_create
from cosource.tickets.services.articles import article_use
from cosource.tickets.services.opening import ticket_open

BUDGET = 15
LISTS = (
    "/",
    "/tickets/",
    "/agreements/",
    "/knowledge/",
    "/knowledge/?q=word",
    "/knowledge/?view=stale",
    "/import/",
    "/audit/",
    "/audit/access/",
    "/organization/",
    "/organization/people/",
    "/organization/teams/",
    "/organization/places/",
    "/organization/engagements/",
    "/organization/grants/",
    "/organization/placements/",
    "/organization/tokens/",
)


@pytest.fixture
def client(world, settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    client = Client()
    client.force_login(world.people["c1.cso"], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def asked(client: Client, address: str) -> list[str]:
    client.get(address)  # what is prepared once is prepared
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return [query["sql"] for query in queries]


def grow(world, first: int, last: int) -> None:
    """Make each list longer by the rows from `first` to `last`."""
    lead, at = world.actor("c1.cso"), START
    for n in range(first, last):
        team_add(name=f"more {n:02}", actor=lead, at=at)
        site_add(name=f"more {n:02}", actor=lead, at=at)
        service_add(name=f"more {n:02}", actor=lead, at=at)
        world.hire(f"c1.more{n:02}", by="c1.cso", roles=[OfferedRole("technician")])
        token_create(
            name=f"more {n:02}",
            grants=[TokenGrant()],
            expires_at=at + timedelta(days=30),
            actor=lead,
            at=at,
        )
        made = engagement_create(
            name=f"more {n:02}", other_name=f"Fern {n:02}", own_side="client", actor=lead, at=at
        )
        quick_start_agreement(engagement_id=made.id, actor=lead, at=at)
        import_stage(
            chunks=[HEADING.encode()],
            file_name=f"more {n:02}.csv",
            mapping_text=MAPPING,
            mapping_name="old-desk",
            actor=lead,
            at=at,
        )
        ticket = ticket_open(title=f"more {n:02}", text="As before.", actor=lead, at=at)
        article = article_write(title=f"more {n:02}", text="A word.", actor=lead, at=at - timedelta(days=300))
        article_publish(article_id=article.id, actor=lead, at=at - timedelta(days=300))
        article_use(ticket_id=ticket.id, article_id=article.id, actor=lead, at=at - timedelta(days=200))
    seal_all()


@pytest.mark.django_db
def test_lists_ask_few_queries_however_many_rows(world, client):
    grow(world, 0, 5)
    few = {address: asked(client, address) for address in LISTS}
    grow(world, 5, 50)
    for address in LISTS:
        many = asked(client, address)
        assert len(many) <= BUDGET, (address, [sql[:120] for sql in many])
        assert len(many) == len(few[address]), (address, [sql[:120] for sql in many])
