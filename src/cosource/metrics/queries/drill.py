"""From a figure to its tickets: those that count, with what was taken from each, and those that were left out, with why.

Only tickets in the reader's sight are named; a figure may count more than its reader may open (a partner's technician reads the
figures of the engagement, and their own team's tickets). From a ticket it is one step to its entries, on its own page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.metrics.queries.cohorts import Asked, Statement, cohort_sql, is_asked_by
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.expressions import row_statement
from cosource.metrics.queries.figures import asked_of
from cosource.metrics.rules.catalogue import BY_ID, TURNS
from cosource.metrics.rules.fields import PARTS
from cosource.metrics.rules.figure import printed
from cosource.metrics.rules.metric import Cohort, Fold, Metric, Unit
from cosource.tickets.models import Participation

MOST = 200
# A reader who may open few of many tickets is given a shorter page rather than a slow one.
_ROUNDS = 10
_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9a-f]{32})\.([0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Behind:
    """A ticket behind a figure. `value`: what it gave, in the figure's unit; None and a `reason` where it was left out."""

    ticket_id: UUID
    reference: str
    title: str
    opened_at: datetime
    value: float | int | bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the tickets, the last opened first, and where the next page begins (empty on the last)."""

    rows: tuple[Behind, ...]
    next_cursor: str = ""


def tickets_behind(
    actor: Actor,
    figure_id: str,
    *,
    scope: Sequence[UUID] | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    by: str | None = None,
    by_value: str | None = None,
    left_out: bool = False,
    cursor: str = "",
    limit: int = 50,
    at: datetime,
) -> Page:
    """Return the tickets of a figure that are in the reader's sight.

    `by`, `by_value`: of the group, as the figure's `by` has them. `left_out`: those that do not count instead.
    Raises: NotFound, Invalid, NoFacts.
    """
    metric = BY_ID.get(figure_id)
    if metric is None:
        raise Invalid(
            _("There is no metric “%(given)s”.") % {"given": figure_id},
            fields={"id": "give a metric’s id"},
            code="unknown_metric",
        )
    facts = Facts()
    asked = asked_of(facts, actor, scope=scope, from_on=from_on, until_on=until_on, by=by, at=at)
    if metric.cohort is Cohort.CALLS or not is_asked_by(asked, metric.cohort):
        return Page(())  # no ticket is behind a call
    found, next_cursor = walk(
        facts, actor, _rows_sql(facts, asked, metric, by_value, left_out=left_out), cursor=cursor, limit=limit
    )
    return Page(tuple(_behind(metric, *row) for row in found), next_cursor)


type Row = tuple[dict[str, Any], str, str]


def walk(
    facts: Facts, actor: Actor, statement: Statement, *, cursor: str, limit: int
) -> tuple[list[Row], str]:
    """Return a page of a statement's rows whose tickets the reader may open, with reference and title, and the next cursor.

    The statement gives `desk`, `ticket` and `opened_at` once each; the last opened comes first. Raises: Invalid, NoFacts.
    """
    if not 1 <= limit <= MOST:
        raise Invalid(
            _("A page has 1 to %(most)s rows.") % {"most": MOST},
            fields={"limit": _("give 1 to %(most)s") % {"most": MOST}},
            code="bad_limit",
        )
    found: list[Row] = []
    after = _read(cursor)
    for _round in range(_ROUNDS):
        rows = facts.ask(*_page_sql(*statement, after, limit + 1))
        more = len(rows) > limit
        for row in _in_sight(actor, rows[:limit]):
            found.append(row)
            after = _place(row[0])
            if len(found) == limit:
                is_last = not more and after == _place(rows[-1])
                return found, "" if is_last else _write(after)
        if not more:
            return found, ""
        after = _place(rows[limit - 1])
    return found, _write(after)


type _Place = tuple[int, str, str]


def _rows_sql(
    facts: Facts, asked: Asked, metric: Metric, by_value: str | None, *, left_out: bool
) -> Statement:
    """Return the statement for the rows of a figure's cohort with what each gave, and why it gave nothing."""
    if asked.by in PARTS:
        return _part_sql(facts, asked, metric, by_value)
    head, values = cohort_sql(facts, asked, metric.cohort)
    body = row_statement(metric.id)
    condition = "given IS NULL" if left_out else "given IS NOT NULL"
    where = ""
    if asked.by:
        where = " WHERE by_value IS NOT DISTINCT FROM CAST(? AS VARCHAR)"
        values = [*values, by_value]
    return (
        f"{head}, chosen AS (SELECT * FROM cohort{where}), rows_of AS ({body.replace('"cohort"', '"chosen"')}) "
        f"SELECT * FROM rows_of WHERE {condition}"
    ), values


def _part_sql(facts: Facts, asked: Asked, metric: Metric, by_value: str | None) -> Statement:
    plain = Asked(asked.desks, asked.period, asked.at)
    if metric.parts != asked.by or by_value is None:
        raise Invalid(
            _("“%(metric)s” has no part “%(given)s”.") % {"metric": metric.id, "given": asked.by},
            fields={"by": "give another"},
            code="unknown_field",
        )
    reason = "NULL::INTEGER AS reason"
    if asked.by == "turn":
        if by_value not in TURNS:
            raise Invalid(
                _("There is no turn “%(given)s”.") % {"given": by_value},
                fields={"value": "give a turn"},
                code="unknown_value",
            )
        head, values = cohort_sql(facts, plain, Cohort.ENDED, more=f"wait_{by_value} IS NOT NULL")
        return (
            f"{head} SELECT desk, ticket, opened_at, wait_{by_value} AS given, {reason} FROM cohort",
            values,
        )
    one, _slash, other = by_value.partition("/")
    try:
        pair = sorted((str(UUID(one)), str(UUID(other))))
    except ValueError:
        raise Invalid("A pair is two ids with / between.", fields={"value": "give a pair"}) from None
    level = "team" if asked.by == "pair" else "party"
    head, values = cohort_sql(facts, plain, Cohort.ENDED, more=f"{level}_mutual_pairs > 0")
    return (
        f"{head} SELECT desk, ticket, opened_at, 1 AS given, {reason} FROM cohort SEMI JOIN "
        f"(SELECT desk, ticket FROM {facts.table('holdings')} WHERE is_mutual AND level = '{level}' "
        f"AND CAST(least(holder_key, from_key) AS VARCHAR) = ? AND CAST(greatest(holder_key, from_key) AS VARCHAR) = ?) "
        f"USING (desk, ticket)"
    ), [*values, *pair]


def _page_sql(sql: str, values: list[Any], after: _Place | None, most: int) -> Statement:
    beyond = ""
    if after is not None:
        beyond = "WHERE (epoch_us(opened_at), ticket, desk) < (?, CAST(? AS UUID), CAST(? AS UUID)) "
        values = [*values, *after]
    return (
        f"SELECT *, epoch_us(opened_at) AS micros FROM ({sql}) {beyond}"
        f"ORDER BY opened_at DESC, ticket DESC, desk DESC LIMIT {most}"
    ), values


def _in_sight(actor: Actor, rows: Sequence[dict[str, Any]]) -> list[Row]:
    parts = Participation.objects.visible_to(actor).filter(ticket_id__in={row["ticket"] for row in rows})
    known = {
        ticket_id: (reference, title)
        for ticket_id, reference, title in parts.values_list("ticket_id", "reference", "ticket__title")
    }
    return [(row, *known[row["ticket"]]) for row in rows if row["ticket"] in known]


def _behind(metric: Metric, row: dict[str, Any], reference: str, title: str) -> Behind:
    given = row["given"]
    value: float | int | bool | None = given
    if metric.fold is Fold.COUNT:
        value = 1 if given is not None else None
    elif given is not None and metric.unit in (Unit.HOURS, Unit.SHARE) and metric.fold is not Fold.SHARE:
        value = printed(Unit.HOURS, given, whole=False)
    reason = metric.exclusions[row["reason"]].reason if row["reason"] is not None else ""
    opened_at = row["opened_at"].replace(tzinfo=UTC)
    return Behind(row["ticket"], reference, title, opened_at, value, reason if given is None else "")


def _place(row: dict[str, Any]) -> _Place:
    return row["micros"], row["ticket"].hex, row["desk"].hex


def _write(place: _Place | None) -> str:
    return "" if place is None else f"{place[0]}.{place[1]}.{place[2]}"


def _read(cursor: str) -> _Place | None:
    if not cursor:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None or abs(int(match[1])) > (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(
        microseconds=1
    ):
        raise Invalid(
            "This cursor was not given out here.", fields={"cursor": "start without one"}, code="bad_cursor"
        )
    return int(match[1]), match[2], match[3]
