"""Keeping an inventory: who may, what is refused by name, what the ledger learns, and that nothing hangs on itself."""

from datetime import date
from typing import Any

import pytest
from tests.integration.assets.conftest import Store

from cosource.assets.models import Asset, AssetRelation, AssetShare, Inventory
from cosource.assets.queries.asset_page import asset_get
from cosource.assets.queries.assets import AssetFilter, asset_find, asset_list
from cosource.assets.services.assets import asset_change
from cosource.assets.services.relations import asset_unrelate
from cosource.foundation.errors import Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.req("C3")]


def refused(error: type[Exception], call: Any, *given: Any, **named: Any) -> Any:
    def rows() -> list[object]:
        tables = (Asset, AssetRelation, AssetShare, Inventory, Entry)
        return [sorted(t.objects.values_list(), key=str) for t in tables]  # type: ignore[attr-defined]  # any model

    before = rows()
    with pytest.raises(error) as caught:
        call(*given, **named)
    assert rows() == before
    return caught.value


def test_an_asset_is_entered_with_what_is_known(store: Store) -> None:
    asset = store.enter(
        "  PRN   7 ",
        serial="S-9",
        site="c1.main",
        service="c1.printing",
        criticality="vital",
        data_class="health",
        bought_on=date(2024, 1, 9),
    )

    assert (asset.name, asset.kind, asset.state, asset.state_since) == (
        "PRN 7",
        "hardware",
        "in_use",
        store.now.date(),
    )
    entry = Entry.objects.select_related("payload").get(subject_id=asset.id)
    assert entry.facts["criticality"] == "vital"
    assert entry.payload.body["name"] == "PRN 7"
    assert entry.payload.body["changes"]["bought_on"] == [None, "2024-01-09"]
    assert store.told(asset) == [("added", {"c1"})]


def test_who_keeps_none_enters_none(store: Store) -> None:
    for key in ("c1.req", "c1.aud", "p1.pt", "token:p1"):
        refused(NotAllowed, store.enter, by=key)
    assert store.enter(by="emb").owner_id == store.world.organizations["c1"].id
    assert store.enter(by="token:c1").owner_id == store.world.organizations["c1"].id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("kind", "printer"),
        ("state", "lost"),
        ("health", ""),
        ("bought_on", "2024-01-09"),
        ("ends_on", date(2001, 1, 1)),
        ("serial", "a\x07b"),
        ("colour", "red"),
    ],
)
def test_what_does_not_fit_is_named(store: Store, field: str, value: object) -> None:
    asset = store.enter(bought_on=date(2020, 1, 1))

    assert list(refused(Invalid, store.change, asset, **{field: value}).details["fields"]) == [field]


def test_places_services_and_people_are_the_owners(store: Store) -> None:
    asset, world = store.enter(), store.world

    for field, value in (
        ("site_id", world.sites["c2.main"].id),
        ("service_id", world.services["p1.spares"].id),
        ("used_by_id", world.people["p1.pt"].id),
    ):
        assert list(refused(Invalid, store.change, asset, **{field: value}).details["fields"]) == [field]


def test_a_change_tells_what_was_and_what_is(store: Store) -> None:
    asset = store.enter()
    store.change(asset, health="failed", site_id=store.world.sites["c1.annex"].id)
    assert store.change(asset, health="failed").version == 2
    changed = store.change(asset, state="retired")

    assert (changed.version, changed.state_since) == (3, store.now.date())
    assert store.told(asset) == [("added", {"c1"}), ("changed", {"c1"}), ("changed", {"c1"})]
    steps = asset_get(asset.id, store.actor("c1.ct")).steps
    assert [(s.what, s.by, [(c.label, c.was, c.now) for c in s.changes]) for s in steps[:2]] == [
        ("changed", "CT of Alder Hospitals", [("State", "In use", "Retired")]),
        (
            "changed",
            "CT of Alder Hospitals",
            [("Health", "Not known", "Failed"), ("Site", "–", "c1 annex")],
        ),
    ]


def test_an_edit_names_the_version_that_it_read(store: Store) -> None:
    asset = store.enter()
    store.change(asset, health="failed")

    refused(
        StaleVersion,
        asset_change,
        asset_id=asset.id,
        changes={"health": "working"},
        actor=store.actor("c1.ct"),
        at=store.tick(),
        expected_version=1,
    )


def test_a_partner_reads_and_changes_nothing(store: Store) -> None:
    asset = store.enter(service="c1.printing")
    refused(NotAllowed, store.change, asset, "p1.pt", health="failed")
    refused(NotFound, store.change, asset, "p2.pt", health="failed")
    refused(NotAllowed, store.change, asset, "c1.ct", shared_in=[store.engagement("c1p2")])
    refused(Invalid, store.change, asset, "c1.cso", shared_in=[store.engagement("c2p1")])


def test_nothing_hangs_on_itself_however_long_the_way_round(store: Store) -> None:
    app, machine, host = (store.enter(name) for name in ("Payroll", "VM 1", "Host 1"))
    store.relate(app, "runs_on", machine)
    store.relate(machine, "runs_on", host)
    store.relate(host, "backs_up", app)

    said = refused(Invalid, store.relate, host, "runs_on", app)
    assert said.message == "This would go round in a circle: Host 1 → Payroll → VM 1 → Host 1."
    assert refused(Invalid, store.relate, app, "runs_on", app).message == "An asset does not hang on itself."
    assert list(refused(Invalid, store.relate, app, "sits_on", host).details["fields"]) == ["kind"]
    assert [(r.label, r.row.name) for r in asset_get(machine.id, store.actor("c1.ct")).related] == [
        ("Runs on", "Host 1"),
        ("Runs on this", "Payroll"),
    ]


def test_said_twice_it_stands_once_and_is_taken_back_from_either_end(store: Store) -> None:
    app, host = store.enter("Payroll"), store.enter("Host 1")
    relation = store.relate(app, "runs_on", host)
    assert store.relate(app, "runs_on", host).id == relation.id
    refused(NotFound, asset_unrelate, asset_id=store.enter().id, relation_id=relation.id,
            actor=store.actor("c1.ct"), at=store.tick())  # fmt: skip
    asset_unrelate(asset_id=host.id, relation_id=relation.id, actor=store.actor("c1.ct"), at=store.tick())

    assert not AssetRelation.objects.exists()
    assert [kind for kind, _who in store.told(host)] == ["added", "related", "unrelated"]


def test_an_end_out_of_sight_is_not_told_of(store: Store) -> None:
    printer = store.enter("Printer", service="c1.printing")
    hidden = store.enter("Secret server")
    store.relate(printer, "runs_on", hidden)
    refused(NotFound, store.relate, printer, "serves", store.enter("Theirs", by="c2.ct"))

    view = asset_get(printer.id, store.actor("p1.pt"))
    assert (view.related, view.steps, view.shared_in, view.sources) == ((), (), (), ())


def test_a_partner_reads_no_place_or_service_that_it_does_not_know(store: Store) -> None:
    asset = store.enter(service="c1.payroll", site="c1.main", used_by_id=store.world.people["c1.req"].id)
    store.change(asset, "c1.cso", shared_in=[store.engagement("c1p1")])
    row = asset_get(asset.id, store.actor("p1.pt")).row

    assert (row.service, row.service_id, row.used_by, row.site) == ("", None, "", "c1 main")
    payroll = store.world.services["c1.payroll"].id
    asked = AssetFilter(owner=store.world.organizations["c1"].id, service=payroll)
    assert asset_list(store.actor("p1.pt"), asked).rows == []
    assert len(asset_list(store.actor("c1.ct"), asked).rows) == 1


def test_the_list_is_narrowed_and_paged(store: Store) -> None:
    for number in range(5):
        store.enter(f"PRN-{number}", model="LaserJet", site="c1.main")
    store.enter("SW-1", kind="network", serial="ABC-77")
    store.enter("OLD-1", state="retired")
    ct = store.actor("c1.ct")

    def names(cursor: str = "", limit: int = 50, **asked: Any) -> list[str]:
        return [row.name for row in asset_list(ct, AssetFilter(**asked), cursor=cursor, limit=limit).rows]

    assert names() == [*(f"PRN-{n}" for n in range(5)), "SW-1"]
    assert names(kind="network") == names(text="abc") == ["SW-1"]
    assert names(text="laser 3") == ["PRN-3"]
    assert names(state="retired") == ["OLD-1"]
    assert len(names(state="all")) == 7
    assert names(site=store.world.sites["c1.annex"].id) == []
    first = asset_list(ct, AssetFilter(), limit=4)
    assert names(cursor=first.next_cursor) == ["PRN-4", "SW-1"]
    assert [row.name for row in asset_find(ct, "old")] == ["OLD-1"]
    refused(Invalid, asset_list, ct, AssetFilter(kind="printer"))
