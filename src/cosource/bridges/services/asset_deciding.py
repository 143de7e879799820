"""What becomes of the rows of a foreign inventory: which asset each is about, and what it would change.

Alike in a dry run and a real one; nothing is written here (`asset_import`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.assets.models import CHOICES, Asset
from cosource.assets.services.assets import require_write
from cosource.assets.services.values import values_set
from cosource.bridges.rules.asset_rows import AssetReading
from cosource.bridges.rules.problems import Problem, shown
from cosource.bridges.services.asset_book import Known, Unmatched
from cosource.bridges.services.asset_run import CHANGED, MADE_SITES, NEW, REFUSED, UNCHANGED, Run
from cosource.foundation.errors import CosourceError, StaleVersion
from cosource.foundation.ids import new_id
from cosource.parties.models import Site


@dataclass(slots=True)
class Step:
    """One row that is written: the asset as it is to be, what changes, whether it is new, and a key to keep."""

    row_number: int
    asset: Asset
    changes: dict[str, tuple[Any, Any]]
    is_new: bool
    key: str = ""


@dataclass(slots=True)
class _Decided:
    """A row and the asset that it is about, or that is made for it.

    `was`: the asset in the book before this row, none for a new one. `given`: what the row names, as ids.
    """

    item: AssetReading
    known: Known
    was: Known | None
    key: str
    given: dict[str, Any]


def assets_decide(
    run: Run, items: Sequence[AssetReading | Problem], at: datetime
) -> tuple[list[Step], list[Site]]:
    """Decide some rows: return what is to be written for them, and the sites that are made for them.

    Raises: StaleVersion when an asset is gone that was there when the run began.
    """
    found: list[_Decided] = []
    for item in items:
        if isinstance(item, Problem):
            run.problems.append(item)
            if item.outcome == "refused" and item.row is not None:
                run.outcome.add(item.row, REFUSED, "")
            continue
        run.problems += item.problems
        if item.is_refused:
            _refused(run, item)
        elif (decided := _decide(run, item)) is not None:
            found.append(decided)
    ids = [decided.known.id for decided in found if decided.was is not None]
    present = {a.id: a for a in Asset.objects.filter(pk__in=ids).select_related("owner")}
    steps = [step for decided in found if (step := _step(run, decided, present, at)) is not None]
    sites = run.book.take_sites({step.asset.site_id for step in steps})
    run.outcome.counts[MADE_SITES] += len(sites)
    return steps, sites


def _decide(run: Run, item: AssetReading) -> _Decided | None:
    """Find out which asset a row is about, and keep the book in step; None for a row that is refused."""
    given = _named(run, item)
    try:
        known = run.book.find(item, given.get("site_id"))
    except Unmatched as no:
        run.note(item.row_number, no.column, no.code, **no.values)
        _refused(run, item)
        return None
    name, serial = str(item.values["name"]), str(item.values.get("serial") or "")
    site_id = given.get("site_id")
    was = None if known is None else replace(known)
    if known is None:
        known = Known(new_id(), name, serial, site_id, "")
        run.book.add(known)
    key = item.key if known.key != item.key else ""
    run.book.moved(
        known,
        name=name,
        serial=serial if "serial" in item.values else known.serial,
        site_id=site_id if "site_id" in given else known.site_id,
        key=item.key,
    )
    run.book.taken[known.id] = item.row_number
    if item.key:
        run.book.keys[item.key] = item.row_number
    return _Decided(item, known, was, key, given)


def _named(run: Run, item: AssetReading) -> dict[str, Any]:
    """Return the ids of what a row names; what nobody knows is left out and reported."""
    ids: dict[str, Any] = {}
    for name, book, code in (
        ("service", run.book.services, "asset-no-service"),
        ("used_by", run.book.people, "asset-no-person"),
    ):
        if name not in item.named:
            continue
        called = item.named[name]
        if called and called.casefold() not in book:
            run.note(item.row_number, name, code, value=shown(called))
            continue
        ids[f"{name}_id"] = book[called.casefold()] if called else None
    if "site" in item.named:
        ids["site_id"] = run.book.site(item.named["site"]) if item.named["site"] else None
    return ids


def _step(run: Run, decided: _Decided, present: Mapping[UUID, Asset], at: datetime) -> Step | None:
    """Return what a row changes; None for nothing, or for a row that is refused. Raises: StaleVersion."""
    item, is_new = decided.item, decided.was is None
    given = {**item.values, **decided.given}
    if is_new:
        asset = Asset(id=decided.known.id, owner=run.owner, name="", kind="", created_at=at, updated_at=at)
        given = {**_defaults(run), "state_since": at.date()} | given
    elif decided.known.id not in present:
        raise StaleVersion
    else:
        asset = present[decided.known.id]
    try:
        if not is_new:
            # Who keeps a part of an inventory changes nothing of another part, by moving it over least of all.
            require_write(asset, run.actor)
        changes = values_set(asset, given, at=at, looked_up=True)
        require_write(asset, run.actor)
    except CosourceError as no:
        name = next(iter(no.details.get("fields", {})), "name")
        value = shown(str(given.get(name, "")))
        run.note(item.row_number, name.removesuffix("_id"), "asset-value", value=value, reason=no.message)
        _refused(run, item)
        run.book.take_back(decided.known, decided.was)
        return None
    asset.updated_at = at
    if item.relations:
        run.relations.append((item.row_number, asset.id, item.relations))
    outcome = NEW if is_new else CHANGED if changes or decided.key else UNCHANGED
    run.outcome.add(item.row_number, outcome, asset.name, () if is_new else sorted(changes))
    if outcome == UNCHANGED:
        return None
    return Step(item.row_number, asset, changes, is_new, decided.key)


def _defaults(run: Run) -> dict[str, Any]:
    """Return what a new asset gets where the file says nothing."""
    given: dict[str, Any] = {n: v for n, v in run.mapping.defaults.items() if n in CHOICES}
    service = run.mapping.defaults.get("service", "").casefold()
    if service in run.book.services:
        given["service_id"] = run.book.services[service]
    if run.mapping.defaults.get("site"):
        given["site_id"] = run.book.site(run.mapping.defaults["site"])
    return given


def _refused(run: Run, item: AssetReading) -> None:
    run.outcome.add(item.row_number, REFUSED, str(item.values.get("name", "")))
