"""The forms of the matrix: one line, what is asked of it now, and somebody's absence.

Not here: judging the values (`rules.reading`, `services.keeping`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.calendars.rules.weekly import WEEKDAYS
from cosource.parties.queries.duty import DAY_NAMES
from cosource.tickets.matrix.rules.line import (
    AUTHORITIES,
    CONTACT,
    DIRECTIONS,
    DUTY,
    EMERGENCY_CHANGE,
    LEAD,
    MAJOR_INCIDENT,
    OTHER,
    PERSON,
    SPEND,
    WAKE_VENDOR,
)
from cosource.tickets.matrix.rules.reading import MOST_LEVEL, MOST_PLACES
from cosource.tickets.rules.priority import PRIORITIES, PRIORITY_LABELS
from cosource.tickets.rules.states import KIND_LABELS, TicketKind

_PLAIN = (EMERGENCY_CHANGE, WAKE_VENDOR, MAJOR_INCIDENT)
ALWAYS, THEN, OUTSIDE = "always", "then", "outside"


def _kinds() -> list[tuple[str, str]]:
    return [(kind.value, _(label)) for kind, label in KIND_LABELS.items()]


def _priorities() -> list[tuple[str, str]]:
    return [(str(n), f"{n} {_(PRIORITY_LABELS[n])}") for n in PRIORITIES]


def _moment(**kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget, **kwargs)


class AskForm(forms.Form):
    """For which ticket, and when, somebody is sought."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    priority = forms.ChoiceField(label=gettext_lazy("Priority"))
    at = _moment(label=gettext_lazy("When"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _kinds()  # type: ignore[attr-defined]  # the stubs know the base field only
        self.fields["priority"].choices = _priorities()  # type: ignore[attr-defined]  # as above

    def asked(self, now: datetime, until: datetime) -> tuple[str, int, datetime]:
        """Return kind, priority and instant; what is not given or not in reach is an incident of priority 1 now."""
        values = self.cleaned_data if self.is_valid() else {}
        at = values.get("at") or now
        return (
            values.get("kind") or TicketKind.INCIDENT.value,
            int(values.get("priority") or 1),
            at if now <= at < until else now,
        )


class AbsenceForm(forms.Form):
    """Somebody is away for a time."""

    person_id = forms.TypedChoiceField(label=gettext_lazy("Who"), coerce=UUID)
    starts_at = _moment(label=gettext_lazy("From"))
    ends_at = _moment(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, people: Mapping[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person_id"].choices = list(people.items())  # type: ignore[attr-defined]  # as above


class LineForm(forms.Form):
    """A line of the matrix as people fill it in."""

    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        help_text=gettext_lazy("Functional: to who knows more. Hierarchical: to who may decide more."),
    )
    level = forms.TypedChoiceField(
        label=gettext_lazy("Level"), coerce=int, choices=[(n, str(n)) for n in range(1, MOST_LEVEL + 1)]
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kind"), required=False, widget=forms.CheckboxSelectMultiple
    )
    priorities = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Priority"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    when = forms.ChoiceField(
        label=gettext_lazy("Hours"),
        choices=[
            (ALWAYS, gettext_lazy("Always")),
            (THEN, gettext_lazy("Within these hours")),
            (OUTSIDE, gettext_lazy("Outside these hours")),
        ],
    )
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"),
        required=False,
        choices=list(DAY_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=WEEKDAYS[:5],
    )
    from_ = forms.CharField(label=gettext_lazy("From"), required=False, max_length=5, initial="08:00")
    until = forms.CharField(
        label=gettext_lazy("Until"),
        required=False,
        max_length=5,
        initial="18:00",
        help_text=gettext_lazy("Before the begin means the next day."),
    )
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    region = forms.CharField(
        label=gettext_lazy("Not on public holidays of"),
        required=False,
        max_length=20,
        help_text=gettext_lazy(
            "Country, or country and part, as DE or DE-BY; empty counts holidays as days."
        ),
    )
    by_phone = forms.BooleanField(
        label=gettext_lazy("Must be reached by telephone: who has no number counts as not to be reached"),
        required=False,
    )
    may = forms.MultipleChoiceField(
        label=gettext_lazy("May"), required=False, widget=forms.CheckboxSelectMultiple
    )
    amount = forms.CharField(label=gettext_lazy("May spend up to"), required=False, max_length=16)
    currency = forms.CharField(label=gettext_lazy("Currency"), required=False, max_length=3, initial="EUR")
    other = forms.CharField(label=gettext_lazy("May also"), required=False, max_length=200)

    def __init__(
        self, *args: Any, people: Mapping[UUID, str], teams: Mapping[UUID, str], zone: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].initial = zone
        self._choose("direction", [(key, _(label)) for key, label in DIRECTIONS.items()])
        self._choose("kinds", _kinds())
        self._choose("priorities", _priorities())
        self._choose("zone", [(z, z) for z in sorted(available_timezones())])
        self._choose("may", [(key, _(AUTHORITIES[key])) for key in _PLAIN])
        named = [
            ("", "–"),
            (_("People"), [(f"{PERSON}:{i.hex}", name) for i, name in people.items()]),
            (_("Whoever is on duty"), [(f"{DUTY}:{i.hex}", name) for i, name in teams.items()]),
            (_("Whoever leads"), [(f"{LEAD}:{i.hex}", name) for i, name in teams.items()]),
            (_("Somebody else"), [(CONTACT, _("A contact without an account"))]),
        ]
        for turn in range(MOST_PLACES):
            self._add_place(turn, [group for group in named if group[1]])

    def _add_place(self, turn: int, named: list[Any]) -> None:
        label = _("Deputy %(number)s") % {"number": turn} if turn else _("Who")
        self.fields[f"who{turn}"] = forms.ChoiceField(label=label, required=not turn, choices=named)
        self.fields[f"name{turn}"] = forms.CharField(label=_("Name"), required=False, max_length=120)
        self.fields[f"phone{turn}"] = forms.CharField(
            label=_("Telephone"), required=False, max_length=40, widget=forms.TextInput({"type": "tel"})
        )
        self.fields[f"mail{turn}"] = forms.CharField(
            label=_("Mail"), required=False, max_length=254, widget=forms.TextInput({"type": "email"})
        )

    def _choose(self, name: str, options: list[Any]) -> None:
        self.fields[name].choices = options  # type: ignore[attr-defined]  # the stubs know the base field only

    def shown(self, *names: str) -> list[forms.BoundField]:
        """Return fields by name, for the parts of the page."""
        return [self[name] for name in names]

    @property
    def asked(self) -> list[forms.BoundField]:
        """Return level, tickets and hours."""
        return self.shown("direction", "level", "kinds", "priorities")

    @property
    def hours(self) -> list[forms.BoundField]:
        """Return the hours."""
        return self.shown("when", "days", "from_", "until", "zone", "region")

    @property
    def decides(self) -> list[forms.BoundField]:
        """Return what they may decide."""
        return self.shown("may", "amount", "currency", "other")

    @property
    def places(self) -> list[list[forms.BoundField]]:
        """Return a row of fields for each whom the line names."""
        return [
            self.shown(f"who{turn}", f"name{turn}", f"phone{turn}", f"mail{turn}")
            for turn in range(MOST_PLACES)
        ]

    def document(self, own_id: str) -> dict[str, Any]:
        """Return the line as a document."""
        values = self.cleaned_data
        country, _dash, subdivision = values["region"].upper().partition("-")
        may: list[dict[str, str]] = [{"what": what} for what in values["may"]]
        if values["amount"]:
            may.append({"what": SPEND, "amount": values["amount"], "currency": values["currency"].upper()})
        if values["other"]:
            may.append({"what": OTHER, "text": values["other"]})
        hours = {
            "zone": values["zone"],
            "days": values["days"] or list(WEEKDAYS),
            "from": values["from_"] or "00:00",
            "until": values["until"] or "24:00",
            "outside": values["when"] == OUTSIDE,
            "country": country,
            "subdivision": subdivision,
        }
        return {
            "id": own_id,
            "direction": values["direction"],
            "level": values["level"],
            "kinds": values["kinds"],
            "priorities": values["priorities"],
            "hours": None if values["when"] == ALWAYS else hours,
            "by_phone": values["by_phone"],
            "who": [self._place(turn) for turn in range(MOST_PLACES) if values[f"who{turn}"]],
            "may": may,
        }

    def _place(self, turn: int) -> dict[str, str]:
        values = self.cleaned_data
        kind, _colon, which = values[f"who{turn}"].partition(":")
        place = {"is": kind, "phone": values[f"phone{turn}"], "mail": values[f"mail{turn}"]}
        return place | ({"name": values[f"name{turn}"]} if kind == CONTACT else {"id": which})


def initial_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a line begins with, from its document."""
    values: dict[str, Any] = {
        name: line[name] for name in ("direction", "level", "kinds", "priorities", "by_phone")
    }
    values["when"] = ALWAYS
    if hours := line["hours"]:
        values |= {
            "when": OUTSIDE if hours["outside"] else THEN,
            "days": hours["days"],
            "from_": hours["from"],
            "until": hours["until"],
            "zone": hours["zone"],
            "region": "-".join(filter(None, (hours["country"], hours["subdivision"]))),
        }
    values["may"] = [one["what"] for one in line["may"] if one["what"] in _PLAIN]
    for one in line["may"]:
        if one["what"] == SPEND:
            values |= {"amount": one["amount"], "currency": one["currency"]}
        elif one["what"] == OTHER:
            values["other"] = one["text"]
    for turn, place in enumerate(line["who"]):
        values |= {f"{name}{turn}": place.get(name, "") for name in ("name", "phone", "mail")}
        values[f"who{turn}"] = CONTACT if place["is"] == CONTACT else f"{place['is']}:{place['id']}"
    return values
