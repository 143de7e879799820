"""The page on which who leads a desk brings in what its telephone system counted."""

import io
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotAllowed
from cosource.foundation.pages import Command, register_command
from cosource.tickets.matrix.services.forgetting import may_forget, outsider_forget, told_of
from cosource.tickets.queries.calls import call_desks, call_loads, reads_calls
from cosource.tickets.services.calls import Brought, calls_read
from cosource.tickets.web.parsing import one_uuid, text_in
from cosource.tickets.web.refused import Refused


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def calls(request: PageRequest) -> HttpResponse:
    """Show what was brought in, or take a file in and say what became of it. Sent again, it changes nothing."""
    if not reads_calls(request.actor):
        raise NotAllowed(_("Calls are for who works at a desk."), code="no_calls")
    if request.method != "POST":
        return _draw(request)
    try:
        return _draw(request, brought=_bring(request))
    except Invalid as refusal:
        errors = {k: _(str(v)) for k, v in refusal.details.get("fields", {}).items()}
        refused = Refused(request.POST.dict(), errors, refusal.message)
        return _draw(request, refused=refused, status=refusal.status)


@require_http_methods(["POST"])
@signed_in
def forget(request: PageRequest) -> HttpResponse:
    """Have somebody forgotten who is known by a name, number or address alone."""
    try:
        found = outsider_forget(
            named=text_in(request, "named"),
            reason=text_in(request, "reason"),
            actor=request.actor,
            at=clock.now(),
        )
    except Invalid as refusal:
        return _draw(request, unforgotten=refusal, values=request.POST.dict(), status=refusal.status)
    messages.success(request, told_of(found))
    return HttpResponseRedirect(reverse("tickets:calls"), status=303)


def _bring(request: PageRequest) -> Brought:
    file, desk = request.FILES.get("file"), text_in(request, "desk")
    if not isinstance(file, UploadedFile) or file.file is None:
        raise Invalid(_("Something is missing."), fields={"file": _("Choose a file.")})
    if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise Invalid(_("The file is too large."), fields={"file": _("Bring it in parts.")})
    with io.TextIOWrapper(file.file, "utf-8", "replace", newline="") as lines:
        return calls_read(
            lines=lines,
            source=text_in(request, "source"),
            zone=text_in(request, "zone").strip(),
            engagement_id=one_uuid(desk, "desk") if desk not in {"", "own"} else None,
            actor=request.actor,
            at=clock.now(),
        )


def _draw(request: PageRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "room": "tickets",
        "page": call_loads(request.actor, cursor=request.GET.get("after", "")),
        "desks": call_desks(request.actor, clock.now()),
        "own_desk": _("Our own desk"),
        "may_forget": may_forget(request.actor),
        **more,
    }
    return render(request, "tickets/calls.html", context, status=status)


def register() -> None:
    """Add the page to the palette."""
    register_command(
        Command(
            key="tickets.calls",
            label=gettext_lazy("Calls from the telephone system"),
            url_name="tickets:calls",
            icon="headset",
            order=42,
            visible=reads_calls,
        )
    )
