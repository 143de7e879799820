"""Which terms are in force at an instant, and the terms of a version.

Asked for every new ticket and every clock, so the terms are kept by the process: those of a version never change. Not here:
sight. Who asks already has the ticket, or the version, in sight.
"""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from cosource.agreements.models import AgreementVersion, PauseReason, Target
from cosource.agreements.rules.terms import EscalationTerm, PauseTerm, TargetTerm, Terms
from cosource.calendars.rules.parsing import parse_calendar
from cosource.foundation.prepared import Prepared

_REMEMBERED = 512


def version_in_force_id(engagement_id: UUID | None, owner_id: UUID, at: datetime) -> UUID | None:
    """Return the id of the version whose terms hold at `at`; None where nothing is agreed for that instant.

    `engagement_id` None: the own desk of `owner_id`. Of the versions that all parties confirmed, the one that started last up
    to `at` holds; of two with one start, the one confirmed later. When it was confirmed doesn't matter: parties that confirm
    the transcription of an older contract mean it to hold from its own date.
    """
    if engagement_id is None:
        return _in_force_at_desk.first(owner_id=owner_id, at=at)
    return _in_force_in_engagement.first(engagement_id=engagement_id, at=at)


def _in_force(at: datetime, **whose: Any) -> "QuerySet[AgreementVersion, UUID]":
    found = AgreementVersion.objects.filter(in_force_at__isnull=False, starts_at__lte=at, **whose)
    return found.order_by("-starts_at", "-in_force_at", "-id").values_list("id", flat=True)[:1]


_in_force_at_desk = Prepared[UUID](
    lambda owner_id, at: _in_force(at, agreement__owner_id=owner_id, agreement__engagement__isnull=True),
    owner_id=UUID,
    at=datetime,
)
_in_force_in_engagement = Prepared[UUID](
    lambda engagement_id, at: _in_force(at, agreement__engagement_id=engagement_id),
    engagement_id=UUID,
    at=datetime,
)


def terms_in_force(engagement_id: UUID | None, owner_id: UUID, at: datetime) -> Terms | None:
    """Return the terms that hold at `at` for an engagement, or for the own desk of `owner_id` (None); None if there are none.

    One small query; the terms themselves are remembered.
    """
    version_id = version_in_force_id(engagement_id, owner_id, at)
    return None if version_id is None else terms_of(version_id)


def terms_of_desks(
    owner_id: UUID, engagement_ids: Collection[UUID], at: datetime
) -> dict[UUID | None, Terms]:
    """Return the terms that hold at `at` for an owner's own desk (None) and for engagements; desks without terms are left out."""
    found = {desk: version_in_force_id(desk, owner_id, at) for desk in (None, *engagement_ids)}
    return {desk: terms_of(version_id) for desk, version_id in found.items() if version_id is not None}


@lru_cache(maxsize=_REMEMBERED)
def terms_of(version_id: UUID) -> Terms:
    """Return the terms of a version, in force or not; remembered, since they never change.

    Raises: AgreementVersion.DoesNotExist.
    """
    version = AgreementVersion.objects.select_related("agreement").get(pk=version_id)
    targets = Target.objects.filter(version_id=version_id).order_by("id")
    reasons = PauseReason.objects.filter(version_id=version_id).order_by("id")
    matrix = version.priority_matrix
    return Terms(
        version_id=version.id,
        engagement_id=version.agreement.engagement_id,
        name=version.name,
        starts_at=version.starts_at,
        calendars={name: parse_calendar(given) for name, given in version.calendars.items()},
        targets=tuple(
            TargetTerm(t.kind, t.priority, t.minutes, t.calendar, t.site_id, t.service_id) for t in targets
        ),
        pause_reasons=tuple(PauseTerm(r.key, r.label, r.turn, r.asks) for r in reasons),
        priority_matrix=None if matrix is None else tuple(tuple(row) for row in matrix),
        return_limit=version.return_limit,
        warning_percent=version.warning_percent,
        accept_minutes=version.accept_minutes,
        unchallenged_minutes=version.unchallenged_minutes,
        in_time_percent=version.in_time_percent,
        allowed_misses=version.allowed_misses,
        escalation=tuple(_step(number, kept) for number, kept in enumerate(version.escalation, start=1)),
    )


def _step(number: int, kept: dict[str, Any]) -> EscalationTerm:
    return EscalationTerm(number, **{**kept, "priorities": frozenset(kept["priorities"])})
