"""Where the content of files lies: in the data folder, or in storage that speaks S3. Both can do the same few things.

Content is known by a random name and by nothing else: no path, no word of whoever brought it ever reaches a file system. It is
whole or not there. Not here: whose it is and who may have it (`services.files`, `models.files`).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from cosource.foundation.stores.kept import Kept, measure
from cosource.foundation.stores.local import LocalStore

__all__ = ["Kept", "Store", "measure", "path_of", "store"]


class Store(Protocol):
    """What every store can do. All raise StorageAway where it does not answer; what is not there is a FileNotFoundError."""

    def put(self, path: str, source: BinaryIO) -> None:
        """Keep all of `source`, from where it stands to its end. Raises: NoRoom."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Give what is kept, to be read from its beginning. Raises: FileNotFoundError."""

    def remove(self, path: str) -> None:
        """Forget it; nothing happens where it is not there."""

    def all(self) -> Iterator[Kept]:
        """Give everything that is kept, in the order of the paths, drafts of what is being put left out."""

    def clear(self) -> None:
        """Forget everything, drafts too."""

    def drafts_sweep(self, before: float) -> int:
        """Remove what was begun before an instant, in seconds since 1970, and never finished; return how many."""


def path_of(content: str) -> str:
    """Return where content with a random name lies.

    >>> path_of("ab12")
    'ab/ab12'
    """
    return f"{content[:2]}/{content}"


def store() -> Store:
    """Return the store that this installation has chosen."""
    if not settings.FILES_URL:
        return LocalStore(Path(settings.FILES_DIR))
    return _s3(
        settings.FILES_URL,
        settings.FILES_ENDPOINT,
        settings.FILES_REGION,
        settings.FILES_KEY_ID,
        settings.FILES_SECRET_KEY,
    )


@lru_cache(maxsize=4)
def _s3(url: str, endpoint: str, region: str, key_id: str, secret_key: str) -> Store:
    # Its library takes a third of a second to load, and most installations never need it.
    from cosource.foundation.stores.s3 import S3Store  # noqa: PLC0415

    bucket, _slash, prefix = url.removeprefix("s3://").partition("/")
    return S3Store(bucket, prefix, endpoint=endpoint, region=region, key_id=key_id, secret_key=secret_key)
