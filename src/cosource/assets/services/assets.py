"""An asset is entered, changed, and shown to partners beyond what their engagements cover.

Each step writes its entry to the owner's own record. Not here: what hangs on what (`relations`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.assets.models import Asset, AssetShare
from cosource.assets.queries.rights import keeps, may_share, may_write
from cosource.assets.services.telling import asset_tell, share_tell
from cosource.assets.services.values import FIELDS, check_names, values_set
from cosource.foundation.bulk import update_guarded
from cosource.foundation.errors import NotAllowed, NotFound, StaleVersion
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization
from cosource.parties.models.scope import live_q, reach_q
from cosource.parties.services.checks import field_error

SAVED = (*FIELDS, "words", "updated_at")


@transaction.atomic
def asset_add(*, actor: Actor, at: datetime, **given: Any) -> Asset:
    """Enter an asset of the actor's own organization. `given`: name and kind, and what else is known, as for `asset_change`.

    Appends `asset.added/1`. Raises: NotAllowed, Invalid.
    """
    check_names(given, FIELDS)
    if actor.organization_id is None or not keeps(actor):
        raise NotAllowed(_("Your role keeps no inventory."), code="keeps_none")
    for name in ("name", "kind"):
        if not given.get(name):
            raise field_error(name, _("This is needed."), "required")
    owner = Organization.objects.get(pk=actor.organization_id)
    asset = Asset(owner=owner, name="", kind="", created_at=at, updated_at=at)
    changes = values_set(asset, {"state_since": at.date()} | given, at=at)
    require_write(asset, actor)
    asset.save(force_insert=True)
    told = {name: (was, now) for name, (was, now) in changes.items() if name != "name"}
    asset_tell("asset.added/1", asset, changes=told, actor=actor, at=at)
    return asset


@transaction.atomic
def asset_change(
    *,
    asset_id: UUID,
    changes: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Asset:
    """Change what is known of an asset, and who sees it.

    `changes`: any of `services.values.FIELDS`; `shared_in`: the engagements in which it is shown by name, all of them.
    Appends `asset.changed/1`, and `asset.shared/1` or `asset.unshared/1` to the records that it concerns; nothing where nothing
    changes. Raises: NotFound, NotAllowed, Invalid, StaleVersion.
    """
    check_names(changes, (*FIELDS, "shared_in"))
    asset = asset_to_write(asset_id, actor, expected_version)
    changed = values_set(asset, changes, at=at)
    require_write(asset, actor)
    shared = _shared(asset, changes["shared_in"], actor, at) if "shared_in" in changes else ([], [])
    if not changed and not any(shared):
        return asset
    asset.updated_at = at
    asset_save(asset)
    if changed:
        asset_tell("asset.changed/1", asset, changes=changed, actor=actor, at=at)
    _share(asset, *shared, actor=actor, at=at)
    return asset


def asset_to_write(asset_id: UUID, actor: Actor, expected_version: int | None = None) -> Asset:
    """Return an asset in sight that the actor may change. Raises: NotFound, NotAllowed, StaleVersion."""
    asset = Asset.objects.visible_to(actor).select_related("owner").filter(pk=asset_id).first()
    if asset is None:
        raise NotFound
    require_write(asset, actor)
    if expected_version is not None and asset.version != expected_version:
        raise StaleVersion
    return asset


def require_write(asset: Asset, actor: Actor) -> None:
    """Refuse whoever may not change an asset as it is. Raises: NotAllowed."""
    if not may_write(actor, asset.owner_id, asset.service_id, asset.site_id):
        raise NotAllowed(_("You may read this asset, but not change it."), action=_("change this asset"))


def asset_save(asset: Asset) -> None:
    """Write the asset's row by compare-and-set. Raises: StaleVersion when somebody else wrote since it was read."""
    if not update_guarded(asset, {name: getattr(asset, name) for name in SAVED}, guard="version"):
        raise StaleVersion
    asset.version += 1


def _shared(
    asset: Asset, wanted: Collection[UUID], actor: Actor, at: datetime
) -> tuple[list[Engagement], list[Engagement]]:
    """Return the engagements in which it is to be shown from now on, and those where no longer."""
    running = Engagement.objects.filter(reach_q(actor.sight), live_q(at), client_id=asset.owner_id)
    before = {e.id: e for e in running.filter(pk__in=asset.shares.values("engagement_id"))}
    if set(wanted) == set(before):
        return [], []
    if not may_share(actor, asset.owner_id):
        raise NotAllowed(
            _("Whom it is shown to is for those who lead the owner's desk to say."), code="shares_none"
        )
    added = list(running.filter(pk__in=set(wanted) - set(before)).order_by("id"))
    if len(added) != len(set(wanted) - set(before)):
        raise field_error("shared_in", _("There is no such running engagement of the owner."), "unknown")
    return added, [before[e] for e in sorted(set(before) - set(wanted))]


def _share(
    asset: Asset, added: list[Engagement], removed: list[Engagement], *, actor: Actor, at: datetime
) -> None:
    AssetShare.objects.filter(asset=asset, engagement__in=removed).delete()
    AssetShare.objects.bulk_create(AssetShare(asset=asset, engagement=e, since=at) for e in added)
    for kind, engagements in (("asset.shared/1", added), ("asset.unshared/1", removed)):
        for engagement in engagements:
            share_tell(kind, asset, engagement, actor=actor, at=at)
