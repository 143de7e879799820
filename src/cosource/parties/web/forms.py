"""The forms of this room's pages. They parse and name choices; what is allowed the services say."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from cosource.calendars.rules.weekly import WEEKDAYS
from cosource.foundation.sight import (
    ADMINISTRATOR,
    AUDITOR,
    MANAGER,
    REQUESTER,
    SERVICE_OWNER,
    TECHNICIAN,
)
from cosource.parties.models import ProviderKind, Stage
from cosource.parties.models.organizations import ShowsWriting
from cosource.parties.queries.duty import DAY_NAMES
from cosource.parties.rules.policies import READ_IN_SCOPE, Side, roles_for

ROLE_LABELS = {
    SERVICE_OWNER: _("Service owner"),
    MANAGER: _("Manager"),
    TECHNICIAN: _("Technician"),
    REQUESTER: _("Requester"),
    AUDITOR: _("Auditor"),
    ADMINISTRATOR: _("Administrator"),
}
RIGHT_LABELS = {READ_IN_SCOPE: _("Read all tickets in scope")}

type Choices = Iterable[tuple[Any, Any]]


class DayTimeField(forms.DateTimeField):
    """A moment, given in the reader's own zone."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"), **kwargs)


def _uuid_choice(
    label: Any, choices: Choices, *, required: bool = True, none: Any = ""
) -> forms.TypedChoiceField:
    first = [] if required and not none else [("", none or _("None"))]
    return forms.TypedChoiceField(
        label=label, choices=[*first, *choices], coerce=UUID, empty_value=None, required=required
    )


def _uuid_choices(label: Any, choices: Choices, help_text: Any = "") -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label,
        choices=list(choices),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


class OrganizationForm(forms.Form):
    """What an organization says of itself."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=120)
    initials = forms.CharField(label=_("Letters on the badge"), max_length=3)
    time_zone = forms.CharField(label=_("Time zone"), max_length=60)
    contact_email = forms.EmailField(label=_("Contact address"), required=False)
    email_domains = forms.CharField(
        label=_("Mail domains"),
        required=False,
        help_text=_("Separated by blanks. People of these domains are offered your own sign-in."),
    )

    shows_writing = forms.ChoiceField(
        label=_("Who sees which of your people is writing on a ticket"),
        choices=ShowsWriting.choices,
        required=False,
    )

    def clean_shows_writing(self) -> str | None:
        """Return the choice; what is not given stays as it is."""
        return self.cleaned_data["shows_writing"] or None

    def clean_email_domains(self) -> list[str]:
        """Return the domains as a list."""
        text: str = self.cleaned_data["email_domains"]
        return text.replace(",", " ").split()


class PersonFiguresForm(forms.Form):
    """The agreed setting for figures about single people."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    purpose = forms.CharField(
        label=_("Purpose"), max_length=200, required=False, help_text=_("Empty turns these figures off.")
    )
    until = DayTimeField(label=_("Until"))


class SiteForm(forms.Form):
    """A new site."""

    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=60, required=False, help_text=_("Empty: as the organization.")
    )


class NameForm(forms.Form):
    """Something that only has a name."""

    name = forms.CharField(label=_("Name"), max_length=120)


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(label=_("Name"), max_length=120)
    mailbox = forms.EmailField(
        label=_("The team’s own address"), required=False, help_text=_("The other party sees it.")
    )

    def __init__(self, *args: Any, sites: Choices = (), engagements: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site_id"] = _uuid_choice(_("Site"), sites, required=False)
        self.fields["engagement_ids"] = _uuid_choices(
            _("Works under"),
            engagements,
            _("The other party sees the team there and may hand tickets to it."),
        )


class RenameForm(forms.Form):
    """Another name for a team; `was` is the one that was read."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    was = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=120)


class MemberForm(forms.Form):
    """Somebody joins a team."""

    leads = forms.BooleanField(label=_("Leads the team"), required=False)

    def __init__(self, *args: Any, people: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person_id"] = _uuid_choice(_("Person"), people)
        self.order_fields(["person_id", "leads"])


class ShiftForm(forms.Form):
    """Somebody of a team, or all of it, is on duty on some weekdays."""

    days = forms.MultipleChoiceField(
        label=_("Days"),
        choices=list(DAY_NAMES.items()),
        initial=WEEKDAYS[:5],
        widget=forms.CheckboxSelectMultiple,
    )
    begins = forms.CharField(label=_("From"), max_length=5, initial="08:00")
    ends = forms.CharField(
        label=_("Until"), max_length=5, initial="18:00", help_text=_("Before the begin means the next day.")
    )
    zone = forms.CharField(label=_("Time zone"), max_length=60)

    def __init__(self, *args: Any, people: Choices = (), zone: str = "UTC", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person_id"] = _uuid_choice(_("Who"), people, required=False, none=_("The whole team"))
        self.fields["zone"].initial = zone
        self.order_fields(["person_id", "days", "begins", "ends", "zone"])


class OfferForm(forms.Form):
    """A team works under an engagement."""

    def __init__(self, *args: Any, engagements: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engagement_id"] = _uuid_choice(_("Engagement"), engagements)


class SkillForm(forms.Form):
    """How well a person has a skill."""

    level = forms.TypedChoiceField(
        label=_("Level"),
        coerce=int,
        choices=[
            (1, _("1 learning")),
            (2, _("2 able")),
            (3, _("3 expert")),
            (4, _("4 teaches others")),
            (0, _("none")),
        ],
        initial=2,
    )

    def __init__(self, *args: Any, skills: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["skill_id"] = _uuid_choice(_("Skill"), skills)
        self.order_fields(["skill_id", "level"])


class InviteForm(forms.Form):
    """An invitation into the own organization."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("Address"))
    title = forms.CharField(label=_("What they do"), max_length=120, required=False)
    by_mail = forms.TypedChoiceField(
        label=_("How they get the link"),
        choices=[("mail", _("Send it to the address")), ("here", _("Show it to me once; I hand it over"))],
        coerce=lambda value: value == "mail",
        widget=forms.RadioSelect,
        initial="mail",
    )

    def __init__(self, *args: Any, roles: Choices = (), teams: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"] = forms.MultipleChoiceField(
            label=_("Roles"), choices=list(roles), required=False, widget=forms.CheckboxSelectMultiple
        )
        self.fields["team_ids"] = _uuid_choices(_("Teams"), teams)
        self.order_fields(["name", "email", "title", "roles", "team_ids", "by_mail"])


class PhoneForm(forms.Form):
    """Under which number somebody calls."""

    phone = forms.CharField(
        label=_("Telephone"),
        max_length=32,
        required=False,
        help_text=_(
            "With the country, as in +49 30 1234567. Empty: none is known. Where an escalation matrix names them, both its "
            "parties read it."
        ),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )


class LeaveForm(forms.Form):
    """Somebody leaves."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class GrantForm(forms.Form):
    """A role on the own desk or on one engagement."""

    ends_at = DayTimeField(label=_("Until"), help_text=_("Empty: until it is ended."))
    history_from = DayTimeField(label=_("Only what was opened from"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        side: Side | None = None,
        services: Choices = (),
        sites: Choices = (),
        rights: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"), choices=[(r, ROLE_LABELS[r]) for r in roles_for(side)]
        )
        order = ["role"]
        if side is not None:
            everything = _("None ticked: all that the engagement covers.")
            self.fields["service_ids"] = _uuid_choices(_("Services"), services, everything)
            self.fields["site_ids"] = _uuid_choices(_("Sites"), sites, everything)
            order += ["service_ids", "site_ids"]
        if rights:
            self.fields["rights"] = forms.MultipleChoiceField(
                label=_("Delegated rights"),
                choices=[(r, RIGHT_LABELS.get(r, r)) for r in rights],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
            order.append("rights")
        self.order_fields([*order, "ends_at", "history_from", "reason"])


class EndGrantForm(forms.Form):
    """The end of a right."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class EngagementForm(forms.Form):
    """A new engagement with an absent party."""

    name = forms.CharField(label=_("Name of the engagement"), max_length=120)
    own_side = forms.ChoiceField(
        label=_("You are"),
        choices=[("client", _("the client")), ("partner", _("the partner"))],
        widget=forms.RadioSelect,
        initial="client",
    )
    other_name = forms.CharField(label=_("The other party"), max_length=120)
    other_email = forms.EmailField(
        label=_("Its contact address"),
        required=False,
        help_text=_("Nothing is sent yet; you invite it afterwards."),
    )
    other_time_zone = forms.CharField(label=_("Its time zone"), max_length=60)
    provider_kind = forms.ChoiceField(label=_("Kind of provider"), choices=ProviderKind.choices)
    stage = forms.ChoiceField(label=_("Stage"), choices=Stage.choices)

    def __init__(self, *args: Any, parents: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = list(parents)
        if found:
            self.fields["parent_id"] = _uuid_choice(
                _("As a subcontract under"), found, required=False, none=_("No, a contract of its own")
            )


class EngagementNameForm(forms.Form):
    """How an engagement is called and drawn."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=120)
    initials = forms.CharField(label=_("The partner’s letters here"), max_length=3)
    provider_kind = forms.ChoiceField(label=_("Kind of provider"), choices=ProviderKind.choices)


class CoverForm(forms.Form):
    """One more service or site that an engagement covers."""

    starts_at = DayTimeField(label=_("From"), help_text=_("Empty: from now. What was counted before stays."))

    def __init__(self, *args: Any, label: Any = "", subjects: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject_id"] = _uuid_choice(label, subjects)
        self.order_fields(["subject_id", "starts_at"])


class RightsForm(forms.Form):
    """What the client delegates on an engagement."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    rights = forms.MultipleChoiceField(
        label=_("Delegated rights"),
        choices=list(RIGHT_LABELS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The partner’s manager may give its people what is on. Off is felt at once."),
    )


class StageForm(forms.Form):
    """A proposal of another stage."""

    to_stage = forms.ChoiceField(label=_("Stage"), choices=Stage.choices)
    evidence = forms.CharField(label=_("What shows it"), max_length=4_000, widget=forms.Textarea({"rows": 4}))


class AnswerForm(forms.Form):
    """Agree or decline."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])


class MilestoneForm(forms.Form):
    """A milestone of the transfer."""

    name = forms.CharField(label=_("Milestone"), max_length=120)
    due_on = forms.DateField(label=_("Due"), widget=forms.DateInput({"type": "date"}))


class ReportForm(forms.Form):
    """A milestone is reached."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    evidence = forms.CharField(label=_("What shows it"), max_length=4_000, widget=forms.Textarea({"rows": 3}))


class EndEngagementForm(forms.Form):
    """The end of an engagement."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    ends_at = DayTimeField(label=_("Ends"), help_text=_("Empty: now."))
    export_days = forms.IntegerField(
        label=_("Days in which the partner may still take out its record"),
        initial=90,
        min_value=0,
        max_value=3_660,
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class SeatForm(forms.Form):
    """An invitation of the absent party."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("Address"))
    by_mail = forms.TypedChoiceField(
        label=_("How they get the link"),
        choices=[("mail", _("Send it to the address")), ("here", _("Show it to me once; I hand it over"))],
        coerce=lambda value: value == "mail",
        widget=forms.RadioSelect,
        initial="mail",
    )


class PlacementForm(forms.Form):
    """A person is proposed for a placement."""

    works_on = forms.CharField(
        label=_("Works on"), max_length=200, required=False, help_text=_("Projects and meetings there.")
    )
    starts_at = DayTimeField(label=_("From"), help_text=_("Empty: now."))
    ends_at = DayTimeField(label=_("Until"))

    def __init__(
        self, *args: Any, engagements: Choices = (), people: Choices = (), sites: Choices = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engagement_id"] = _uuid_choice(_("Under"), engagements)
        self.fields["person_id"] = _uuid_choice(_("Person"), people)
        self.fields["site_id"] = _uuid_choice(_("Site"), sites, required=False)
        self.order_fields(["engagement_id", "person_id", "site_id", "works_on", "starts_at", "ends_at"])


class AcceptPlacementForm(forms.Form):
    """The host accepts a placed person."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    role = forms.ChoiceField(
        label=_("Role at your desk"),
        choices=[(TECHNICIAN, ROLE_LABELS[TECHNICIAN]), (AUDITOR, ROLE_LABELS[AUDITOR])],
    )

    def __init__(self, *args: Any, teams: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team_ids"] = _uuid_choices(_("Teams"), teams)


class TokenForm(forms.Form):
    """A new integration token."""

    name = forms.CharField(label=_("What it is for"), max_length=120)
    expires_at = DayTimeField(label=_("Ends"), required=True, help_text=_("At most a year from now."))
    may_write = forms.BooleanField(label=_("May write"), required=False)

    def __init__(self, *args: Any, engagements: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reach"] = forms.MultipleChoiceField(
            label=_("Reaches"), choices=list(engagements), widget=forms.CheckboxSelectMultiple
        )
        self.fields["read_in_scope"] = forms.BooleanField(
            label=RIGHT_LABELS[READ_IN_SCOPE],
            required=False,
            help_text=_("Where the client has this right switched on; a token has no team of its own."),
        )
        self.fields["makers_notices"] = forms.BooleanField(
            label=_("Acts on my notices"),
            required=False,
            help_text=_(
                "It reads and answers what you are told, of what it reaches itself. It must reach your own desk."
            ),
        )
        self.fields["writes_knowledge"] = forms.BooleanField(
            label=_("Writes articles"),
            required=False,
            help_text=_("Otherwise it reads what is published. It must reach your own desk, and may write."),
        )
        self.order_fields(
            [
                "name",
                "reach",
                "read_in_scope",
                "makers_notices",
                "writes_knowledge",
                "may_write",
                "expires_at",
            ]
        )
