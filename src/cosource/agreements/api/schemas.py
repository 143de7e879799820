"""Bodies of the agreement endpoints, apart from the models."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.foundation.api import Out


class AgreementVersionOut(Out):
    """A version in force. `until`: when the next one starts. `standing`: ahead, in_force or ended."""

    id: UUID
    number: int
    name: str
    standing: str
    starts_at: datetime
    until: datetime | None
    digest: str


class AgreementOut(Out):
    """An agreement with the versions that every party confirmed, the newest first. No engagement: the own desk."""

    id: UUID
    name: str
    owner_id: UUID
    partner_id: UUID | None
    engagement_id: UUID | None
    versions: list[AgreementVersionOut]


class AgreementListOut(Out):
    """One page of agreements. `next_cursor` is what to send as `cursor` for the next page; null on the last."""

    items: list[AgreementOut]
    next_cursor: str | None = None


class TargetOut(Out):
    """So many business minutes by one calendar for a priority; no site or service means all."""

    kind: str
    priority: int
    minutes: int
    calendar: str
    site_id: UUID | None
    service_id: UUID | None


class PauseReasonOut(Out):
    """A reason for which a clock may stop, on whose turn, and what it asks of the client."""

    key: str
    label: str
    turn: str
    asks: str


class EscalationStepOut(Out):
    """Who is told when a clock has come so far. `at`: such as 75%, due or due+30m; no hours means at any time."""

    clock: str
    priorities: list[int]
    at: str
    notify: str
    hours: str | None


class AgreementTermsOut(Out):
    """All that one version makes run. `calendars`: name → definition, as in the agreement's text.

    `in_time_percent`: how many of a hundred times to resolve that fall due are to be kept; 0: nothing is promised.
    """

    version_id: UUID
    agreement_id: UUID
    engagement_id: UUID | None
    name: str
    starts_at: datetime
    digest: str
    calendars: dict[str, Any]
    targets: list[TargetOut]
    pause_reasons: list[PauseReasonOut]
    priority_matrix: list[list[int]] | None
    return_limit: int
    warning_percent: int
    accept_minutes: int
    unchallenged_minutes: int
    in_time_percent: int
    allowed_misses: int
    escalation: list[EscalationStepOut]
