"""The metrics of one cohort as one statement, put together once in each process.

Definitions are Ibis expressions, so that the same ones could be evaluated elsewhere. Writing a statement from them takes longer
than answering it: only the rows that it reads, and whether it groups, differ from one question to the next.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.metric import Cohort, Fold, Metric

_TICKET = {
    "ticket": "uuid",
    "response_hours": "float64",
    "resolve_hours": "float64",
    "net_hours": "float64",
    "close_hours": "float64",
    "gross_hours": "float64",
    "wait_hours": "float64",
    "out_of_order": "boolean",
    "reassignments": "int64",
    "reopenings": "int64",
    "sla_stated": "boolean",
    "knowledge": "boolean",
    "solved_at_contact": "boolean",
    "surveyed": "boolean",
    "survey_score": "int64",
    **{
        f"{by}_{what}": "int64"
        for by in ("team", "party")
        for what in ("handovers", "returns", "direct_returns", "mutual_pairs")
    },
}
SCHEMAS = {
    Cohort.OPENED: _TICKET,
    Cohort.ENDED: _TICKET,
    Cohort.OPEN: {**_TICKET, "age_hours": "float64"},
    Cohort.DUE: {"ticket": "uuid", "met": "boolean", "stands_still": "boolean"},
    Cohort.CALLS: {
        "ticket": "uuid",
        "answered": "boolean",
        "answer_seconds": "float64",
        "abandon_seconds": "float64",
    },
}


@dataclass(frozen=True, slots=True)
class Names:
    """In which columns of the answer a metric's parts are: the value, how many gave one, the divisor, the spread."""

    value: str
    n: str
    per: str
    spread: str
    excluded: tuple[str, ...]


@cache
def statement(cohort: Cohort, ids: tuple[str, ...], grouped: bool) -> tuple[str, tuple[Names, ...]]:
    """Return a statement that reads from `cohort`, and where in its answer each of the metrics is.

    `rows_in_all` in the answer is how many rows the cohort has.
    """
    import ibis  # noqa: PLC0415 - a process that asks no figures need not have it

    schema = dict(SCHEMAS[cohort])
    if grouped:
        schema["by_value"] = "string"
    table = ibis.table(schema, name="cohort")
    wanted: dict[str, Any] = {"rows_in_all": table.count()}
    names = []
    for number, metric in enumerate(BY_ID[i] for i in ids):
        parts = {f"{name}{number}": part for name, part in _parts(metric, table).items()}
        wanted |= parts
        names.append(
            Names(
                f"value{number}",
                f"n{number}",
                f"per{number}" if metric.per else "",
                f"spread{number}" if metric.has_spread else "",
                tuple(f"without{i}_{number}" for i in range(len(metric.exclusions))),
            )
        )
    asked = table.group_by("by_value") if grouped else table
    return str(ibis.to_sql(asked.aggregate(**wanted), dialect="duckdb")), tuple(names)


@cache
def row_statement(metric_id: str) -> str:
    """Return a statement that reads from `cohort`: what the metric takes of each row, and which exclusion holds."""
    import ibis  # noqa: PLC0415 - as above

    metric = BY_ID[metric_id]
    table = ibis.table({**SCHEMAS[metric.cohort], "desk": "uuid", "opened_at": "timestamp"}, name="cohort")
    cases = [(e.which(table), ibis.literal(i, "int32")) for i, e in enumerate(metric.exclusions)]
    reason = ibis.cases(*cases) if cases else ibis.null("int32")
    rows = table.select("desk", "ticket", "opened_at", given=metric.of(table), reason=reason)
    return str(ibis.to_sql(rows, dialect="duckdb"))


def _parts(metric: Metric, table: Any) -> dict[str, Any]:
    of = metric.of(table)
    parts = {"value": _folded(metric.fold, of), "n": of.count()}
    if metric.per is not None:
        parts["per"] = metric.per(table).sum()
    if metric.has_spread:
        parts["spread"] = of.std(how="sample")
    parts |= {f"without{i}_": e.which(table).sum() for i, e in enumerate(metric.exclusions)}
    return parts


def _folded(fold: Fold, of: Any) -> Any:
    if fold is Fold.COUNT:
        return of.count()
    if fold in (Fold.SUM, Fold.SHARE, Fold.RATIO):
        return of.sum()
    if fold is Fold.MEAN:
        return of.mean()
    if fold is Fold.MAX:
        return of.max()
    return of.quantile(0.5 if fold is Fold.MEDIAN else 0.9)
