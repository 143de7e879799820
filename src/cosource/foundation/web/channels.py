"""The page of an organization's own ways out: webhooks with their secrets, and gateways to telephones."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, Invalid
from cosource.foundation.models import Gateway, WebhookEndpoint
from cosource.foundation.notices import notice_kinds
from cosource.foundation.rules.notices import SHAPES
from cosource.foundation.services.gateways import WAYS, gateway_remove, gateway_set
from cosource.foundation.services.webhooks import (
    require_keeper,
    webhook_add,
    webhook_exchange_secret,
    webhook_remove,
)
from cosource.foundation.web.notices import WAY_LABELS, tabs

SHAPE_LABELS = {"plain": gettext_lazy("JSON, as documented"), "teams": "Microsoft Teams", "slack": "Slack"}


class WebhookForm(forms.Form):
    """An address to add."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, widget=forms.TextInput({"type": "url"})
    )
    shape = forms.ChoiceField(
        label=gettext_lazy("Shape"), choices=[(shape, SHAPE_LABELS[shape]) for shape in SHAPES]
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Told of"),
        required=False,
        help_text=gettext_lazy("None chosen: all of them."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["kinds"]
        if isinstance(kinds, forms.MultipleChoiceField):
            kinds.choices = [(kind.key, kind.label) for kind in notice_kinds()]


class GatewayForm(forms.Form):
    """A provider of text messages or calls."""

    way = forms.ChoiceField(label=gettext_lazy("For"), choices=[(way, WAY_LABELS[way]) for way in WAYS])
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, widget=forms.TextInput({"type": "url"})
    )
    headers = forms.CharField(
        label=gettext_lazy("Headers"),
        required=False,
        max_length=4_000,
        help_text=gettext_lazy(
            "One a line, as in “Authorization: Bearer …”. Kept encrypted, not shown again."
        ),
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
    )
    body = forms.CharField(
        label=gettext_lazy("Body"),
        max_length=8_000,
        help_text=gettext_lazy("JSON with the places {to}, {text} and {link}."),
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        initial='{"to": "{to}", "message": "{text} {link}"}',
    )

    def clean_headers(self) -> dict[str, str]:
        """Read the lines."""
        lines = [line for line in self.cleaned_data["headers"].splitlines() if line.strip()]
        if any(":" not in line for line in lines):
            raise forms.ValidationError(_("One a line: Name: value"))
        return {name.strip(): value.strip() for name, _colon, value in (x.partition(":") for x in lines)}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def channels_page(request: PageRequest) -> HttpResponse:
    """List webhooks and gateways; POST adds one of either."""
    require_keeper(request.actor)
    step = request.POST.get("step", "")
    webhook = WebhookForm(request.POST if step == "webhook" else None, auto_id="webhook-%s")
    gateway = GatewayForm(request.POST if step == "gateway" else None, auto_id="gateway-%s")
    secret = ""
    if step == "webhook" and webhook.is_valid():
        secret = _added(request, webhook)
        if secret:
            webhook = WebhookForm(auto_id="webhook-%s")
    elif step == "gateway" and gateway.is_valid() and _set(request, gateway):
        messages.success(request, _("Kept."))
        return HttpResponseRedirect(reverse("notices:channels"))
    return _shown(request, webhook, gateway, secret)


def _shown(request: PageRequest, webhook: forms.Form, gateway: forms.Form, secret: str = "") -> HttpResponse:
    endpoints = WebhookEndpoint.objects.visible_to(request.actor).order_by("name", "id")
    context = {
        **tabs(request, "channels"),
        "endpoints": [{"row": e, "shape": SHAPE_LABELS[e.shape]} for e in endpoints],
        "gateways": [
            {"row": g, "label": WAY_LABELS[g.way]}
            for g in Gateway.objects.visible_to(request.actor).order_by("way")
        ],
        "webhook": webhook,
        "gateway": gateway,
        "secret": secret,
    }
    status = 422 if webhook.errors or gateway.errors else 200
    return render(request, "foundation/channels.html", context, status=status)


def _added(request: PageRequest, form: WebhookForm) -> str:
    try:
        _endpoint, secret = webhook_add(**form.cleaned_data, actor=request.actor, at=clock.now())
    except (Invalid, Conflict) as refused:
        _tell(form, refused)
        return ""
    return secret


def _set(request: PageRequest, form: GatewayForm) -> bool:
    try:
        gateway_set(**form.cleaned_data, actor=request.actor, at=clock.now())
    except Invalid as refused:
        _tell(form, refused)
        return False
    return True


def _tell(form: forms.Form, refused: Invalid | Conflict) -> None:
    fields = refused.details.get("fields", {"": refused.message})
    for name, what in fields.items():
        form.add_error(name if name in form.fields else None, what)


@require_POST
@signed_in
def secret_exchange(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """Give an address a new secret and show it, once."""
    secret = webhook_exchange_secret(endpoint_id=endpoint_id, actor=request.actor, at=clock.now())
    return _shown(request, WebhookForm(auto_id="webhook-%s"), GatewayForm(auto_id="gateway-%s"), secret)


@require_POST
@signed_in
def webhook_gone(request: PageRequest, endpoint_id: UUID) -> HttpResponse:
    """Remove an address."""
    webhook_remove(endpoint_id=endpoint_id, actor=request.actor, at=clock.now())
    messages.success(request, _("Removed."))
    return HttpResponseRedirect(reverse("notices:channels"))


@require_POST
@signed_in
def gateway_gone(request: PageRequest, gateway_id: UUID) -> HttpResponse:
    """Remove a gateway."""
    gateway_remove(gateway_id=gateway_id, actor=request.actor)
    messages.success(request, _("Removed."))
    return HttpResponseRedirect(reverse("notices:channels"))
