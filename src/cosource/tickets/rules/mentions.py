"""Who is meant by an @ in a text: the people whose whole name stands behind it. Not here: who may be meant."""

import re
from collections.abc import Mapping
from uuid import UUID


def mentioned_in(text: str, names: Mapping[UUID, str]) -> set[UUID]:
    """Return those whose name stands behind an @, the longest that fits; two of one name are both meant.

    >>> one, two = UUID(int=1), UUID(int=2)
    >>> mentioned_in("ask @ada Li, not ada@li.example", {one: "Ada", two: "Ada Li"}) == {two}
    True
    """
    if "@" not in text or not names:
        return set()
    by_name: dict[str, set[UUID]] = {}
    for person_id, name in names.items():
        by_name.setdefault(_plain(name), set()).add(person_id)
    longest_first = sorted(by_name, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<!\w)@({'|'.join(re.escape(n) for n in longest_first if n)})(?!\w)")
    found = (by_name[name] for name in pattern.findall(_plain(text)))
    return set[UUID]().union(*found)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
