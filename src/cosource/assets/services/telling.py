"""What the ledger learns of an asset: its owner's own record has every change, an engagement's that something was shown there."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cosource.assets.models import Asset
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import Draft, append
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement
from cosource.parties.services.record import append_shared

KIND = "asset"
# Small values that say nothing about anybody; names, numbers and people stand in the payload, where they can be erased.
_FACTS = ("kind", "state", "health", "criticality", "data_class")

type Changes = Mapping[str, tuple[Any, Any]]


def asset_draft(
    kind: str,
    asset: Asset,
    *,
    at: datetime,
    changes: Changes | None = None,
    facts: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Draft:
    """Return an entry for the owner's own record; `changes`: each with what was and what is."""
    changed = {name: [plain(was), plain(now)] for name, (was, now) in (changes or {}).items()}
    return Draft(
        kind=kind,
        subject_kind=KIND,
        subject_id=asset.id,
        audience_id=audience_intern([asset.owner.own_stream_id]),
        occurred_at=at,
        facts={
            **{name: getattr(asset, name) for name in _FACTS},
            **({"changed": sorted(changed)} if changed else {}),
            **(facts or {}),
        },
        payload={"name": asset.name, **({"changes": changed} if changed else {}), **(payload or {})},
    )


def asset_tell(kind: str, asset: Asset, *, actor: Actor, at: datetime, **more: Any) -> UUID:
    """Append an entry to the owner's own record; the arguments are those of `asset_draft`."""
    draft = asset_draft(kind, asset, at=at, **more)
    return append(
        kind=draft.kind,
        subject_kind=draft.subject_kind,
        subject_id=draft.subject_id,
        audience_id=draft.audience_id,
        actor=actor,
        at=at,
        facts=draft.facts,
        payload=draft.payload,
    )


def share_tell(kind: str, asset: Asset, engagement: Engagement, *, actor: Actor, at: datetime) -> None:
    """Append `asset.shared/1` or `asset.unshared/1` to the record of the engagement, which the owner reads too."""
    append_shared(engagement, kind, (KIND, asset.id), actor=actor, at=at, payload={"name": asset.name})


def plain(value: Any) -> Any:
    """Return a value as JSON and the ledger hold it."""
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat() if isinstance(value, date) else value
