"""The pages of imports: what was brought in, the form that takes a file, and one import from its check to its report."""

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cosource.bridges.models import Import, ImportProblem
from cosource.bridges.queries.imports import OUTCOMES, as_problem, import_get, import_list, problem_list
from cosource.bridges.reading.shipped import shipped_names, shipped_text
from cosource.bridges.rules.describe import describe
from cosource.bridges.rules.labels import LABELS
from cosource.bridges.rules.wordings import WORDINGS
from cosource.bridges.services.preparing import mapping_read, may_import, partners_of
from cosource.bridges.services.staging import import_stage, staged_path
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import Invalid
from cosource.foundation.models import DueWork

OWN = "own"
MAPPING_MAX_BYTES = 256 * 1024


class FileForm(forms.Form):
    """A file and how it is to be read."""

    file = forms.FileField(label=gettext_lazy("File"))
    mapping = forms.ChoiceField(label=gettext_lazy("Mapping"))
    own_mapping = forms.CharField(
        label=gettext_lazy("Your own mapping"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "mono"}),
        help_text=gettext_lazy("In TOML; begin with a ready one and change what differs."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what a form takes, handed on
        ready = [(name, name) for name in shipped_names()]
        self.fields["mapping"].choices = [*ready, (OWN, _("my own, below"))]  # type: ignore[attr-defined]  # the stubs know the base field only
        self.fields["file"].help_text = _("CSV, XLSX or XES; plain, gz or xz; at most %(limit)s.") % {
            "limit": filesizeformat(settings.UPLOAD_MAX_BYTES)
        }

    def chosen(self) -> tuple[str, str]:
        """Return the text and the name of the mapping."""
        name = self.cleaned_data["mapping"]
        if name != OWN:
            return shipped_text(name), name
        return self.cleaned_data["own_mapping"], _("own mapping")


@require_http_methods(["GET", "POST"])
@signed_in
def imports(request: PageRequest) -> HttpResponse:
    """List imports, and take a file in."""
    form = None
    if may_import(request.actor):
        begin = {"mapping": OWN, "own_mapping": _begin_with(request)} if "begin" in request.GET else {}
        form = FileForm(request.POST or None, request.FILES or None, initial=begin)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            row = _stage(request, form)
        except Invalid as refused:
            for field, said in refused.details.get("fields", {}).items():
                form.add_error("file" if field == "file" else "own_mapping", said)
        else:
            return HttpResponseRedirect(reverse("imports:detail", args=[row.id]))
    page = import_list(actor=request.actor, cursor=request.GET.get("after", ""))
    return render(
        request,
        "imports/list.html",
        {"page": page, "form": form, "ready": shipped_names(), "room": "imports"},
        status=422 if form is not None and form.errors else 200,
    )


def _begin_with(request: PageRequest) -> str:
    name = request.GET.get("begin", "")
    return shipped_text(name) if name in shipped_names() else ""


def _stage(request: PageRequest, form: FileForm) -> Import:
    upload = form.cleaned_data["file"]
    text, name = form.chosen()
    return import_stage(
        chunks=upload.chunks(),
        file_name=upload.name,
        mapping_text=text,
        mapping_name=name,
        actor=request.actor,
        at=clock.now(),
    )


@require_safe
@signed_in
def ready_mapping(request: PageRequest, name: str) -> HttpResponse:
    """Give a ready mapping as a file."""
    try:
        text = shipped_text(name)
    except LookupError:
        raise Http404 from None
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.toml"'
    return response


@dataclass(frozen=True, slots=True)
class Seat:
    """A party of the mapping on the page, with the organizations that it may be here."""

    key: str
    name: str
    is_client: bool
    choices: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem as the page shows it, in the reader's language."""

    row: int | None
    column: str
    outcome: str
    message: str
    fix: str


@require_safe
@signed_in
def import_detail(request: PageRequest, import_id: UUID) -> HttpResponse:
    """Show one import: its parties to choose, its progress, or its report with every problem."""
    row = import_get(actor=request.actor, import_id=import_id)
    work = DueWork.objects.filter(pk=row.work_id).first() if row.work_id else None
    running = row.state == Import.State.RUNNING and (
        work is None or work.state in (DueWork.State.QUEUED, DueWork.State.RUNNING)
    )
    progress = {
        "row": row,
        "running": running,
        "done": work.progress_done if row.dry_run and work is not None else row.rows_read,
        "total": work.progress_total if row.dry_run and work is not None else row.rows_total,
    }
    if is_fragment(request):
        response = render(request, "imports/_progress.html", progress)
        if not running:
            response["HX-Refresh"] = "true"
        return response
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in OUTCOMES else ""
    problems = problem_list(
        actor=request.actor, import_id=row.id, outcome=outcome, cursor=request.GET.get("after", "")
    )
    mapping = mapping_read(row.mapping_text)
    waits = not running and row.finished_at is None
    context = {
        **progress,
        "waits": waits,
        "checked": row.report.get("checked", False),
        "is_partly_in": row.position > 0 and not row.dry_run,
        "may": may_import(request.actor) and staged_path(row.id).exists(),
        "seats": _seats(request, row) if waits else (),
        "sentences": [_(s.message_id) % s.values for s in describe(mapping)],
        "figures": _figures(row),
        "stopped": _stopped(row),
        "kinds": _kinds(row),
        "problems": [_fault(p) for p in problems.items],
        "next_cursor": problems.next_cursor,
        "outcome": outcome,
        "room": "imports",
    }
    return render(request, "imports/detail.html", context)


def _seats(request: PageRequest, row: Import) -> list[Seat]:
    """Return the parties of the mapping with what they may be: the client is the own organization, partners are engaged."""
    partners = partners_of(row.owner_id)
    seats = []
    for party in mapping_read(row.mapping_text).parties.values():
        is_client = party.role == "client"
        choices = ((row.owner_id.hex, row.owner.name),) if is_client else tuple(partners.items())
        by_name = {name.casefold(): key for key, name in choices}
        chosen = row.owner_id.hex if is_client else by_name.get(party.name.casefold(), "")
        seats.append(
            Seat(party.key, party.name or party.key, is_client, choices, row.parties.get(party.key, chosen))
        )
    return seats


def _figures(row: Import) -> list[tuple[str, int]]:
    return [
        (_("rows read"), row.rows_read),
        (_("to be kept") if row.dry_run else _("kept"), row.rows_kept),
        (_("known before"), row.rows_known),
        (_("repaired"), row.rows_repaired),
        (_("refused"), row.rows_refused),
        (_("new tickets"), row.tickets_written),
        (_("with more history"), row.tickets_extended),
    ]


def _kinds(row: Import) -> list[tuple[int, str]]:
    """Return how often each kind of problem occurred, the most frequent first, in the reader's words."""
    codes = sorted(row.report.get("codes", {}).items(), key=lambda item: (-item[1], item[0]))
    return [(count, _(LABELS[code])) for code, count in codes if code in LABELS]


def _stopped(row: Import) -> str:
    """Return why an import stopped, in the reader's language where it is one of the known reasons."""
    reason = row.report.get("stopped", "")
    return "" if reason in WORDINGS else str(reason)


def _fault(row: ImportProblem) -> Fault:
    problem = as_problem(row, "")
    return Fault(
        row=problem.row,
        column=problem.column or "",
        outcome=problem.outcome,
        message=_(problem.message_id) % problem.values,
        fix=_(problem.fix_id) % problem.values,
    )
