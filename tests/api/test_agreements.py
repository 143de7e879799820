"""Programs read the terms in force, and nothing else of an agreement."""

import hashlib
from datetime import timedelta

import pytest
from django.test import Client
from tests.integration.agreements.world import LONG_AGO, T0, World, actor, text, world

from cosource.agreements.models import AgreementVersion
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.foundation import clock
from cosource.parties.models import Grant, IntegrationToken, Person

pytestmark = [pytest.mark.django_db, pytest.mark.req("C8")]

NEVER = "0198c0de-0000-7000-8000-000000000000"


@pytest.fixture
def there() -> World:
    return world()


def robot(there: World, organization, engagement) -> Client:
    secret = f"secret-of-{organization.name}"
    actor(organization, "administrator", name=f"admin-{engagement.slot}")
    token = IntegrationToken.objects.create(
        organization=organization,
        name="robot",
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        hint=secret[-4:],
        created_by=Person.objects.get(email=f"admin-{engagement.slot}@{organization.name}.example".lower()),
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
    )
    Grant.objects.create(
        organization=organization, token=token, engagement=engagement, role="technician", starts_at=LONG_AGO
    )
    return Client(
        headers={"host": "localhost", "authorization": f"Bearer {secret}"}, raise_request_exception=False
    )


def agree(there: World, source: str) -> AgreementVersion:
    version = version_propose(engagement_id=there.with_brightline.id, text=source, actor=there.owner, at=T0)
    for who in (there.owner, there.manager):
        version = version_confirm(version_id=version.id, digest=version.digest, actor=who, at=T0)
    return version


def test_terms_in_force_are_read(there) -> None:
    old, new = agree(there, text("2025-01-01", resolve="8h")), agree(there, text("2026-01-01"))
    version_propose(engagement_id=there.with_brightline.id, text=text(resolve="1h"), actor=there.owner, at=T0)
    client = robot(there, there.brightline, there.with_brightline)

    listed = client.get("/api/v1/agreements").json()
    assert listed["next_cursor"] is None
    [item] = listed["items"]
    assert item == {
        "id": str(old.agreement_id),
        "name": "Harbour with Brightline",
        "owner_id": str(there.harbour.id),
        "partner_id": str(there.brightline.id),
        "engagement_id": str(there.with_brightline.id),
        "versions": item["versions"],
    }
    assert {(v["id"], v["number"], v["standing"]) for v in item["versions"]} == {
        (str(new.id), 2, "in_force"),
        (str(old.id), 1, "ended"),
    }
    assert client.get(f"/api/v1/agreements/{old.agreement_id}").json() == item

    now = client.get(f"/api/v1/agreements/{old.agreement_id}/terms").json()
    assert (now["version_id"], now["digest"], now["return_limit"]) == (str(new.id), new.digest, 2)
    assert now["targets"][1] == {
        "kind": "resolve",
        "priority": 1,
        "minutes": 240,
        "calendar": "always",
        "site_id": None,
        "service_id": None,
    }
    assert now["pause_reasons"][0] == {
        "key": "requester_answer",
        "label": "Waiting for the requester",
        "turn": "requester",
        "asks": "answer",
    }
    assert (now["unchallenged_minutes"], now["escalation"]) == (0, [])
    assert now["calendars"]["always"]["timezone"] == "Europe/Berlin"
    assert "text" not in now
    then = client.get(f"/api/v1/agreements/{old.agreement_id}/terms?at=2025-06-01T00:00:00Z").json()
    assert (then["version_id"], then["targets"][1]["minutes"]) == (str(old.id), 480)
    assert client.get(f"/api/v1/agreement-versions/{old.id}/terms").json() == then


def test_what_is_not_in_force_or_not_in_sight_is_nowhere(there) -> None:
    agreed = agree(there, text("2026-01-01"))
    offered = version_propose(engagement_id=there.with_brightline.id, text=text(), actor=there.owner, at=T0)
    own, other = (
        robot(there, there.brightline, there.with_brightline),
        robot(there, there.kestrel, there.with_kestrel),
    )
    never = own.get(f"/api/v1/agreements/{NEVER}")
    assert never.status_code == 404
    for client, path in (
        (own, f"agreement-versions/{offered.id}/terms"),
        (own, f"agreements/{agreed.agreement_id}/terms?at=2020-01-01T00:00:00Z"),
        (other, f"agreements/{agreed.agreement_id}"),
        (other, f"agreements/{agreed.agreement_id}/terms"),
        (other, f"agreement-versions/{agreed.id}/terms"),
    ):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.content) == (404, never.content), path
    assert other.get("/api/v1/agreements").json() == {"items": [], "next_cursor": None}


def test_an_instant_needs_its_zone(there) -> None:
    agreed = agree(there, text())
    client = robot(there, there.brightline, there.with_brightline)
    answer = client.get(f"/api/v1/agreements/{agreed.agreement_id}/terms?at=2025-06-01T00:00:00")
    assert answer.status_code == 422
    assert answer.json()["fields"] == {"at": ["add the zone"]}
