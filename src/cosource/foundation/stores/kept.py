"""What a store says of one thing that it holds, and what the content itself says."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that a store holds: its path there, bytes, and since when, in seconds since 1970."""

    path: str
    size: int
    since: float


def measure(content: BinaryIO) -> tuple[int, str]:
    """Return the size and the SHA-256 of what can be read from here to the end."""
    digest, size = hashlib.sha256(), 0
    while piece := content.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()
