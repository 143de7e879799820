"""The endpoints of calls that a telephone system counted: parse, call one service or query, answer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status
from pydantic import Field

from cosource.foundation import clock
from cosource.foundation.api import creates
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import In, ListOut, Out, list_out
from cosource.foundation.doors import actor_of
from cosource.tickets.queries.calls import call_loads
from cosource.tickets.rules.calls import BadCell, CallProblem, CallRow, row_of
from cosource.tickets.services.calls import Brought, calls_bring

router = room_router(tag="tickets")


class CallIn(In):
    """One call: answered or given up. `id`: its name in its source."""

    id: str = Field(max_length=80)
    offered_at: datetime
    answered_at: datetime | None = None
    abandoned_at: datetime | None = None
    ended_at: datetime | None = None
    queue: str = Field("", max_length=80)
    caller: str = Field("", max_length=40)
    technician: str = Field("", max_length=120)


class CallsIn(In):
    """Calls of one source at one desk: the caller's own, or under an engagement its client's."""

    source: str = Field(max_length=60)
    engagement_id: UUID | None = None
    calls: list[CallIn] = Field(min_length=1, max_length=5_000)


class CallProblemOut(Out):
    """Why a call cannot be used. `row`: its place, from 1."""

    row: int
    column: str
    said: str


class BroughtOut(Out):
    """How many calls are new, were there already, cannot be used and why."""

    taken: int
    known: int
    refused: int
    problems: list[CallProblemOut]


class CallLoadOut(Out):
    """Calls that were brought in at once."""

    id: UUID
    organization_id: UUID
    engagement_id: UUID | None
    source: str
    taken: int
    known: int
    refused: int
    at: datetime


@router.get("/call-loads", response=ListOut[CallLoadOut], summary="List what calls were brought in")
def call_loads_list(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, Any]:
    """Return what was brought in at the desks that the caller reads, the last first."""
    return list_out(call_loads(actor_of(request), cursor=cursor, limit=limit), lambda row: row)


@router.post("/calls", response=BroughtOut, summary="Bring in calls")
@creates
def calls_create(request: HttpRequest, body: CallsIn) -> Status[dict[str, Any]]:
    """Bring in calls that a telephone system counted; those that are there already stay as they are."""
    at = clock.now()
    brought: Brought = calls_bring(
        rows=[_row(number, call, at) for number, call in enumerate(body.calls, 1)],
        source=body.source,
        engagement_id=body.engagement_id,
        actor=actor_of(request),
        at=at,
    )
    problems = [{"row": p.row, "column": p.column, "said": str(p.said)} for p in brought.problems]
    counts = {"taken": brought.taken, "known": brought.known, "refused": brought.refused}
    return Status(200, counts | {"problems": problems})


def _row(number: int, call: CallIn, at: datetime) -> CallRow | CallProblem:
    cells = {
        name: value.isoformat() if isinstance(value, datetime) else value or ""
        for name, value in call.dict().items()
    }
    try:
        return row_of(cells, "UTC", at)
    except BadCell as bad:
        return CallProblem(number, bad.column, bad.said)
