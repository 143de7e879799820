"""What is found by words from the command palette: each room says what it has, the palette shows it in one list.

Not here: searching itself, which the rooms do within their reader's sight.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cosource.foundation.sight import Actor

MOST_EACH = 5
LONGEST = 200
# From so many letters on, words narrow a search down.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that can be opened: how it is named, what tells it from others of its name, where it is."""

    key: str
    label: str
    detail: str
    url: str
    icon: str


# Given the reader, words and how many at most; answers with what the reader may open, best first.
type Finder = Callable[[Actor, str, int], Sequence[Found]]

_finders: dict[str, tuple[int, Finder]] = {}


def register_finder(name: str, finder: Finder, *, order: int = 100) -> None:
    """Let the palette find what a room has. Finders answer in `order`."""
    _finders[name] = order, finder


def found_for(actor: Actor, words: str) -> list[Found]:
    """Return what the rooms find for some words, at most five each; nothing for less than two letters."""
    asked = words.strip()[:LONGEST]
    if len(asked) < SHORTEST:
        return []
    return [
        found
        for _order, finder in sorted(_finders.values(), key=lambda pair: pair[0])
        for found in finder(actor, asked, MOST_EACH)
    ]
