"""Drawing the ticket page: whole, or for htmx the column that changes; with or without an open form.

Not here: taking a step (`steps`), and what the reader may see (`queries.ticket_page`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.doors import actor_of, is_fragment
from cosource.foundation.sight import Actor
from cosource.tickets.queries.attachments import Attachment
from cosource.tickets.queries.canned import uses_canned
from cosource.tickets.queries.conversation import changed_since
from cosource.tickets.queries.markup import rich_text
from cosource.tickets.queries.ticket_page import TicketView, ticket_get
from cosource.tickets.rules.canned import STEPS
from cosource.tickets.rules.effort import ACTIVITIES
from cosource.tickets.rules.handover import DECLINE_REASONS, REASONS
from cosource.tickets.rules.links import BY_HAND
from cosource.tickets.rules.priority import LEVEL_LABELS
from cosource.tickets.web import kind_forms
from cosource.tickets.web.field_inputs import answers_of, set_inputs
from cosource.tickets.web.files import file_limits, waiting
from cosource.tickets.web.kind_forms import form_of
from cosource.tickets.web.parsing import audience_in
from cosource.tickets.web.versions import version_mark

# The forms that a page can have open, by the word in its address.
FORMS = (
    "pause",
    "hand-over",
    "resolve",
    "cancel",
    "reopen",
    "close",
    "decline",
    "assign",
    "edit",
    "restored",
    "no-answer",
    "link",
    "merge",
    "split",
    "effort",
    "checklist",
    "fields",
)
FILTERS = ("all", "messages", "ledger")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form held, and why it was refused. `form`: which one; `code`: of the refusal; `files` that it brought.

    `looked_at`: it was not refused; the writer wants to see the words as they will be shown. `more`: what else the page shows.
    """

    form: str
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    code: str = ""
    status: int = 200
    details: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    looked_at: bool = False
    files: Sequence[Attachment] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def draw(request: HttpRequest, ticket_id: UUID, draft: Draft | None = None) -> HttpResponse:
    """Draw the ticket for the reader; after a refusal with the text that was written, and why it was refused."""
    actor = actor_of(request)
    asked = request.GET.get("do", "")
    form = (
        form_of(draft.form, draft.values) if draft else asked if asked in (*FORMS, *kind_forms.FORMS) else ""
    )
    view = ticket_get(
        actor=actor,
        ticket_id=ticket_id,
        at=clock.now(),
        whole_conversation="whole" in request.GET,
        form=form,
        chosen_team_id=_uuid(draft.values.get("team", "")) if draft else None,
    )
    choose_audience(view, draft)
    shown = request.GET.get("show", "all")
    context: dict[str, Any] = {
        "ticket": view,
        "mark": version_mark(view.id, view.version),
        "form": form if _is_offered(form, view) or kind_forms.is_offered(form, view) else "",
        "draft": draft,
        "waits": view.writing.waits(view.read_at) if view.writing else 0,
        "written": written_in(view, draft),
        "looked_at": rich_text(draft.values.get("text", "")) if draft and draft.looked_at else "",
        "print_label": _("Print"),
        "hide_label": _("Contains personal or patient data: hide it"),
        "show": shown if shown in FILTERS else "all",
        "as_table": "table" in request.GET,
        "room": "tickets",
        "page_keys": page_keys(view),
        "handover_reasons": [(k, _(v)) for k, v in REASONS.items()],
        "decline_reasons": [(k, _(v)) for k, v in DECLINE_REASONS.items()],
        "activities": [(k, _(v)) for k, v in ACTIVITIES.items()],
        "today": clock.now().astimezone(get_current_timezone()).date().isoformat()
        if form == "effort"
        else "",
        "link_kinds": [(k.key, _(k.sentence)) for k in BY_HAND],
        "edit_fields": edit_fields(view, draft),
        "field_inputs": field_inputs(view, draft) if form == "fields" else [],
        "with_requester": _with_requester(view, draft),
        "file_limits": file_limits(),
        "files_kept": _files_kept(actor, view, draft),
        "changes": changed_since(view.conversation, draft.since) if draft and draft.since else [],
        "question": _question(request, view, draft),
        "uses_canned": uses_canned(actor),
        "then": then_of(draft),
        "frame": "tickets/column_frame.html" if is_fragment(request) else "base.html",
    } | kind_forms.context_of(form, view, draft.values if draft else None)
    context |= draft.more if draft else {}
    template = "tickets/requested.html" if view.for_requester else "tickets/ticket.html"
    # htmx takes the page of a refusal only as a success; without it the answer keeps the status of the refusal.
    status = draft.status if draft and not is_fragment(request) else 200
    return render(request, template, context, status=status)


def page_keys(view: TicketView) -> list[dict[str, str]]:
    """Return the keys that do something on this page, for the list of keys."""
    steps = view.steps
    offered = (
        ("R", _("Write a message"), steps.reply),
        ("H", _("Hand over"), steps.hand_over),
        ("P", _("Pause"), bool(steps.pauses)),
        ("⇧R", _("Resolve"), steps.resolve),
        ("A", _("Accept the handover, or start work"), bool(steps.offer or steps.start)),
    )
    return [{"keys": keys, "label": label} for keys, label, is_on in offered if is_on]


def written_in(view: TicketView, draft: Draft | None) -> str:
    """Return what stands in the place to write: what a form held, or else what the reader has kept."""
    if draft is not None and draft.form == "reply":
        return str(draft.values.get("text", ""))
    return view.writing.text if view.writing else ""


def _files_kept(actor: Actor, view: TicketView, draft: Draft | None) -> Sequence[Attachment]:
    """Return the files that stand by the words: those that a form held, or else those that the reader has kept."""
    if draft is not None and draft.form == "reply":
        return draft.files
    return waiting([UUID(i) for i in view.writing.file_ids], actor) if view.writing else ()


def then_of(draft: Draft | None) -> tuple[str, str] | None:
    """Return the step that follows what is written, with its words; None for none."""
    then = str(draft.values.get("then", "")) if draft is not None and draft.form == "reply" else ""
    return (then, _(STEPS[then])) if then and then in STEPS else None


def choose_audience(view: TicketView, draft: Draft | None) -> None:
    """The audience that was chosen stays chosen: after a refusal, and with words that were kept."""
    if draft is not None and draft.form == "reply":
        chosen = draft.values.get("audience", "")
    elif view.writing is not None:
        chosen = view.writing.audience
    else:
        return
    if any(c.value == chosen for c in view.steps.audiences):
        view.steps.audiences = [replace(c, is_default=c.value == chosen) for c in view.steps.audiences]


def _with_requester(view: TicketView, draft: Draft | None) -> bool:
    if draft is not None and draft.form == "reply":
        return bool(draft.values.get("with_requester"))
    if view.writing is not None and view.writing.audience:
        return view.writing.with_requester
    return view.steps.requester_by_default


@dataclass(frozen=True, slots=True)
class EditField:
    """A field of the form that changes what a ticket says. `options`: pairs of value and text for a choice."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""
    wide: bool = False


def field_inputs(view: TicketView, draft: Draft | None) -> list[Any]:
    """Return the desk's own fields with what was answered, or with what was written before a refusal."""
    sets = [one for one in view.fields if one.may_edit]
    given = {one.id.hex: dict(one.answers or {}) for one in sets}
    if draft is not None and draft.form == "fields":
        given = answers_of(draft.values)
    shown = [(one.id, one.name, one.internal, one.fields) for one in sets]
    return set_inputs(shown, given, draft.errors if draft else {})


def edit_fields(view: TicketView, draft: Draft | None) -> list[EditField]:
    """Return the fields with what the ticket says now, or with what was written before a refusal."""
    row = view.editable
    if row is None:
        return []
    none = [("", "–")]
    levels = [(str(k), _(v)) for k, v in LEVEL_LABELS.items()]
    services = none + [(str(i), name) for i, name in view.services]
    sites = none + [(str(i), name) for i, name in view.sites]
    fields = [
        EditField("title", _("Title"), row.title, wide=True),
        EditField("impact", _("Impact"), str(row.impact), levels),
        EditField("urgency", _("Urgency"), str(row.urgency), levels),
        EditField("service_id", _("Service"), str(row.service_id or ""), services),
        EditField("site_id", _("Place"), str(row.site_id or ""), sites),
        EditField("topic", _("Topic"), row.topic),
        EditField("subtopic", _("Subtopic"), row.subtopic),
        EditField("asset_name", _("Asset"), row.asset_name),
    ]
    if row.requester_id is None:
        fields.append(EditField("requester_name", _("Requester"), row.requester_name))
    if draft is None or draft.form != "edit":
        return fields
    return [
        replace(f, value=str(draft.values.get(f.name, f.value)), error=draft.errors.get(f.name, ""))
        for f in fields
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _is_offered(form: str, view: TicketView) -> bool:
    steps = view.steps
    answer = steps.offer is not None and steps.offer.may_answer
    return {
        "pause": bool(steps.pauses),
        "hand-over": steps.hand_over,
        "resolve": steps.resolve,
        "cancel": steps.cancel,
        "reopen": steps.reopen,
        "close": steps.close,
        "decline": answer,
        "assign": steps.assign,
        "edit": steps.update,
        "restored": steps.restored,
        "no-answer": steps.answer_until is not None,
        "link": steps.link,
        "merge": steps.merge,
        "split": steps.link,
        "effort": steps.link,
        "checklist": steps.link,
        "fields": any(one.may_edit for one in view.fields),
        "reply": steps.reply,
    }.get(form, False)


@dataclass(frozen=True, slots=True)
class Question:
    """What a wider audience asks: who would read of the ticket for the first time, and who would learn of each other."""

    newcomers: list[str]
    introduced: list[str]
    key: str


def _question(request: HttpRequest, view: TicketView, draft: Draft | None) -> Question | None:
    if draft is None or draft.code != "wider_audience":
        return None
    asked = {UUID(i) for i in draft.details.get("parties", ())} & set(view.badges)
    reached = frozenset[UUID]().union(*(r.party_ids for r in view.conversation.audiences.values()))
    newcomers = [view.badges[i].name for i in view.badges if i in asked - reached]
    if draft.details.get("requester"):
        newcomers.append(_("the requester"))
    introduced = [view.badges[i].name for i in view.badges if i in asked & reached]
    return Question(newcomers, introduced, audience_in(request).key)


def instant_of(text: str) -> datetime | None:
    """Read the instant that a form says its page was drawn at; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
