"""The endpoints of notices: those of the person who made the token, where it was made to act on them.

A token has no notices of its own. One that was made for that acts in its maker's name here and nowhere else, and sees no more
than its own grants reach.
"""

from collections.abc import Collection, Mapping
from datetime import time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import ListOut, edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import StaleVersion
from cosource.foundation.models import NoticeChoices
from cosource.foundation.queries.notices import (
    CHOICE_FIELDS,
    NoticeRow,
    choices_page,
    choices_version,
    notice_get,
    notice_list,
)
from cosource.foundation.services.notice_choices import choices_set
from cosource.foundation.services.notices import notice_acknowledge, notices_read
from cosource.foundation.sight import Actor
from cosource.parties.api.schemas import NoticeChoicesIn, NoticeChoicesOut, NoticeOut
from cosource.parties.queries.sight import actor_on_notices

router = room_router(tag="notices")


def _reader(request: HttpRequest) -> Actor:
    return actor_on_notices(actor_of(request), at=clock.now())


@router.get("/notices", response=ListOut[NoticeOut], summary="List notices, newest first")
def notices_list(
    request: HttpRequest, unread: bool = False, kind: str = "", cursor: str = "", limit: int = 50
) -> dict[str, Any]:
    """Return a page of the notices whose subject is still in sight; a page may hold fewer than `limit`."""
    page = notice_list(actor=_reader(request), unread=unread, kind=kind, cursor=cursor, limit=limit)
    return {"items": [_shown(row) for row in page.rows], "next_cursor": page.next_cursor or None}


@router.get("/notices/{uuid:notice_id}", response=NoticeOut, summary="Read a notice")
def notice_read(request: HttpRequest, notice_id: UUID) -> dict[str, Any]:
    """Return one notice; it stays unread until it is marked."""
    return _shown(notice_get(actor=_reader(request), notice_id=notice_id))


@router.post("/notices/read", response={204: None}, summary="Mark all notices as read")
def notices_read_create(request: HttpRequest) -> Status[None]:
    """Mark everything as read that the person was told."""
    notices_read(actor=_reader(request), at=clock.now())
    return Status(204, None)


@router.post("/notices/{uuid:notice_id}/read", response={204: None}, summary="Mark a notice as read")
def notice_read_create(request: HttpRequest, notice_id: UUID) -> Status[None]:
    """Mark one notice as read. Again is harmless."""
    notices_read(notice_id=notice_id, actor=_reader(request), at=clock.now())
    return Status(204, None)


@router.post("/notices/{uuid:notice_id}/acknowledge", response={204: None}, summary="Acknowledge a notice")
def notice_acknowledge_create(request: HttpRequest, notice_id: UUID) -> Status[None]:
    """Acknowledge what the notice tells, for all who were told; an escalation is taken on by it. Again is harmless."""
    notice_acknowledge(notice_id=notice_id, actor=_reader(request), at=clock.now())
    return Status(204, None)


@router.get("/notice-choices", response=NoticeChoicesOut, summary="Read how one is told")
def notice_choices_read(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """Return what the person chose, with all kinds of notice; the ETag stands for exactly these choices."""
    return _choices(_reader(request), response)


@router.patch("/notice-choices", response=NoticeChoicesOut, summary="Choose how one is told")
@edits
def notice_choices_change(
    request: HttpRequest, response: HttpResponse, body: NoticeChoicesIn
) -> dict[str, Any]:
    """Change how the person is told; fields and kinds that are left out stay."""
    reader = _reader(request)
    page = choices_page(reader)
    if choices_version(page.row) != expected_version(request):
        raise StaleVersion
    changes = body.dict(exclude_unset=True)
    ways: Mapping[str, Collection[str]] = {**page.row.ways, **changes.pop("ways", {})}
    kept = {name: getattr(page.row, name) for name in CHOICE_FIELDS if name != "ways"}
    choices_set(**kept | changes, ways=ways, actor=reader, before=page.row)
    return _choices(reader, response)


def _choices(reader: Actor, response: HttpResponse) -> dict[str, Any]:
    page = choices_page(reader)
    row: NoticeChoices = page.row
    stamp(response, choices_version(row))
    return {name: _plain(getattr(row, name)) for name in CHOICE_FIELDS} | {
        "ways": {kind: sorted(ways) for kind, ways in page.ways.items()},
        "offered": page.offered,
    }


def _plain(value: Any) -> Any:
    return f"{value:%H:%M}" if isinstance(value, time) else value


def _shown(row: NoticeRow) -> dict[str, Any]:
    notice = row.notice
    return {
        "id": notice.id,
        "kind": notice.kind,
        "said": row.said,
        "reference": row.line.reference,
        "title": row.line.title,
        "subject_kind": notice.subject_kind,
        "subject_id": notice.subject_id,
        "url": notice.url,
        "urgent": notice.urgent,
        "needs_acknowledgement": notice.needs_acknowledgement,
        "created_at": notice.created_at,
        "read_at": notice.read_at,
        "acknowledged_at": notice.acknowledged_at,
    }
