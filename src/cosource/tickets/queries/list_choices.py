"""What the filters of a list are called, and what may be chosen for each by one reader.

A filter by id is named through the reader's sight; what is not in it, or was never there, is refused with the same words.
Not here: applying them (`list_ranges`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person, Service, Site, Team
from cosource.tickets.queries.fields import readable_sets
from cosource.tickets.queries.filters import TicketFilter, field_parts
from cosource.tickets.queries.list_ranges import NOT_FOR_REQUESTERS, asks_only
from cosource.tickets.rules.forms import Field, FieldKind, fields_read, value_wrong
from cosource.tickets.rules.states import KIND_LABELS

KEY_LABELS = {
    "state": gettext_noop("state"),
    "kind": gettext_noop("kind"),
    "turn": gettext_noop("turn"),
    "due": gettext_noop("due"),
    "priority": gettext_noop("priority"),
    "flag": gettext_noop("only"),
    "team": gettext_noop("team"),
    "assignee": gettext_noop("assignee"),
    "holder": gettext_noop("held by"),
    "client": gettext_noop("client"),
    "engagement": gettext_noop("engagement"),
    "service": gettext_noop("service"),
    "site": gettext_noop("place"),
    "field": gettext_noop("field"),
    "text": gettext_noop("words"),
}
VALUE_LABELS = {
    "state": {
        "open": gettext_noop("open"),
        "paused": gettext_noop("waiting"),
        "resolved": gettext_noop("resolved"),
        "closed": gettext_noop("closed"),
        "all": gettext_noop("any"),
    },
    "kind": {kind.value: label for kind, label in KIND_LABELS.items()},
    "turn": {
        "mine": gettext_noop("ours"),
        "client": gettext_noop("the client’s"),
        "partner": gettext_noop("a partner’s"),
        "requester": gettext_noop("the requester’s"),
        "third_party": gettext_noop("a third party’s"),
    },
    "due": {
        "overdue": gettext_noop("overdue"),
        "hour": gettext_noop("within an hour"),
        "today": gettext_noop("within 24 hours"),
    },
    "priority": {str(n): str(n) for n in range(1, 6)},
    "flag": {
        "unanswered": gettext_noop("handover not accepted"),
        "came_back": gettext_noop("came back"),
        "to_approve": gettext_noop("waits for our approval"),
    },
    "team": {"mine": gettext_noop("my teams")},
    "assignee": {"mine": gettext_noop("me")},
}
ORDER_LABELS = {
    "due": gettext_noop("Due first"),
    "priority": gettext_noop("Priority first"),
    "newest": gettext_noop("Newest first"),
}
ORDER_WORDS = {
    "due": gettext_noop("next due first"),
    "priority": gettext_noop("highest priority first"),
    "newest": gettext_noop("newest first"),
}
# So many teams, places and the like fit a choice; whoever has more finds them by words.
MOST = 300


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: `label` and `value` in words, `raw` as an address has it, `without` what is left when it is off."""

    key: str
    label: str
    value: str
    raw: str
    without: TicketFilter

    @property
    def url(self) -> str:
        """Return the address of the list without this filter."""
        return f"?{self.without.query()}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter of the form: its name, what it is called, what may be chosen, and what is.

    `free`: what a value of other than the options begins with, where any can be written.
    """

    key: str
    label: str
    options: list[tuple[str, str]]
    chosen: str
    free: str = ""


def _teams(actor: Actor) -> "QuerySet[Team]":
    return Team.objects.visible_to(actor).filter(organization_id=actor.reads_as)


_SOURCES: dict[str, Callable[[Actor], "QuerySet[Any]"]] = {
    "team": _teams,
    "assignee": Person.objects.visible_to,
    "holder": Organization.objects.visible_to,
    "client": Organization.objects.visible_to,
    "engagement": Engagement.objects.visible_to,
    "service": Service.objects.visible_to,
    "site": Site.objects.visible_to,
}


def chips_of(actor: Actor, filters: TicketFilter) -> list[Chip]:
    """Return the filters that are on, in words. One query for each that is an id.

    Raises: Invalid for an id that is not in the reader's sight, as for one that never was.
    """
    chips = []
    for key, value in filters.chips:
        if key == "field":
            label, said = _field_said(actor, value)
            chips.append(Chip(key, label, said, value, filters.but(field="")))
            continue
        words = VALUE_LABELS.get(key, {}).get(value)
        name = _(words) if words else _name(actor, key, value)
        bare = "all" if key == "state" else ""
        if (key, value) != ("state", "all"):
            chips.append(Chip(key, _(KEY_LABELS[key]), name, value, filters.but(**{key: bare})))
    return chips


def _name(actor: Actor, key: str, value: str) -> str:
    name: str | None = _SOURCES[key](actor).filter(pk=value).values_list("name", flat=True).first()
    if name is None:
        raise Invalid(
            "That filter value is not known.", fields={key: "There is nothing by that id in your sight."}
        )
    return name


def _field_said(actor: Actor, value: str) -> tuple[str, str]:
    """Return what a field is called and its value in words. Raises: Invalid for one that the reader reads nowhere."""
    set_id, key, wanted = field_parts(value)
    form = readable_sets(actor).filter(id=set_id).values_list("form", flat=True).first() or ""
    field = next((f for f in fields_read(form) if f.key == key), None)
    if field is None:
        raise Invalid(
            "That filter value is not known.", fields={"field": "There is nothing by that id in your sight."}
        )
    # What once could be chosen may still be answered somewhere.
    if wanted and field.kind != FieldKind.CHOICE and (wrong := value_wrong(field, wanted)):
        raise Invalid("That filter value is not known.", fields={"field": wrong})
    return field.label, dict(_values(field)).get(wanted, wanted)


def _values(field: Field) -> list[tuple[str, str]]:
    """Return what may be chosen of a field, with its words; empty for whatever was answered."""
    found = [("", _("answered"))]
    if field.kind == FieldKind.YES_NO:
        found += [("yes", _("Yes")), ("no", _("No"))]
    return found + [(choice, choice) for choice in field.choices]


def _field_choices(actor: Actor, chosen: str, *, apart: bool) -> list[Choice]:
    """Return the desk's own fields as one filter, or each apart with its own name. One query."""
    rows = readable_sets(actor).filter(ended_at=None).order_by("name", "id")[:MOST]
    fields = [(f"{one.id.hex}.{f.key}:", f) for one in rows for f in fields_read(one.form)]
    if apart:
        return [
            Choice(
                "field",
                f.label,
                [(start + value, said) for value, said in _values(f)],
                chosen,
                free="" if f.choices or f.kind == FieldKind.YES_NO else start,
            )
            for start, f in fields
        ]
    options = [(start + value, f"{f.label}: {said}") for start, f in fields for value, said in _values(f)]
    if chosen and not any(value == chosen for value, _said in options):
        # A value of the reader's own; the form has a place of its own for it.
        chosen = chosen.partition(":")[0] + ":"
    return [Choice("field", _(KEY_LABELS["field"]), options[:MOST], chosen)]


def choices_for(actor: Actor, filters: TicketFilter, *, fields_apart: bool = False) -> list[Choice]:
    """Return what may be chosen for each filter. At most eight queries. `fields_apart`: each own field by itself."""
    found = []
    for key, label in KEY_LABELS.items():
        if key == "text" or (asks_only(actor) and key in (*NOT_FOR_REQUESTERS, "turn")):
            continue
        if key == "field":
            found += _field_choices(actor, filters.field, apart=fields_apart)
            continue
        options = [(value, _(words)) for value, words in VALUE_LABELS.get(key, {}).items()]
        if key in _SOURCES:
            rows = _SOURCES[key](actor).order_by("name", "id").values_list("id", "name")[:MOST]
            options += [(str(row_id), name) for row_id, name in rows]
        chosen = getattr(filters, key)
        found.append(Choice(key, _(label), options, chosen))
    return [c for c in found if c.options]
