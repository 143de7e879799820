"""The audit pages: what happened, who read what is sensitive, and whether the record still holds.

A refusal to read names who could grant it; an entry of a stream that is not the reader's is not found. Not here: which streams
are whose (`ledger_sight`), and how a check is done (`queries.verification`).
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import DueWork
from cosource.foundation.queries.ledger import (
    access_list,
    access_names,
    entry_get,
    entry_list,
    readable_streams,
    verification_get,
)
from cosource.foundation.queries.verification import heads_of
from cosource.foundation.services.access_log import access_note
from cosource.foundation.services.erasure import payload_erase
from cosource.foundation.services.verifying import verification_ask

HEADS_LIMIT_BYTES = 1_000_000
_OPEN = (DueWork.State.QUEUED, DueWork.State.RUNNING)


class FilterForm(forms.Form):
    """What of the ledger is shown."""

    stream = forms.UUIDField(required=False)
    kind = forms.CharField(required=False, max_length=60)
    subject = forms.UUIDField(required=False)
    after = forms.CharField(required=False, max_length=8_000)


@require_safe
@signed_in
def audit_page(request: PageRequest) -> HttpResponse:
    """Show the entries of the streams that one may go through, newest first."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        # An address that was typed wrong names no stream and no thing.
        raise NotFound
    chosen = form.cleaned_data
    page = entry_list(
        actor=request.actor,
        stream_id=chosen["stream"],
        kind=chosen["kind"].strip(),
        subject_id=chosen["subject"],
        cursor=chosen["after"],
    )
    return render(
        request,
        "foundation/audit.html",
        {"streams": page.streams, "page": page, "chosen": chosen, "tab": "entries"},
    )


@require_safe
@signed_in
def audit_entry(request: PageRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry: what it says, where it is sealed, and what of it was erased."""
    return _entry(request, entry_id)


def _entry(request: PageRequest, entry_id: UUID, reason: str = "", refused: str = "") -> HttpResponse:
    entry = entry_get(actor=request.actor, entry_id=entry_id)
    if entry.payload is not None:
        _note(request, "ledger_entry", entry_id)
    context = {
        "entry": entry,
        "facts": json.dumps(entry.row.facts, indent=2, ensure_ascii=False, sort_keys=True),
        "payload": json.dumps(entry.payload, indent=2, ensure_ascii=False, sort_keys=True),
        "reason": reason,
        "refused": refused,
        "tab": "entries",
    }
    return render(request, "foundation/audit_entry.html", context, status=422 if refused else 200)


@require_POST
@signed_in
def audit_erase(request: PageRequest, entry_id: UUID) -> HttpResponse:
    """Erase what an entry says, for a reason; the entry and its place stay."""
    entry = entry_get(actor=request.actor, entry_id=entry_id)
    if not entry.may_erase:
        raise NotAllowed(_("Your role does not include this step."), action="ledger.erase")
    reason = request.POST.get("reason", "").strip()
    if not reason or len(reason) > 300 or "\x00" in reason:
        return _entry(
            request, entry_id, reason=reason[:300], refused=_("Say why, in at most 300 characters.")
        )
    payload_erase(entry_id=entry_id, reason=reason, actor=request.actor, at=clock.now())
    messages.success(request, _("Erased. Everybody who reads this record is told that it was."))
    return HttpResponseRedirect(reverse("audit:entry", args=[entry_id]))


@require_safe
@signed_in
def audit_access(request: PageRequest) -> HttpResponse:
    """Show who read what is sensitive, newest first."""
    page = access_list(actor=request.actor, cursor=request.GET.get("after", "")[:500])
    names = access_names(request.actor, page.items)
    rows = [
        {
            "row": row,
            "reader": names.get(row.actor_id, row.actor_kind),
            "organization": names.get(row.organization_id, "") if row.organization_id else "",
        }
        for row in page.items
    ]
    return render(
        request,
        "foundation/audit_access.html",
        {"rows": rows, "next_cursor": page.next_cursor, "tab": "access"},
    )


@require_safe
@signed_in
def audit_heads(request: PageRequest) -> HttpResponse:
    """Give the heads of all streams that one may go through, to keep elsewhere and to check against later."""
    at = clock.now()
    streams = readable_streams(request.actor)
    if request.actor.organization_id is None:
        raise NotFound
    heads = heads_of(request.actor.organization_id, at, stream_ids=[s.id for s in streams])
    response = HttpResponse(json.dumps(heads, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="cosource-heads-{at:%Y-%m-%dT%H-%M-%SZ}.json"'
    return response


class CheckForm(forms.Form):
    """A check of the record, against heads that were kept where there are some."""

    heads = forms.FileField(
        label=gettext_lazy("Heads that you kept"),
        required=False,
        help_text=gettext_lazy(
            "A file from “Take the heads”. With it, a record that was cut short is found as well."
        ),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def audit_check(request: PageRequest) -> HttpResponse:
    """Explain the check; POST queues one and leads to its progress."""
    streams = readable_streams(request.actor)
    form = CheckForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            heads = _heads_of_file(form.cleaned_data["heads"])
            work_id = verification_ask(streams=streams, heads=heads, actor=request.actor, at=clock.now())
        except Invalid as refused:
            form.add_error("heads", refused.message)
        else:
            return HttpResponseRedirect(reverse("audit:check_result", args=[work_id]))
    return render(
        request,
        "foundation/audit_check.html",
        {"form": form, "streams": streams, "tab": "check"},
        status=422 if form.errors else 200,
    )


def _heads_of_file(file: "UploadedFile[Any] | None") -> dict[str, Any] | None:
    if file is None:
        return None
    bad = Invalid(_("This is no file of heads."), code="bad_heads")
    if (file.size or 0) > HEADS_LIMIT_BYTES:
        raise bad
    try:
        found = json.loads(file.read())
    except (ValueError, RecursionError):
        raise bad from None
    if not isinstance(found, dict):
        raise bad
    return found


@require_safe
@signed_in
def audit_check_result(request: PageRequest, work_id: UUID) -> HttpResponse:
    """Show how far a check is, or what it found."""
    work = verification_get(actor=request.actor, work_id=work_id)
    labels = {s.id.hex: s.label for s in readable_streams(request.actor)}
    result = work.result or {}
    findings = [
        {"label": labels.get(f["stream"], f["stream"]), "position": f["position"], "what": f["what"]}
        for f in result.get("findings", ())
    ]
    checked_at = datetime.fromisoformat(result["checked_at"]) if "checked_at" in result else None
    context = {
        "work": work,
        "running": work.state in _OPEN,
        "failed": work.state in {DueWork.State.PARKED, DueWork.State.CANCELLED},
        "result": result,
        "findings": findings,
        "checked_at": checked_at,
        "tab": "check",
    }
    part = bool(request.htmx) and not request.htmx.boosted
    return render(
        request, "foundation/audit_check_part.html" if part else "foundation/audit_check_result.html", context
    )


def _note(request: PageRequest, kind: str, object_id: UUID) -> None:
    if request.actor.organization_id is not None:
        access_note(
            actor=request.actor,
            owner_organization_id=request.actor.organization_id,
            object_kind=kind,
            object_id=object_id,
            at=clock.now(),
        )
