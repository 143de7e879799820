"""A foreign inventory, row by row: choosing the reader by what the mapping says and what the file is."""

from collections.abc import Iterator
from pathlib import Path

from cosource.bridges.reading.csv_lines import csv_rows
from cosource.bridges.reading.heading import checked_heading
from cosource.bridges.reading.netbox import HEADINGS as NETBOX_HEADINGS
from cosource.bridges.reading.netbox import netbox_rows
from cosource.bridges.reading.source import LIMITS, ZIP, ByteSource, Limits
from cosource.bridges.reading.xlsx_lines import xlsx_rows
from cosource.bridges.rules.asset_mapping import NETBOX, AssetMapping
from cosource.bridges.rules.asset_rows import AssetReader, AssetReading
from cosource.bridges.rules.events import SourceRow
from cosource.bridges.rules.problems import Problem


def read_assets(
    path: Path, mapping: AssetMapping, limits: Limits = LIMITS
) -> Iterator[AssetReading | Problem]:
    """Yield what each row says, and a problem where a row cannot be read. Raises: UnreadableSource."""
    reader = AssetReader(mapping, path.name)
    if mapping.source.kind == NETBOX:
        checked_heading(NETBOX_HEADINGS, mapping, path.name)
        rows = netbox_rows(path, limits)
    else:
        with ByteSource(path, limits) as source:
            is_workbook = source.peek().startswith(ZIP) and not source.is_packed
        rows = xlsx_rows(path, mapping, limits) if is_workbook else _csv(path, mapping, limits)
    for row in rows:
        yield row if isinstance(row, Problem) else reader.read(row)


def _csv(path: Path, mapping: AssetMapping, limits: Limits) -> Iterator[SourceRow | Problem]:
    with ByteSource(path, limits) as source:
        yield from csv_rows(source, mapping, limits)
