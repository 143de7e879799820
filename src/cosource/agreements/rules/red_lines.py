"""What one text changes in another, line by line and within a line word by word.

Not here: how insertions and deletions are drawn.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

type Change = Literal["same", "added", "removed"]

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Lines with less in common read better as one taken out and one put in.
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters that is in both texts, only in the new one, or only in the old one."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the new text with its number, or one of the old text that is gone (`number` None)."""

    number: int | None
    pieces: tuple[Piece, ...]

    @property
    def is_changed(self) -> bool:
        """Tell whether anything in the line differs."""
        return any(piece.change != "same" for piece in self.pieces)


def red_lines(before: str | None, after: str) -> tuple[Line, ...]:
    """Set the new text beside the old one; without an old one nothing is marked.

    >>> [piece for line in red_lines("within: 8h", "within: 6h") for piece in line.pieces][-2:]
    [Piece(change='removed', text='8h'), Piece(change='added', text='6h')]
    """
    new = after.splitlines()
    if before is None:
        return tuple(Line(number, (Piece("same", text),)) for number, text in enumerate(new, start=1))
    old = before.splitlines()
    found: list[Line] = []
    for step, old_from, old_until, new_from, new_until in SequenceMatcher(None, old, new).get_opcodes():
        if step == "equal":
            found += (Line(n + 1, (Piece("same", new[n]),)) for n in range(new_from, new_until))
        else:
            found += _replaced(old[old_from:old_until], new[new_from:new_until], new_from + 1)
    return tuple(found)


def _replaced(old: list[str], new: list[str], number: int) -> Iterator[Line]:
    for was, becomes in zip_longest(old, new):
        if was is None:
            yield Line(number, (Piece("added", becomes),))
        elif becomes is None:
            yield Line(None, (Piece("removed", was),))
            continue
        else:
            yield from _within(was, becomes, number)
        number += 1


def _within(was: str, becomes: str, number: int) -> Iterator[Line]:
    old, new = _WORDS.findall(was), _WORDS.findall(becomes)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        yield Line(None, (Piece("removed", was),))
        yield Line(number, (Piece("added", becomes),))
        return
    pieces: list[Piece] = []
    for step, old_from, old_until, new_from, new_until in matcher.get_opcodes():
        if step == "equal":
            pieces.append(Piece("same", "".join(new[new_from:new_until])))
            continue
        if old_until > old_from:
            pieces.append(Piece("removed", "".join(old[old_from:old_until])))
        if new_until > new_from:
            pieces.append(Piece("added", "".join(new[new_from:new_until])))
    yield Line(number, tuple(pieces))
