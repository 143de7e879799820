"""Pictures as tests look at them, with no library for it: how large one is, and whether there is anything on it."""

import struct
import zlib
from collections.abc import Iterator


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place = 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        yield kind, png[place + 8 : place + 8 + length]
        place += 12 + length


def size_of(png: bytes) -> tuple[int, int]:
    """Return width and height in points."""
    kind, head = next(_chunks(png))
    assert kind == b"IHDR"
    return struct.unpack(">II", head[:8])


def is_blank(png: bytes) -> bool:
    """Tell whether it is all of one colour: then nothing differs from what is left of it or above it."""
    points = zlib.decompress(b"".join(data for kind, data in _chunks(png) if kind == b"IDAT"))
    return len(set(points)) < 8
