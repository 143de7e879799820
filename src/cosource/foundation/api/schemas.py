"""The base classes of every request and response body, kept apart from the models."""

from collections.abc import Callable

from django.db.models import Model
from ninja import Schema
from pydantic import ConfigDict

from cosource.foundation.queries.paging import KeyPage


class In(Schema):
    """A request body: a field that is not declared is refused by name, and text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Out(Schema):
    """A response body: exactly the declared fields, read from a row or a mapping."""

    model_config = ConfigDict(from_attributes=True)


class ListOut[T](Out):
    """One page of a list. `next_cursor` is what to send as `cursor` for the next page; null on the last."""

    items: list[T]
    next_cursor: str | None = None


def list_out[M: Model, T](page: KeyPage[M], show: Callable[[M], T]) -> dict[str, object]:
    """Return a page as the body of a `ListOut`, each row as `show` gives it."""
    return {"items": [show(row) for row in page.items], "next_cursor": page.next_cursor or None}
