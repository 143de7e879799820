"""What an asset may say of itself: each value checked, the faulty one named."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.assets.models import CHOICES, Asset
from cosource.foundation.errors import Invalid
from cosource.parties.models import Employment, Service, Site
from cosource.parties.models.scope import live_q
from cosource.parties.services.checks import clean_text, field_error

TEXTS = {
    "name": 120,
    "model": 120,
    "serial": 120,
    "inventory_number": 60,
    "place": 120,
    "support_with": 120,
}
DATES = ("state_since", "bought_on", "ends_on", "support_until")
REFERENCES = ("site_id", "service_id", "used_by_id")
FIELDS = (*TEXTS, *CHOICES, *DATES, *REFERENCES)
# What an asset is found by.
_FOUND_BY = ("name", "model", "serial", "inventory_number", "place")


def check_names(given: Collection[str], allowed: Collection[str]) -> None:
    """Refuse what is no value of an asset."""
    strange = sorted(set(given) - set(allowed))
    if strange:
        said = _("One of %(choices)s.") % {"choices": ", ".join(allowed)}
        raise Invalid("An asset has no such field.", fields={name: [said] for name in strange})


def own_value(name: str, value: Any) -> Any:
    """Return one value that needs no other row to be checked: a text, a choice or a day. Raises: Invalid."""
    if name in TEXTS:
        return clean_text(name, str(value), limit=TEXTS[name], required=name == "name")
    if name in CHOICES:
        if value not in CHOICES[name].values:
            known = ", ".join(str(choice) for choice in CHOICES[name].values if choice)
            raise field_error(name, _("One of %(choices)s.") % {"choices": known}, "choice")
        return str(value)
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise field_error(name, _("This is no day."), "date")
    return value


def values_set(
    asset: Asset, given: Mapping[str, Any], *, at: datetime, looked_up: bool = False
) -> dict[str, tuple[Any, Any]]:
    """Set checked values on an unsaved asset; return what changes, each with what was and what is.

    `looked_up`: places, services and people were found among the owner's by the caller. Whoever changes the state and names no
    day means this one.
    Raises: Invalid naming the field.
    """
    before = {name: getattr(asset, name) for name in FIELDS}
    for name in (*TEXTS, *CHOICES, *DATES):
        if name in given:
            setattr(asset, name, own_value(name, given[name]))
    for name in REFERENCES:
        if name in given and given[name] != before[name]:
            setattr(asset, name, given[name] if looked_up else _reference(asset, name, given[name], at))
    if asset.state != before["state"] and "state_since" not in given:
        asset.state_since = at.date()
    if asset.bought_on and asset.ends_on and asset.ends_on < asset.bought_on:
        raise field_error("ends_on", _("The end must come after the start."), "ends_before_start")
    asset.words = words_of(asset)
    return {name: (was, getattr(asset, name)) for name, was in before.items() if was != getattr(asset, name)}


def words_of(asset: Asset) -> str:
    """Return what an asset is found by, in small letters."""
    return " ".join(filter(None, (getattr(asset, name) for name in _FOUND_BY))).casefold()


def _reference(asset: Asset, name: str, value: UUID | None, at: datetime) -> UUID | None:
    if value is None:
        return None
    if name == "used_by_id":
        known = Employment.objects.filter(live_q(at), organization_id=asset.owner_id, person_id=value)
        if not known.exists():
            raise field_error(name, _("Nobody like that works for the owner."), "unknown")
        return value
    model: Any = Site if name == "site_id" else Service
    if not model.objects.filter(pk=value, organization_id=asset.owner_id, ended_at__isnull=True).exists():
        said = _("The owner has no such place.") if model is Site else _("The owner has no such service.")
        raise field_error(name, said, "unknown")
    return value
