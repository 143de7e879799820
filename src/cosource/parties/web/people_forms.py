"""The forms about people: invitations, skills, rights, placements and tokens. What is allowed the services say."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cosource.foundation.sight import (
    AUDITOR,
    TECHNICIAN,
)
from cosource.parties.rules.policies import READ_IN_SCOPE, Side, roles_for
from cosource.parties.web.form_fields import (
    RIGHT_LABELS,
    ROLE_LABELS,
    Choices,
    DayTimeField,
    uuid_choice,
    uuid_choices,
)


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
        self.fields["skill_id"] = uuid_choice(_("Skill"), skills)
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
        self.fields["team_ids"] = uuid_choices(_("Teams"), teams)
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
            self.fields["service_ids"] = uuid_choices(_("Services"), services, everything)
            self.fields["site_ids"] = uuid_choices(_("Sites"), sites, everything)
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
        self.fields["engagement_id"] = uuid_choice(_("Under"), engagements)
        self.fields["person_id"] = uuid_choice(_("Person"), people)
        self.fields["site_id"] = uuid_choice(_("Site"), sites, required=False)
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
        self.fields["team_ids"] = uuid_choices(_("Teams"), teams)


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
