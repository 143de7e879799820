"""The one sign that no text may hold, as PostgreSQL keeps it in none: doors ask here before anything else does."""

from collections.abc import Iterator
from typing import Any

NUL = "\x00"


def nul_places(value: Any, place: str = "") -> Iterator[str]:
    r"""Name each text in a plain value that holds a NUL, with dots into nested values.

    >>> list(nul_places({"title": "a", "points": ["b", "c\x00"], "more": {"\x00": 1}}))
    ['points.1', 'more']
    """
    if isinstance(value, str):
        if NUL in value:
            yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str) and NUL in key:
                yield place
            else:
                yield from nul_places(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from nul_places(item, f"{place}.{number}" if place else str(number))
