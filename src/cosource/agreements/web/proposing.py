"""The form in which a version is written: typed, or from a file."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cosource.agreements.queries.agreements import version_text
from cosource.agreements.rules.problems import Problem
from cosource.agreements.rules.yaml_nodes import MAX_BYTES
from cosource.agreements.services.proposals import version_propose
from cosource.agreements.services.quick_start import ready_text
from cosource.agreements.services.seats import Seat, seat_for
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotFound

DESK = "desk"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as the page shows it: where, what the line says, and what is wrong, in the reader's language."""

    line: int
    path: str
    source: str
    message: str


@require_http_methods(["GET", "POST"])
@signed_in
def propose(request: PageRequest) -> HttpResponse:
    """Show the form, or write what it says. A text with faults changes nothing and comes back with each line named."""
    at = clock.now()
    engagement_id = _seat_id(request)
    seat = seat_for(request.actor, engagement_id, at)
    if request.method == "GET":
        return _form(request, seat, text=_begin_with(request, seat))
    given = _given(request)
    if isinstance(given, Fault):
        return _form(request, seat, text=request.POST.get("text", ""), faults=[given])
    tabled = request.POST.get("step") != "draft"
    try:
        version = version_propose(
            engagement_id=engagement_id, text=given, actor=request.actor, at=at, tabled=tabled
        )
    except Invalid as refused:
        return _form(request, seat, text=given, faults=_faults(refused, given))
    messages.success(
        request, _("The version is on the table.") if tabled else _("The draft is kept for your side.")
    )
    page = reverse("agreements:detail", args=[version.agreement_id])
    return HttpResponseRedirect(f"{page}?{urlencode({'version': str(version.id)})}")


def _seat_id(request: HttpRequest) -> UUID | None:
    given = request.GET.get("seat", DESK)
    if given == DESK:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise NotFound from None


def _begin_with(request: PageRequest, seat: Seat) -> str:
    """Return the text to change: that of the version named, or the ready one."""
    version_id = request.GET.get("from", "")
    if not version_id:
        return ready_text(seat, clock.now())
    try:
        return version_text(UUID(version_id), request.actor)
    except ValueError:
        raise NotFound from None


def _given(request: HttpRequest) -> str | Fault:
    """Return the text of the form; a file, where one is sent, goes before what was typed."""
    upload = request.FILES.get("file")
    if upload is None:
        return request.POST.get("text", "")
    name = upload.name or ""
    if upload.size is None or upload.size > MAX_BYTES:
        limit = MAX_BYTES // 1024
        return Fault(1, name, "", _("the text is larger than %(limit)s KiB") % {"limit": limit})
    content: bytes = upload.read(MAX_BYTES + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        return Fault(line, name, "", _("the file isn’t text in UTF-8; save it so and send it again"))


def _faults(refused: Invalid, text: str) -> list[Fault]:
    problems: list[Problem] = refused.details.get("problems", [])
    lines = text.splitlines()
    return [
        Fault(
            problem.line,
            problem.path,
            lines[problem.line - 1][:200] if problem.line <= len(lines) else "",
            _(problem.pattern) % dict(problem.values) if problem.values else _(problem.pattern),
        )
        for problem in problems
    ]


def _form(request: PageRequest, seat: Seat, *, text: str, faults: list[Fault] | None = None) -> HttpResponse:
    return render(
        request,
        "agreements/propose.html",
        {"seat": seat, "text": text, "faults": faults or []},
        status=422 if faults else 200,
    )
