"""By what figures may be broken down."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from cosource.metrics.rules.metric import gettext_noop


class Named(StrEnum):
    """What a field's values are: words as they stand, or ids of something that has a name."""

    NOTHING = ""
    SERVICE = "service"
    SITE = "site"
    TEAM = "team"
    PARTY = "party"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name, and what its values are ids of."""

    name: str
    title: str
    named: Named = Named.NOTHING


FIELDS = {
    field.name: field
    for field in (
        Field("kind", gettext_noop("Kind of ticket")),
        Field("priority", gettext_noop("Priority")),
        Field("category", gettext_noop("Category")),
        Field("subcategory", gettext_noop("Subcategory")),
        Field("impact", gettext_noop("Impact")),
        Field("urgency", gettext_noop("Urgency")),
        Field("service", gettext_noop("Service"), Named.SERVICE),
        Field("site", gettext_noop("Site"), Named.SITE),
        Field("team", gettext_noop("Team"), Named.TEAM),
        Field("party", gettext_noop("Party"), Named.PARTY),
        Field("queue", gettext_noop("Queue")),
        Field("month", gettext_noop("Month")),
        Field("day", gettext_noop("Day")),
    )
}
# Breakdowns that belong to some metrics only.
PARTS = {
    "turn": Field("turn", gettext_noop("Whose turn")),
    "pair": Field("pair", gettext_noop("Pair of teams"), Named.TEAM),
    "party pair": Field("party pair", gettext_noop("Pair of parties"), Named.PARTY),
}
# What sets the parties who work on a desk beside each other: theirs are the teams too.
COMPARING = frozenset({"party", "team", "pair", "party pair"})


def pair_value(one: UUID | str, other: UUID | str) -> str:
    """Return how a pair is named as a value of its field: both ids, the lesser first, whichever way was meant.

    >>> pair_value("b", "a")
    'a/b'
    """
    return "/".join(sorted((str(one), str(other))))
