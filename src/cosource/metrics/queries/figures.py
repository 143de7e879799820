"""Figures: what pages, programs and the command line ask for.

    figures(actor, scope=None, from_on=…, until_on=…, by=None, only=None, at=…) → list[Figure]

`scope`: ids of desks as `scopes.scopes_for(actor)` lists them; None is the actor's usual scope. Periods are whole days in UTC,
the last one not included. `by`: a field (`rules.fields`), a column that a mapping kept, or a part that belongs to some metrics
("turn", "pair", "party pair"); then there is one figure for each value. `only`: ids of metrics, so that a tile costs no more than
a tile. Walk on: `drill.tickets_behind` to the tickets of a figure, `matrix.handovers_between` between whom they went,
`trends.trend` through the months or days; `period.last_with_data` is the month to begin with.

A figure is a function of metric, scope, period and terms: nothing here depends on who asks, but for whether they may.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid, NotAllowed
from cosource.foundation.sight import Actor
from cosource.metrics.queries.cohorts import Asked, cohort_sql, is_asked_by
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.expressions import Names, statement
from cosource.metrics.queries.naming import values_named
from cosource.metrics.queries.parts import figures_by_pair, figures_by_turn
from cosource.metrics.queries.scopes import Granted, compares, scope_granted
from cosource.metrics.rules.catalogue import chosen
from cosource.metrics.rules.fields import COMPARING, FIELDS, PARTS
from cosource.metrics.rules.figure import By, Figure, figure_of
from cosource.metrics.rules.metric import Cohort, Metric, gettext_noop
from cosource.metrics.rules.periods import Period

__all__ = ["By", "Figure", "asked_of", "figures", "refuse_comparison"]

SAMPLES = gettext_noop("sample tickets")


def figures(
    actor: Actor,
    *,
    scope: Sequence[UUID] | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    by: str | None = None,
    only: Sequence[str] | None = None,
    at: datetime,
) -> list[Figure]:
    """Return the figures of a scope in a period, in the order of the catalogue; grouped ones from the largest group on.

    Raises: NotFound for a scope out of sight; NotAllowed for a comparison of parties that is not the actor's to make; Invalid for
    a period, field or metric that there is not; NoFacts.
    """
    facts = Facts()
    metrics = _chosen(only)
    asked = asked_of(facts, actor, scope=scope, from_on=from_on, until_on=until_on, by=by, at=at)
    if asked.by == "turn":
        return figures_by_turn(facts, asked, [m for m in metrics if m.parts == "turn"])
    if asked.by in PARTS:
        return figures_by_pair(facts, asked, [m for m in metrics if m.parts == asked.by])
    cohorts: dict[Cohort, list[Metric]] = defaultdict(list)
    for metric in metrics:
        cohorts[metric.cohort].append(metric)
    found: dict[str, list[Figure]] = {}
    for cohort, members in cohorts.items():
        if is_asked_by(asked, cohort):
            found |= _of_cohort(facts, asked, cohort, members)
    return [figure for metric in metrics for figure in found.get(metric.id, ())]


def asked_of(
    facts: Facts,
    actor: Actor,
    *,
    scope: Sequence[UUID] | None,
    from_on: date | None,
    until_on: date | None,
    by: str | None,
    at: datetime,
) -> Asked:
    """Return a question that the actor may ask. Raises: NotFound, NotAllowed, Invalid."""
    desks = scope_granted(actor, scope)
    period = Period(from_on, until_on)
    if period.is_empty:
        raise Invalid(
            _(
                "No day lies from %(from_on)s up to %(until_on)s: the second is the first day after the period."
            )
            % {"from_on": from_on, "until_on": until_on},
            fields={"until": "give a day after the first"},
            code="empty_period",
        )
    if by in COMPARING:
        refuse_comparison(actor, desks)
    plain = Asked(desks, period, at)
    if not by or by in FIELDS or by in PARTS:
        return Asked(desks, period, at, by or "")
    kept = by.removeprefix("kept:")
    known = kept_columns(facts, plain)
    if kept not in known:
        raise Invalid(
            _("There is no field “%(given)s”. There are: %(choices)s.")
            % {"given": by, "choices": ", ".join([*FIELDS, *PARTS, *known])},
            fields={"by": _("give one of %(choices)s") % {"choices": ", ".join([*FIELDS, *PARTS, *known])}},
            code="unknown_field",
        )
    return Asked(desks, period, at, by, kept)


def refuse_comparison(actor: Actor, desks: Sequence[Granted]) -> None:
    """Refuse to set teams and parties beside each other for who works with several partners only. Raises: NotAllowed."""
    if not compares(actor, desks):
        raise NotAllowed(
            _(
                "Figures of several partners side by side are for those who answer for this desk, and for auditors."
                " Ask for one engagement."
            ),
            code="comparison",
        )


def kept_columns(facts: Facts, asked: Asked) -> list[str]:
    """Return the columns that mappings kept on the tickets of a scope."""
    sql, values = cohort_sql(facts, asked, Cohort.OPENED)
    rows = facts.ask(
        f"{sql} SELECT DISTINCT unnest(json_keys(kept)) AS name FROM cohort WHERE kept IS NOT NULL", values
    )
    return sorted(row["name"] for row in rows)


def _chosen(only: Sequence[str] | None) -> tuple[Metric, ...]:
    try:
        return chosen(None if only is None else tuple(only))
    except KeyError as unknown:
        raise Invalid(
            _("There is no metric “%(given)s”: `cosource metrics list` and the API's /metrics name all.")
            % {"given": unknown.args[0]},
            fields={"only": "give ids of metrics"},
            code="unknown_metric",
        ) from None


def _of_cohort(
    facts: Facts, asked: Asked, cohort: Cohort, metrics: Sequence[Metric]
) -> dict[str, list[Figure]]:
    head, values = cohort_sql(facts, asked, cohort)
    body, names = statement(cohort, tuple(m.id for m in metrics), bool(asked.by))
    with_samples = facts.manifest.samples
    sql = f"{head} SELECT x.*, kinds.* FROM ({body}) AS x, kinds" if with_samples else f"{head} {body}"
    rows = facts.ask(sql, values)
    groups = _in_order(asked, rows)
    named = values_named(asked, [row.get("by_value") for row in groups])
    return {
        metric.id: [
            _figure(metric, name, row, named[row.get("by_value")] if asked.by else None) for row in groups
        ]
        for metric, name in zip(metrics, names, strict=True)
    }


def _in_order(asked: Asked, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    if asked.by in ("month", "day", "priority", "impact", "urgency"):
        return sorted(rows, key=lambda row: (row["by_value"] is None, row["by_value"] or ""))
    return sorted(rows, key=lambda row: (-row["rows_in_all"], str(row.get("by_value"))))


def _figure(metric: Metric, names: Names, row: dict[str, Any], by: By | None) -> Figure:
    left_out = [
        (exclusion.reason, int(row[name] or 0))
        for exclusion, name in zip(metric.exclusions, names.excluded, strict=True)
    ]
    if by is None and row.get("samples") and not row["only_samples"]:
        left_out.append((SAMPLES, row["samples"]))
    return figure_of(
        metric,
        value=row[names.value],
        n=int(row[names.n] or 0),
        per=row[names.per] if names.per else None,
        spread=row[names.spread] if names.spread else None,
        excluded=[(reason, count) for reason, count in left_out if count],
        by=by,
    )
