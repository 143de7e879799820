"""Where a source's verdict and the terms differ, and why: one cause for each ticket, by the first rule that holds.

The terms judge a ticket by their target, calendar and pauses: from its opening (at an engagement: from when the partner was
asked) to its resolution. Where that is not what the source says, one thing after the other is counted as the source may have
counted it; the first with which the terms come to the source's verdict is the cause. What the ticket itself shows is tried
first, then customs of counting. So each ticket has exactly one cause, and the causes add up to all that differ.

Not here: counting (`queries.verdicts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cosource.metrics.rules.metric import gettext_noop


class Verdict(StrEnum):
    """What the terms say of a ticket."""

    IN_TIME = "in_time"
    LATE = "late"
    NONE = "none"


class Cause(StrEnum):
    """Why the two differ; the first four: why the terms say nothing at all. In the order in which they are tried."""

    NO_TERMS = "no_terms"
    NO_TARGET = "no_target"
    NO_END = "no_end"
    OUT_OF_ORDER = "out_of_order"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    WITH_OTHERS = "with_others"
    PAUSES = "pauses"
    CLOSING = "closing"
    CALENDAR = "calendar"
    SEVERAL = "several"
    TARGET = "target"


SILENT = (Cause.NO_TERMS, Cause.NO_TARGET, Cause.NO_END, Cause.OUT_OF_ORDER)


class End(StrEnum):
    """Up to when the time of a ticket counts. `FIRST`, `SHOWN`: the first and the last resolution that its lines show."""

    RESOLVED = "resolved"
    FIRST = "first"
    SHOWN = "shown"
    CLOSED = "closed"
    EARLIEST = "earliest"
    LATEST = "latest"


class Waiting(StrEnum):
    """Which waiting is left out: what the terms list, all of it, or none."""

    LISTED = "listed"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to count a ticket's time; as it stands, that of the terms.

    `with_others`: since opening, and while others had the ticket. `any_calendar`: by whichever calendar of the terms, or around
    the clock, leads to the source's verdict.
    """

    end: End = End.RESOLVED
    waiting: Waiting = Waiting.LISTED
    with_others: bool = False
    any_calendar: bool = False


# What is counted otherwise, in the order in which it is tried: the first cause of which any way leads to the source's verdict.
TRIED: Mapping[Cause, tuple[Way, ...]] = {
    Cause.RESOLVED: (Way(end=End.SHOWN),),
    Cause.REOPENED: (Way(end=End.FIRST),),
    Cause.WITH_OTHERS: (Way(with_others=True),),
    Cause.PAUSES: (Way(waiting=Waiting.ALL), Way(waiting=Waiting.NONE)),
    Cause.CLOSING: (Way(end=End.CLOSED),),
    Cause.CALENDAR: (Way(any_calendar=True),),
    Cause.SEVERAL: (
        Way(end=End.EARLIEST, waiting=Waiting.ALL, any_calendar=True),
        Way(end=End.LATEST, waiting=Waiting.NONE, with_others=True, any_calendar=True),
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """How a cause is told: its name, what is said of it in a sentence, and the exact rule."""

    title: str
    because: str
    rule: str


TOLD: Mapping[Cause, Told] = {
    Cause.NO_TERMS: Told(
        gettext_noop("No terms are agreed"),
        gettext_noop("no terms are agreed for this desk"),
        gettext_noop("No version of an agreement was ever confirmed for this desk, so there is nothing to judge by."),
    ),
    Cause.NO_TARGET: Told(
        gettext_noop("The terms promise nothing for it"),
        gettext_noop("the terms have no target for their priority"),
        gettext_noop("The terms have no resolve target for its priority, site and service, so no clock runs."),
    ),
    Cause.NO_END: Told(
        gettext_noop("Closed without a resolve time"),
        gettext_noop("they were closed without a resolve time"),
        gettext_noop("The source judged it and closed it, but says nowhere when it was resolved."),
    ),
    Cause.OUT_OF_ORDER: Told(
        gettext_noop("Resolved before it was opened"),
        gettext_noop("they were resolved before they were opened"),
        gettext_noop("Its times are out of order, so that no time can be measured."),
    ),
    Cause.RESOLVED: Told(
        gettext_noop("Resolved at another time than stated"),
        gettext_noop("their lines show another resolve time than the source states"),
        gettext_noop("Up to the last resolution that its lines show, the terms come to the source’s verdict. "
                     "The resolve time that the source states in a column of its own is another."),
    ),
    Cause.REOPENED: Told(
        gettext_noop("Reopened after it was resolved"),
        gettext_noop("they were resolved in between, and worked on again"),
        gettext_noop("Up to the first resolution that its lines show, the terms come to the source’s verdict. "
                     "The terms count up to the last."),
    ),
    Cause.WITH_OTHERS: Told(
        gettext_noop("Time with others"),
        gettext_noop("the terms count the partner’s own time alone"),
        gettext_noop("The terms of an engagement count from when the partner was asked, and not while others had the ticket. "
                     "With all of its time since opening, they come to the source’s verdict."),
    ),
    Cause.PAUSES: Told(
        gettext_noop("Waiting counted otherwise"),
        gettext_noop("the source seems to leave out other waiting than the terms do"),
        gettext_noop("The terms stop the clock for waiting on the turns that they list, and for no other. With all waiting "
                     "left out, or with none, they come to the source’s verdict."),
    ),
    Cause.CLOSING: Told(
        gettext_noop("Judged up to the closing"),
        gettext_noop("the source seems to count up to the closing"),
        gettext_noop("Up to its closing instead of its resolution, the terms come to the source’s verdict."),
    ),
    Cause.CALENDAR: Told(
        gettext_noop("Other hours"),
        gettext_noop("the source seems to count by other hours"),
        gettext_noop("By another calendar of the same terms, or around the clock, they come to the source’s verdict."),
    ),
    Cause.SEVERAL: Told(
        gettext_noop("Several of these together"),
        gettext_noop("several of these come together"),
        gettext_noop("No single one of the things above leads to the source’s verdict, but all of them at once do."),
    ),
    Cause.TARGET: Told(
        gettext_noop("Another target"),
        gettext_noop("the source seems to judge by another target"),
        gettext_noop("In whatever way its time is counted, this target does not lead to the source’s verdict: the source "
                     "judged by another one, or by none."),
    ),
}  # fmt: skip
