"""A text as the terms by which it is compared: its words and pairs of neighbours.

Learning and suggesting take the same terms, so that what was learned means the same when it is asked.
"""

import re
from itertools import pairwise

_WORD = re.compile(r"\w\w+")
MOST_WORDS = 400


def terms_of(text: str) -> list[str]:
    """Return words of two letters or more, and each pair of neighbours, of the first few hundred words.

    >>> terms_of("Printer is out of TONER")
    ['printer', 'is', 'out', 'of', 'toner', 'printer is', 'is out', 'out of', 'of toner']
    """
    words = _WORD.findall(text.casefold())[:MOST_WORDS]
    return words + [f"{a} {b}" for a, b in pairwise(words)]
