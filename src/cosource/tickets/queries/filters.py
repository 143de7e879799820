"""What a list of tickets is asked for: filters, order, and how both are written in an address.

A filter set is a plain value that parses from and writes to a query string, so that a saved view is just that text. Unknown keys
and values are refused by name, never dropped: a filter that silently vanished would show more than was asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from urllib.parse import urlencode
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.tickets.rules.states import TicketKind

STATES = ("open", "paused", "resolved", "closed", "all")
OPEN_STATES = ("open", "paused")
TURNS = {"mine": 1, "client": 2, "partner": 3, "requester": 4, "third_party": 5}
DUES = ("overdue", "hour", "today")
FLAGS = ("unanswered", "came_back", "to_approve")
KINDS = tuple(kind.value for kind in TicketKind)
ORDERS = ("due", "priority", "newest")
# The id of a set, the key of one of its fields, and what was answered; empty: anything.
_FIELD = re.compile(r"([0-9a-fA-F-]{32,36})\.(\w{1,40}):([^\x00]{0,200})")


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """The filters of a list; empty means any. `assignee`, `team`: an id or `mine`. `text`: words to search for.

    `field`: of the desk's own, as `SET.KEY:VALUE`; without a value whatever was answered.
    """

    state: str = "open"
    kind: str = ""
    turn: str = ""
    due: str = ""
    priority: str = ""
    team: str = ""
    assignee: str = ""
    client: str = ""
    engagement: str = ""
    service: str = ""
    site: str = ""
    holder: str = ""
    flag: str = ""
    field: str = ""
    text: str = ""
    order: str = "due"

    def __post_init__(self) -> None:
        _one_of("state", self.state, STATES)
        _one_of("kind", self.kind, ("", *KINDS))
        _one_of("turn", self.turn, ("", *TURNS))
        _one_of("due", self.due, ("", *DUES))
        _one_of("priority", self.priority, ("", "1", "2", "3", "4", "5"))
        _one_of("flag", self.flag, ("", *FLAGS))
        _one_of("order", self.order, ORDERS)
        for name in ("team", "assignee"):
            if (value := getattr(self, name)) not in ("", "mine"):
                _uuid(name, value)
        for name in ("client", "engagement", "service", "site", "holder"):
            if value := getattr(self, name):
                _uuid(name, value)
        if self.field:
            field_parts(self.field)
        if len(self.text) > 200:
            raise Invalid("The search is too long.", fields={"text": "At most 200 characters."})

    def but(self, **changes: str) -> "TicketFilter":
        """Return the same filters with some changed."""
        return replace(self, **changes)

    def query(self) -> str:
        """Return the filters as a query string, defaults left out."""
        return _written(self)

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Return the filters that are on, as (name, value), in a fixed order; order and text are not among them."""
        return [
            (f.name, v)
            for f in fields(self)
            if f.name not in ("order", "text") and (v := getattr(self, f.name))
        ]


@lru_cache(maxsize=1_000)
def _written(filters: TicketFilter) -> str:
    # The same few lists are linked to from every page.
    return urlencode({f.name: v for f in fields(filters) if (v := getattr(filters, f.name)) != f.default})


def filter_from(given: Mapping[str, str]) -> TicketFilter:
    """Return the filter set written in a query string's values; `cursor` and `ticket` belong to the page, not to it.

    Raises: Invalid, naming the key or value that is not known.
    """
    known = {f.name for f in fields(TicketFilter)}
    unknown = set(given) - known - {"cursor", "ticket"}
    if unknown:
        raise Invalid(
            "That filter is not known.",
            fields=dict.fromkeys(
                sorted(unknown), _("Known are %(choices)s.") % {"choices": ", ".join(sorted(known))}
            ),
        )
    return TicketFilter(**{k: v.strip() for k, v in given.items() if k in known and v.strip()})


def field_parts(text: str) -> tuple[UUID, str, str]:
    """Return the set, the key and the value that a filter by a field names. Raises: Invalid."""
    if found := _FIELD.fullmatch(text):
        try:
            return UUID(found[1]), found[2], found[3].strip()
        except ValueError:
            pass
    raise Invalid(
        "That filter value is not known.",
        fields={"field": "A set’s id, a dot, a field’s key, a colon, and at most 200 characters."},
    )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Invalid(
            "That filter value is not known.",
            fields={name: _("One of %(choices)s.") % {"choices": ", ".join(a for a in allowed if a)}},
        )


def _uuid(name: str, value: str) -> None:
    try:
        UUID(value)
    except ValueError:
        raise Invalid("That filter value is not known.", fields={name: "An id is expected here."}) from None
