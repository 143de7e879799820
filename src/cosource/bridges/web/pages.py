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
from cosource.bridges.reading.shipped import FOLDERS, shipped_names, shipped_text
from cosource.bridges.rules.describe import Sentence, describe, describe_assets
from cosource.bridges.rules.labels import LABELS
from cosource.bridges.rules.wordings import WORDINGS
from cosource.bridges.services.asset_import import BUSY, LIVE
from cosource.bridges.services.asset_undoing import can_be_put_back
from cosource.bridges.services.preparing import asset_mapping_read, mapping_read, may_import, partners_of
from cosource.bridges.services.staging import import_stage, is_waiting, staged_path
from cosource.bridges.web.asset_report import asset_effects, asset_figures
from cosource.bridges.web.menu import reads
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import Invalid
from cosource.foundation.models import DueWork

OWN = "own"
LISTS: dict[str, str] = {Import.Of.TICKETS: "imports:list", Import.Of.ASSETS: "imports:assets"}
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

    def __init__(self, *args: object, of: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what a form takes, handed on
        self.folder = FOLDERS[of]
        ready = [(name, name) for name in shipped_names(self.folder)]
        self.fields["mapping"].choices = [*ready, (OWN, _("my own, below"))]  # type: ignore[attr-defined]  # the stubs know the base field only
        said = (
            _("CSV, XLSX or NetBox’s JSON; text may be packed as gz or xz; at most %(limit)s.")
            if of == Import.Of.ASSETS
            else _("CSV, XLSX or XES; plain, gz or xz; at most %(limit)s.")
        )
        self.fields["file"].help_text = said % {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}

    def chosen(self) -> tuple[str, str]:
        """Return the text and the name of the mapping."""
        name = self.cleaned_data["mapping"]
        if name != OWN:
            return shipped_text(name, self.folder), name
        return self.cleaned_data["own_mapping"], _("own mapping")


@require_http_methods(["GET", "POST"])
@signed_in
def imports(request: PageRequest) -> HttpResponse:
    """List imports of tickets, and take a file in."""
    return _imports(request, Import.Of.TICKETS)


@require_http_methods(["GET", "POST"])
@signed_in
def asset_imports(request: PageRequest) -> HttpResponse:
    """List imports of assets, and take a file in."""
    return _imports(request, Import.Of.ASSETS)


def _imports(request: PageRequest, of: str) -> HttpResponse:
    form = None
    if may_import(request.actor, of):
        begin = {"mapping": OWN, "own_mapping": _begin_with(request, of)} if "begin" in request.GET else {}
        form = FileForm(request.POST or None, request.FILES or None, initial=begin, of=of)
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            row = _stage(request, form, of)
        except Invalid as refused:
            for field, said in refused.details.get("fields", {}).items():
                form.add_error("file" if field == "file" else "own_mapping", said)
        else:
            return HttpResponseRedirect(reverse("imports:detail", args=[row.id]))
    page = import_list(actor=request.actor, of=of, cursor=request.GET.get("after", ""))
    return render(
        request,
        "imports/list.html",
        {
            "page": page,
            "form": form,
            "of": of,
            "ready": shipped_names(FOLDERS[of]),
            "room": "imports",
            "both": reads(request.actor),
        },
        status=422 if form is not None and form.errors else 200,
    )


def _begin_with(request: PageRequest, of: str) -> str:
    name = request.GET.get("begin", "")
    return shipped_text(name, FOLDERS[of]) if name in shipped_names(FOLDERS[of]) else ""


def _stage(request: PageRequest, form: FileForm, of: str) -> Import:
    upload = form.cleaned_data["file"]
    text, name = form.chosen()
    return import_stage(
        chunks=upload.chunks(),
        file_name=upload.name,
        mapping_text=text,
        mapping_name=name,
        actor=request.actor,
        at=clock.now(),
        of=of,
    )


@require_safe
@signed_in
def ready_mapping(request: PageRequest, name: str) -> HttpResponse:
    """Give a ready mapping, of tickets or assets, as a file."""
    folder = next((folder for folder in FOLDERS.values() if name in shipped_names(folder)), None)
    if folder is None:
        raise Http404
    text = shipped_text(name, folder)
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
    running = row.state in BUSY and (work is None or work.state in LIVE)
    by_work = work if row.dry_run or row.state == Import.State.UNDOING else None
    progress = {
        "row": row,
        "running": running,
        "done": row.rows_read if by_work is None else by_work.progress_done,
        "total": row.rows_total if by_work is None else by_work.progress_total,
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
    waits = not running and is_waiting(row)
    context = {
        **progress,
        "waits": waits,
        "checked": row.report.get("checked", False),
        "is_partly_in": row.position > 0 and not row.dry_run,
        "is_of_assets": row.of == Import.Of.ASSETS,
        "list_url": reverse(LISTS[row.of]),
        "may": may_import(request.actor, row.of) and staged_path(row.id).exists(),
        "may_undo": may_import(request.actor, row.of) and can_be_put_back(row),
        "seats": _seats(row) if waits and row.of == Import.Of.TICKETS else (),
        "sentences": [_(s.message_id) % s.values for s in _sentences(row)],
        "figures": (asset_figures if row.of == Import.Of.ASSETS else _figures)(row),
        "effects": asset_effects(row) if row.of == Import.Of.ASSETS else None,
        "stopped": _stopped(row),
        "kinds": _kinds(row),
        "problems": [_fault(p) for p in problems.items],
        "next_cursor": problems.next_cursor,
        "outcome": outcome,
        "room": "imports",
    }
    return render(request, "imports/detail.html", context)


def _sentences(row: Import) -> tuple[Sentence, ...]:
    if row.of == Import.Of.ASSETS:
        return describe_assets(asset_mapping_read(row.mapping_text))
    return describe(mapping_read(row.mapping_text))


def _seats(row: Import) -> list[Seat]:
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
