"""Bringing files, attaching them to an entry, and taking their content away when the entry's text is erased.

A file is brought first and waits; the message that it came for takes it along in its own transaction. The order of writing is
what keeps rows and content together: content is whole in its store before a row speaks of it, and goes only after no row does.
What a crash leaves between is content without a row, and the sweep removes it. Not here: reading a file (`queries.files`).
"""

import hashlib
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import (
    Conflict,
    CosourceError,
    Invalid,
    NotAllowed,
    StorageAway,
    TooLarge,
    TooMany,
)
from cosource.foundation.ids import new_id
from cosource.foundation.models import StoredFile
from cosource.foundation.queries.files import contents_known
from cosource.foundation.rules.files import HEAD_BYTES, Bound, bind, is_name_fit, type_of
from cosource.foundation.services.duework import Later, Task, register_work, work_enqueue
from cosource.foundation.services.holding import outward_held
from cosource.foundation.services.schedules import schedule
from cosource.foundation.sight import Actor
from cosource.foundation.stores import path_of, store

GONE, SWEEP = "foundation.files_gone", "foundation.files_sweep"
# So long a file waits for its message, which may be a draft for days, and content for its row.
WAITS = timedelta(days=7)
GRACE = timedelta(days=1)
# As many as nobody needs who writes messages, and a program that only brings is stopped by.
_WAITING_MOST = 100
_PIECE = 1 << 20
_AWAY_SECONDS = 60
_FIELD = "files"


def file_bring(*, source: BinaryIO, name: str, actor: Actor, at: datetime) -> StoredFile:
    """Keep a file that waits for the message that it comes with; return its row.

    `source` can be read from its beginning more than once. `name`: as it was called where it came from. Nothing is appended: who
    may bring files is the door's to say, and until a message takes it along nobody can have it.
    Raises: Invalid for a name that cannot be kept or an empty file, TooLarge, TooMany, NoRoom, StorageAway.
    """
    if actor.id is None or actor.organization_id is None:
        raise NotAllowed(_("Only a person or a token of a party brings files."))
    if not is_name_fit(name):
        raise Invalid(
            _("The name of a file is empty, too long or broken."),
            fields={_FIELD: _("Give the file another name.")},
            code="bad_name",
        )
    if StoredFile.objects.filter(brought_by_id=actor.id, entry=None).count() >= _WAITING_MOST:
        raise TooMany(_("Too many files wait for their messages: send those first."))
    size, sha256, kind = _looked_over(source)
    content = secrets.token_hex(16)
    source.seek(0)
    store().put(path_of(content), source)
    row = StoredFile(
        id=new_id(),
        content=content,
        name=name,
        size=size,
        type=kind,
        sha256=sha256,
        organization_id=actor.on_behalf_of or actor.organization_id,
        brought_by_id=actor.id,
        at=at,
    )
    try:
        insert_all([row])
    except BaseException:
        with suppress(OSError, CosourceError):
            store().remove(path_of(content))
        raise
    return row


def _looked_over(source: BinaryIO) -> tuple[int, str, str]:
    """Return size, digest and kind. Raises: Invalid, TooLarge."""
    digest, size, kind = hashlib.sha256(), 0, ""
    source.seek(0)
    while piece := source.read(_PIECE):
        kind = kind or type_of(piece[:HEAD_BYTES])
        size += len(piece)
        digest.update(piece)
        if size > settings.FILE_MAX_BYTES:
            limit = {"limit": filesizeformat(settings.FILE_MAX_BYTES)}
            raise TooLarge(
                _("A file is too large."), fields={_FIELD: _("At most %(limit)s for each file.") % limit}
            )
    if not size:
        raise Invalid(_("A file is empty."), fields={_FIELD: _("Leave the empty file out.")}, code="empty")
    return size, digest.hexdigest(), kind


@dataclass(frozen=True, slots=True)
class Attached:
    """Files as they go along with one entry; `facts` and `payload` are what the entry says of them.

    `are_new`: rows that nobody brought for this entry, copies of another one's, are still to be saved.
    """

    rows: tuple[StoredFile, ...] = ()
    bound: tuple[Bound, ...] = ()
    are_new: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """Return what is added to the facts; nothing without files."""
        return {"files": [b.facts for b in self.bound]} if self.bound else {}

    @property
    def payload(self) -> dict[str, Any]:
        """Return what is added to the payload; nothing without files."""
        return {"files": [b.payload for b in self.bound]} if self.bound else {}

    @property
    def names(self) -> list[str]:
        """Return the names, for the words by which the entry is found."""
        return [row.name for row in self.rows]


NO_FILES = Attached()


def files_take(file_ids: Collection[UUID], *, actor: Actor) -> Attached:
    """Return the files that the actor brought and that wait, to go along with an entry. `files_attach` settles it.

    Raises: Invalid for one that is not there, was taken by another message or belongs to somebody else, and for too many.
    """
    if not file_ids:
        return NO_FILES
    wanted = list(dict.fromkeys(file_ids))
    if len(wanted) > settings.FILES_PER_MESSAGE:
        raise Invalid(
            _("These are too many files for one message."),
            fields={
                _FIELD: _("At most %(limit)s files; these are %(count)s.")
                % {"limit": settings.FILES_PER_MESSAGE, "count": len(wanted)}
            },
            code="too_many_files",
        )
    waiting = {row.id: row for row in files_waiting(wanted, actor=actor)}
    if len(waiting) < len(wanted):
        raise Invalid(
            _("A file that was brought is no longer there."),
            fields={_FIELD: _("Bring the file again: it waits for a week, and for one message.")},
            code="no_such_file",
        )
    return _bound([waiting[file_id] for file_id in wanted])


def files_waiting(file_ids: Collection[UUID], *, actor: Actor) -> list[StoredFile]:
    """Return those of the files that the actor brought and no message has taken yet, in the order in which they came."""
    if not file_ids:
        return []
    rows = StoredFile.objects.filter(id__in=file_ids, entry=None, brought_by_id=actor.id)
    return list(rows.order_by("at", "id"))


def _bound(rows: Sequence[StoredFile], *, are_new: bool = False) -> Attached:
    return Attached(
        tuple(rows),
        tuple(
            bind(
                file_id=row.id.hex,
                name=row.name,
                size=row.size,
                kind=row.type,
                sha256=row.sha256,
                salt=secrets.token_hex(16),
            )
            for row in rows
        ),
        are_new,
    )


def files_attach(
    attached: Attached, *, entry_id: UUID, audience_id: UUID, subject_kind: str, subject_id: UUID
) -> None:
    """Give files to the entry that was just appended with their facts. Must run inside the caller's transaction.

    Raises: Conflict when another message took one of them meanwhile.
    """
    if not attached.rows:
        return
    place: dict[str, Any] = {
        "entry_id": entry_id,
        "audience_id": audience_id,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
    }
    if attached.are_new:
        for row in attached.rows:
            for name, value in place.items():
                setattr(row, name, value)
        insert_all(attached.rows)
        return
    taken = StoredFile.objects.filter(id__in=[row.id for row in attached.rows], entry=None).update(**place)
    if taken != len(attached.rows):
        raise Conflict(_("Another message has taken one of the files."), code="file_taken")


def files_again(attached: Attached) -> Attached:
    """Return the same files as they go along with one more entry that says the same to others; they share the content."""
    rows = []
    for row in attached.rows:
        again = copy(row)
        again.pk = new_id()
        rows.append(again)
    return _bound(rows, are_new=True)


def files_of(*entry_ids: UUID) -> Attached:
    """Return the files of entries, held until the transaction ends, so that none is erased while they are given on."""
    if not entry_ids:
        return NO_FILES
    mine = StoredFile.objects.filter(entry_id__in=entry_ids, erased_at=None)
    # Changes nothing, and makes an erasure of the same rows wait, or this wait for it.
    mine.update(erased_at=None)
    return Attached(tuple(mine.order_by("at", "id")))


def files_erase(entry_id: UUID, *, at: datetime) -> None:
    """Erase the files of an entry inside the erasing transaction; the rows stay, the content goes once that has ended well."""
    rows = StoredFile.objects.filter(entry_id=entry_id, erased_at=None)
    contents = list(rows.values_list("content", flat=True))
    if not contents:
        return
    rows.update(erased_at=at, name="", sha256="", type="")
    work_enqueue(kind=GONE, key=f"{GONE}:{entry_id.hex}", args={"contents": contents}, due_at=at, at=at)


def _gone(task: Task) -> None:
    """Remove content that no row speaks of any more; safe to repeat."""
    with _in_time():
        for content in task.args["contents"]:
            if not StoredFile.objects.filter(content=content, erased_at=None).exists():
                store().remove(path_of(content))


@contextmanager
def _in_time() -> Iterator[None]:
    """Let what a silent store kept from being done be done later: that is no refusal."""
    try:
        yield
    except StorageAway as away:
        raise Later(_AWAY_SECONDS, away.message) from away


def files_sweep(*, at: datetime) -> dict[str, int]:
    """Remove files that no message took within a week, and content of a day ago that no row speaks of; return how many of each.

    A copy that was restored and not released sweeps nothing: it might look at the store of the installation it was copied from.
    """
    if outward_held():
        return {"unsent": 0, "unknown": 0}
    before = at - GRACE
    unsent = StoredFile.objects.filter(entry=None, at__lt=at - WAITS).delete()[0]
    kept, unknown = store(), 0
    for path in list(_unknown(before.timestamp())):
        kept.remove(path)
        unknown += 1
    return {"unsent": unsent, "unknown": unknown + kept.drafts_sweep(before.timestamp())}


def _unknown(before: float) -> Iterator[str]:
    """Give the paths of content of that age without a row; what has no name of ours is left alone."""
    known = contents_known()
    row = next(known, None)
    for kept in store().all():
        content = kept.path.rpartition("/")[2]
        if kept.path != path_of(content) or not _is_ours(content):
            continue
        while row is not None and row < content:
            row = next(known, None)
        if row != content and kept.since < before:
            yield kept.path


def _is_ours(content: str) -> bool:
    return len(content) == 32 and not content.strip("0123456789abcdef")


def _sweep(task: Task) -> dict[str, Any]:
    with _in_time():
        return files_sweep(at=clock.now())


def register() -> None:
    """Let the worker take content away, and sweep once a day."""
    register_work(GONE, _gone, label=gettext_lazy("Removing erased files"))
    register_work(SWEEP, _sweep, label=gettext_lazy("Removing files that nobody sent"))
    schedule(SWEEP, timedelta(days=1))
