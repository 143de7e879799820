"""Content of files in a folder: written beside its place, moved there when all of it is on the disk."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cosource.foundation.errors import NoRoom
from cosource.foundation.stores.kept import Kept

_PIECE = 1 << 20
_DRAFT = ".part"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalStore:
    """A store in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, path: str, source: BinaryIO) -> None:
        """Keep all of `source`. Raises: NoRoom; OSError for a disk that fails otherwise."""
        place = self._root / path
        draft = place.with_name(f"{place.name}{_DRAFT}")
        try:
            if not place.parent.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                _to_disk(self._root)
            try:
                with draft.open("wb") as out:
                    shutil.copyfileobj(source, out, _PIECE)
                    out.flush()
                    os.fsync(out.fileno())
                draft.rename(place)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            _to_disk(place.parent)
        except OSError as trouble:
            if trouble.errno in _FULL:
                raise NoRoom(
                    "There is no room for this file at present. Nothing of it was kept: try again later, or tell whoever "
                    "runs this installation."
                ) from trouble
            raise

    def open(self, path: str) -> BinaryIO:
        """Give what is kept. Raises: FileNotFoundError."""
        return (self._root / path).open("rb")

    def remove(self, path: str) -> None:
        """Forget it."""
        (self._root / path).unlink(missing_ok=True)

    def all(self) -> Iterator[Kept]:
        """Give everything that is kept, in the order of the paths."""
        for entry, path in _walk(self._root, ""):
            if not path.endswith(_DRAFT):
                stat = entry.stat(follow_symlinks=False)
                yield Kept(path, stat.st_size, stat.st_mtime)

    def clear(self) -> None:
        """Forget everything."""
        for place in self._root.iterdir():
            shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()

    def drafts_sweep(self, before: float) -> int:
        """Remove what was begun before an instant and never finished."""
        gone = 0
        for entry, path in _walk(self._root, ""):
            if path.endswith(_DRAFT) and entry.stat(follow_symlinks=False).st_mtime < before:
                self.remove(path)
                gone += 1
        return gone


def _walk(folder: Path, above: str) -> Iterator[tuple[Any, str]]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{above}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            yield entry, f"{above}{entry.name}"


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
