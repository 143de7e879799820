"""One's own profile: name, language, time zone, appearance. Password, second factor and sessions have pages beside it."""

import zoneinfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid
from cosource.parties.models import Person
from cosource.parties.services.signin_profile import profile_update

# The cookie by which the page frame knows the appearance before anything else.
THEME_COOKIE = "cosource_theme"
_YEAR_SECONDS = 365 * 24 * 60 * 60


class ProfileForm(forms.Form):
    """What people say about themselves."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"),
        max_length=32,
        required=False,
        help_text=gettext_lazy(
            "With the country, as in +49 30 1234567: your desk finds you by it when you call. Where an escalation matrix "
            "names you, both its parties read it."
        ),
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
    )
    locale = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("As in Europe/Berlin. Empty: your organization’s zone."),
        widget=forms.TextInput({"list": "zones", "autocomplete": "off"}),
    )
    theme = forms.ChoiceField(
        label=gettext_lazy("Appearance"),
        choices=[
            ("system", gettext_lazy("As the system")),
            ("light", gettext_lazy("Light")),
            ("dark", gettext_lazy("Dark")),
        ],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        language = self.fields["locale"]
        if isinstance(language, forms.ChoiceField):
            language.choices = [("", _("As the browser")), *settings.LANGUAGES]


@require_http_methods(["GET", "POST"])
@signed_in
def profile_page(request: PageRequest) -> HttpResponse:
    """Show and change one's own profile."""
    person = request.user
    if not isinstance(person, Person):
        raise TypeError("Behind `signed_in` there is a person.")
    form = ProfileForm(
        request.POST or None,
        initial={
            "name": person.name,
            "phone": person.phone,
            "locale": person.locale,
            "time_zone": person.time_zone,
            "theme": person.theme or "system",
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            saved = profile_update(**form.cleaned_data, actor=request.actor, at=clock.now())
        except Invalid as refused:
            for field, said in refused.details.get("fields", {}).items():
                form.add_error(field, said)
        else:
            messages.success(request, _("Your profile is saved."))
            return _with_theme(
                HttpResponseRedirect(reverse("profile")), saved.theme, secure=request.is_secure()
            )
    status = 422 if form.errors else 200
    return render(
        request,
        "parties/profile.html",
        {"form": form, "zones": sorted(zoneinfo.available_timezones())},
        status=status,
    )


def _with_theme(response: HttpResponse, theme: str, *, secure: bool) -> HttpResponse:
    response.set_cookie(
        THEME_COOKIE, theme, max_age=_YEAR_SECONDS, secure=secure, httponly=False, samesite="Lax"
    )
    return response
