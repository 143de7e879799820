"""What is wrong with a text, said so that a page can point at the line and say it in the reader's language.

Not here: the catalogues of translations; a page looks a pattern up and fills it in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

_SHOWN = 60
_LISTED = 16


def gettext_noop(message: str) -> str:
    """Mark a pattern for translation and return it as it is.

    >>> gettext_noop("is missing")
    'is missing'
    """
    return message


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: the line, the place in the document, and a pattern with its values.

    >>> print(Problem(3, "targets.1.kind", "is missing"))
    line 3, targets.1.kind: is missing
    """

    line: int
    path: str
    pattern: str
    values: tuple[tuple[str, str | int], ...] = ()

    @property
    def message(self) -> str:
        """Say in English what is wrong, without the place."""
        return self.pattern % dict(self.values) if self.values else self.pattern

    def __str__(self) -> str:
        place = f"line {self.line}, {self.path}" if self.path else f"line {self.line}"
        return f"{place}: {self.message}"


class BadAgreement(ValueError):
    """The text can't be used; `problems` names each fault, in the order of the lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))


def not_among(line: int, path: str, found: str, allowed: Iterable[str]) -> Problem:
    """Say that a value isn't one of those allowed, and name the one that was probably meant.

    >>> print(not_among(4, "targets.1.kind", "respnd", ("respond", "resolve")))
    line 4, targets.1.kind: “respnd” is not known here; allowed: respond, resolve; did you mean respond?
    """
    names = list(allowed)
    listed = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    values = (("value", shortened(found)), ("allowed", listed))
    close = get_close_matches(found[:_SHOWN], names, n=1, cutoff=0.6)
    if not names:
        return Problem(line, path, gettext_noop("“%(value)s” is not known here; there is none"), values[:1])
    if close:
        return Problem(
            line,
            path,
            gettext_noop("“%(value)s” is not known here; allowed: %(allowed)s; did you mean %(closest)s?"),
            (*values, ("closest", close[0])),
        )
    return Problem(line, path, gettext_noop("“%(value)s” is not known here; allowed: %(allowed)s"), values)


def shortened(text: str, limit: int = _SHOWN) -> str:
    """Cut a found value to what a message can show.

    >>> shortened("8 hours")
    '8 hours'
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"
