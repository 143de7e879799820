"""An inventory comes in from a table or from NetBox, again and again, and one coming-in is put back."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db.models import Model
from tests.worlds import World
from typer.testing import CliRunner

from cosource.assets.models import Asset, AssetRelation, AssetSource
from cosource.assets.services.assets import asset_add, asset_change
from cosource.assets.services.relations import asset_relate
from cosource.bridges.models import AssetLine, Import
from cosource.bridges.reading.shipped import shipped_names, shipped_text
from cosource.bridges.rules.problems import UnreadableSource
from cosource.bridges.services.asset_import import assets_import, assets_run
from cosource.bridges.services.asset_run import Outcome
from cosource.bridges.services.asset_undoing import assets_import_undo, assets_undo_begin, assets_undo_run
from cosource.bridges.services.preparing import asset_mapping_read
from cosource.config.cli import app
from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.foundation.sight import SERVICE_OWNER
from cosource.parties.models import Grant, Site

pytestmark = [pytest.mark.django_db, pytest.mark.req("C3")]
SAMPLE = Path(__file__).parents[3] / "examples/netbox-inventory.json.xz"
MAPPING = """
[source]
kind = "asset-list"
name = "Store"
dates = ["%d.%m.%Y"]
[columns]
key = "id"
name = "Name"
kind = "Type"
serial = "Serial"
site = "Site"
service = "Service"
used_by = "User"
health = "Health"
bought_on = "Bought"
runs_on = "Host"
[defaults]
health = "unknown"
[words.kind]
Printer = "hardware"
VM = "software"
"""
HEAD = "id,Name,Type,Serial,Site,Service,User,Health,Bought,Host\n"


@pytest.fixture
def store(world: World, tmp_path: Path) -> "Store":
    return Store(world, tmp_path)


class Store:
    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder

    def file(self, *lines: str) -> Path:
        path = self.folder / "assets.csv"
        path.write_text(HEAD + "\n".join(lines) + "\n")
        return path

    def bring(
        self,
        path: Path,
        mapping: str = MAPPING,
        by: str = "c1.cso",
        *,
        dry_run: bool = False,
        clock: Any = None,
    ) -> tuple[Import | None, Outcome]:
        return assets_import(
            path=path,
            mapping_text=mapping,
            mapping_name="store",
            actor=self.world.actor(by),
            clock=clock or (lambda: self.world.at),
            dry_run=dry_run,
        )

    def undo(self, row: Import | None, by: str = "c1.cso") -> dict[str, int]:
        assert row is not None
        return dict(assets_import_undo(import_id=row.id, actor=self.world.actor(by), at=self.world.at))

    def about(self, by: str = "c1.ct") -> dict[str, Any]:
        return {"actor": self.world.actor(by), "at": self.world.at}


def rows(*tables: type[Model]) -> list[Any]:
    return [sorted(t.objects.values_list(), key=str) for t in tables]  # type: ignore[attr-defined]  # any model


def fates(outcome: Outcome) -> list[tuple[int, str]]:
    return sorted((r.row_number, r.outcome) for r in outcome.rows)


def kinds(outcome: Outcome) -> dict[str, int]:
    return dict(Counter(r.outcome for r in outcome.rows))


def faults(outcome: Outcome) -> list[tuple[int | None, str | None, str]]:
    return sorted((p.row, p.column, p.code) for p in outcome.problems)


def test_rows_become_assets_and_a_second_run_changes_nothing(store: Store) -> None:
    path = store.file(
        "1,PRN-1,Printer,S1,c1 main,c1 printing,req@c1.example,failed,05.02.2024,",
        "2,VM-1,vm,,New wing,,,,,1",
    )
    _none, dry = store.bring(path, dry_run=True)
    assert fates(dry) == [(2, "new"), (3, "new")]
    assert rows(Asset, Import, Site)[0] == []

    _row, first = store.bring(path)
    printer, machine = Asset.objects.order_by("name")
    assert (printer.kind, printer.health, str(printer.bought_on), printer.serial) == (
        "hardware", "failed", "2024-02-05", "S1")  # fmt: skip
    assert printer.service_id == store.world.services["c1.printing"].id
    assert printer.used_by_id == store.world.people["c1.req"].id
    assert (machine.kind, machine.site.name) == ("software", "New wing")  # type: ignore[union-attr]  # it has one
    assert AssetRelation.objects.get().asset_id == machine.id
    assert (fates(first), faults(first), first.counts["sites"], first.counts["related"]) == (
        fates(dry),
        [],
        1,
        1,
    )
    assert Entry.objects.filter(kind="asset.added/1", subject_id=printer.id).count() == 1

    before = rows(Asset, AssetRelation, AssetSource, Site)
    entries = Entry.objects.filter(kind__startswith="asset.").count()
    _row, second = store.bring(path)
    assert fates(second) == [(2, "unchanged"), (3, "unchanged")]
    assert rows(Asset, AssetRelation, AssetSource, Site) == before
    assert Entry.objects.filter(kind__startswith="asset.").count() == entries


def test_bad_rows_are_named_and_good_ones_kept(store: Store) -> None:
    path = store.file(
        "1,,Printer,,,,,,,",
        "2,PRN-2,Toaster,,,,,,,",
        "3,PRN-3,Printer,,,No such,nobody@c1.example,,2024,Nothing",
        "4,PRN-4,Printer,S4,,,,,,",
        "4,PRN-5,Printer,,,,,,,",
        "6,PRN-4,Printer,S4,,,,,,",
        "7,PRN-7,Printer",
    )
    _row, found = store.bring(path)

    assert faults(found) == [
        (2, "Name", "asset-no-name"),
        (3, "Type", "asset-value"),
        (4, "Bought", "bad-date"),
        (4, "Host", "asset-no-other"),
        (4, "Service", "asset-no-service"),
        (4, "User", "asset-no-person"),
        (6, "id", "asset-twice"),
        (7, "id", "asset-taken"),
        (8, None, "short-row"),
    ]
    assert sorted(Asset.objects.values_list("name", flat=True)) == ["PRN-3", "PRN-4"]
    assert kinds(found) == {"refused": 5, "new": 2}
    assert all(str(p).startswith("assets.csv, row ") for p in found.problems)


def test_an_asset_is_found_by_key_then_serial_then_name_and_site(store: Store) -> None:
    main = store.world.sites["c1.main"].id
    by_serial = asset_add(name="Old name", kind="hardware", serial="s-1", **store.about())
    by_name = asset_add(name="prn-2", kind="hardware", site_id=main, **store.about())
    asset_add(name="PRN-3", kind="hardware", **store.about())
    asset_add(name="PRN-3", kind="hardware", **store.about())
    path = store.file("1,PRN-1,Printer,S-1,,,,,,", "2,PRN-2,Printer,,c1 main,,,,,", "3,PRN-3,Printer,,,,,,,")
    _row, found = store.bring(path)

    assert fates(found) == [(2, "changed"), (3, "changed"), (4, "refused")]
    assert faults(found) == [(4, "Name", "asset-unclear")]
    by_serial.refresh_from_db()
    by_name.refresh_from_db()
    assert (by_serial.name, by_name.name) == ("PRN-1", "PRN-2")
    # From now on by key, whatever it is called; and a serial number of another is a conflict.
    _row, renamed = store.bring(
        store.file("1,Printer 1,Printer,S-1,,,,,,", "2,PRN-2,Printer,S-1,c1 main,,,,,")
    )
    assert (fates(renamed), faults(renamed)) == (
        [(2, "changed"), (3, "refused")],
        [(3, "Serial", "asset-conflict")],
    )


def test_what_hangs_on_what_follows_the_file_and_never_goes_round(store: Store) -> None:
    store.bring(store.file("a,App,VM,,,,,,,b", "b,Host B,Printer,,,,,,,", "c,Host C,Printer,,,,,,,"))
    app = Asset.objects.get(name="App")
    by_hand = asset_add(name="By hand", kind="hardware", **store.about())
    asset_relate(asset_id=app.id, kind="runs_on", other_id=by_hand.id, **store.about())
    _row, found = store.bring(
        store.file("a,App,VM,,,,,,,Host C", "b,Host B,Printer,,,,,,,", "c,Host C,Printer,,,,,,,a")
    )

    assert sorted(r.other.name for r in app.relations.select_related("other")) == ["By hand", "Host C"]
    assert (found.counts["related"], found.counts["unrelated"]) == (1, 1)
    [circle] = found.problems
    assert circle.message == "This would go round in a circle: Host C → App → Host C; the cell was left out."


def test_one_import_is_put_back_and_what_was_changed_since_stays(store: Store) -> None:
    kept = asset_add(name="PRN-1", kind="hardware", serial="S1", health="working", **store.about())
    before = Asset.objects.filter(pk=kept.pk).values("name", "health", "serial", "site_id").get()
    row, _found = store.bring(
        store.file("1,Printer,Printer,S1,c1 main,,,failed,,", "2,New,VM,,,,,,,1", "3,Touched,VM,,,,,,,")
    )
    asset_change(asset_id=Asset.objects.get(name="Touched").id, changes={"health": "failed"}, **store.about())

    with pytest.raises(NotFound):
        store.undo(row, by="c2.cso")
    assert store.undo(row) == {"withdrawn": 1, "restored": 1, "kept": 1}
    assert sorted(Asset.objects.values_list("name", flat=True)) == ["PRN-1", "Touched"]
    assert Asset.objects.filter(pk=kept.pk).values("name", "health", "serial", "site_id").get() == before
    assert not AssetRelation.objects.exists()
    with pytest.raises(Conflict):
        store.undo(row)
    assert Entry.objects.filter(kind="asset.withdrawn/1").count() == 1


def test_what_the_source_no_longer_says_is_taken_apart_and_put_back_unless_it_closes_a_circle(
    store: Store,
) -> None:
    _first, _found = store.bring(store.file("a,App,VM,,,,,,,b", "b,Host,Printer,,,,,,,"))
    app, host = Asset.objects.order_by("name")
    assert AssetRelation.objects.get().source == "Store"
    row, found = store.bring(store.file("a,App,VM,,,,,,,", "b,Host,Printer,,,,,,,"))
    assert (kinds(found), found.counts["unrelated"]) == ({"unchanged": 2}, 1)
    by_hand = asset_relate(asset_id=host.id, kind="runs_on", other_id=app.id, **store.about())

    assert store.undo(row) == {"kept": 1}
    assert AssetRelation.objects.get().id == by_hand.id
    by_hand.delete()
    row, _found = store.bring(store.file("a,App,VM,,,,,,,b"))
    store.undo(row)
    assert not AssetRelation.objects.exists()


def test_an_import_that_was_killed_goes_on_or_is_put_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosource.bridges.services.asset_import.AT_ONCE", 2)
    lines = [f"{n},PRN-{n},Printer,S{n},Wing {n},,,,,{n + 1 if n < 5 else ''}" for n in range(1, 6)]
    path = store.file(*lines, "3,PRN-3,Printer,,,,,,,")
    times = iter(range(5))

    def dying() -> Any:
        if next(times, None) is None:
            raise KeyboardInterrupt
        return store.world.at

    monkeypatch.setattr("cosource.bridges.services.asset_import.import_stop", lambda **_given: None)
    with pytest.raises(KeyboardInterrupt):
        store.bring(path, clock=dying)
    monkeypatch.undo()
    monkeypatch.setattr("cosource.bridges.services.asset_import.AT_ONCE", 2)
    row = Import.objects.get()
    assert (row.state, row.position, row.rows_kept, Asset.objects.count()) == ("running", 2, 2, 2)

    assets_run(row, asset_mapping_read(MAPPING), path=path, actor=store.world.actor("c1.cso"),
               clock=lambda: store.world.at)  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.rows_read, row.rows_kept, row.rows_refused) == ("done", 6, 5, 1)
    assert (row.report["sites"], row.report["related"], row.report["codes"]) == (5, 4, {"asset-twice": 1})
    assert (Asset.objects.count(), AssetRelation.objects.count()) == (5, 4)
    monkeypatch.setattr("cosource.bridges.services.asset_undoing.AT_ONCE", 3)
    told: list[int] = []

    def killed(done: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    begun = assets_undo_begin(import_id=row.id, actor=store.world.actor("c1.cso"), at=store.world.at)
    with pytest.raises(KeyboardInterrupt):
        assets_undo_run(begun, tell=killed, **store.about("c1.cso"))
    assert (AssetRelation.objects.count(), Asset.objects.count()) == (1, 5)
    assert store.undo(row) == {"withdrawn": 5}
    assert (Asset.objects.count(), Site.objects.filter(name__startswith="Wing").count()) == (0, 5)


def test_of_two_imports_into_one_inventory_the_first_stops(store: Store) -> None:
    path = store.file("1,PRN-1,Printer,,,,,,,")
    left, _found = store.bring(path)
    assert left is not None
    Import.objects.filter(pk=left.pk).update(state="running", finished_at=None, position=0)
    left.refresh_from_db()
    store.bring(path)
    with pytest.raises(Conflict) as over:
        assets_run(left, asset_mapping_read(MAPPING), path=path, actor=store.world.actor("c1.cso"),
                   clock=lambda: store.world.at)  # fmt: skip
    assert over.value.code == "taken_over"
    left.refresh_from_db()
    assert (left.state, left.report["stopped"]) == ("failed", "Another import began.")


def test_a_grants_limits_hold_for_every_row_and_for_putting_back(store: Store) -> None:
    outside = asset_add(name="PRN-1", kind="hardware", serial="S1", **store.about())
    inside = asset_add(
        name="PRN-2",
        kind="hardware",
        serial="S2",
        service_id=store.world.services["c1.printing"].id,
        **store.about(),
    )
    Grant.objects.filter(person=store.world.people["c1.cso"], role=SERVICE_OWNER).update(
        service_ids=[store.world.services["c1.printing"].id.hex]
    )
    path = store.file("1,Moved,Printer,S1,,c1 printing,,,,2", "2,PRN-2,Printer,S2,,c1 printing,,failed,,")
    row, found = store.bring(path)
    assert (fates(found), faults(found)) == (
        [(2, "refused"), (3, "changed")],
        [(2, "Name", "asset-value")],
    )
    assert not AssetRelation.objects.exists()
    outside.refresh_from_db()
    assert outside.name == "PRN-1"
    asset_change(asset_id=inside.id, changes={"service_id": None}, **store.about())
    assert store.undo(row) == {"kept": 1}


def test_records_that_netbox_never_wrote_are_named_and_the_others_kept(store: Store) -> None:
    good = {"id": 1, "name": "sw1", "device_type": {"model": "X"}, "position": None}
    records: list[Any] = [
        good,
        good | {"id": 2, "position": "high"},
        good | {"id": 3, "name": "a\x00b\ud800", "site": {"name": "W" * 130}},
    ]
    path = store.folder / "devices.json"
    path.write_text(json.dumps(records))
    netbox = shipped_text("netbox", "asset_mappings")
    _row, found = store.bring(path, netbox)
    assert [(p.row, p.code) for p in found.problems] == [(2, "bad-record"), (3, "control-character")]
    assert sorted(Asset.objects.values_list("name", flat=True)) == ["ab", "sw1"]
    assert store.bring(path, netbox)[1].counts["sites"] == 0
    path.write_text(
        json.dumps([{"model": ["x"], "fields": {}}, {"model": "dcim.device", "fields": {"role": []}}])
    )
    assert [p.code for p in store.bring(path, netbox)[1].problems] == ["bad-record"]
    with pytest.raises(UnreadableSource) as missing:
        store.bring(path, netbox.replace('name = "name"', 'name = "nmae"'))
    assert missing.value.problem.code == "missing-column"


def test_a_workbook_is_read_as_a_table_is(store: Store) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (HEAD.strip().split(","), ["1", "PRN-1", "Printer", "S1", "c1 main", "", "", "", "", ""]):
        sheet.append(line)
    book.save(store.folder / "assets.xlsx")
    _row, found = store.bring(store.folder / "assets.xlsx")

    assert fates(found) == [(2, "new")]
    assert Asset.objects.get().site_id == store.world.sites["c1.main"].id


def test_netboxs_sample_comes_in_whole_and_again_without_a_change(store: Store) -> None:
    assert shipped_names("asset_mappings") == ("netbox", "spreadsheet")
    text = shipped_text("netbox", "asset_mappings")
    _row, found = store.bring(SAMPLE, text)

    assert (kinds(found), faults(found)) == ({"new": 284}, [])
    assert (Asset.objects.filter(kind="network").count(), Asset.objects.filter(kind="software").count()) == (
        39,
        180,
    )
    router = Asset.objects.select_related("site").get(name="dmi01-akron-rtr01")
    assert (router.kind, router.model, router.place, router.site.name) == (  # type: ignore[union-attr]  # it has one
        "network", "Cisco ISR 1111-8P", "Comms closet, U4", "DM-Akron")  # fmt: skip
    assert found.counts["related"] == 180
    _row, again = store.bring(SAMPLE, text)
    assert (kinds(again), again.counts["related"], again.counts["unrelated"]) == ({"unchanged": 284}, 0, 0)


def test_the_api_of_netbox_gives_the_same_in_another_form(store: Store) -> None:
    device = {
        "id": 7, "name": "sw1", "device_type": {"model": "X", "manufacturer": {"name": "Acme"}}, "role": {"name": "Firewall"},
        "serial": "S9", "asset_tag": None, "site": {"name": "c1 main"}, "rack": {"name": "R1"}, "position": 3.0,
        "status": {"value": "offline"},
    }  # fmt: skip
    path = store.folder / "devices.json"
    path.write_text(json.dumps({"count": 1, "results": [device]}))
    store.bring(path, shipped_text("netbox", "asset_mappings"))
    asset = Asset.objects.get()

    assert (asset.kind, asset.state, asset.model, asset.place) == ("network", "spare", "Acme X", "R1, U3")
    assert AssetSource.objects.get().key == "device:7"
    path.write_text("[1, 2")
    with pytest.raises(UnreadableSource) as broken:
        store.bring(path, shipped_text("netbox", "asset_mappings"))
    assert broken.value.problem.code == "bad-json"


def test_who_may_not_and_what_cannot_be_read_write_nothing(store: Store) -> None:
    path = store.file("1,PRN-1,Printer,,,,,,,")
    for by, mapping, error in (
        ("c1.ct", MAPPING, NotAllowed),
        ("c1.req", MAPPING, NotAllowed),
        ("c1.cso", MAPPING + '\n[words.health]\nok = "fine"', Invalid),
        ("c1.cso", MAPPING.replace("Serial", "Number"), UnreadableSource),
    ):
        with pytest.raises((error, CosourceError)) as refused:
            store.bring(path, mapping, by)
        assert isinstance(refused.value, error)
    assert not Asset.objects.exists()
    with pytest.raises(Invalid) as faulty:
        asset_mapping_read('[source]\nkind = "asset-list"\nname = "x"\n[columns]\ncolour = "c"')
    assert len(faulty.value.details["fields"]["mapping"]) == 3


@pytest.mark.django_db(transaction=True)
def test_the_command_says_row_by_row_and_puts_back(store: Store) -> None:
    path, mapping = store.file("1,PRN-1,Printer,,,,,,,", "2,,Printer,,,,,,,"), store.folder / "m.toml"
    mapping.write_text(MAPPING)

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["assets", *words, "--as", "Alder Hospitals"])

    dry = run("import", str(path), "--mapping", str(mapping), "--dry-run")
    assert (dry.exit_code, "row 2: new PRN-1" in dry.output, Asset.objects.count()) == (1, True, 0)
    done = run("import", str(path), "--mapping", str(mapping))
    assert (done.exit_code, Asset.objects.count()) == (1, 1)
    assert "assets.csv, row 3, column Name: The row names no asset." in done.output
    assert run("undo", str(Import.objects.get().id)).exit_code == 0
    assert not Asset.objects.exists()
    assert not AssetLine.objects.exists()
