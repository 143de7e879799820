"""A foreign file as a stream of bytes and text, whatever it is packed in.

Here: unpacking gz and xz by what the file is, not by its name; limits against files that unpack without end;
files that break off; encodings; the digest. Not here: rows (`csv_lines`, `xlsx_lines`, `xes_events`).
"""

import hashlib
import io
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosource.bridges.rules.problems import Problem, UnreadableSource

_PIECE = 64 * 1024
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_GZ, _XZ, ZIP = b"\x1f\x8b", b"\xfd7zXZ\x00", b"PK\x03\x04"
_SNIFFED = 4096
_NUL_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a file is trusted.

    A file is refused when it unpacks to more than `max_bytes`, or, beyond `ratio_from_bytes`, to more than
    `max_ratio` times what was read of it. `unpacker_bytes` bounds the memory that an xz file may ask for.
    `line_characters` bounds one line, `rows_per_ticket` one ticket, `text_part_bytes` what a workbook or an
    XML file may make us hold at once.
    """

    max_bytes: int = 8 * 1024**3
    max_ratio: int = 250
    ratio_from_bytes: int = 64 * 1024**2
    unpacker_bytes: int = 128 * 1024**2
    line_characters: int = 1024**2
    rows_per_ticket: int = 20_000
    text_part_bytes: int = 256 * 1024**2


LIMITS = Limits()


class ByteSource(io.RawIOBase):
    """Will give the unpacked bytes of a file.

    A packed file that breaks off or is damaged ends quietly; `break_problem` then says so, with no row yet.
    Raises: UnreadableSource from any read when a limit is passed, and when the file cannot be opened.
    """

    def __init__(self, path: Path, limits: Limits = LIMITS) -> None:
        self.file = path.name
        self._limits = limits
        self._packed = _opened(path)
        self._packed_read = 0
        self._unpacked = 0
        self.break_problem: Problem | None = None
        head = self._packed.read(len(_XZ))
        self._packed.seek(0)
        if head.startswith(_GZ):
            pieces = self._gz_pieces()
        elif head.startswith(_XZ):
            pieces = self._xz_pieces()
        else:
            # What is not packed is as large as it will get: it is refused before anything is read.
            self._check_size(path.stat().st_size)
            pieces = self._plain_pieces()
        self.is_packed = head.startswith((_GZ, _XZ))
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        """Tell that this stream can be read."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._packed.close()
        super().close()

    def peek(self) -> bytes:
        """Return the next bytes without taking them; empty at the end."""
        if not self._rest:
            self._rest = self._next_piece()
        return self._rest

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]  # typeshed asks for any Buffer; readers pass these two
        """Fill the buffer with the next bytes and return how many there were."""
        piece = self.peek()
        size = min(len(piece), len(buffer))
        buffer[:size] = piece[:size]
        self._rest = piece[size:]
        return size

    def _next_piece(self) -> bytes:
        piece = next(self._pieces, b"")
        self._unpacked += len(piece)
        limits = self._limits
        self._check_size(self._unpacked)
        if self._unpacked > limits.ratio_from_bytes and self._unpacked > limits.max_ratio * self._packed_read:
            raise UnreadableSource(self._problem("bomb", ratio=limits.max_ratio))
        return piece

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_bytes:
            self._packed.close()
            raise UnreadableSource(self._problem("too-big", limit=self._limits.max_bytes))

    def _read(self) -> bytes:
        try:
            data = self._packed.read(_PIECE)
        except OSError as error:
            self.break_problem = self._problem("corrupt", reason=error.strerror or "read error")
            return b""
        self._packed_read += len(data)
        return data

    def _plain_pieces(self) -> Iterator[bytes]:
        while piece := self._read():
            yield piece

    def _xz_pieces(self) -> Iterator[bytes]:
        data = self._read()
        while data:
            unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=self._limits.unpacker_bytes)
            try:
                while not unpacker.eof:
                    if piece := unpacker.decompress(data, _PIECE):
                        yield piece
                    data = b""
                    if unpacker.needs_input and not unpacker.eof and not (data := self._read()):
                        self._break("truncated")
                        return
            except lzma.LZMAError as error:
                self._break("corrupt", reason=str(error))
                return
            data = self._padding_skipped(unpacker.unused_data)

    def _gz_pieces(self) -> Iterator[bytes]:
        data = self._read()
        while data:
            unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            try:
                while not unpacker.eof:
                    piece = unpacker.decompress(data, _PIECE)
                    if piece:
                        yield piece
                    data = unpacker.unconsumed_tail
                    if not data and not piece and not unpacker.eof and not (data := self._read()):
                        self._break("truncated")
                        return
            except zlib.error as error:
                self._break("corrupt", reason=str(error))
                return
            data = self._padding_skipped(unpacker.unused_data)

    def _padding_skipped(self, data: bytes) -> bytes:
        """Return what follows the zero bytes that may pad a packed file."""
        while not (data := data.lstrip(b"\0")):
            if not (data := self._read()):
                return b""
        return data

    def _break(self, code: str, **values: str | int) -> None:
        if self.break_problem is None:
            self.break_problem = self._problem(code, **values)

    def _problem(self, code: str, **values: str | int) -> Problem:
        return Problem(self.file, None, None, code, values)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of the file as it lies there, in hexadecimal."""
    with _opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_text(source: ByteSource, encoding: str) -> io.TextIOWrapper:
    """Read the source as text with its line ends untouched; a byte order mark outranks `encoding`.

    Bytes that do not belong there arrive as lone surrogates (in UTF-16 as U+FFFD), so that a reader can name
    their row.
    Raises: UnreadableSource when this is plainly not text of that encoding.
    """
    head = source.peek()[:_SNIFFED]
    marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    chosen = marked or ("utf-8-sig" if encoding == "utf-8" else encoding)
    if chosen != "utf-16" and head.count(0) > len(head) * _NUL_SHARE:
        alternating = any(head) and not (any(head[::2]) and any(head[1::2]))
        code = "looks-utf-16" if alternating else "not-text"
        raise UnreadableSource(Problem(source.file, None, None, code, {"encoding": encoding}))
    return io.TextIOWrapper(
        io.BufferedReader(source, _PIECE),
        encoding=chosen,
        errors="replace" if chosen == "utf-16" else "surrogateescape",
        newline="",
    )


def _opened(path: Path) -> io.BufferedReader:
    try:
        if path.exists() and not path.is_file():
            raise UnreadableSource(Problem(path.name, None, None, "not-a-file", {"reason": "not a file"}))
        return path.open("rb")
    except FileNotFoundError:
        raise UnreadableSource(Problem(path.name, None, None, "not-found")) from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error)
        raise UnreadableSource(Problem(path.name, None, None, "not-a-file", {"reason": reason})) from None
