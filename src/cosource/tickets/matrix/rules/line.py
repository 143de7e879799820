"""One line of a party's part of the matrix: for which tickets and hours, at which level, who, and what they may decide.

Not here: how a line is written (`reading`), and who of it can be reached (`matrix`).
"""

from dataclasses import dataclass

from cosource.calendars.rules.weekly import WeeklyHours
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.rules.wording import gettext_noop

# Functional: to those who know more. Hierarchical: to those who may decide more.
FUNCTIONAL, HIERARCHICAL = "functional", "hierarchical"
DIRECTIONS = {FUNCTIONAL: gettext_noop("Functional"), HIERARCHICAL: gettext_noop("Hierarchical")}

PERSON, DUTY, LEAD, CONTACT = "person", "duty", "lead", "contact"
PLACE_KINDS = (PERSON, DUTY, LEAD, CONTACT)

EMERGENCY_CHANGE, SPEND, WAKE_VENDOR, MAJOR_INCIDENT, OTHER = (
    "emergency_change",
    "spend",
    "wake_vendor",
    "major_incident",
    "other",
)
AUTHORITIES = {
    EMERGENCY_CHANGE: gettext_noop("approve an emergency change"),
    SPEND: gettext_noop("spend up to %(amount)s %(currency)s"),
    WAKE_VENDOR: gettext_noop("wake the vendor"),
    MAJOR_INCIDENT: gettext_noop("declare a major incident"),
    OTHER: gettext_noop("%(text)s"),
}

KINDS = tuple(kind.value for kind in TicketKind)


@dataclass(frozen=True, slots=True)
class Place:
    """Who is meant: a person, whoever of a team is on duty, whoever leads a team, or a named contact without an account.

    `id`: of the person or team, as hex. `phone`, `mail`: for this purpose, before what is known of them. `name`: of a contact.
    """

    kind: str
    id: str = ""
    name: str = ""
    phone: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """Something that whoever is reached may decide. `amount`: in `currency`, as written, for spending; `text`: for others."""

    what: str
    amount: str = ""
    currency: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Who is asked at one level. `who`: first whom it names, then deputies in their order.

    `kinds`, `priorities`: empty for any. `hours`: None for always. `by_phone`: who has no number counts as not to be reached.
    """

    id: str
    direction: str
    level: int
    who: tuple[Place, ...]
    kinds: frozenset[str] = frozenset()
    priorities: frozenset[int] = frozenset()
    hours: WeeklyHours | None = None
    by_phone: bool = False
    may: tuple[Authority, ...] = ()

    def fits(self, kind: str, priority: int) -> bool:
        """Tell whether the line speaks of tickets of this kind and priority.

        >>> Line("a", FUNCTIONAL, 1, (), kinds=frozenset({"change"})).fits("incident", 1)
        False
        """
        return (not self.kinds or kind in self.kinds) and (not self.priorities or priority in self.priorities)
