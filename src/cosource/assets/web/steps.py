"""The steps from an asset's page: hang it on another, take it from there. Each is a POST that answers with a redirect."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cosource.assets.models import RelationKind
from cosource.assets.queries.asset_page import BACKWARD, FORWARD, asset_get
from cosource.assets.queries.assets import asset_named
from cosource.assets.services.relations import asset_relate, asset_unrelate
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, NotFound, StaleVersion

BACK = "back:"


class RelationForm(forms.Form):
    """How this asset hangs together with which other one."""

    kind = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[*FORWARD.items(), *((f"{BACK}{kind}", said) for kind, said in BACKWARD.items())],
    )
    other = forms.CharField(
        label=gettext_lazy("Which asset"),
        max_length=120,
        help_text=gettext_lazy("Its name, serial number or inventory number."),
    )


def relation_form(request: PageRequest) -> RelationForm:
    """Return the empty form, which offers names while one types."""
    form = RelationForm(request.POST or None)
    form.fields["other"].widget.attrs |= {
        "list": "asset-options",
        "autocomplete": "off",
        "hx-get": reverse("assets:find"),
        "hx-trigger": "input changed delay:150ms",
        "hx-target": "#asset-options",
        "hx-swap": "innerHTML",
    }
    return form


@require_POST
@signed_in
def relate(request: PageRequest, asset_id: UUID) -> HttpResponse:
    """Hang the asset on another, or another on it."""
    found = asset_get(asset_id, request.actor)
    if not found.may_write:
        raise NotAllowed(_("You may read this asset, but not change it."), action=_("change this asset"))
    form = relation_form(request)
    if form.is_valid():
        try:
            _relate(request, found.row.owner_id, asset_id, form)
        except (Invalid, StaleVersion) as refused:
            _explain(form, refused)
        else:
            messages.success(request, _("The two hang together now."))
            return _page(asset_id)
    return render(request, "assets/asset.html", {"view": found, "form": form}, status=422)


def _relate(request: PageRequest, owner_id: UUID, asset_id: UUID, form: RelationForm) -> None:
    other_id = asset_named(request.actor, form.cleaned_data["other"], owner_id=owner_id)
    kind = form.cleaned_data["kind"]
    first, second = (other_id, asset_id) if kind.startswith(BACK) else (asset_id, other_id)
    asset_relate(
        asset_id=first,
        kind=RelationKind(kind.removeprefix(BACK)),
        other_id=second,
        actor=request.actor,
        at=clock.now(),
    )


def _explain(form: RelationForm, refused: CosourceError) -> None:
    for said in refused.details.get("fields", {"other": [_(refused.message)]}).values():
        form.add_error("other", said)


@require_POST
@signed_in
def unrelate(request: PageRequest, asset_id: UUID) -> HttpResponse:
    """Take the asset from another."""
    try:
        relation_id = UUID(request.POST.get("relation", ""))
    except ValueError:
        raise NotFound from None
    try:
        asset_unrelate(asset_id=asset_id, relation_id=relation_id, actor=request.actor, at=clock.now())
    except Conflict as refused:
        messages.error(request, _(refused.message))
    else:
        messages.success(request, _("The two hang together no longer."))
    return _page(asset_id)


def _page(asset_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("assets:asset", args=[asset_id]), status=303)
