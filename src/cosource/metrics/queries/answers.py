"""The first answers: what a record says once it is in, as two parties would tell it to those they answer to.

Where the source's verdict and the terms differ, and why; where tickets bounced, and what it cost in hours; what they waited for,
by whose turn. For one scope and period, as the scoreboard has them, and the same for all who may read them; but between which
two a ticket bounced is for those who may set parties beside each other.
`differing_list` and `bounced_list` walk on to the tickets. Not here: words and drawing (`answer_words`, `web`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor
from cosource.metrics.queries.bounces import PART, Bounces, Level, bounced_sql, bounces_get
from cosource.metrics.queries.counting import CAUSES, Judged
from cosource.metrics.queries.drill import walk
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.figures import asked_of, figures
from cosource.metrics.queries.judging import judge, rows_sql, words_of
from cosource.metrics.queries.scopes import compares
from cosource.metrics.queries.verdicts import Verdicts, verdicts_get
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.verdicts import Cause, Verdict

LEVELS: tuple[Level, ...] = ("team", "party")
_WAITING = ("wait_by_turn", "pause_share")
_TWO = 2


@dataclass(frozen=True, slots=True)
class Wait:
    """Waiting on one turn. `share`: of all waiting; None of nothing."""

    turn: str
    label: str
    hours: float
    tickets: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Waits:
    """Waiting of the tickets that ended. `share`: of the hours between opening and end, `of_hours`; None of nothing."""

    n: int
    hours: float
    of_hours: float
    share: float | None
    turns: tuple[Wait, ...]


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """`tickets`: how many ended in the period. `bounces`: by team and by party; no pairs for who may not compare them."""

    tickets: int
    verdicts: Verdicts
    bounces: tuple[Bounces, ...]
    waits: Waits


def answers_get(
    actor: Actor,
    *,
    scope: Sequence[UUID] | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    at: datetime,
) -> FirstAnswers:
    """Return the first answers of a scope in a period.

    Raises: NotFound for a scope out of sight; Invalid for a period in which no day lies; NoFacts.
    """
    facts = Facts()
    of: dict[str, Any] = {"scope": scope, "from_on": from_on, "until_on": until_on, "at": at}
    asked = asked_of(facts, actor, by=None, **of)
    withheld = not compares(actor, asked.desks)
    bounces = tuple(bounces_get(facts, asked, level, withheld=withheld) for level in LEVELS)
    waits = _waits(actor, of)
    return FirstAnswers(waits.n, verdicts_get(facts, asked), bounces, waits)


def _waits(actor: Actor, of: dict[str, Any]) -> Waits:
    by_id = {figure.id: figure for figure in figures(actor, only=_WAITING, **of)}
    share, hours = by_id["pause_share"], by_id["wait_by_turn"]
    whole = float(hours.value or 0)
    turns = [_wait(figure, whole) for figure in figures(actor, only=["wait_by_turn"], by="turn", **of)]
    turns.sort(key=lambda wait: (-wait.hours, wait.turn))
    return Waits(hours.n, whole, float(share.denominator or 0), share.value, tuple(turns))


def _wait(figure: Figure, whole: float) -> Wait:
    by = figure.by
    turn, label = (by.value or "", by.label) if by else ("", "")
    said = float(figure.value or 0)
    return Wait(turn, label, said, figure.n, round(said / whole, 4) if whole else None)


@dataclass(frozen=True, slots=True)
class Differing:
    """A ticket of which source and terms say different things. `met`: as the source says; `verdict`: as the terms do.

    `minutes`: business minutes that the terms count, of `target` that they allow; None where they count none.
    """

    ticket_id: UUID
    reference: str
    title: str
    opened_at: datetime
    met: bool
    verdict: Verdict
    minutes: int | None
    target: int | None


@dataclass(frozen=True, slots=True)
class Bounced:
    """A ticket that came back between two: how often, and for how many hours it was away in all."""

    ticket_id: UUID
    reference: str
    title: str
    opened_at: datetime
    returns: int
    hours_away: float


def differing_list(
    actor: Actor,
    cause: str,
    *,
    met: bool | None = None,
    cursor: str = "",
    limit: int = 50,
    at: datetime,
    **of: Any,
) -> tuple[list[Differing], str]:
    """Return tickets of a cause that are in the reader's sight, the last opened first, and where the next page begins.

    `met`: only those of which the source says this. `of`: scope and days, as for `answers_get`.
    Raises: NotFound, Invalid, NoFacts.
    """
    import numpy as np  # noqa: PLC0415 - a process that asks no figures need not have it

    if cause not in set(Cause):
        raise NotFound
    facts = Facts()
    asked = asked_of(facts, actor, by=None, at=at, **of)
    judged = judge(facts, asked)
    which = judged.cause == CAUSES.index(Cause(cause))
    places = np.flatnonzero(which if met is None else which & (judged.stated == met)).tolist()
    head, values = rows_sql(facts, asked)
    statement = (
        (
            f"{head} SELECT desk, ticket, opened_at, place FROM judged_rows "
            f"SEMI JOIN (SELECT unnest(?::BIGINT[]) AS place) AS chosen USING (place)"
        ),
        [*values, places],
    )
    rows, next_cursor = walk(facts, actor, statement, cursor=cursor, limit=limit)
    return [_differing(judged, *row) for row in rows], next_cursor


def _differing(judged: Judged, row: dict[str, Any], reference: str, title: str) -> Differing:
    place = row["place"]
    verdict, _ = words_of(judged, place)
    silent = verdict is Verdict.NONE
    return Differing(
        row["ticket"], reference, title, row["opened_at"].replace(tzinfo=UTC), bool(judged.stated[place]), verdict,
        None if silent else int(judged.minutes[place]), None if silent else int(judged.target[place]),
    )  # fmt: skip


def bounced_list(
    actor: Actor, pair: str, level: str, *, cursor: str = "", limit: int = 50, at: datetime, **of: Any
) -> tuple[list[Bounced], str]:
    """Return tickets that came back between a pair and are in the reader's sight, as `differing_list` does.

    `pair`: as a `Bounce` has it. Raises: NotFound, NotAllowed, Invalid, NoFacts.
    """
    known: Level | None = next((one for one in LEVELS if one == level), None)
    try:
        ids = [str(UUID(one)) for one in pair.split("/")]
    except ValueError:
        raise NotFound from None
    if known is None or len(ids) != _TWO:
        raise NotFound
    facts = Facts()
    asked = asked_of(facts, actor, by=PART[known], at=at, **of)
    rows, next_cursor = walk(facts, actor, bounced_sql(facts, asked, known, ids), cursor=cursor, limit=limit)
    return [
        Bounced(
            row["ticket"], reference, title, row["opened_at"].replace(tzinfo=UTC), row["returns"], round(row["hours_away"], 2)
        )
        for row, reference, title in rows
    ], next_cursor  # fmt: skip
