"""How much two titles say the same, so that one trouble is not opened twice. Counting, nothing is learned."""

from cosource.foundation.rules.words import words_of

# Shorter words are in every title; the beginning of a word stands for its endings, in any language.
_SHORTEST, _BEGINNING = 4, 6
_FEWEST = 2


def gist_of(title: str) -> frozenset[str]:
    """Return the beginnings of a title's longer words.

    >>> sorted(gist_of("The wristband printers on 4 West are silent"))
    ['printe', 'silent', 'west', 'wristb']
    """
    return frozenset(w[:_BEGINNING] for w in words_of(title) if len(w) >= _SHORTEST)


def in_common(one: frozenset[str], other: frozenset[str]) -> int:
    """Return how many words two gists share; 0 unless it is two of them and half of the shorter title.

    >>> in_common(gist_of("Wristband printer silent"), gist_of("Wristband printers on ward 3"))
    2
    >>> in_common(gist_of("Printer jams"), gist_of("Printer is silent again since Monday"))
    0
    """
    shared = len(one & other)
    return shared if shared >= _FEWEST and 2 * shared >= min(len(one), len(other)) else 0
