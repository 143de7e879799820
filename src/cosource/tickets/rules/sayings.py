"""As what a text stands in a ticket's conversation: most are messages, some answer a question that the kind of ticket asks.

The latest of its kind holds, so that a plan is mended by writing it anew, and what stood there before stays readable.
"""

from cosource.tickets.rules.states import TicketKind
from cosource.tickets.rules.wording import gettext_noop

MESSAGE = "message"
ROOT_CAUSE = "root_cause"
WORKAROUND = "workaround"
PLAN = "plan"
ROLLBACK = "rollback"
UPDATE = "update"
REVIEW = "review"

LABELS = {
    MESSAGE: gettext_noop("Message"),
    ROOT_CAUSE: gettext_noop("Root cause"),
    WORKAROUND: gettext_noop("Workaround"),
    PLAN: gettext_noop("Plan"),
    ROLLBACK: gettext_noop("Way back"),
    UPDATE: gettext_noop("Update for everybody"),
    REVIEW: gettext_noop("Review"),
}
# What may be written at any time; a root cause comes with the step that names it, a review with the one that ends a change.
_CHOSEN = {
    TicketKind.INCIDENT: (WORKAROUND,),
    TicketKind.REQUEST: (),
    TicketKind.PROBLEM: (WORKAROUND,),
    TicketKind.CHANGE: (PLAN, ROLLBACK),
}


def sayings_for(kind: str) -> tuple[str, ...]:
    """Return what may be said on a ticket of this kind, besides messages.

    >>> sayings_for("change")
    ('plan', 'rollback')
    """
    return _CHOSEN[TicketKind(kind)]
