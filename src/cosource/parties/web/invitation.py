"""The page that an invitation's link opens: for who is new here, and for who signs in already.

The page says the same whether the address is known or not, and a link that is used up, withdrawn or late is as one that never
was. Its address holds the secret, so it is neither cached nor told to any other site.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.errors import Conflict, Invalid
from cosource.parties.models import Invitation, Organization, Person
from cosource.parties.queries.rights import organizations_led_by
from cosource.parties.services.claims import stand_in_claim
from cosource.parties.services.invitations import invitation_accept, invitation_open
from cosource.parties.web.start import BACKEND
from cosource.parties.web.steps import UNPROCESSABLE, add_errors


class NewPersonForm(forms.Form):
    """A new person's name and password."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=120)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
        strip=False,
    )


class SeatForForm(forms.Form):
    """For which organization somebody who is here already takes a seat."""

    def __init__(self, *args: Any, led: list[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organization"] = forms.TypedChoiceField(
            label=gettext_lazy("Take the seat"),
            choices=[
                *((o.id, _("for %(organization)s") % {"organization": o.name}) for o in led),
                ("", _("as an organization of its own")),
            ],
            coerce=UUID,
            empty_value=None,
            required=False,
            widget=forms.RadioSelect,
        )


@never_cache
@require_http_methods(["GET", "POST"])
def invitation_page(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Open an invitation, and accept it."""
    at = clock.now()
    invitation = invitation_open(secret, at)
    person = request.user if isinstance(request.user, Person) else None
    if request.method == "GET" and request.GET.get("sign-in") == "1" and person is None:
        return redirect_to_login(request.path, resolve_url(settings.LOGIN_URL))
    form = _form(request, invitation, person)
    if request.method == "POST" and form.is_valid():
        answer = _accept(request, form, invitation, secret, person)
        if answer is not None:
            return answer
    context = {"form": form, "invitation": invitation, "person": person}
    context["other_address"] = person is not None and person.email.lower() != invitation.email.lower()
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    response = render(request, "parties/invitation.html", context, status=status)
    # Not even this site's own log learns the address; "no-referrer" would also hide the form's origin, which is checked.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _form(request: HttpRequest, invitation: Invitation, person: Person | None) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    if person is None:
        return NewPersonForm(data, initial={"name": invitation.name})
    led = organizations_led_by(person.id, at=clock.now()) if invitation.claims_stand_in else []
    return SeatForForm(data, led=led)


def _accept(
    request: HttpRequest, form: forms.Form, invitation: Invitation, secret: str, person: Person | None
) -> HttpResponseBase | None:
    at = clock.now()
    values = form.cleaned_data
    account = {"person": person, "name": values.get("name", ""), "password": values.get("password", "")}
    try:
        if invitation.claims_stand_in:
            organization = stand_in_claim(
                secret=secret, at=at, for_organization_id=values.get("organization"), **account
            )
        else:
            invitation_accept(secret=secret, at=at, **account)
            organization = invitation.organization
    except Invalid as refused:
        add_errors(form, refused)
        return None
    except Conflict as refused:
        form.add_error(None, refused.message)
        return None
    if person is None:
        login(request, Person.objects.get(email__iexact=invitation.email), backend=BACKEND)
    messages.success(request, _("Welcome to %(organization)s.") % {"organization": organization.name})
    return HttpResponseRedirect(reverse("parties:welcome") if invitation.claims_stand_in else "/")
