"""Short names: the letters on a party's badge, and the prefix of an engagement's references."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[A-Za-z0-9]+")


def _plain(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return [word.upper() for word in _WORD.findall(folded)]


def _candidates(name: str) -> Iterator[str]:
    words = _plain(name)
    if len(words) > 1:
        yield words[0][0] + words[1][0]
    letters = "".join(words)
    if letters:
        yield from (letters[0] + other for other in letters[1:])
        yield from (letters[0] + digit for digit in "23456789")
    yield from (
        first + second for first in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for second in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )


def initials(name: str, taken: Iterable[str] = ()) -> str:
    """Return two capital letters or digits for a name, different from those taken.

    >>> initials("Harbour Health")
    'HH'
    >>> initials("Brightline", taken=["BR"])
    'BI'
    >>> initials("Ärzte & Öl")
    'AO'
    """
    used = {t.upper() for t in taken}
    return next((c for c in _candidates(name) if c not in used), "··")


def prefix(partner_name: str, taken: Iterable[str] = ()) -> str:
    """Return the prefix of the references that an engagement gives, three to five capitals, different from those taken.

    >>> prefix("Brightline")
    'BRI'
    >>> prefix("Brightline", taken=["BRI"])
    'BRIG'
    >>> prefix("水")
    'ENG'
    """
    letters = "".join(word for word in _plain(partner_name) if not word.isdigit())
    letters = letters if len(letters) >= 2 else "ENG"
    used = {t.upper() for t in taken}
    for length in range(3, 6):
        if letters[:length] not in used:
            return letters[:length]
    return next(c for n in range(2, 1_000) if (c := f"{letters[:4]}{n}") not in used)
