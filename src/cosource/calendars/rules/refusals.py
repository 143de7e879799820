"""Why a calendar or a question about it is refused."""


def gettext_noop(message: str) -> str:
    """Mark a text to be translated where it is shown; this room knows no framework."""
    return message


class BadCalendar(ValueError):
    """The calendar can't be used. `place`: where, such as "hours.mon"; `pattern` with `values`: why, and the remedy."""

    def __init__(self, place: str, pattern: str, **values: object) -> None:
        super().__init__(f"{place}: {pattern % values}")
        self.place, self.pattern, self.values = place, pattern, values


class NeverDue(ValueError):
    """The amount isn't reached before the last year that is computed."""
