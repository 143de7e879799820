"""The rows that a figure looks at, as a statement: a scope within a period, within the limits of who asks.

Sample tickets count only where there is nothing else: beside real ones they are left out, and that is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.scopes import Granted
from cosource.metrics.rules.metric import Cohort
from cosource.metrics.rules.periods import Period
from cosource.metrics.rules.reaching import Reach

type Statement = tuple[str, list[Any]]

# The instant by which a row of the cohort belongs to a period.
DATES = {
    Cohort.OPENED: "opened_at",
    Cohort.ENDED: "ended_at",
    Cohort.DUE: "due_at",
    Cohort.OPEN: "opened_at",
    Cohort.CALLS: "opened_at",
}
TABLES = {Cohort.DUE: "clocks", Cohort.CALLS: "calls"}
# By what calls are broken down; they have nothing else.
CALLS_BY = frozenset({"month", "day", "queue"})
_BY = {
    "kind": "{t}ticket_kind",
    "priority": "CAST({t}priority AS VARCHAR)",
    "category": "{t}category",
    "subcategory": "{t}subcategory",
    "impact": "CAST({t}impact AS VARCHAR)",
    "urgency": "CAST({t}urgency AS VARCHAR)",
    "service": "CAST({t}service AS VARCHAR)",
    "site": "CAST({t}site AS VARCHAR)",
    "team": "CAST({t}team AS VARCHAR)",
    "party": "CAST({t}party AS VARCHAR)",
    "queue": "{t}queue",
}
_STANDS_STILL = "met_at IS NULL AND stopped_at IS NULL AND still_since IS NOT NULL AND still_since < due_at"
_MET = f"CASE WHEN met_at IS NOT NULL THEN met_at <= due_at WHEN stopped_at IS NULL AND NOT ({_STANDS_STILL}) THEN false END"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: of which desks, for which period, at which instant, broken down by what.

    `kept`: the name of a kept column, in place of a field.
    """

    desks: tuple[Granted, ...]
    period: Period
    at: datetime
    by: str = ""
    kept: str = ""


def cohort_sql(facts: Facts, asked: Asked, cohort: Cohort, *, more: str = "") -> Statement:
    """Return `WITH cohort AS (…)`, ready for a statement that reads from `cohort`, with `by_value` where something is asked by.

    `more`: a further condition. Where samples may have to be left out, `base` has all rows and `kinds` says how many.
    """
    if asked.by and cohort is Cohort.DUE:
        source = (
            f"(SELECT k.*, t.* EXCLUDE (desk, ticket, opened_at, ended_at, service, site, sample, merged), t.service, t.site "
            f"FROM (SELECT * EXCLUDE (service, site) FROM {facts.table('clocks')}) AS k "
            f"JOIN {facts.table('tickets')} AS t ON t.desk = k.desk AND t.ticket = k.ticket)"
        )
    else:
        source = facts.table(TABLES.get(cohort, "tickets"))
    columns, values = _columns(asked, cohort)
    conditions, limits = within(asked, cohort)
    values += limits
    if more:
        conditions.append(more)
    sql = f"SELECT {columns} FROM {source} WHERE {' AND '.join(conditions)}"
    if not facts.manifest.samples:
        return f"WITH cohort AS ({sql})", values
    return (
        f"WITH base AS MATERIALIZED ({sql}), kinds AS (SELECT coalesce(bool_and(sample), false) AS only_samples, "
        f"count(*) FILTER (sample) AS samples FROM base), "
        f"cohort AS (SELECT base.* FROM base, kinds WHERE sample = only_samples)"
    ), values


def within(asked: Asked, cohort: Cohort) -> tuple[list[str], list[Any]]:
    """Return the conditions for desks, limits and period, with their values."""
    conditions, values = [], []
    scope, desks = _desks_sql(asked.desks)
    conditions.append(scope)
    values += desks
    if cohort is Cohort.OPEN:
        until = naive(asked.period.ends_by(asked.at))
        conditions.append("opened_at < ? AND (ended_at IS NULL OR ended_at >= ?)")
        values += [until, until]
        return conditions, values
    date = DATES[cohort]
    conditions.append(f"{date} IS NOT NULL")
    if asked.period.from_at is not None:
        conditions.append(f"{date} >= ?")
        values.append(naive(asked.period.from_at))
    if asked.period.until_at is not None:
        conditions.append(f"{date} < ?")
        values.append(naive(asked.period.until_at))
    if cohort is Cohort.ENDED:
        # The ticket that it goes on in counts.
        conditions.append("NOT merged")
    if cohort is Cohort.DUE:
        # What comes due later is no verdict yet. To the minute, so that two who ask at once are told the same.
        conditions.append("kind = 'resolve' AND due_at < ?")
        values.append(naive(asked.at.replace(second=0, microsecond=0)))
    return conditions, values


def is_asked_by(asked: Asked, cohort: Cohort) -> bool:
    """Tell whether rows of the cohort have what is asked by: of all that a ticket has a call has nothing, but a queue."""
    if not asked.by or asked.by in {"month", "day"}:
        return True
    return (cohort is Cohort.CALLS) == (asked.by in CALLS_BY)


def naive(instant: datetime) -> datetime:
    """Return an instant as the facts have it: in UTC, without saying so."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _columns(asked: Asked, cohort: Cohort) -> Statement:
    columns, values = ["*"], []
    if cohort is Cohort.DUE:
        columns.append(f"{_MET} AS met, {_STANDS_STILL} AS stands_still")
    if cohort is Cohort.OPEN:
        columns.append("(epoch_us(CAST(? AS TIMESTAMP)) - epoch_us(opened_at)) / 3600000000.0 AS age_hours")
        values.append(naive(asked.period.ends_by(asked.at)))
    if asked.by:
        expression, more = _by(asked, cohort)
        columns.append(f"{expression} AS by_value")
        values += more
    return ", ".join(columns), values


def _by(asked: Asked, cohort: Cohort) -> Statement:
    if asked.kept:
        escaped = asked.kept.replace("\\", "\\\\").replace('"', '\\"')
        return "json_extract_string(kept, ?)", [f'$."{escaped}"']
    if asked.by == "month":
        return f"strftime({DATES[cohort]}, '%Y-%m')", []
    if asked.by == "day":
        return f"strftime({DATES[cohort]}, '%Y-%m-%d')", []
    return f"NULLIF({_BY[asked.by].format(t='')}, '')", []


def _desks_sql(desks: Sequence[Granted]) -> Statement:
    if all(granted.is_whole for granted in desks):
        marks = ", ".join(["?"] * len(desks))
        return f"desk IN ({marks})", [str(granted.desk.id) for granted in desks]
    parts, values = [], []
    for granted in desks:
        limits = []
        reached = [(_WHOLE, [])] if granted.is_whole else [_reach_sql(reach) for reach in granted.reaches]
        for condition, more in reached:
            limits.append(condition)
            values += [str(granted.desk.id), *more]
        parts += [f"(desk = ? AND {condition})" for condition in limits]
    return f"({' OR '.join(parts)})", values


_WHOLE = "true"


def _reach_sql(reach: Reach) -> Statement:
    parts: list[str] = [_WHOLE]
    values: list[Any] = []
    for column, ids in (("service", reach.service_ids), ("site", reach.site_ids)):
        if ids:
            parts.append(f"{column} IN ({', '.join(['?'] * len(ids))})")
            values += [str(i) for i in sorted(ids)]
    if reach.opened_from is not None:
        parts.append("opened_at >= ?")
        values.append(naive(reach.opened_from))
    if reach.opened_until is not None:
        parts.append("opened_at < ?")
        values.append(naive(reach.opened_until))
    return " AND ".join(parts), values
