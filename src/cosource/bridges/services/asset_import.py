"""A foreign inventory is brought in, again and again, and one bringing can be put back.

Rows are decided one by one (`asset_book`) and written in batches, each one transaction with its entries, so that others write
between them; a run that was stopped is simply run again. What the file says holds for the fields that the mapping names; others
stay as they are here. Not here: doors.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import batched
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.assets.models import CHOICES, Asset, AssetSource
from cosource.assets.queries.rights import keeps
from cosource.assets.services.assets import asset_save, require_write
from cosource.assets.services.telling import asset_draft
from cosource.assets.services.values import values_set
from cosource.bridges.models import AssetLine, Import
from cosource.bridges.reading.assets import read_assets
from cosource.bridges.reading.source import LIMITS, Limits, file_digest
from cosource.bridges.rules.asset_mapping import AssetMapping, parse_asset_mapping
from cosource.bridges.rules.asset_rows import AssetReading
from cosource.bridges.rules.mapping_parse import MappingError
from cosource.bridges.rules.problems import Problem, shown
from cosource.bridges.services.asset_book import Known, Unmatched, book_open
from cosource.bridges.services.asset_relating import assets_relate
from cosource.bridges.services.asset_run import CHANGED, NEW, REFUSED, UNCHANGED, Outcome, RowResult, Run
from cosource.bridges.services.import_run import import_tell, problems_write
from cosource.bridges.services.places import cut
from cosource.bridges.services.preparing import require_importer
from cosource.foundation.errors import CosourceError, Invalid, NotAllowed, StaleVersion
from cosource.foundation.ids import new_id
from cosource.foundation.rules.canonical import digest
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import Draft, append_many
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization

_AT_ONCE = 400
_LISTED = 100_000
type Clock = Callable[[], datetime]


@dataclass(slots=True)
class _Step:
    """One row that is written: the asset as it is to be, what changes, whether it is new, and a key to keep."""

    row_number: int
    asset: Asset
    changes: dict[str, tuple[Any, Any]]
    is_new: bool
    key: str = ""


def asset_mapping_read(text: str) -> AssetMapping:
    """Return a mapping of assets, its choices checked too. Raises: Invalid naming every fault."""
    try:
        mapping = parse_asset_mapping(text)
    except MappingError as error:
        raise Invalid(_("The mapping cannot be used."), fields={"mapping": list(error.faults)}) from None
    faults = [
        f"{place} = {meant!r}; allowed: {', '.join(filter(None, CHOICES[name].values))}."
        for name in CHOICES
        for place, meant in (
            *((f'words.{name}."{word}"', meant) for word, meant in mapping.words.get(name, {}).items()),
            *([(f"defaults.{name}", mapping.defaults[name])] if name in mapping.defaults else []),
        )
        if meant not in CHOICES[name].values
    ]
    if faults:
        raise Invalid(_("The mapping cannot be used."), fields={"mapping": faults})
    # A source may speak in this product's own words, too.
    own = {name: {str(value): str(value) for value in CHOICES[name].values} for name in CHOICES}
    return replace(mapping, words={name: own[name] | dict(mapping.words.get(name, {})) for name in own})


def assets_import(
    *,
    path: Path,
    mapping_text: str,
    mapping_name: str,
    actor: Actor,
    clock: Clock,
    dry_run: bool = False,
    limits: Limits = LIMITS,
    tell: Callable[[int], None] = lambda _rows: None,
) -> tuple[Import | None, Outcome]:
    """Bring a file of assets into the actor's own inventory; a dry run says what would be done and writes nothing.

    `tell` is called with the rows that are done. Appends `import.started/1` and `import.finished/1`, an entry for each asset that
    is made, changed or hung on another, and `site.added/1` for sites that the file names and nobody knew.
    Raises: NotFound, NotAllowed, Invalid for a mapping that cannot be used, UnreadableSource, StaleVersion when somebody changed
    an asset in the same moment: what was written stays, and running it again goes on.
    """
    owner = Organization.objects.get(pk=require_importer(actor))
    if not keeps(actor):
        raise NotAllowed(_("Your role keeps no inventory."), code="keeps_none")
    mapping = asset_mapping_read(mapping_text)
    row = (
        None
        if dry_run
        else _begin(
            owner=owner,
            path=path,
            mapping=mapping,
            text=mapping_text,
            name=mapping_name,
            actor=actor,
            at=clock(),
        )
    )
    book = book_open(owner, mapping.source.name, clock())
    run = Run(owner, mapping, book, actor, path.name, row)
    try:
        for some in batched(read_assets(path, mapping, limits), _AT_ONCE):
            with transaction.atomic() if run.write else nullcontext():
                _portion(run, some, clock())
            tell(len(run.outcome.rows))
        with transaction.atomic() if run.write else nullcontext():
            assets_relate(run, clock())
            if row is not None:
                _finish(run, row, clock())
    except BaseException:
        if row is not None:
            Import.objects.filter(pk=row.pk, state=Import.State.RUNNING).update(state=Import.State.FAILED)
        raise
    return row, run.outcome


@transaction.atomic
def _begin(
    *,
    owner: Organization,
    path: Path,
    mapping: AssetMapping,
    text: str,
    name: str,
    actor: Actor,
    at: datetime,
) -> Import:
    row = Import.objects.create(
        owner=owner,
        of=Import.Of.ASSETS,
        started_by_id=actor.id,
        file_name=cut(path.name, 200),
        file_digest=file_digest(path),
        mapping_name=cut(name),
        mapping_digest=digest(text.encode()),
        mapping_text=text,
        source_name=cut(mapping.source.name),
        state=Import.State.RUNNING,
        created_at=at,
    )
    import_tell(row, "import.started/1", actor=actor, at=at)
    return row


def _finish(run: Run, row: Import, at: datetime) -> None:
    counts = run.outcome.counts
    problems_write(row.id, run.outcome.problems[:_LISTED])
    figures = {name: counts[name] for name in (NEW, CHANGED, UNCHANGED, REFUSED)}
    row.state, row.finished_at = Import.State.DONE, at
    row.rows_total = row.rows_read = len(run.outcome.rows)
    row.rows_kept, row.rows_known, row.rows_refused = (
        counts[NEW] + counts[CHANGED],
        counts[UNCHANGED],
        counts[REFUSED],
    )
    row.rows_repaired = len({p.row for p in run.outcome.problems if p.outcome == "repaired"})
    row.report = {
        **figures,
        "codes": dict(Counter(p.code for p in run.outcome.problems)),
        "sites": run.outcome.made,
        "related": run.outcome.related,
        "unrelated": run.outcome.unrelated,
    }
    row.save()
    import_tell(row, "import.finished/1", actor=run.actor, at=at, facts=figures)


def _portion(run: Run, items: tuple[AssetReading | Problem, ...], at: datetime) -> None:
    """Decide some rows and write them, in the caller's transaction."""
    found: list[_Decided] = []
    for item in items:
        if isinstance(item, Problem):
            run.outcome.problems.append(item)
            if item.outcome == "refused" and item.row is not None:
                run.outcome.rows.append(RowResult(item.row, REFUSED, ""))
            continue
        run.outcome.problems += item.problems
        if item.is_refused:
            _refused(run, item)
        elif (decided := _decide(run, item)) is not None:
            found.append(decided)
    ids = [decided.asset_id for decided in found if not decided.is_new]
    present = {a.id: a for a in Asset.objects.filter(pk__in=ids).select_related("owner")}
    steps = [step for decided in found if (step := _step(run, decided, present, at)) is not None]
    if run.write:
        _write(run, steps, at)


@dataclass(slots=True)
class _Decided:
    """A row and the asset that it is about, or that is made for it. `given`: what it names, as ids."""

    item: AssetReading
    asset_id: UUID
    is_new: bool
    key: str
    given: dict[str, Any]


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
    is_new = known is None
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
    if item.relations:
        run.relations.append((item.row_number, known.id, item.relations))
    return _Decided(item, known.id, is_new, key, given)


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


def _step(run: Run, decided: _Decided, present: Mapping[UUID, Asset], at: datetime) -> _Step | None:
    """Return what a row changes; None for nothing, or for a row that is refused. Raises: StaleVersion."""
    item = decided.item
    given = {**item.values, **decided.given}
    if decided.is_new:
        asset = Asset(id=decided.asset_id, owner=run.owner, name="", kind="", created_at=at, updated_at=at)
        given = {**_defaults(run), "state_since": at.date()} | given
    elif decided.asset_id not in present:
        raise StaleVersion
    else:
        asset = present[decided.asset_id]
    try:
        changes = values_set(asset, given, at=at, looked_up=True)
        require_write(asset, run.actor)
    except CosourceError as no:
        name = next(iter(no.details.get("fields", {})), "name")
        value = shown(str(given.get(name, "")))
        run.note(item.row_number, name.removesuffix("_id"), "asset-value", value=value, reason=no.message)
        _refused(run, item)
        if decided.is_new:
            run.book.drop(decided.asset_id)
        return None
    asset.updated_at = at
    outcome = NEW if decided.is_new else CHANGED if changes or decided.key else UNCHANGED
    told = () if decided.is_new else tuple(sorted(changes))
    run.outcome.rows.append(RowResult(item.row_number, outcome, asset.name, told))
    if outcome == UNCHANGED:
        return None
    return _Step(item.row_number, asset, changes, decided.is_new, decided.key)


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
    run.outcome.rows.append(RowResult(item.row_number, REFUSED, str(item.values.get("name", ""))))


def _write(run: Run, steps: list[_Step], at: datetime) -> None:
    drafts = [_site_draft(run.owner, site, at) for site in run.book.new_sites]
    for site in run.book.new_sites:
        site.save(force_insert=True)
    run.outcome.made += len(run.book.new_sites)
    run.book.new_sites.clear()
    Asset.objects.bulk_create([step.asset for step in steps if step.is_new])
    for step in steps:
        if not step.is_new:
            asset_save(step.asset)
    AssetSource.objects.bulk_create(
        AssetSource(owner=run.owner, asset=step.asset, source=run.book.source, key=step.key)
        for step in steps
        if step.key
    )
    drafts += [
        asset_draft(
            "asset.added/1" if step.is_new else "asset.changed/1",
            step.asset,
            at=at,
            changes={n: pair for n, pair in step.changes.items() if not (step.is_new and n == "name")},
            facts={"import": run.row.id.hex} if run.row else {},
        )
        for step in steps
    ]
    append_many(drafts, actor=run.actor, at=at)
    AssetLine.objects.bulk_create(
        AssetLine(
            batch=run.row,
            row_number=step.row_number,
            asset_id=step.asset.id,
            did="made" if step.is_new else "changed",
            before={name: plain(was) for name, (was, _now) in step.changes.items()}
            | ({"key": ""} if step.key else {}),
            after={name: plain(now) for name, (_was, now) in step.changes.items()}
            | ({"key": step.key} if step.key else {}),
            version=step.asset.version,
        )
        for step in steps
    )


def plain(value: Any) -> Any:
    """Return a value as JSON and the ledger hold it."""
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat() if isinstance(value, date) else value


def _site_draft(owner: Organization, site: Any, at: datetime) -> Draft:
    return Draft(
        kind="site.added/1",
        subject_kind="site",
        subject_id=site.id,
        audience_id=audience_intern([owner.own_stream_id]),
        occurred_at=at,
        payload={"name": site.name},
    )
