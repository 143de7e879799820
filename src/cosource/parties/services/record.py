"""How this room's services write to the ledger: an organization's own things to its own record, shared things to both."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization


def append_own(
    organization: Organization,
    kind: str,
    subject: tuple[str, UUID],
    *,
    actor: Actor,
    at: datetime,
    facts: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
    key: str | None = None,
) -> UUID:
    """Append an entry that the organization alone reads; a stand-in's entries are read by its keeper as well."""
    streams = [organization.own_stream_id]
    if organization.stand_in and organization.kept_by is not None:
        streams.append(organization.kept_by.own_stream_id)
    return append(
        kind=kind,
        subject_kind=subject[0],
        subject_id=subject[1],
        audience_id=audience_intern(streams),
        actor=actor,
        at=at,
        facts=facts,
        payload=payload,
        key=key,
    )


def append_shared(
    engagement: Engagement,
    kind: str,
    subject: tuple[str, UUID],
    *,
    actor: Actor,
    at: datetime,
    facts: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
) -> UUID:
    """Append an entry that both parties of the engagement read."""
    return append(
        kind=kind,
        subject_kind=subject[0],
        subject_id=subject[1],
        audience_id=audience_intern([engagement.stream_id]),
        actor=actor,
        at=at,
        facts={"engagement": engagement.id.hex, **(facts or {})},
        payload=payload,
    )
