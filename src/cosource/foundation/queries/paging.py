"""Reading long lists page by page by key, never by offset, so that page 1,000 costs what page 1 costs.

Not here: how a pager looks (`templates/ui/pager.html`) or what a list may be sorted by (each room's queries).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.foundation.rules.canonical import instant_text

PAGE_LIMIT = 200
_SALT = "cosource.page"


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
    if cursor:
        rows = rows.filter(_after(order, _read(cursor, rows.model, order)))
    found = list(rows.order_by(*order)[: limit + 1])
    if len(found) <= limit:
        return KeyPage(found)
    return KeyPage(found[:limit], _write(found[limit - 1], order))


def place_written(place: Any, *, of: str) -> str:
    """Return a place in a list as the cursor that leads there: signed, so that nobody can make one up. `of`: which list."""
    return signing.Signer(salt=f"{_SALT} {of}").sign_object(place)


def place_read(cursor: str, *, of: str) -> Any:
    """Return the place that a cursor leads to. Raises: Invalid for one that was not given out for this list."""
    try:
        return signing.Signer(salt=f"{_SALT} {of}").unsign_object(cursor)
    except signing.BadSignature:
        raise Invalid(
            "This cursor was not given out here.", fields={"cursor": ["start without one"]}, code="bad_cursor"
        ) from None


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


def _write(row: Model, order: Sequence[str]) -> str:
    values = [_plain(getattr(row, name.removeprefix("-"))) for name in order]
    return place_written(values, of=_list(type(row), order))


def _read(cursor: str, model: type[Model], order: Sequence[str]) -> list[Any]:
    values = place_read(cursor, of=_list(model, order))
    return [_field(model, name).to_python(value) for name, value in zip(order, values, strict=True)]


def _list(model: type[Model], order: Sequence[str]) -> str:
    return f"{model.__name__} {' '.join(order)}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, date):
        return value.isoformat()
    return value


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name.removeprefix("-"))  # noqa: SLF001 - Django's documented way to a model's fields
    if not isinstance(field, Field):
        raise TypeError(f"{name} is no column of {model.__name__}")
    return field
