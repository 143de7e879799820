"""The page where administrators set up their organization's own sign-in."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid
from cosource.parties.queries.frame import leads_here
from cosource.parties.queries.signin import own_provider
from cosource.parties.services.policy import organization_for
from cosource.parties.services.providers import provider_probe, provider_remove, provider_set


class ProviderForm(forms.Form):
    """An OpenID Connect server and the account we have there."""

    name = forms.CharField(
        label=gettext_lazy("Name on the button"),
        max_length=80,
        help_text=gettext_lazy("People see “Continue with” and this name."),
    )
    server_url = forms.CharField(
        label=gettext_lazy("Server"),
        max_length=300,
        help_text=gettext_lazy("The issuer’s address, as in https://id.example.com."),
        widget=forms.URLInput({"autocomplete": "off"}),
    )
    client_id = forms.CharField(label=gettext_lazy("Client id"), max_length=200)
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Kept encrypted and never shown. Leave it empty to keep the present one."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    enabled = forms.BooleanField(label=gettext_lazy("People may sign in with it"), required=False)


@require_http_methods(["GET", "POST"])
@signed_in
def sign_in_settings(request: PageRequest) -> HttpResponse:
    """Show and change the organization's own sign-in."""
    organization = organization_for(request.actor, "sign_in.manage").organization
    provider = own_provider(request.actor.organization_id)
    shown = ("name", "server_url", "client_id", "enabled")
    initial = {name: getattr(provider, name) for name in shown} if provider else {"enabled": True}
    form = ProviderForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            given["server_url"] = provider_probe(given["server_url"])
            provider_set(**given, actor=request.actor, at=clock.now())
        except Invalid as refused:
            for field, said in refused.details.get("fields", {}).items():
                form.add_error(field, said)
        else:
            messages.success(request, _("Your organization’s sign-in is saved."))
            return HttpResponseRedirect(reverse("sign_in_settings"))
    callback = (
        f"{settings.BASE_URL}{reverse('openid_connect_callback', args=[provider.provider_id])}"
        if provider
        else ""
    )
    return render(
        request,
        "parties/sign_in_settings.html",
        {
            "form": form,
            "provider": provider,
            "callback_url": callback,
            "domains": organization.email_domains,
            "leads": leads_here(request.actor),
        },
        status=422 if form.errors else 200,
    )


@require_POST
@signed_in
def sign_in_settings_remove(request: PageRequest) -> HttpResponse:
    """Remove the organization's own sign-in."""
    if provider_remove(actor=request.actor, at=clock.now()) is not None:
        messages.success(request, _("Your organization’s sign-in is removed."))
    return HttpResponseRedirect(reverse("sign_in_settings"))
