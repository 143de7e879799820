"""How well something was solved, on a scale of five. Not here: who is asked."""

from cosource.tickets.rules.wording import gettext_noop

SCORES = {
    1: gettext_noop("badly"),
    2: gettext_noop("rather badly"),
    3: gettext_noop("so-so"),
    4: gettext_noop("well"),
    5: gettext_noop("very well"),
}
# So long it may be answered, and an answer changed; and so seldom at most a desk may ask a person.
OPEN_DAYS, MOST_DAYS = 30, 365
