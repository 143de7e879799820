"""The agreements that somebody may take out: every version whose text they read, as it was written."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cosource.agreements.models import Agreement, AgreementVersion
from cosource.agreements.queries.agreements import level_at
from cosource.agreements.rules.rights import Level
from cosource.foundation.exports import register_export
from cosource.foundation.sight import Actor

AGREEMENT = ("id", "owner_id", "engagement_id", "name", "created_at")
VERSION = (
    "id",
    "agreement_id",
    "number",
    "name",
    "text",
    "digest",
    "starts_at",
    "proposed_by_organization_id",
    "proposed_at",
    "tabled_at",
    "withdrawn_at",
    "in_force_at",
)
# What was read from the text when it was written.
TERMS = (
    "time_zone",
    "calendars",
    "priority_matrix",
    "return_limit",
    "warning_percent",
    "accept_minutes",
    "unchallenged_minutes",
    "in_time_percent",
    "allowed_misses",
    "escalation",
)
TARGET = ("kind", "priority", "minutes", "calendar", "site_id", "service_id")
PAUSE_REASON = ("key", "label", "turn", "asks")
CONFIRMATION = ("organization_id", "digest", "at", "kept_by_one_side")


def _agreements(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    rows: Any = Agreement.objects.visible_to(actor).order_by("pk")
    yield from rows.values(*AGREEMENT).iterator(chunk_size=500)


def _versions(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    versions = (
        AgreementVersion.objects.visible_to(actor).select_related("agreement__engagement").order_by("pk")
    )
    for version in versions.iterator(chunk_size=500):
        if level_at(version.agreement, actor) < Level.READ:
            continue
        yield {
            **{name: getattr(version, name) for name in VERSION},
            "terms": {
                **{name: getattr(version, name) for name in TERMS},
                "targets": _sorted(version.targets.values(*TARGET)),
                "pause_reasons": _sorted(version.pause_reasons.values(*PAUSE_REASON)),
            },
            "confirmations": list(
                version.confirmations.order_by("at", "organization_id").values(*CONFIRMATION)
            ),
        }


def _sorted(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in the order of their values, which is the same on both databases."""
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def register() -> None:
    """Let them be taken out."""
    register_export("agreements", _agreements)
    register_export("agreement_versions", _versions)
