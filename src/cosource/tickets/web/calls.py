"""The page on which who leads a desk brings in what its telephone system counted."""

import io
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotAllowed
from cosource.foundation.pages import Command, register_command
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
