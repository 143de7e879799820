"""The forms of steps that only some kinds of ticket have. Not here: taking the step (`kinds`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.tickets.queries.ticket_page import TicketView
from cosource.tickets.rules.change_words import OUTCOMES, RISKS, TYPES
from cosource.tickets.web.parsing import text_in

MOMENT = "%Y-%m-%dT%H:%M"
# The forms by the word in an address, each with the step of `Steps` that must be offered.
FORMS = {
    "plan": "plan",
    "ask-approval": "ask_approval",
    "approve": "decide",
    "send-back": "decide",
    "reject": "decide",
    "known-error": "know_cause",
    "say-workaround": "sayings",
    "say-plan": "sayings",
    "say-rollback": "sayings",
    "review": "review",
    "declare": "declare",
    "major-update": "lead",
    "major-end": "lead",
    "major-review": "review_major",
}


@dataclass(frozen=True, slots=True)
class WordForm:
    """A form that asks for words: its heading, what to write, where it goes, what it sends besides."""

    title: str
    label: str
    action: str
    hidden: tuple[tuple[str, str], ...] = ()
    optional: bool = False


def form_of(form: str, values: Mapping[str, Any]) -> str:
    """Return which form a refused step came from: deciding and saying have several."""
    if form == "decide":
        return str(values.get("decision", "")).replace("_", "-")
    return f"say-{values.get('says', '')}" if form == "say" else form


def is_offered(form: str, view: TicketView) -> bool:
    """Tell whether the reader may open the form now."""
    if form.startswith("say-") and form in FORMS:
        return form.removeprefix("say-") in view.steps.sayings
    if form.startswith("major-") and form in FORMS:
        major = view.major
        return major is not None and (major.may_review if FORMS[form] == "review_major" else major.may_lead)
    return form in FORMS and bool(getattr(view.steps, FORMS[form]))


def context_of(form: str, view: TicketView, values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the templates of these forms need; empty for other forms."""
    if form not in FORMS:
        return {}
    return {
        "word_form": _word_form(form, view),
        "types": [(key, _(label)) for key, label in TYPES.items()],
        "risks": [(str(key), _(label)) for key, label in RISKS.items()],
        "outcomes": [(key, _(label)) for key, label in OUTCOMES.items()],
        "planned": values if values is not None else _planned(view),
    }


def _planned(view: TicketView) -> dict[str, str]:
    plan = view.kinds.plan.row if view.kinds is not None and view.kinds.plan is not None else None
    if plan is None:
        return {"type": "normal", "risk": "2"}
    zone = get_current_timezone()
    window = {"starts_at": plan.starts_at, "ends_at": plan.ends_at}
    return {"type": plan.type, "risk": str(plan.risk)} | {
        name: at.astimezone(zone).strftime(MOMENT) for name, at in window.items() if at is not None
    }


def _word_form(form: str, view: TicketView) -> WordForm | None:
    def to(step: str) -> str:
        return reverse(f"tickets:{step}", args=[view.id])

    def said(what: str, label: str, title: str) -> WordForm:
        return WordForm(title, label, to("say"), (("says", what),))

    def decided(what: str, label: str, title: str, *, optional: bool = False) -> WordForm:
        return WordForm(title, label, to("decide"), (("decision", what),), optional)

    forms = {
        "ask-approval": lambda: WordForm(
            _("Ask for approval"), _("What should they know?"), to("ask_approval"), optional=True
        ),
        "approve": lambda: decided("approve", _("A word with it"), _("Approve"), optional=True),
        "send-back": lambda: decided("send_back", _("What has to be mended?"), _("Send back")),
        "reject": lambda: decided("reject", _("Why not?"), _("Reject")),
        "known-error": lambda: WordForm(
            _("Name the cause"), _("What is the cause, and how do you know?"), to("known_error")
        ),
        "say-workaround": lambda: said(
            "workaround", _("How do people get on until it is resolved?"), _("Write a workaround")
        ),
        "major-update": lambda: WordForm(
            _("Tell everybody how it stands"),
            _("What is known, what is done, when is the next word? Both parties and the requester read it."),
            to("major_update"),
        ),
        "major-end": lambda: WordForm(
            _("It is over"), _("What is back, since when, and what stays to be done?"), to("major_end")
        ),
        "major-review": lambda: WordForm(
            _("Write our part of the review"),
            _("What contributed on our side, what went well, and what do we change? No names."),
            to("major_review"),
        ),
        "say-plan": lambda: said(
            "plan", _("Step by step: who does what, and how is it checked?"), _("Write the plan")
        ),
        "say-rollback": lambda: said(
            "rollback",
            _("When it goes wrong: how is it undone, by whom, how long does it take?"),
            _("Write the way back"),
        ),
    }
    return forms[form]() if form in forms else None


def moment_in(request: HttpRequest, name: str) -> datetime | None:
    """Return the instant that was given in the reader's zone, None for nothing. Raises: Invalid, naming the field."""
    typed = text_in(request, name)
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed[:16]).replace(tzinfo=get_current_timezone()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(
            _("That is no date with a time."), fields={name: _("Such as 2026-03-02 07:30.")}
        ) from None


def moment_needed(request: HttpRequest, name: str) -> datetime:
    """Return the instant that was given. Raises: Invalid, naming the field."""
    found = moment_in(request, name)
    if found is None:
        raise Invalid(_("Something is missing."), fields={name: _("Say from when until when.")})
    return found
