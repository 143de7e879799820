"""The terms of a version as plain values, within sight.

Not here: terms for clocks (`queries.terms`), which whoever has the ticket may ask.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.agreements.models import Agreement, AgreementVersion
from cosource.agreements.queries.terms import terms_of, version_in_force_id
from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor


def version_terms(version_id: UUID, actor: Actor) -> dict[str, Any]:
    """Return the terms of a version. Raises: NotFound out of sight."""
    version = AgreementVersion.objects.visible_to(actor).filter(pk=version_id).first()
    if version is None:
        raise NotFound
    terms = terms_of(version.id)
    return {
        "version_id": version.id,
        "agreement_id": version.agreement_id,
        "engagement_id": terms.engagement_id,
        "name": terms.name,
        "starts_at": terms.starts_at,
        "digest": version.digest,
        "calendars": version.calendars,
        "targets": terms.targets,
        "pause_reasons": terms.pause_reasons,
        "priority_matrix": terms.priority_matrix,
        "return_limit": terms.return_limit,
        "warning_percent": terms.warning_percent,
        "accept_minutes": terms.accept_minutes,
        "unchallenged_minutes": terms.unchallenged_minutes,
        "in_time_percent": terms.in_time_percent,
        "allowed_misses": terms.allowed_misses,
        "escalation": [
            {
                "clock": s.clock,
                "priorities": sorted(s.priorities),
                "at": s.when,
                "notify": s.notify,
                "hours": s.hours,
            }
            for s in terms.escalation
        ],
    }


def terms_holding(agreement_id: UUID, actor: Actor, *, at: datetime) -> dict[str, Any]:
    """Return the terms of an agreement that hold at `at`. Raises: NotFound out of sight, or where none hold."""
    agreement = Agreement.objects.visible_to(actor).filter(pk=agreement_id).first()
    if agreement is None:
        raise NotFound
    version_id = version_in_force_id(agreement.engagement_id, agreement.owner_id, at)
    if version_id is None:
        raise NotFound
    return version_terms(version_id, actor)
