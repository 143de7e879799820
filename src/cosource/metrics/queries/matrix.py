"""Between whom tickets went: each way from one holder to another, over the tickets that ended in a period.

The sums are those of `handovers`, `returns` and `direct_returns` (by party: `party_…`) of the same scope and period.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cosource.foundation.sight import Actor
from cosource.metrics.queries.cohorts import cohort_sql
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.figures import asked_of, refuse_comparison
from cosource.metrics.queries.naming import names_of
from cosource.metrics.rules.fields import Named
from cosource.metrics.rules.metric import Cohort


@dataclass(frozen=True, slots=True)
class Way:
    """How often tickets went one way. `hours_away`: how long they were away in all before they came back, of the returns."""

    from_id: UUID
    from_name: str
    to_id: UUID
    to_name: str
    handovers: int
    tickets: int
    returns: int
    direct_returns: int
    hours_away: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """The ways between teams and between parties, the most frequent first."""

    teams: tuple[Way, ...]
    parties: tuple[Way, ...]


def handovers_between(
    actor: Actor,
    *,
    scope: Sequence[UUID] | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    at: datetime,
) -> Matrix:
    """Return who handed over to whom. Raises: NotFound, NotAllowed, Invalid, NoFacts."""
    facts = Facts()
    asked = asked_of(facts, actor, scope=scope, from_on=from_on, until_on=until_on, by=None, at=at)
    refuse_comparison(actor, asked.desks)
    head, values = cohort_sql(facts, asked, Cohort.ENDED, more="party_handovers + team_handovers > 0")
    rows = facts.ask(
        f"{head} SELECT h.level, CAST(from_key AS VARCHAR) AS from_key, CAST(holder_key AS VARCHAR) AS to_key, "
        f"count(*) AS handovers, count(DISTINCT h.ticket) AS tickets, count(*) FILTER (is_return) AS returns, "
        f"count(*) FILTER (is_direct_return) AS direct_returns, "
        f"coalesce(sum(away_hours) FILTER (is_return), 0) AS hours_away "
        f"FROM {facts.table('holdings')} AS h SEMI JOIN cohort AS c ON c.desk = h.desk AND c.ticket = h.ticket "
        f"WHERE from_key IS NOT NULL GROUP BY h.level, from_key, holder_key ORDER BY handovers DESC, from_key, to_key",
        values,
    )
    found: dict[str, list[Way]] = {"team": [], "party": []}
    for level, named in (("team", Named.TEAM), ("party", Named.PARTY)):
        mine = [row for row in rows if row["level"] == level]
        names = names_of(named, {row[side] for row in mine for side in ("from_key", "to_key")})
        found[level] = [
            Way(
                UUID(row["from_key"]),
                names.get(row["from_key"], ""),
                UUID(row["to_key"]),
                names.get(row["to_key"], ""),
                row["handovers"],
                row["tickets"],
                row["returns"],
                row["direct_returns"],
                round(float(row["hours_away"]), 2),
            )
            for row in mine
        ]
    return Matrix(tuple(found["team"]), tuple(found["party"]))
