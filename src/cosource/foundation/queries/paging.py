"""Reading long lists page by page by key, never by offset, so that page 1,000 costs what page 1 costs.

Not here: how a pager looks (`templates/ui/pager.html`) or what a list may be sorted by (each room's queries).
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.foundation.rules.canonical import instant_text

PAGE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class KeyPage[M: Model]:
    """One page: its rows, and the cursor of the next page, empty on the last."""

    items: list[M]
    next_cursor: str = ""


def key_page[M: Model](
    rows: "QuerySet[M]", *, order: Sequence[str], cursor: str = "", limit: int = 50
) -> KeyPage[M]:
    """Return the page of `rows` after `cursor`, at most `limit` (1 to 200).

    `order`: field names, "-" for descending; together unique and never null, so that every row has one place. The cursor says
    where the last page ended and nothing else: it widens nobody's sight, since `rows` is already scoped.
    Raises: Invalid for a cursor or limit that was not given out here.
    """
    if not 1 <= limit <= PAGE_LIMIT:
        raise Invalid(
            _("A page has 1 to %(most)s rows.") % {"most": PAGE_LIMIT},
            fields={"limit": [_("give 1 to %(most)s") % {"most": PAGE_LIMIT}]},
            code="bad_limit",
        )
    names = [name.removeprefix("-") for name in order]
    if cursor:
        rows = rows.filter(_after(order, _read(cursor, rows.model, names)))
    found = list(rows.order_by(*order)[: limit + 1])
    if len(found) <= limit:
        return KeyPage(found)
    return KeyPage(found[:limit], _write([getattr(found[limit - 1], name) for name in names]))


def _after(order: Sequence[str], values: list[Any]) -> Q:
    """Return the condition (a, b, …) > (x, y, …), each field in its direction."""
    condition: Q | None = None
    for name, value in zip(reversed(order), reversed(values), strict=True):
        field = name.removeprefix("-")
        beyond = Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
        # The redundant bound on the leading field lets an index start there.
        bound = Q(**{f"{field}__{'lte' if name.startswith('-') else 'gte'}": value})
        condition = beyond if condition is None else bound & (beyond | condition)
    if condition is None:
        raise ValueError("A list needs an order.")
    return condition


def _write(values: list[Any]) -> str:
    plain = [_plain(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, date):
        return value.isoformat()
    return value


def _read(cursor: str, model: type[Model], names: list[str]) -> list[Any]:
    bad = Invalid(
        "This cursor was not given out here.", fields={"cursor": ["start without one"]}, code="bad_cursor"
    )
    try:
        values = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError):
        raise bad from None
    if not isinstance(values, list) or len(values) != len(names) or "\\u0000" in json.dumps(values):
        raise bad
    try:
        return [_field(model, name).to_python(value) for name, value in zip(names, values, strict=True)]
    except Exception as unfit:  # whatever a field says of text that somebody made up
        raise bad from unfit


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)  # noqa: SLF001 - Django's documented way to a model's fields
    if not isinstance(field, Field):
        raise TypeError(f"{name} is no column of {model.__name__}")
    return field
