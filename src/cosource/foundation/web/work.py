"""The page of work in the background: what is parked and why, what runs, what waits; trying again and giving up.

It shows what the work is and why it stopped, not what it holds: a mail may be for one reader only. Not here: doing it.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotAllowed
from cosource.foundation.models import DueWork
from cosource.foundation.models.work import WORK_KEEPERS
from cosource.foundation.queries.duework import work_list
from cosource.foundation.services.duework import work_label
from cosource.foundation.services.work_steps import parked_cancel, parked_replay

TABS = (
    (DueWork.State.PARKED, gettext_lazy("Parked")),
    (DueWork.State.RUNNING, gettext_lazy("Running")),
    (DueWork.State.QUEUED, gettext_lazy("Waiting")),
    (DueWork.State.DONE, gettext_lazy("Done")),
)


class ChosenForm(forms.Form):
    """Which work is shown."""

    state = forms.ChoiceField(choices=TABS, required=False)
    after = forms.CharField(required=False, max_length=8_000)


@require_safe
@signed_in
def work_page(request: PageRequest) -> HttpResponse:
    """List the organization's work in one state, the latest first."""
    if not request.actor.sight.roles_on(None) & WORK_KEEPERS:
        raise NotAllowed(_("Your role does not include this page."), action="work.read")
    form = ChosenForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    state = chosen.get("state") or DueWork.State.PARKED
    page = work_list(actor=request.actor, state=state, cursor=chosen.get("after", ""))
    context: dict[str, Any] = {
        "states": TABS,
        "state": state,
        "rows": [{"row": row, "label": work_label(row.kind)} for row in page.items],
        "next_cursor": page.next_cursor,
    }
    return render(request, "foundation/work.html", context)


@require_POST
@signed_in
def work_replay(request: PageRequest, work_id: UUID) -> HttpResponse:
    """Try parked work again."""
    parked_replay(work_id=work_id, actor=request.actor, at=clock.now())
    messages.success(request, _("It is tried again now."))
    return HttpResponseRedirect(reverse("work:list"))


@require_POST
@signed_in
def work_cancel(request: PageRequest, work_id: UUID) -> HttpResponse:
    """Give parked work up."""
    parked_cancel(work_id=work_id, actor=request.actor, at=clock.now())
    messages.success(request, _("It is given up."))
    return HttpResponseRedirect(reverse("work:list"))
