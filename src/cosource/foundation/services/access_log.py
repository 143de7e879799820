"""Noting sensitive reads: one row per actor, object and hour."""

from datetime import datetime
from uuid import UUID

from cosource.foundation.ids import NIL, new_id
from cosource.foundation.models import AccessLog
from cosource.foundation.sight import Actor


def access_note(
    *,
    actor: Actor,
    owner_organization_id: UUID,
    object_kind: str,
    object_id: UUID,
    at: datetime,
    reason: str = "",
) -> None:
    """Record that the actor read the object; a repeat in the same hour adds nothing."""
    AccessLog.objects.bulk_create(
        [
            AccessLog(
                id=new_id(),
                organization_id=actor.organization_id,
                owner_organization_id=owner_organization_id,
                actor_kind=actor.kind,
                actor_id=actor.id or NIL,
                object_kind=object_kind,
                object_id=object_id,
                reason=(reason or actor.reason)[:200],
                hour_at=at.replace(minute=0, second=0, microsecond=0),
                first_at=at,
            )
        ],
        ignore_conflicts=True,
    )
