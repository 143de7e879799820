"""The pages of assets as each party meets them, without a script, and the endpoints for programs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.api.test_tickets import Robot
from tests.integration.assets.conftest import Store
from tests.integration.tickets.page_reader import words_of

from cosource.assets.models import Asset, AssetRelation

pytestmark = [pytest.mark.django_db, pytest.mark.req("C3")]
NEW = {
    "name": "PRN-7",
    "kind": "hardware",
    "state": "in_use",
    "health": "working",
    "criticality": "high",
    "data_class": "",
    "bought_on": "2024-02-01",
}


@pytest.fixture(autouse=True)
def later(store: Store) -> Iterator[None]:
    caches["process"].clear()
    with time_machine.travel(store.now + timedelta(hours=4), tick=True):
        yield


def signed_in(store: Store, key: str) -> Client:
    client = Client()
    client.force_login(store.world.people[key], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_an_asset_is_entered_changed_and_hung_on_another(store: Store) -> None:
    client = signed_in(store, "c1.ct")
    assert "No assets yet" in words_of(client.get("/assets/"))
    refused = client.post("/assets/new/", NEW | {"name": "", "kind": "toaster"})
    assert refused.status_code == 422
    assert not Asset.objects.exists()
    made = client.post("/assets/new/", NEW | {"service_id": store.world.services["c1.printing"].id})
    asset = Asset.objects.get()
    assert (made.status_code, made["Location"]) == (303, f"/assets/{asset.id}/")
    page = words_of(client.get(made["Location"]))
    assert "1 Feb 2024" in page
    assert "c1 printing" in page

    changed = client.post(
        f"/assets/{asset.id}/edit/", NEW | {"version": 1, "state": "spare", "state_since": asset.state_since}
    )
    assert changed.status_code == 303
    asset.refresh_from_db()
    assert (asset.state, asset.version, asset.service_id) == ("spare", 2, None)
    late = client.post(f"/assets/{asset.id}/edit/", NEW | {"version": 1})
    assert late.status_code == 412
    assert "Somebody changed this" in words_of(late)

    store.enter("Server room", inventory_number="I-1")
    step = f"/assets/{asset.id}/relate/"
    assert client.post(step, {"kind": "back:runs_on", "other": "I-1"}).status_code == 303
    relation = AssetRelation.objects.get()
    assert relation.other_id == asset.id
    unknown = client.post(step, {"kind": "runs_on", "other": "Nothing"})
    assert unknown.status_code == 422
    assert "There is no asset of this name" in words_of(unknown)
    circle = client.post(step, {"kind": "runs_on", "other": "Server room"})
    assert "PRN-7 → Server room → PRN-7" in words_of(circle)
    assert "I-1" in client.get("/assets/find/?other=server").content.decode()
    assert client.post(f"/assets/{asset.id}/unrelate/", {"relation": relation.id}).status_code == 303
    assert not AssetRelation.objects.exists()


def test_the_list_narrows_by_words_and_choices(store: Store) -> None:
    store.enter("PRN-1", model="LaserJet", site="c1.main")
    store.enter("SW-1", kind="network")
    client = signed_in(store, "c1.ct")

    def listed(query: str) -> list[str]:
        page = words_of(client.get(f"/assets/?{query}"))
        return [name for name in ("PRN-1", "SW-1") if name in page]

    assert listed("") == listed("kind=nonsense") == ["PRN-1", "SW-1"]
    assert listed("q=laser") == listed(f"site={store.world.sites['c1.main'].id}") == ["PRN-1"]
    assert listed("kind=network") == ["SW-1"]
    assert listed("site=nonsense") == listed("q=nothing") == []
    assert client.get(f"/assets/?owner={store.world.organizations['c2'].id}").status_code == 404


def test_a_partner_reads_what_its_engagement_covers_and_nobody_else(store: Store) -> None:
    asset = store.enter("PRN-1", service="c1.printing")
    address, own = f"/assets/{asset.id}/", f"?owner={store.world.organizations['c1'].id}"
    partner, third, user = (signed_in(store, key) for key in ("p1.pt", "p2.pt", "c1.req"))

    assert "PRN-1" in words_of(partner.get(f"/assets/{own}"))
    page = words_of(partner.get(address))
    assert "PRN-1" in page
    assert "Changes" not in page
    assert partner.post(f"{address}edit/", NEW | {"version": 1}).status_code == 403
    assert partner.post(f"{address}relate/", {"kind": "runs_on", "other": "PRN-1"}).status_code == 403
    assert "PRN-1" not in words_of(third.get(f"/assets/{own}"))
    assert third.get(address).status_code == third.post(f"{address}edit/", NEW).status_code == 404
    assert user.get(address).status_code == 404
    assert "Nothing is yours to use yet" in words_of(user.get("/assets/"))
    assert user.get("/assets/new/").status_code == 403


def test_who_keeps_no_inventory_begins_with_a_clients(store: Store) -> None:
    store.enter("Loom", service="c1.printing")
    assert "Loom" in words_of(signed_in(store, "p1.pt").get("/assets/"))
    assert "Loom" not in words_of(
        signed_in(store, "p1.pt").get(f"/assets/?owner={store.world.organizations['p1'].id}")
    )
    assert "Loom" not in words_of(signed_in(store, "p3.pt").get("/assets/"))


def test_pages_ask_few_queries_however_many_assets_there_are(store: Store) -> None:
    first = store.enter("A", service="c1.printing", site="c1.main")
    for number in range(25):
        store.relate(store.enter(f"B{number}", service="c1.printing", site="c1.main"), "runs_on", first)
    for key in ("c1.ct", "c1.cso", "p1.pt"):
        client = signed_in(store, key)
        client.get("/assets/")
        for address in (f"/assets/?owner={store.world.organizations['c1'].id}", f"/assets/{first.id}/"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert client.get(address).status_code == 200
            assert len(asked) <= 15, (key, address, len(asked))


def test_a_program_keeps_the_inventory_of_its_own_desk(store: Store) -> None:
    robot = Robot(store.world, "c1")
    body = {"name": "SRV-1", "kind": "hardware", "service_id": str(store.world.services["c1.printing"].id)}
    made = robot.made("/assets", body, **{"idempotency-key": "one"})
    assert robot.made("/assets", body, **{"idempotency-key": "one"}) == made
    path = f"/assets/{made['id']}"
    assert (made["health"], made["version"]) == ("unknown", 1)
    assert robot.send("PATCH", path, {"health": "failed"}).status_code == 428
    changed = robot.send("PATCH", path, {"health": "failed"}, **{"if-match": '"1"'})
    assert (changed.json()["health"], changed["ETag"]) == ("failed", '"2"')
    assert robot.send("PATCH", path, {"health": "working"}, **{"if-match": '"1"'}).status_code == 412
    other = robot.made("/assets", {"name": "VM-1", "kind": "software"})
    relation = robot.made(f"/assets/{other['id']}/relations", {"kind": "runs_on", "other_id": made["id"]})
    circle = robot.send("POST", f"{path}/relations", {"kind": "runs_on", "other_id": other["id"]})
    assert (circle.status_code, "SRV-1 → VM-1 → SRV-1" in circle.json()["detail"]) == (422, True)

    partner = Robot(store.world, "p1")
    owner = str(store.world.organizations["c1"].id)
    assert [row["name"] for row in partner.get("/assets", owner_id=owner).json()["items"]] == ["SRV-1"]
    assert partner.get(f"{path}/relations").json()["items"] == []
    assert partner.send("PATCH", path, {"health": "working"}, **{"if-match": '"2"'}).status_code == 403
    assert Robot(store.world, "p2").get(path).status_code == 404
    assert robot.send("DELETE", f"{path}/relations/{relation['id']}").status_code == 204
    assert robot.get("/assets", kind="toaster").status_code == 422
