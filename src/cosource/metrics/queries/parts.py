"""The breakdowns that belong to some metrics only: waiting by whose turn it was, mutual pairs by pair."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from cosource.metrics.queries.cohorts import Asked, cohort_sql
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.naming import names_of
from cosource.metrics.rules.catalogue import TURNS
from cosource.metrics.rules.fields import PARTS, pair_value
from cosource.metrics.rules.figure import By, Figure, figure_of
from cosource.metrics.rules.metric import Cohort, Metric

PAIRS_MOST = 100


def figures_by_turn(facts: Facts, asked: Asked, metrics: Sequence[Metric]) -> list[Figure]:
    """Return waiting by whose turn it was; a turn that nobody ever had is left out."""
    head, values = cohort_sql(facts, Asked(asked.desks, asked.period, asked.at), Cohort.ENDED)
    columns = ", ".join(f"sum(wait_{t}) AS sum_{t}, count(wait_{t}) AS n_{t}" for t in TURNS)
    row = facts.ask(f"{head} SELECT sum(gross_hours) AS gross, {columns} FROM cohort", values)[0]
    found = []
    for metric in metrics:
        for turn, title in TURNS.items():
            n = row[f"n_{turn}"]
            by = By("turn", turn, _(title))
            if n:
                found.append(figure_of(metric, value=row[f"sum_{turn}"], n=n, per=row["gross"], by=by))
    return found


def figures_by_pair(facts: Facts, asked: Asked, metrics: Sequence[Metric]) -> list[Figure]:
    """Return in how many tickets each pair handed over both ways, the most frequent first, at most 100 pairs."""
    level = "team" if asked.by == "pair" else "party"
    head, values = cohort_sql(
        facts,
        Asked(asked.desks, asked.period, asked.at),
        Cohort.ENDED,
        more=f"{level}_mutual_pairs > 0",
    )
    rows = facts.ask(
        f"{head} SELECT CAST(least(h.holder_key, h.from_key) AS VARCHAR) AS one, "
        f"CAST(greatest(h.holder_key, h.from_key) AS VARCHAR) AS other, count(DISTINCT h.ticket) AS n "
        f"FROM {facts.table('holdings')} AS h JOIN cohort AS c ON c.desk = h.desk AND c.ticket = h.ticket "
        f"WHERE h.is_mutual AND h.level = '{level}' GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT {PAIRS_MOST}",
        values,
    )
    names = names_of(PARTS[asked.by].named, {row[side] for row in rows for side in ("one", "other")})
    return [
        figure_of(metric, value=row["n"], n=row["n"], by=_pair(asked.by, row, names))
        for metric in metrics
        for row in rows
    ]


def _pair(field: str, row: dict[str, Any], names: dict[str, str]) -> By:
    label = " ⇄ ".join(sorted(names.get(i, i) for i in (row["one"], row["other"])))
    return By(field, pair_value(row["one"], row["other"]), label)
