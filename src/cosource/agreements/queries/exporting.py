"""The agreements that somebody may take out: every version whose text they read, as it was written."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cosource.agreements.models import Agreement, AgreementVersion, Confirmation
from cosource.agreements.queries.agreements import level_at
from cosource.agreements.rules.rights import Level
from cosource.foundation.exports import register_export
from cosource.foundation.sight import Actor


def _agreements(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    rows: Any = Agreement.objects.visible_to(actor).order_by("pk")
    yield from rows.values("id", "owner_id", "engagement_id", "name", "created_at").iterator(chunk_size=500)


def _versions(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    versions = (
        AgreementVersion.objects.visible_to(actor).select_related("agreement__engagement").order_by("pk")
    )
    for version in versions.iterator(chunk_size=500):
        if level_at(version.agreement, actor) < Level.READ:
            continue
        words = Confirmation.objects.filter(version=version).order_by("pk")
        yield {
            "id": version.id,
            "agreement_id": version.agreement_id,
            "number": version.number,
            "name": version.name,
            "text": version.text,
            "digest": version.digest,
            "starts_at": version.starts_at,
            "proposed_by_organization_id": version.proposed_by_organization_id,
            "proposed_at": version.proposed_at,
            "tabled_at": version.tabled_at,
            "withdrawn_at": version.withdrawn_at,
            "in_force_at": version.in_force_at,
            "confirmations": list(words.values("organization_id", "digest", "at", "kept_by_one_side")),
        }


def register() -> None:
    """Let them be taken out."""
    register_export("agreements", _agreements)
    register_export("agreement_versions", _versions)
