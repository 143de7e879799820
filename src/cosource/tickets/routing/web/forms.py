"""The form of one rule: what it asks, one field for each thing, and where the ticket goes.

Not here: judging the values (`rules.reading`, `services.rule_sets`).
"""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.calendars.rules.weekly import WEEKDAYS
from cosource.parties.queries.duty import DAY_NAMES
from cosource.tickets.routing.queries.rule_sets import Nameable
from cosource.tickets.rules.states import KIND_LABELS

TEAMS = 3
_LISTED = ("topic", "subtopic", "words", "language")
_CHOSEN = ("kind", "service", "site", "team", "priority")


class RuleForm(forms.Form):
    """A rule as people fill it in; what stays empty is not asked."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.MultipleChoiceField(
        label=gettext_lazy("Kind"), required=False, widget=forms.CheckboxSelectMultiple
    )
    service = forms.MultipleChoiceField(label=gettext_lazy("Service"), required=False)
    site = forms.MultipleChoiceField(label=gettext_lazy("Place"), required=False)
    priority = forms.MultipleChoiceField(
        label=gettext_lazy("Priority"),
        required=False,
        choices=[(str(n), str(n)) for n in range(1, 6)],
        widget=forms.CheckboxSelectMultiple,
    )
    words = forms.CharField(
        label=gettext_lazy("Words in the title"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy("One of them is enough; put commas between them. print* also finds printer."),
    )
    topic = forms.CharField(
        label=gettext_lazy("Topic"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy("Several with commas between."),
    )
    subtopic = forms.CharField(label=gettext_lazy("Subtopic"), required=False, max_length=1_000)
    language = forms.CharField(
        label=gettext_lazy("Requester’s language"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("As de or en."),
    )
    team = forms.MultipleChoiceField(
        label=gettext_lazy("It is with"),
        required=False,
        help_text=gettext_lazy(
            "For tickets that a team of yours has taken over; leave it empty for new ones."
        ),
    )
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days"),
        required=False,
        choices=list(DAY_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    from_ = forms.CharField(label=gettext_lazy("From"), required=False, max_length=5)
    until = forms.CharField(label=gettext_lazy("Until"), required=False, max_length=5)
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    outside = forms.BooleanField(label=gettext_lazy("Outside these hours"), required=False)
    team1 = forms.ChoiceField(label=gettext_lazy("Goes to"), required=False)
    team2 = forms.ChoiceField(label=gettext_lazy("If that is not on duty, to"), required=False)
    team3 = forms.ChoiceField(label=gettext_lazy("And else to"), required=False)
    person = forms.BooleanField(
        label=gettext_lazy("Choose somebody of the team: who fits and has fewest open tickets"),
        required=False,
    )
    skill = forms.ChoiceField(label=gettext_lazy("Skill"), required=False)
    level = forms.ChoiceField(
        label=gettext_lazy("At level, or above"),
        required=False,
        choices=[(str(n), str(n)) for n in range(1, 5)],
    )
    on_duty = forms.BooleanField(label=gettext_lazy("Only who is on duty"), required=False)
    speaks = forms.BooleanField(label=gettext_lazy("Only who reads the requester’s language"), required=False)
    note = forms.CharField(
        label=gettext_lazy("What the team reads with it"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The rule itself is not shown to another party, only this."),
    )

    def __init__(self, *args: Any, known: Nameable, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].initial = zone
        named = {
            "service": known.services,
            "site": known.sites,
            "team": {i: n for i, n in known.teams.items() if i in known.own_teams},
        }
        for name, options in named.items():
            self._choose(name, [(i.hex, text) for i, text in options.items()])
        none = ("", "–")
        for number in range(1, TEAMS + 1):
            self._choose(f"team{number}", [none, *((i.hex, text) for i, text in known.teams.items())])
        self._choose("kind", [(kind.value, _(label)) for kind, label in KIND_LABELS.items()])
        self._choose("skill", [none, *((i.hex, text) for i, text in known.skills.items())])
        self._choose("zone", [(z, z) for z in sorted(available_timezones())])

    def _choose(self, name: str, options: list[tuple[str, str]]) -> None:
        self.fields[name].choices = options  # type: ignore[attr-defined]  # the stubs know the base field only

    def shown(self, *names: str) -> list[forms.BoundField]:
        """Return fields by name, for the parts of the page."""
        return [self[name] for name in names]

    @property
    def asked(self) -> list[forms.BoundField]:
        """Return what is asked of the ticket."""
        return self.shown(
            "kind", "service", "site", "priority", "words", "topic", "subtopic", "language", "team"
        )

    @property
    def hours(self) -> list[forms.BoundField]:
        """Return the time of day."""
        return self.shown("days", "from_", "until", "zone", "outside")

    @property
    def whither(self) -> list[forms.BoundField]:
        """Return where it goes."""
        return self.shown("team1", "team2", "team3", "note")

    @property
    def whom(self) -> list[forms.BoundField]:
        """Return whom of the team."""
        return self.shown("person", "skill", "level", "on_duty", "speaks")

    def document(self, own_id: str) -> dict[str, Any]:
        """Return the rule as a document."""
        values = self.cleaned_data
        when: dict[str, Any] = {name: values[name] for name in _CHOSEN if values[name]}
        if "priority" in when:
            when["priority"] = [int(value) for value in when["priority"]]
        for name in _LISTED:
            found = [part.strip() for part in values[name].split(",") if part.strip()]
            if found:
                when[name] = found
        if values["days"] or values["from_"] or values["until"]:
            when["hours"] = {
                "zone": values["zone"],
                "days": values["days"] or list(WEEKDAYS),
                "from": values["from_"] or "00:00",
                "until": values["until"] or "24:00",
                "outside": values["outside"],
            }
        teams = [values[f"team{n}"] for n in range(1, TEAMS + 1)]
        then: dict[str, Any] = {"teams": [team for team in teams if team], "note": values["note"]}
        if values["person"]:
            then["person"] = {
                "skill": values["skill"],
                "level": int(values["level"] or 1),
                "on_duty": values["on_duty"],
                "language": values["speaks"],
            }
        return {"id": own_id, "name": values["name"], "when": when, "then": then}


def initial_of(rule: dict[str, Any]) -> dict[str, Any]:
    """Return what the form of a rule begins with, from its document."""
    when, then = rule["when"], rule["then"]
    values: dict[str, Any] = {"name": rule["name"], "note": then.get("note", "")}
    values |= {name: [str(v) for v in when.get(name, [])] for name in _CHOSEN}
    values |= {name: ", ".join(when.get(name, [])) for name in _LISTED}
    if hours := when.get("hours"):
        values |= {
            "days": hours["days"],
            "from_": hours["from"],
            "until": hours["until"],
            "zone": hours["zone"],
            "outside": hours["outside"],
        }
    values |= {f"team{n}": team for n, team in enumerate(then.get("teams", [])[:TEAMS], start=1)}
    if (person := then.get("person")) is not None:
        values |= {
            "person": True,
            "skill": person["skill"],
            "level": person["level"],
            "on_duty": person["on_duty"],
            "speaks": person["language"],
        }
    return values


def said_of(fields: dict[str, str]) -> str:
    """Return a refusal of rules in one line."""
    return "; ".join(f"{place}: {_(str(fix))}" for place, fix in fields.items())
