"""The first-run page: while there is no organization, it makes one with its first person, and then shows the way on."""

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, system_actor
from cosource.parties.models import Person
from cosource.parties.queries.engagements import engagement_list
from cosource.parties.queries.frame import leads_here
from cosource.parties.queries.organizations import organization_exists, organization_own
from cosource.parties.rules.policies import allows
from cosource.parties.services.checks import clean_zone
from cosource.parties.services.organizations import organization_create
from cosource.parties.web.steps import UNPROCESSABLE, add_errors, plain_page

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class FoundingForm(forms.Form):
    """An organization and its first person."""

    name = forms.CharField(label=_("Your organization"), max_length=120)
    leads_as = forms.ChoiceField(
        label=_("It starts as"),
        choices=[
            (SERVICE_OWNER, _("a client, who has partners")),
            (MANAGER, _("a partner, who has clients")),
        ],
        widget=forms.RadioSelect,
        initial=SERVICE_OWNER,
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        initial="UTC",
        help_text=_("Such as Europe/Berlin."),
        widget=forms.TextInput({"data-browser-zone": "UTC"}),
    )
    person_name = forms.CharField(label=_("Your name"), max_length=120)
    person_email = forms.EmailField(label=_("Your e-mail address"))
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
        strip=False,
    )

    def clean_time_zone(self) -> str:
        """Return the zone's name: a wrong one is told in one round with all that does not fit."""
        try:
            return clean_zone("time_zone", self.cleaned_data["time_zone"])
        except Invalid as refused:
            raise forms.ValidationError(refused.message, code=refused.code) from None

    def clean(self) -> None:
        """Check the password in the same round, since the page empties it."""
        given = self.cleaned_data
        if "password" in given:
            person = Person(name=given.get("person_name", ""), email=given.get("person_email", ""))
            try:
                validate_password(given["password"], person)
            except forms.ValidationError as refused:
                self.add_error("password", refused)


@never_cache
@require_http_methods(["GET", "POST"])
def start_page(request: HttpRequest) -> HttpResponseBase:
    """Make the first organization; afterwards this page is not there.

    Raises: NotFound, Conflict when somebody else was first.
    """
    if organization_exists():
        raise NotFound
    form = FoundingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            founded = organization_create(
                **form.cleaned_data,
                actor=system_actor(reason="first run", channel="page"),
                at=clock.now(),
                only_first=True,
            )
        except Invalid as refused:
            add_errors(form, refused)
        else:
            login(request, founded.person, backend=BACKEND)
            return HttpResponseRedirect(reverse("parties:welcome"))
    return render(
        request, "parties/start.html", {"form": form}, status=UNPROCESSABLE if form.is_bound else 200
    )


@require_safe
@signed_in
def welcome_page(request: PageRequest) -> HttpResponse:
    """Show what comes next after the first run: the other party, its people, a record to bring in. Others are led on."""
    if not allows("person.invite", desk=request.actor.sight.roles_on(None)):
        return HttpResponseRedirect("/")
    return plain_page(
        request,
        "parties/welcome.html",
        {
            "organization": organization_own(request.actor),
            "leads": leads_here(request.actor),
            "engagements": engagement_list(request.actor, at=clock.now()),
        },
    )
