"""Replies with named places: which names there are, and putting values in. No logic, no nesting; a value is never read as a text
with places itself. Not here: who may know which value (`queries.canned`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cosource.tickets.rules.states import RESOLVED, WAITING_CLIENT, WAITING_PARTNER, WAITING_REQUESTER
from cosource.tickets.rules.wording import gettext_noop

PLACES: dict[str, str] = {
    "reference": gettext_noop("the ticket’s reference"),
    "title": gettext_noop("the ticket’s title"),
    "requester": gettext_noop("the requester’s name"),
    "client": gettext_noop("the client’s name"),
    "me": gettext_noop("your name"),
    "due": gettext_noop("when it is to be resolved"),
}
ASSIGN = "assign"
STEPS: dict[str, str] = {
    "": gettext_noop("nothing else"),
    ASSIGN: gettext_noop("assign it to me"),
    RESOLVED: gettext_noop("resolve it"),
    WAITING_REQUESTER: gettext_noop("wait for the requester"),
    WAITING_CLIENT: gettext_noop("wait for the client"),
    WAITING_PARTNER: gettext_noop("wait for another partner"),
}
_PLACE = re.compile(r"\{([a-z_]{1,40})\}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A reply with its values. `lacking`: the places that stayed empty, in the order in which they stand."""

    text: str
    lacking: tuple[str, ...]


def unknown_in(text: str) -> list[str]:
    """Return the named places that there are none of, once each.

    >>> unknown_in("{reference}: {password}, {password} { me }")
    ['password']
    """
    return [name for name in dict.fromkeys(_PLACE.findall(text)) if name not in PLACES]


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Put values into their places; a place without one stays empty, and is said.

    >>> fill("{reference}, due {due}: {me}", {"reference": "HH-1", "me": "{due}"})
    Filled(text='HH-1, due : {due}', lacking=('due',))
    """
    lacking: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in PLACES:
            return found[0]
        if not values.get(name):
            lacking[name] = None
        return values.get(name, "")

    return Filled(_PLACE.sub(value, text), tuple(lacking))
