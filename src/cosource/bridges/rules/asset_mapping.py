"""How a file of assets is to be read: the mapping as a value, and from TOML to a checked one.

Not here: applying it to rows (`asset_rows`), and the outside of a file and its faults, which mappings of all kinds share
(`mapping`, `mapping_parse`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from cosource.bridges.rules.mapping import SourceFormat
from cosource.bridges.rules.mapping_parse import MappingError, Parser, mapping_document

LIST, NETBOX = "asset-list", "netbox"
CHOSEN = ("kind", "state", "health", "criticality", "data_class")
RELATIONS = ("runs_on", "serves", "backs_up")
NAMED = ("site", "service", "used_by")


@dataclass(frozen=True, slots=True)
class AssetColumns:
    """Which heading holds what; empty where the file has no such column. `key`: by which the source knows the asset.

    `runs_on`, `serves`, `backs_up`: the key or the name of another asset.
    """

    name: str
    key: str = ""
    kind: str = ""
    model: str = ""
    serial: str = ""
    inventory_number: str = ""
    site: str = ""
    place: str = ""
    service: str = ""
    used_by: str = ""
    state: str = ""
    state_since: str = ""
    bought_on: str = ""
    ends_on: str = ""
    health: str = ""
    criticality: str = ""
    data_class: str = ""
    support_with: str = ""
    support_until: str = ""
    runs_on: str = ""
    serves: str = ""
    backs_up: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """Return the headings that a file must have, each once."""
        return tuple(dict.fromkeys(filter(None, (getattr(self, f.name) for f in fields(self)))))


@dataclass(frozen=True, slots=True)
class AssetMapping:
    """How one kind of file is read.

    `words`: for a chosen field what the source's words mean. `defaults`: for a chosen field what a blank cell or a word that is
    not listed means, and what a new asset gets where there is no column.
    """

    source: SourceFormat
    columns: AssetColumns
    words: Mapping[str, Mapping[str, str]]
    defaults: Mapping[str, str]


def parse_asset_mapping(text: str) -> AssetMapping:
    """Read a mapping from TOML and check all of it but the choices themselves. Raises: MappingError with every fault found."""
    parser = _AssetParser(mapping_document(text))
    found = parser.asset_mapping()
    if parser.faults:
        raise MappingError(tuple(parser.faults))
    return found


class _AssetParser(Parser):
    kinds = (LIST, NETBOX)

    def asset_mapping(self) -> AssetMapping:
        self._only("", self._document, ("source", "columns", "words", "defaults"))
        source = self._source(self._table("source"))
        table = self._table("columns")
        names = tuple(f.name for f in fields(AssetColumns))
        self._only("columns", table, names)
        given = {name: self._text(f"columns.{name}", table[name]) for name in names if name in table}
        if "name" not in given:
            self.faults.append("columns.name is missing: it names the column with the asset's name.")
        words = self._table("words")
        self._only("words", words, CHOSEN)
        defaults = self._table("defaults")
        self._only("defaults", defaults, (*CHOSEN, "site", "service"))
        if "kind" not in given and "kind" not in defaults:
            self.faults.append("columns.kind and defaults.kind are missing: an asset needs a kind.")
        return AssetMapping(
            source=source,
            columns=AssetColumns(**({"name": ""} | given)),
            words={
                name: {
                    word.casefold(): self._text(f'words.{name}."{word}"', meant)
                    for word, meant in self._inner(f"words.{name}", table).items()
                }
                for name, table in words.items()
            },
            defaults={name: self._text(f"defaults.{name}", value) for name, value in defaults.items()},
        )
