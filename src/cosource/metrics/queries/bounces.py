"""Where tickets bounced: between which two they came back, and for how many hours they were away.

A bounce is a return: a team, or a party, gets a ticket that it had before and had lost. It counts with the pair between which the
ticket came back. Its hours are all hours, nights and weekends too, from losing the ticket to getting it back; returns that lie in
one another count their own hours each. The sums are those of `returns`, `direct_returns` and `mutual_pairs` (by party:
`party_…`). Not here: the ways one by one (`matrix`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cosource.metrics.queries.cohorts import Asked, Statement, cohort_sql
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.naming import names_of
from cosource.metrics.rules.fields import Named
from cosource.metrics.rules.metric import Cohort

type Level = Literal["team", "party"]
PART = {"team": "pair", "party": "party pair"}
_NAMED = {"team": Named.TEAM, "party": Named.PARTY}


@dataclass(frozen=True, slots=True)
class Bounce:
    """A pair between which tickets came back. `value`: both ids, as an address has them. `mutual`: tickets handed both ways."""

    value: str
    one: str
    other: str
    tickets: int
    returns: int
    direct_returns: int
    mutual: int
    hours_away: float


@dataclass(frozen=True, slots=True)
class Bounces:
    """All bounces of one level. `tickets`: how many came back, each counted once; `of`: how many were handed over at all.

    `withheld`: between whom is not the reader's to compare; then there are no pairs.
    """

    level: Level
    tickets: int
    of: int
    returns: int
    direct_returns: int
    mutual: int
    hours_away: float
    pairs: tuple[Bounce, ...]
    withheld: bool = False


def bounces_get(facts: Facts, asked: Asked, level: Level, *, withheld: bool = False) -> Bounces:
    """Return the bounces between teams or parties, those first that cost most hours. `withheld`: without the pairs."""
    head, values = _head(facts, asked, level)
    rows = facts.ask(
        f"{head} SELECT CAST(least(from_key, holder_key) AS VARCHAR) AS one, "
        f"CAST(greatest(from_key, holder_key) AS VARCHAR) AS other, {_SUMS} "
        f"FROM moves GROUP BY GROUPING SETS ((1, 2), ()) ORDER BY hours_away DESC, 1, 2",
        values,
    )
    [whole] = [row for row in rows if row["one"] is None]
    pairs = [row for row in rows if row["one"] is not None and row["returns"] and not withheld]
    names = names_of(_NAMED[level], {row[side] for row in pairs for side in ("one", "other")})
    return Bounces(
        level, whole["tickets"], whole["moved"], whole["returns"], whole["direct_returns"],
        sum(row["mutual"] for row in rows if row["one"] is not None), round(whole["hours_away"], 2),
        tuple(_bounce(row, names) for row in pairs), withheld,
    )  # fmt: skip


_SUMS = (
    "count(DISTINCT ticket) FILTER (is_return) AS tickets, count(DISTINCT ticket) AS moved, "
    "count(*) FILTER (is_return) AS returns, count(*) FILTER (is_direct_return) AS direct_returns, "
    "count(DISTINCT (desk, ticket)) FILTER (is_mutual) AS mutual, coalesce(sum(away_hours) FILTER (is_return), 0.0) AS hours_away"
)


def bounced_sql(facts: Facts, asked: Asked, level: Level, pair: Sequence[str]) -> Statement:
    """Return the statement for the tickets that came back between a pair: how often, and how many hours they were away."""
    head, values = _head(facts, asked, level)
    return (
        f"{head} SELECT desk, ticket, opened_at, count(*) AS returns, sum(away_hours) AS hours_away FROM moves WHERE is_return "
        f"AND CAST(least(from_key, holder_key) AS VARCHAR) = ? AND CAST(greatest(from_key, holder_key) AS VARCHAR) = ? "
        f"GROUP BY desk, ticket, opened_at"
    ), [*values, *sorted(pair)]


def _head(facts: Facts, asked: Asked, level: Level) -> Statement:
    plain = Asked(asked.desks, asked.period, asked.at)
    head, values = cohort_sql(facts, plain, Cohort.ENDED, more=f"{level}_handovers > 0")
    return (
        f"{head}, moves AS (SELECT h.* FROM {facts.table('holdings')} AS h SEMI JOIN cohort AS c "
        f"ON c.desk = h.desk AND c.ticket = h.ticket WHERE h.level = '{level}' AND h.from_key IS NOT NULL)"
    ), values


def _bounce(row: dict[str, Any], names: dict[str, str]) -> Bounce:
    one, other = sorted((row["one"], row["other"]), key=lambda key: (names.get(key, ""), key))
    return Bounce(
        f"{one}/{other}", names.get(one, ""), names.get(other, ""), row["tickets"], row["returns"], row["direct_returns"],
        row["mutual"], round(row["hours_away"], 2),
    )  # fmt: skip
