"""The form of an asset: entering one, and changing one. What is refused comes back as it was written."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cosource.assets.models import Asset
from cosource.assets.queries.asset_page import AssetView, asset_get
from cosource.assets.queries.choices import choices_for
from cosource.assets.queries.rights import keeps
from cosource.assets.services.assets import asset_add, asset_change
from cosource.assets.services.values import FIELDS, REFERENCES
from cosource.assets.web.forms import DEFAULTS, AssetForm
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import CosourceError, Invalid, NotAllowed, StaleVersion


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: PageRequest) -> HttpResponse:
    """Show the empty form, or enter an asset."""
    if not keeps(request.actor):
        raise NotAllowed(_("Your role keeps no inventory."), action=_("enter an asset"))
    return _handled(request, None, dict(DEFAULTS))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def edit(request: PageRequest, asset_id: UUID) -> HttpResponse:
    """Show what is known of an asset, or change it."""
    found = asset_get(asset_id, request.actor)
    if not found.may_write:
        raise NotAllowed(_("You may read this asset, but not change it."), action=_("change this asset"))
    said = {f"{name}_said": getattr(found.row, name.removesuffix("_id")) for name in REFERENCES}
    now = {name: getattr(found.asset, name) for name in FIELDS} | said
    return _handled(request, found, now | {"shared_in": [i for i, _name in found.shared_in]})


def _handled(request: PageRequest, found: AssetView | None, initial: dict[str, Any]) -> HttpResponse:
    form = AssetForm(
        request.POST if request.method == "POST" else None,
        choices=choices_for(request.actor, clock.now()),
        may_share=found is not None and found.may_share,
        initial=initial,
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                asset = _write(request, form.values(), found)
            except (Invalid, StaleVersion) as refused:
                _explain(form, refused)
                status = refused.status
            else:
                messages.success(request, _("The asset is kept."))
                return HttpResponseRedirect(reverse("assets:asset", args=[asset.id]), status=303)
    version = request.POST.get("version") or (found.version if found else "")
    return render(
        request, "assets/edit.html", {"form": form, "view": found, "version": version}, status=status
    )


def _write(request: PageRequest, values: dict[str, Any], found: AssetView | None) -> Asset:
    actor, at = request.actor, clock.now()
    if found is None:
        # A day that nobody named is this one.
        given = {name: value for name, value in values.items() if value is not None}
        return asset_add(actor=actor, at=at, **given)
    given_version = request.POST.get("version", "")
    if not given_version.isdecimal() or len(given_version) > 9:
        raise StaleVersion
    if values["state"] != found.asset.state and values["state_since"] == found.asset.state_since:
        del values["state_since"]
    return asset_change(
        asset_id=found.id, changes=values, actor=actor, at=at, expected_version=int(given_version)
    )


def _explain(form: AssetForm, refused: CosourceError) -> None:
    """Put a refusal beside the fields that it is about, or above all of them."""
    fields: dict[str, Any] = refused.details.get("fields", {})
    for name, said in fields.items():
        form.add_error(name if name in form.fields else None, said)
    if not fields:
        form.add_error(None, _(refused.message))
