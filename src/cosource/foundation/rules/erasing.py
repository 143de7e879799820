"""Taking erased texts out of what repeats them, as plain functions on JSON values."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

# Stands where a text was.
ERASED: Final = "–"


def texts_in(value: Any) -> set[str]:
    """Return every text that a JSON value holds, names of its fields aside.

    >>> sorted(texts_in({"title": "A fault", "lines": ["one", 2], "none": " "}))
    ['A fault', 'one']
    """
    return {text for text in _texts(value) if text.strip()}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def without(value: Any, texts: Collection[str]) -> Any:
    """Return a JSON value with a dash for each of the texts, where it stands as words of its own, however it is spaced.

    >>> without({"subject": "[HH-1] Ada fell", "text": "Adam"}, {"Ada  fell", "Ada"})
    {'subject': '[HH-1] –', 'text': 'Adam'}
    """
    words = sorted((text.split() for text in texts), key=lambda found: -len(" ".join(found)))
    pattern = "|".join(r"\s+".join(re.escape(word) for word in found) for found in words if found)
    return _without(value, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) if pattern else value


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, dict):
        return {name: _without(inner, pattern) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, pattern) for inner in value]
    return value
