"""What every door does alike with files: take one in, and give one out.

A file is given to be saved, never to be shown: whatever it is, no browser runs it here. Not here: who may have it
(`StoredFile.visible_to`), what names and kinds are (`rules.files`).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from cosource.foundation.models import StoredFile
from cosource.foundation.queries.files import ContentMissing, file_content
from cosource.foundation.rules.files import name_shown, type_served
from cosource.foundation.services.files import file_bring
from cosource.foundation.sight import Actor

_PIECE = 1 << 16
# Nothing in it may run, load or be framed, should a browser show it after all.
_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


def file_taken(upload: "UploadedFile[Any]", *, actor: Actor, at: datetime) -> StoredFile:
    """Keep what a form or a program sent; it waits for its message. Raises: as `file_bring`."""
    return file_bring(source=cast(BinaryIO, upload.file), name=upload.name or "", actor=actor, at=at)


class _Pieces:
    """The content piece by piece; closed with the answer, whether or not it was read."""

    def __init__(self, source: BinaryIO, opened: ExitStack) -> None:
        self._source, self._opened = source, opened

    def __iter__(self) -> Iterator[bytes]:
        with self._opened:
            while piece := self._source.read(_PIECE):
                yield piece

    def close(self) -> None:
        self._opened.close()


def file_answer(row: StoredFile) -> StreamingHttpResponse:
    """Return the answer that gives a file that is in sight. Raises: ContentMissing, StorageAway."""
    content = ExitStack()
    try:
        source = content.enter_context(file_content(row))
    except FileNotFoundError:
        raise ContentMissing from None
    answer = StreamingHttpResponse(_Pieces(source, content), content_type=type_served(row.type))
    answer["Content-Length"] = str(row.size)
    answer["Content-Disposition"] = content_disposition_header(True, name_shown(row.name))
    answer["Content-Security-Policy"] = _POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    return answer
