"""`cosource doctor` finds what is broken, one thing at a time, and `/metrics` is for the monitor alone."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.test import Client
from tests.integration.test_command_line import cosource
from tests.worlds import START, World

from cosource.config.doctor import Check, look_over
from cosource.foundation.models import DueWork, Lease, Restoration, SearchText
from cosource.foundation.queries.checks import guards_missing
from cosource.foundation.services.leases import heartbeat
from cosource.foundation.services.sealing import seal_pending

TOKEN = "a-token-for-the-monitor"


def looked(at: object = START) -> dict[str, Check]:
    return {check.name: check for check in look_over(at)}  # type: ignore[arg-type]


def work(**more: object) -> None:
    DueWork.objects.create(**{"kind": "foundation.mail", "due_at": START, "created_at": START, **more})


def test_a_world_at_work_and_each_thing_that_breaks_it(world: World) -> None:
    while seal_pending():
        pass
    DueWork.objects.all().delete()
    Lease.objects.create(name="sealer", holder="w", until=START + timedelta(seconds=9), fence=1)
    found = looked()
    quiet = {"record", "search", "worker", "sealing", "due work", "parked work", "database", "schema", "mail"}
    assert {name for name in quiet if not found[name].holds} == set()
    assert found["sealing"].says == "nothing waits"

    work()
    work(state="parked")
    found = looked(START + timedelta(minutes=5))
    assert (found["due work"].holds, found["due work"].says) == (False, "the oldest is 5 min late")
    assert (found["parked work"].holds, found["parked work"].says) == (False, "1 pieces")
    assert (found["worker"].holds, found["worker"].says) == (False, "last heard of 4 min ago")

    heartbeat("test", at=START - timedelta(hours=1), seconds=60)
    assert looked()["worker"].says == "late: test"
    Restoration.objects.create(backup_digest="0" * 64, backup_taken_at=START, began_at=START)
    assert looked()["restore"].says == "was broken off"
    Restoration.objects.update(finished_at=START)
    assert looked()["restore"].says == "a restored copy: nothing is sent"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE foundation_seal DISABLE TRIGGER foundation_seal_frozen")
            name = "foundation_seal_frozen"
        else:
            name = "foundation_seal_no_update"
            cursor.execute(f"DROP TRIGGER {name}")
    assert guards_missing() == [name]
    assert looked()["record"].says == f"the guard {name} is missing"
    SearchText.objects.create(
        subject_kind="ticket",
        subject_id=world.organization("c1").id,
        entry_id=world.organization("c1").id,
        audience_id=world.organization("c1").id,
    )
    assert looked()["search"].says == "1 texts lack their words"


def test_the_command_prints_a_remedy_and_ends_with_one(installation: Path) -> None:
    assert cosource("upgrade", data_dir=installation).returncode == 0
    done = cosource("doctor", data_dir=installation, COSOURCE_EMAIL_URL="smtp://127.0.0.1:1")
    assert done.returncode == 1
    assert "✓ schema: up to date" in done.stdout
    assert "✗ worker: has never run here\n    start `cosource worker`" in done.stdout
    assert (
        "✗ mail: 127.0.0.1:1 cannot be reached (Connection refused)\n    mend COSOURCE_EMAIL_URL"
        in done.stdout
    )
    told = json.loads(cosource("doctor", "--json", data_dir=installation).stdout)
    assert told["holds"] is False
    # The machine's own time zones may well be the older ones.
    assert {c["name"] for c in told["checks"] if not c["holds"]} - {"time zones"} == {"worker"}


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer wrong", TOKEN])
def test_without_the_token_there_is_nothing(db: None, client: Client, settings: object, shown: str) -> None:
    assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404
    setattr(settings, "METRICS_TOKEN", TOKEN)  # noqa: B010 - the fixture's own way
    assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404


def test_a_monitor_reads_requests_by_route_and_work_by_kind(world: World, settings: object) -> None:
    setattr(settings, "METRICS_TOKEN", TOKEN)  # noqa: B010 - the fixture's own way
    DueWork.objects.all().delete()
    work()
    work(kind="tickets.zones", state="parked")
    client = Client()
    assert isinstance(client.handler, BaseHandler)
    missing = "/tickets/00000000-0000-4000-8000-000000000001/"
    client.get("/health")
    client.get("/health")
    client.get(missing)
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(lines['cosource_requests_total{method="GET",route="health",status="200"}']) == 2
    assert float(lines['cosource_work{kind="foundation.mail",state="queued"}']) == 1
    assert float(lines['cosource_work{kind="tickets.zones",state="parked"}']) == 1
    assert float(lines["cosource_outbox"]) == 1
    assert float(lines["cosource_database_bytes"]) > 0
    assert "00000000" not in text
    for organization in world.organizations.values():
        assert organization.name not in text
        assert organization.id.hex not in text.replace("-", "")
