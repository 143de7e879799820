"""Checks that several services make of what they are given, each refused with the field's name."""

import zoneinfo
from datetime import datetime
from functools import cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.foundation.rules.telephone import number_of


def field_error(field: str, message: str, code: str = "invalid") -> Invalid:
    """Return the refusal of one field's value."""
    return Invalid(message, code=code, fields={field: [message]})


def clean_text(field: str, value: str, *, limit: int, required: bool = True) -> str:
    """Return the text without surrounding or doubled blanks. Raises: Invalid when it is empty, too long or unprintable."""
    text = " ".join(value.split())
    if not text and required:
        raise field_error(field, _("This is needed."), "required")
    if len(text) > limit:
        raise field_error(field, _("At most %(limit)d characters.") % {"limit": limit}, "too_long")
    if not text.isprintable():
        raise field_error(field, _("This holds a character that cannot be shown."), "unprintable")
    return text


def clean_note(field: str, value: str, *, limit: int = 4_000) -> str:
    """Return a text of several lines. Raises: Invalid when it is empty or too long, or holds a NUL."""
    text = value.strip()
    if not text:
        raise field_error(field, _("This is needed."), "required")
    if len(text) > limit:
        raise field_error(field, _("At most %(limit)d characters.") % {"limit": limit}, "too_long")
    if "\x00" in text:
        raise field_error(field, _("This holds a character that cannot be shown."), "unprintable")
    return text


def clean_email(field: str, value: str, *, required: bool = True) -> str:
    """Return the address in small letters. Raises: Invalid."""
    address = value.strip().lower()
    if not address and not required:
        return ""
    try:
        validate_email(address)
    except ValidationError:
        raise field_error(field, _("This is not an e-mail address."), "email") from None
    if len(address) > 254:
        raise field_error(field, _("At most %(limit)d characters.") % {"limit": 254}, "too_long")
    return address


def clean_phone(field: str, value: str) -> str:
    """Return a number with its country as `+` and digits, or nothing for none. Raises: Invalid."""
    number = number_of(value)
    if number is None and value.strip():
        raise field_error(field, _("With the country, as in +49 30 1234567."), "phone")
    return number or ""


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def clean_zone(field: str, value: str, *, required: bool = True) -> str:
    """Return the name of a time zone. Raises: Invalid when there is none of that name."""
    if not value and not required:
        return ""
    if value not in _zones():
        raise field_error(field, _("There is no time zone of this name, such as Europe/Berlin."), "time_zone")
    return value


def check_span(field: str, starts_at: datetime, ends_at: datetime | None) -> None:
    """Refuse an end that is not after the start."""
    if ends_at is not None and ends_at <= starts_at:
        raise field_error(field, _("The end must come after the start."), "ends_before_start")
