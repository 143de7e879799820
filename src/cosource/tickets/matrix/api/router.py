"""The endpoints of the matrix: who is reached, and where nobody is.

Whom a side names is for its people to say, on its page: a leaked key must not be able to put itself into a list of whom to call.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from cosource.foundation import clock
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import Invalid
from cosource.tickets.matrix.api.schemas import GapsOut, ReachOut
from cosource.tickets.matrix.queries.parts import WINDOW, matrix_get
from cosource.tickets.matrix.queries.shown import now_of
from cosource.tickets.matrix.rules.line import KINDS
from cosource.tickets.rules.priority import PRIORITIES

router = room_router(tag="tickets")
_MOMENT = timedelta(microseconds=1)


@router.get(
    "/engagements/{uuid:engagement_id}/escalation", response=ReachOut, summary="Read who is reached, and when"
)
def escalation_read(
    request: HttpRequest,
    engagement_id: UUID,
    kind: str = "incident",
    priority: int = 1,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Return who is reached about such a ticket: of both sides now, of one's own at an instant of the coming eight weeks, too."""
    now = clock.now()
    instant = at or now
    if kind not in KINDS or priority not in PRIORITIES:
        raise Invalid(
            "No ticket is of this kind and priority.", fields={"kind": ", ".join(KINDS), "priority": "1 to 5"}
        )
    if instant.tzinfo is None or not now <= instant <= now + WINDOW:
        raise Invalid(
            "An instant with its offset, from now up to eight weeks ahead.",
            fields={"at": "2026-03-02T08:00:00Z"},
        )
    matrix = matrix_get(actor_of(request), engagement_id, at=now, until=instant + _MOMENT)
    shown = [now_of(side, kind=kind, priority=priority, at=instant) for side in matrix.sides]
    return {
        "kind": kind,
        "priority": priority,
        "at": instant,
        "sides": [
            {
                "organization_id": one.side.organization.id,
                "keeps_part": bool(one.side.lines),
                "is_answered": one.is_answered,
                "reached": one.reached,
            }
            for one in shown
        ],
    }


@router.get(
    "/engagements/{uuid:engagement_id}/escalation/gaps",
    response=GapsOut,
    summary="List the gaps of an escalation matrix",
)
def escalation_gaps_list(request: HttpRequest, engagement_id: UUID) -> dict[str, Any]:
    """Return where nobody of one's own side can be reached, or a level is passed over, in the coming eight weeks; exact."""
    now = clock.now()
    matrix = matrix_get(actor_of(request), engagement_id, at=now, until=now + WINDOW)
    return {
        "until": now + WINDOW,
        "gaps": [
            {
                "organization_id": side.organization.id,
                "starts_at": gap.starts_at,
                "ends_at": gap.ends_at,
                "kind": gap.kind,
                "priority": gap.priority,
                "level": gap.level,
                "direction": gap.direction,
            }
            for side in matrix.sides
            for gap in side.gaps(now, now + WINDOW)
        ],
    }
