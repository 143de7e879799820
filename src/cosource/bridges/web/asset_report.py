"""What an import of assets did, or would do, as its page shows it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.assets.queries.asset_page import FIELD_LABELS
from cosource.bridges.models import Import
from cosource.bridges.services.asset_run import CHANGED, MADE_SITES, NEW, RELATED, UNCHANGED, UNRELATED
from cosource.bridges.services.asset_undoing import KEPT, RESTORED, WITHDRAWN

_OUTCOMES = {NEW: gettext_lazy("new"), CHANGED: gettext_lazy("changed")}


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one row of the file. `fields`: what it changes, in words."""

    row: int
    outcome: str
    name: str
    fields: str


@dataclass(frozen=True, slots=True)
class Effects:
    """The first rows that do something, and in how many assets each field changes; `more`: rows that are not shown."""

    rows: list[Effect]
    fields: list[tuple[int, str]]
    more: int


def asset_figures(row: Import) -> list[tuple[str, int]]:
    """Return an import of assets in numbers; once it was put back, what became of that too."""
    told, undone = row.report, row.report.get("undone", {})
    figures = [
        (_("rows read"), row.rows_read),
        (_("new"), told.get(NEW, 0)),
        (_("changed"), told.get(CHANGED, 0)),
        (_("unchanged"), told.get(UNCHANGED, 0)),
        (_("repaired"), row.rows_repaired),
        (_("refused"), row.rows_refused),
        (_("new sites"), told.get(MADE_SITES, 0)),
        (_("hung together"), told.get(RELATED, 0)),
        (_("taken apart"), told.get(UNRELATED, 0)),
    ]
    if row.state in (Import.State.UNDOING, Import.State.UNDONE):
        figures += [
            (_("withdrawn"), undone.get(WITHDRAWN, 0)),
            (_("restored"), undone.get(RESTORED, 0)),
            (_("kept as changed or used since"), undone.get(KEPT, 0)),
        ]
    return figures


def asset_effects(row: Import) -> Effects:
    """Return what an import of assets does to which rows."""
    told = row.report
    rows = [
        Effect(number, str(_OUTCOMES[outcome]), name, ", ".join(map(_label, changed)))
        for number, outcome, name, changed in told.get("rows", [])
    ]
    counted = sorted(told.get("fields", {}).items(), key=lambda item: (-item[1], item[0]))
    return Effects(rows, [(count, _label(name)) for name, count in counted], row.rows_kept - len(rows))


def _label(field: str) -> str:
    return str(FIELD_LABELS.get(field, field))
