"""What the forms of this room have in common: names of roles and rights, moments, and choices among rows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from cosource.foundation.sight import (
    ADMINISTRATOR,
    AUDITOR,
    MANAGER,
    REQUESTER,
    SERVICE_OWNER,
    TECHNICIAN,
)
from cosource.parties.rules.policies import READ_IN_SCOPE

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


def uuid_choice(
    label: Any, choices: Choices, *, required: bool = True, none: Any = ""
) -> forms.TypedChoiceField:
    """Return a choice of one row by its id. `none`: what choosing none is called."""
    first = [] if required and not none else [("", none or _("None"))]
    return forms.TypedChoiceField(
        label=label, choices=[*first, *choices], coerce=UUID, empty_value=None, required=required
    )


def uuid_choices(label: Any, choices: Choices, help_text: Any = "") -> forms.TypedMultipleChoiceField:
    """Return a choice of any number of rows by their ids."""
    return forms.TypedMultipleChoiceField(
        label=label,
        choices=list(choices),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )
