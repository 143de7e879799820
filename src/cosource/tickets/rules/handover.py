"""Why a ticket is handed over, and why an offer is declined: short lists, so that both sides' reasons can be counted.

Labels are message ids; pages translate them.
"""

from cosource.tickets.rules.wording import gettext_noop

REASONS: dict[str, str] = {
    "skill": gettext_noop("Needs another skill"),
    "scope": gettext_noop("Belongs to another party's scope"),
    "access": gettext_noop("Needs access that we lack"),
    "capacity": gettext_noop("No capacity in time"),
    "hours": gettext_noop("Outside our hours"),
    "done_here": gettext_noop("Our part is done"),
    "clarified": gettext_noop("Comes back with what was asked for"),
    "wrongly_routed": gettext_noop("Came to us by mistake"),
}
# Offered by a desk's rules, never by hand.
ROUTED = "routed"
OFFER_REASONS: dict[str, str] = {**REASONS, ROUTED: gettext_noop("Routed by the desk’s rules")}

DECLINE_REASONS: dict[str, str] = {
    "not_in_scope": gettext_noop("Not in our scope"),
    "information_missing": gettext_noop("Information is missing"),
    "no_capacity": gettext_noop("No capacity in time"),
    "wrong_team": gettext_noop("Another team of ours is right"),
    "not_finished": gettext_noop("The other side's part is not done"),
}
