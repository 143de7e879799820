"""The forms with which an organization keeps itself: sites, teams and duty. What is allowed the services say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cosource.calendars.rules.weekly import WEEKDAYS
from cosource.parties.models.organizations import ShowsWriting
from cosource.parties.queries.duty import DAY_NAMES
from cosource.parties.web.form_fields import Choices, DayTimeField, uuid_choice, uuid_choices


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
        self.fields["site_id"] = uuid_choice(_("Site"), sites, required=False)
        self.fields["engagement_ids"] = uuid_choices(
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
        self.fields["person_id"] = uuid_choice(_("Person"), people)
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
        self.fields["person_id"] = uuid_choice(_("Who"), people, required=False, none=_("The whole team"))
        self.fields["zone"].initial = zone
        self.order_fields(["person_id", "days", "begins", "ends", "zone"])


class OfferForm(forms.Form):
    """A team works under an engagement."""

    def __init__(self, *args: Any, engagements: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engagement_id"] = uuid_choice(_("Engagement"), engagements)
