"""Why a calendar or a question about it is refused."""


class BadCalendar(ValueError):
    """The calendar can't be used; the message names the place and the remedy."""


class NeverDue(ValueError):
    """The amount isn't reached before the last year that is computed."""
