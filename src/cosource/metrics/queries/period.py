"""Where a page of figures begins."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cosource.foundation.sight import Actor
from cosource.metrics.queries.cohorts import cohort_sql
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.figures import asked_of
from cosource.metrics.rules.metric import Cohort
from cosource.metrics.rules.periods import Period, month_of


def last_with_data(actor: Actor, *, scope: Sequence[UUID] | None = None, at: datetime) -> Period | None:
    """Return the last month in which a ticket ended, or else was opened; None while there are no tickets.

    Raises: NotFound, NoFacts.
    """
    facts = Facts()
    asked = asked_of(facts, actor, scope=scope, from_on=None, until_on=None, by=None, at=at)
    head, values = cohort_sql(facts, asked, Cohort.OPENED)
    row = facts.ask(f"{head} SELECT max(ended_at) AS ended, max(opened_at) AS opened FROM cohort", values)[0]
    last = row["ended"] or row["opened"]
    return None if last is None else month_of(last.date())
