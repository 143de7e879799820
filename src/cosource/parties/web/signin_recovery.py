"""The page where administrators help one of their own people back in: a link for a new password, a lost second factor."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.parties.queries.frame import leads_here
from cosource.parties.queries.people import person_get
from cosource.parties.services.password_reset import LINK_MINUTES, password_reset_link, second_factor_reset
from cosource.parties.services.policy import organization_for
from cosource.parties.web.steps import NoForm, Step, steps_page


class ReasonForm(forms.Form):
    """Why a second factor is removed."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("The person and the other administrators read it."),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def person_sign_in(request: PageRequest, person_id: UUID) -> HttpResponseBase:
    """Show what can be done about a person's sign-in; each step is recorded."""
    actor, at = request.actor, clock.now()
    detail = person_get(actor, person_id, at=at)
    organization_for(actor, "person.recover")

    def link(_values: dict[str, Any]) -> HttpResponseBase:
        made = password_reset_link(email=detail.row.email, actor=actor, at=at)
        shown = {"link": made, "person": detail.row, "minutes": LINK_MINUTES, "leads": leads_here(actor)}
        return render(request, "parties/sign_in_link.html", shown)

    def second_factor(values: dict[str, Any]) -> None:
        second_factor_reset(person_id=person_id, reason=values["reason"], actor=actor, at=at)

    steps = {
        "link": Step(NoForm, link, ""),
        "second_factor": Step(
            ReasonForm, second_factor, _("The second factor is removed. They were told by mail.")
        ),
    }
    return steps_page(
        request,
        "parties/person_sign_in.html",
        steps,
        lambda: {
            "person": detail.row,
            "minutes": LINK_MINUTES,
            "oneself": person_id == actor.person_id,
            "leads": leads_here(actor),
        },
    )
