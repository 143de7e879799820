"""The forms about engagements. What is allowed the services say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cosource.parties.models import ProviderKind, Stage
from cosource.parties.web.form_fields import RIGHT_LABELS, Choices, DayTimeField, uuid_choice


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
            self.fields["parent_id"] = uuid_choice(
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
        self.fields["subject_id"] = uuid_choice(label, subjects)
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
