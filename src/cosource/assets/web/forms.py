"""The form in which an asset is written down. It parses and names choices; what is allowed the services say."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from cosource.assets.models import CHOICES, Criticality, DataClass, Health, Kind, State
from cosource.assets.queries.asset_page import FIELD_LABELS
from cosource.assets.queries.choices import Choices
from cosource.assets.services.values import DATES, REFERENCES, TEXTS

_HELP = {
    "place": _("Where on the site, such as a room or a rack."),
    "service_id": _("Together with the site it decides which partners see this."),
    "used_by_id": _("Whose it is to use; they find it under “What I use”."),
    "data_class": _("The most sensitive data that it holds or carries."),
    "support_with": _("Who helps with it, by contract."),
}


class AssetForm(forms.Form):
    """What is known of an asset."""

    def __init__(self, *args: Any, choices: Choices, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, limit in TEXTS.items():
            self.fields[name] = forms.CharField(max_length=limit, required=name == "name")
        for name, known in CHOICES.items():
            self.fields[name] = forms.ChoiceField(choices=known.choices, required=name != "data_class")
        for name in DATES:
            self.fields[name] = forms.DateField(
                required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            )
        pairs = {"site_id": choices.sites, "service_id": choices.services, "used_by_id": choices.people}
        for name in REFERENCES:
            self.fields[name] = forms.TypedChoiceField(
                choices=[("", "–"), *_with_present(pairs[name], self.initial, name)],
                coerce=UUID,
                empty_value=None,
                required=False,
            )
        for name, form_field in self.fields.items():
            form_field.label = FIELD_LABELS[name]
            form_field.help_text = _HELP.get(name, "")
        if may_share and choices.engagements:
            self.fields["shared_in"] = forms.TypedMultipleChoiceField(
                label=_("Also shown to"),
                choices=choices.engagements,
                coerce=UUID,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Beyond those whose engagement covers its service and site."),
            )

    def values(self) -> dict[str, Any]:
        """Return what was filled in, as the services name it."""
        return dict(self.cleaned_data)


def _with_present(pairs: list[tuple[UUID, str]], initial: Any, name: str) -> list[tuple[UUID, str]]:
    """Return the choices and what stands there now, though it could not be chosen any more."""
    present, said = initial.get(name), initial.get(f"{name}_said", "")
    return pairs if not present or present in dict(pairs) else [*pairs, (present, said or "…")]


DEFAULTS = {
    "kind": Kind.HARDWARE,
    "state": State.IN_USE,
    "health": Health.UNKNOWN,
    "criticality": Criticality.NORMAL,
    "data_class": DataClass.UNRATED,
}
