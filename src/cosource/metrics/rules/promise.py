"""Whether a promised share was kept: by the terms alone, whatever the interval says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """So many of a hundred times to resolve are to be kept (1 to 100), and so many may be missed however few fall due."""

    percent: int
    allowed_misses: int = 0

    def misses_allowed(self, due: int) -> int:
        """Return how many of so many may be missed.

        A share of few would allow none: of 30 at 99 %, one miss is already too many. The second number is for that.

        >>> Promise(95, 1).misses_allowed(100), Promise(95, 1).misses_allowed(19), Promise(95).misses_allowed(19)
        (5, 1, 0)
        """
        return max((100 - self.percent) * due // 100, self.allowed_misses)


@dataclass(frozen=True, slots=True)
class Kept:
    """A promise and what became of it: how many were missed, and how many may have been."""

    promise: Promise
    missed: int
    allowed: int

    @property
    def is_kept(self) -> bool:
        """Tell whether the promise was kept."""
        return self.missed <= self.allowed


def kept(promise: Promise, met: int, due: int) -> Kept:
    """Say what became of a promise.

    >>> kept(Promise(95, 1), met=18, due=19).is_kept, kept(Promise(95), met=18, due=19).is_kept
    (True, False)
    >>> kept(Promise(90), met=90, due=100).is_kept, kept(Promise(90), met=89, due=100).is_kept
    (True, False)
    """
    return Kept(promise, due - met, promise.misses_allowed(due))
