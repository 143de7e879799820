"""Cutting text into words for finding it again, the same way on every database.

Case and accents are dropped; letters and digits make words. The databases get ready words and do no cutting of their own.
"""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
LONGEST = 60


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, repeats kept.

    >>> words_of("Drucker im 3. Stock: ÄRGER mit print_server-07")
    ['drucker', 'im', '3', 'stock', 'arger', 'mit', 'print', 'server', '07']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return [w[:LONGEST] for w in _WORD.findall(bare)]
