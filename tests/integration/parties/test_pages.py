"""Every page of the room answers to whom it is for, and to nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.worlds import START, World

from cosource.parties.models import Grant, Organization
from cosource.parties.services.engagements import engagement_create
from cosource.parties.services.invitations import OfferedRole
from cosource.parties.services.places import service_add, site_add
from cosource.parties.services.teams import team_add
from cosource.parties.services.tokens import TokenGrant, token_create

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PLAIN = ("organization", "places", "teams", "people", "engagements", "grants", "placements", "welcome")
LEADS = ("invite", "engagement_new", "tokens")
NEVER = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def client_of(world: World) -> Callable[[str], Client]:
    def signed_in(key: str) -> Client:
        client = Client()
        client.force_login(world.people[key], backend=BACKEND)
        return client

    return signed_in


def page(name: str, *args: object) -> str:
    return reverse(f"parties:{name}", args=args)


@pytest.mark.parametrize("key", ["c1.cso", "p1.pm", "p3.pm"])
def test_a_lead_reads_every_page(world, client_of, key):
    client = client_of(key)
    details = [page("person", world.people[key].id)]
    if key != "p3.pm":
        details.append(page("engagement", world.engagements["c1p1"].id))
        details.append(page("team", world.teams["c1.desk" if key == "c1.cso" else "p1.alder"].id))
    for address in [*(page(name) for name in (*PLAIN, *LEADS)), *details]:
        answer = client.get(address)
        assert answer.status_code == 200, address


def test_the_way_on_after_the_first_run_is_shown_while_nobody_else_has_come(world, client_of):
    link = f'href="{page("welcome")}"'
    assert link not in client_of("c1.cso").get(page("organization")).content.decode()
    Organization.objects.exclude(id=world.organizations["c1"].id).update(
        stand_in=True, kept_by=world.organizations["c1"]
    )
    assert link in client_of("c1.cso").get(page("organization")).content.decode()
    assert link not in client_of("c1.ct").get(page("organization")).content.decode()


def test_a_technician_reads_and_a_stranger_to_the_step_is_refused(world, client_of):
    client = client_of("p1.pt")
    assert client.get(page("people")).status_code == 200
    assert client.get(page("engagement", world.engagements["c1p1"].id)).status_code == 200
    assert client.get(page("invite")).status_code == 403
    assert client.get(page("tokens")).status_code == 403
    refused = client.post(page("teams"), {"do": "add_skill", "name": "Printing"})
    assert refused.status_code == 403


def test_an_auditor_reads_rights_and_tokens_and_changes_none(world, client_of):
    Grant.objects.filter(person=world.people["c1.aud"]).update(ends_at=None)
    client = client_of("c1.aud")
    for name in ("grants", "tokens"):
        answer = client.get(page(name))
        assert answer.status_code == 200
        assert "Monitoring" in answer.content.decode()
        assert "Revoke" not in answer.content.decode()
    assert client.post(page("tokens"), {"do": "revoke", "id": world.tokens["c1"].id}).status_code == 403


def test_who_leads_one_side_alone_gives_rights_there(world, client_of):
    Grant.objects.filter(person=world.people["p1.pm"], engagement=None).delete()
    client = client_of("p1.pm")
    shown = client.get(page("person", world.people["p1.pt"].id)).content.decode()
    assert page("grant_new", world.engagements["c1p1"].id, world.people["p1.pt"].id) in shown
    assert "Give a role at your own desk" not in shown


@pytest.mark.req("C28")
def test_the_other_partys_pages_answer_as_if_they_never_were(world, client_of):
    client = client_of("p2.pm")
    foreign = {
        "engagement": world.engagements["c1p1"].id,
        "person": world.people["p1.pt"].id,
        "team": world.teams["p1.alder"].id,
    }
    for name, key in foreign.items():
        answers = [client.get(page(name, key)), client.get(page(name, NEVER))]
        assert [a.status_code for a in answers] == [404, 404]
        told = [a.content.replace(str(k).encode(), b"") for a, k in zip(answers, (key, NEVER), strict=True)]
        assert told[0] == told[1]


def test_a_value_that_does_not_fit_comes_back_beside_its_field(world, client_of):
    client = client_of("c1.cso")
    answer = client.post(page("places"), {"do": "add_site", "name": "c1 main"})
    assert answer.status_code == 422
    assert "There is one of this name already." in answer.content.decode()
    assert 'value="c1 main"' in answer.content.decode()
    again = client.post(page("places"), {"do": "add_site", "name": "c1 depot"})
    assert (again.status_code, again["Location"]) == (302, page("places"))


def test_a_step_that_a_page_does_not_have_is_nowhere(world, client_of):
    assert client_of("c1.cso").post(page("places"), {"do": "delete_everything"}).status_code == 404


def test_nobody_reads_without_signing_in(world):
    for name in (*PLAIN, *LEADS):
        answer = Client().get(page(name))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/accounts/login/"), name


LISTS = ("people", "teams", "places", "engagements", "grants", "placements", "tokens")


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_lists_take_few_queries_and_no_more_with_more_rows(world, client_of):
    client, lead, at = client_of("c1.cso"), world.actor("c1.cso"), START
    queries_of(client, page("welcome"))  # the first one also opens the session
    before = {name: queries_of(client, page(name)) for name in LISTS}
    assert {name: n for name, n in before.items() if n > 15} == {}
    for n in range(6):
        team_add(name=f"more {n}", actor=lead, at=at)
        site_add(name=f"more {n}", actor=lead, at=at)
        service_add(name=f"more {n}", actor=lead, at=at)
        world.hire(
            f"c1.more{n}",
            by="c1.cso",
            roles=[OfferedRole("technician")],
            team_ids=[world.teams["c1.desk"].id],
        )
        token_create(
            name=f"more {n}",
            expires_at=at + timedelta(days=9),
            grants=[TokenGrant()],
            actor=lead,
            at=at,
        )
        engagement_create(name=f"more {n}", other_name="Fern", own_side="client", actor=lead, at=at)
    assert {name: queries_of(client, page(name)) for name in LISTS} == before
