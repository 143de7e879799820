"""What the values of a change's plan, its approvals and its review are called, as message ids."""

from cosource.tickets.rules.wording import gettext_noop

TYPES = {
    "standard": gettext_noop("Standard: approved once for all"),
    "normal": gettext_noop("Normal: both sides approve"),
    "emergency": gettext_noop("Emergency: the owner approves"),
}
RISKS = {1: gettext_noop("High"), 2: gettext_noop("Medium"), 3: gettext_noop("Low")}
OUTCOMES = {
    "successful": gettext_noop("Successful"),
    "with_trouble": gettext_noop("Carried out with trouble"),
    "rolled_back": gettext_noop("Rolled back"),
    "not_done": gettext_noop("Not carried out"),
}
APPROVAL_STATES = {
    "asked": gettext_noop("Not decided yet"),
    "approved": gettext_noop("Approved"),
    "sent_back": gettext_noop("Sent back"),
    "rejected": gettext_noop("Rejected"),
    "withdrawn": gettext_noop("Not asked any more"),
}
