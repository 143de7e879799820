"""The page of the reference that says what each figure is, made from the definitions."""

from itertools import groupby

from cosource.metrics.rules.catalogue import METRICS, TURNS
from cosource.metrics.rules.fields import FIELDS, PARTS
from cosource.metrics.rules.metric import COHORTS, Metric

_HEAD = """\
# Metrics

A figure is a function of a metric, a scope, a period and the terms: whoever may ask for the same gets the same number, and can
walk from it to its tickets and their entries. Each figure comes with `n` (how many count), what a share is made of, and what was
left out, why and how many. A share has a 95 % interval by Wilson, for comparisons and forecasts: a month's tickets are all there
were, so whether a target was met is no estimate.

**Scope.** An organization's own desk, or an engagement. An engagement's figures are made of what both its parties may know;
stretches with anybody else are unknown and are looked through. **Period.** Whole days in UTC, the last one not included.
**Durations** are gross hours; quantiles are interpolated linearly. **Sample tickets** are left out, and counted, wherever there
are others.

Broken down by {fields}, or any column that a mapping kept (`kept:NAME` where a field has the same name).
{parts}

This page is generated: `cosource metrics list --markdown > docs/reference/metrics.md`.
"""


def reference_page() -> str:
    """Return the page."""
    fields = ", ".join(f"`{name}`" for name in FIELDS)
    parts = "Some also by " + ", ".join(f"`{name}`" for name in PARTS) + f"; turns are {', '.join(TURNS)}."
    sections = [_HEAD.format(fields=fields, parts=parts)]
    for _, same in groupby(METRICS, key=_family):
        sections.append(_section(list(same)))
    return "\n".join(sections)


def _family(metric: Metric) -> tuple[str, str]:
    return (metric.id.partition(".")[0], metric.source)


def _section(family: list[Metric]) -> str:
    first = family[0]
    lines = [
        "## " + ", ".join(f"`{m.id}`" for m in family),
        "",
        f"{first.title}. Unit: {first.unit}.",
        "",
        f"- Cohort: {COHORTS[first.cohort]}",
        f"- Left out: {'; '.join(e.reason for e in first.exclusions) or 'nothing'}",
        f"- Source: {first.source}",
        f"- Pitfall: {first.pitfalls}",
    ]
    if first.parts:
        lines.append(f"- Also by: {first.parts}")
    return "\n".join(lines) + "\n"
