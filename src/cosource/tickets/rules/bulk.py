"""What can be done with several tickets at once, as data. Not here: doing it (`services.bulk`)."""

from dataclasses import dataclass

from cosource.tickets.rules.wording import gettext_noop

ASSIGN, HAND_OVER, PRIORITY = "assign", "hand_over", "priority"
PAUSE, RESOLVE, MERGE, PARENT = "pause", "resolve", "merge", "parent"
# Beyond so many it is done in the background; more than the second number are refused.
AT_ONCE = 50
MOST = 500


@dataclass(frozen=True, slots=True)
class BulkAction:
    """A step for several tickets. `wants`: what it must be given. `undoable`: it can be taken back as if it had not been."""

    key: str
    label: str
    wants: tuple[str, ...]
    undoable: bool = False


ACTIONS: dict[str, BulkAction] = {
    action.key: action
    for action in (
        BulkAction(ASSIGN, gettext_noop("Assign"), (), undoable=True),
        BulkAction(HAND_OVER, gettext_noop("Hand over"), ("to_team_id", "reason", "text")),
        BulkAction(PRIORITY, gettext_noop("Change priority"), ("impact", "urgency"), undoable=True),
        BulkAction(PAUSE, gettext_noop("Pause"), ("to_state", "text")),
        BulkAction(RESOLVE, gettext_noop("Resolve"), ("text",)),
        BulkAction(MERGE, gettext_noop("Merge into one ticket"), ("into_id",)),
        BulkAction(PARENT, gettext_noop("Make part of a ticket"), ("parent_id",), undoable=True),
    )
}
