"""Which asset a row of a foreign inventory is about: by the source's key, then by serial number, then by name and site.

The book is read once a run and kept in step with what the run decides, so that a dry run and a real one decide alike. Not here:
writing (`asset_import`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.assets.models import Asset, AssetSource
from cosource.bridges.rules.asset_rows import AssetReading
from cosource.bridges.services.places import cut
from cosource.foundation.ids import new_id
from cosource.parties.models import Employment, Organization, Service, Site
from cosource.parties.models.scope import live_q


class Unmatched(Exception):
    """Nothing can be made of a row: the code of its problem and what fills the words."""

    def __init__(self, code: str, column: str, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.column, self.values = code, column, values


@dataclass(slots=True)
class Known:
    """What the book knows of an asset."""

    id: UUID
    name: str
    serial: str
    site_id: UUID | None
    key: str = ""


@dataclass(slots=True)
class Book:
    """An owner's assets, places, services and people by what a source may call them. `taken`: assets by row of this run."""

    owner: Organization
    source: str
    by_key: dict[str, Known] = field(default_factory=dict)
    by_id: dict[UUID, Known] = field(default_factory=dict)
    by_serial: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    sites: dict[str, UUID] = field(default_factory=dict)
    services: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    new_sites: dict[UUID, Site] = field(default_factory=dict)
    taken: dict[UUID, int] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)

    def add(self, known: Known) -> None:
        """Let an asset be found."""
        self.by_id[known.id] = known
        self.by_name[known.name.casefold()].append(known)
        if known.serial:
            self.by_serial[known.serial.casefold()].append(known)
        if known.key:
            self.by_key[known.key] = known

    def take_back(self, known: Known, was: Known | None) -> None:
        """Know an asset as it was before a row that is refused; one that is not made after all is forgotten."""
        self.by_key.pop(known.key, None)
        if was is not None:
            self.moved(known, name=was.name, serial=was.serial, site_id=was.site_id, key="")
            known.key = was.key
            if was.key:
                self.by_key[was.key] = known
            return
        self.by_id.pop(known.id)
        self.by_name[known.name.casefold()].remove(known)
        if known.serial:
            self.by_serial[known.serial.casefold()].remove(known)

    def moved(self, known: Known, *, name: str, serial: str, site_id: UUID | None, key: str) -> None:
        """Keep in step with what a row makes of an asset."""
        if known.name != name:
            self.by_name[known.name.casefold()].remove(known)
            self.by_name[name.casefold()].append(known)
        if known.serial != serial:
            if known.serial:
                self.by_serial[known.serial.casefold()].remove(known)
            if serial:
                self.by_serial[serial.casefold()].append(known)
        known.name, known.serial, known.site_id, known.key = name, serial, site_id, key or known.key
        if key:
            self.by_key[key] = known

    def site(self, name: str) -> UUID:
        """Return the site of this name, which `take_sites` gives to be made where there is none yet."""
        name = cut(name)
        found = self.sites.get(name.casefold())
        if found is None:
            made = Site(id=new_id(), organization=self.owner, name=name)
            self.new_sites[made.id] = made
            found = self.sites[name.casefold()] = made.id
        return found

    def take_sites(self, wanted: Collection[UUID | None]) -> list[Site]:
        """Return those of these sites that are still to be made; from now on they count as made."""
        return [self.new_sites.pop(i) for i in list(self.new_sites) if i in wanted]

    def find(self, reading: AssetReading, site_id: UUID | None) -> Known | None:
        """Return the asset that a row is about; None for a new one. Raises: Unmatched."""
        key, serial = reading.key, str(reading.values.get("serial") or "")
        if key in self.keys:
            raise Unmatched("asset-twice", "key", row=self.keys[key])
        of_serial = self.by_serial.get(serial.casefold(), []) if serial else []
        found = self.by_key.get(key) if key else None
        if found is not None:
            others = [known for known in of_serial if known.id != found.id]
            if others:
                raise Unmatched("asset-conflict", "serial", name=found.name, other=others[0].name)
        elif of_serial:
            found = _only(of_serial, "serial")
        else:
            fits = [
                known
                for known in self.by_name.get(str(reading.values["name"]).casefold(), [])
                if known.site_id == site_id
                and not (serial and known.serial)
                # What the source knows by another key is another asset, whatever both are called.
                and not (key and known.key and known.key != key)
            ]
            found = _only(fits, "name") if fits else None
        if found is None:
            return None
        if key and found.key and found.key != key:
            raise Unmatched("asset-taken", "key", name=found.name, key=found.key)
        if found.id in self.taken:
            raise Unmatched("asset-twice", "name", row=self.taken[found.id])
        return found

    def other(self, text: str) -> Known | None:
        """Return the one asset that a relation names by its key or its name."""
        found = self.by_key.get(text)
        if found is not None:
            return found
        named = self.by_name.get(text.casefold(), [])
        return named[0] if len(named) == 1 else None

    def name_of(self, asset_id: UUID) -> str:
        """Return what an asset is called; one that was entered while the run went on has no name here."""
        known = self.by_id.get(asset_id)
        return known.name if known else "…"


def _only(found: list[Known], column: str) -> Known:
    if len(found) > 1:
        raise Unmatched("asset-unclear", column, count=len(found))
    return found[0]


def book_open(owner: Organization, source: str, at: datetime) -> Book:
    """Read what there is of an owner."""
    book = Book(owner=owner, source=source)
    keys: Any = AssetSource.objects.filter(owner=owner, source=source).values_list("asset_id", "key")
    key_of = dict(keys)
    rows: Iterable[Any] = Asset.objects.filter(owner=owner).order_by("pk")
    columns: Any = rows
    for pk, name, serial, site_id in columns.values_list("id", "name", "serial", "site_id").iterator(
        chunk_size=5_000
    ):
        book.add(Known(pk, name, serial, site_id, key_of.get(pk, "")))
    for asset_id, key in key_of.items():
        book.by_key[key] = book.by_id[asset_id]
    for model, names in ((Site, book.sites), (Service, book.services)):
        live: Any = model.objects.filter(organization=owner, ended_at__isnull=True)
        names.update((name.casefold(), pk) for pk, name in live.values_list("id", "name"))
    employed: Any = Employment.objects.filter(live_q(at), organization=owner)
    book.people.update(
        (mail.casefold(), pk) for pk, mail in employed.values_list("person_id", "person__email")
    )
    return book
