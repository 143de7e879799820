"""A figure through time: month by month, or day by day. The backlog is what was open at the end of each day or month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.metrics.queries.cohorts import Asked, naive, within
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.figures import asked_of, figures
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import Cohort
from cosource.metrics.rules.periods import Period

type Step = Literal["month", "day"]


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of one month or day, by its first day."""

    on: date
    value: float | int | None
    n: int


def trend(
    actor: Actor,
    figure_id: str,
    *,
    scope: Sequence[UUID] | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    step: Step = "month",
    at: datetime,
) -> list[Point]:
    """Return a figure for each month or day in which there is anything; the open tickets for each.

    Raises: NotFound, Invalid, NoFacts.
    """
    metric = BY_ID.get(figure_id)
    if metric is None:
        raise Invalid(
            _("There is no metric “%(given)s”.") % {"given": figure_id},
            fields={"id": "give a metric’s id"},
            code="unknown_metric",
        )
    if metric.cohort is not Cohort.OPEN:
        found = figures(
            actor, scope=scope, from_on=from_on, until_on=until_on, by=step, only=[figure_id], at=at
        )
        return [_point(figure) for figure in found]
    facts = Facts()
    asked = asked_of(facts, actor, scope=scope, from_on=from_on, until_on=until_on, by=None, at=at)
    return [Point(on, count, count) for on, count in _open_by_day(facts, asked, step)]


def _point(figure: Figure) -> Point:
    said = (figure.by.value if figure.by else "") or ""
    on = date.fromisoformat(said if len(said) == len("2026-03-01") else f"{said}-01")
    return Point(on, figure.value, figure.n)


def _open_by_day(facts: Facts, asked: Asked, step: Step) -> list[tuple[date, int]]:
    """Count what was open at the end of each day: all that was opened by then, less all that ended."""
    everything = Asked(asked.desks, Period(), asked.at)
    conditions, values = within(everything, Cohort.OPENED)
    sql = f"SELECT opened_at, ended_at, sample FROM {facts.table('tickets')} WHERE {' AND '.join(conditions)}"
    last = asked.period.ends_by(asked.at).date() - timedelta(days=1)
    first = asked.period.from_on
    rows = facts.ask(
        f"WITH base AS ({sql}), kinds AS (SELECT coalesce(bool_and(sample), false) AS only_samples FROM base), "
        f"kept AS (SELECT base.* FROM base, kinds WHERE sample = only_samples), "
        f"moves AS (SELECT opened_at::DATE AS on_day, 1 AS by_how_many FROM kept UNION ALL "
        f"SELECT ended_at::DATE, -1 FROM kept WHERE ended_at IS NOT NULL), "
        f"daily AS (SELECT on_day, sum(by_how_many) AS by_how_many FROM moves GROUP BY on_day), "
        f"days AS (SELECT unnest(generate_series((SELECT min(on_day) FROM daily)::TIMESTAMP, CAST(? AS TIMESTAMP), "
        f"INTERVAL 1 DAY))::DATE AS on_day) "
        f"SELECT on_day, sum(coalesce(by_how_many, 0)) OVER (ORDER BY on_day) AS still_open "
        f"FROM days LEFT JOIN daily USING (on_day) ORDER BY on_day",
        [*values, naive(asked.period.ends_by(asked.at)) - timedelta(days=1)],
    )
    points = [(row["on_day"], int(row["still_open"])) for row in rows]
    if step == "month":
        # Each month as its last day left it; the present one as yesterday did.
        points = [
            (on.replace(day=1), count)
            for on, count in points
            if on == last or (on + timedelta(days=1)).day == 1
        ]
    return [(on, count) for on, count in points if first is None or on >= first]
