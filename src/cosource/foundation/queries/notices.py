"""Reading notices: one's own list within present sight, in one's own language, and what waits to be acknowledged.

Not here: writing them (`services.notices`).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Min
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext

from cosource.foundation.errors import NotFound
from cosource.foundation.models import Gateway, Notice, NoticeChoices, PushSubscription
from cosource.foundation.notices import SubjectLine, notice_kinds, subject_lines
from cosource.foundation.pages import COUNT_CAP
from cosource.foundation.queries.paging import key_page
from cosource.foundation.rules.notices import (
    CHANNELS,
    MAIL,
    MORNING,
    PUSH,
    Choices,
    effect_digest,
    words_written,
)
from cosource.foundation.sight import Actor


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as its reader sees it now: what is said, and what its subject is called."""

    notice: Notice
    said: str
    line: SubjectLine


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One page of notices, newest first."""

    rows: list[NoticeRow]
    next_cursor: str


def said(notice: Notice) -> str:
    """Write what a notice says in the language and zone in use."""

    def translate(message: str, plural: str | None, count: int) -> str:
        return gettext(message) if plural is None else ngettext(message, plural, count)

    def instant(at: datetime) -> str:
        return formats.date_format(at.astimezone(timezone.get_current_timezone()), "SHORT_DATETIME_FORMAT")

    return words_written(notice.words, translate, instant)


def lines_of(actor: Actor, notices: Iterable[Notice]) -> dict[UUID, SubjectLine]:
    """Return the lines of the notices' subjects, by notice; those that the actor does not see any more are left out."""
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    kept = list(notices)
    for notice in kept:
        by_kind[notice.subject_kind].add(notice.subject_id)
    lines = {kind: subject_lines(kind, actor, ids) for kind, ids in by_kind.items()}
    return {n.id: lines[n.subject_kind][n.subject_id] for n in kept if n.subject_id in lines[n.subject_kind]}


def notice_list(
    *, actor: Actor, unread: bool = False, kind: str = "", cursor: str = "", limit: int = 50
) -> NoticePage:
    """Return the actor's notices, newest first; what they are about must still be in sight, so a page may have fewer.

    `unread`: only those that were not read. `kind`: only one kind. Raises: Invalid for a cursor or limit.
    """
    found = Notice.objects.visible_to(actor)
    if unread:
        found = found.filter(read_at=None)
    if kind:
        found = found.filter(kind=kind)
    page = key_page(found, order=("-id",), cursor=cursor, limit=limit)
    lines = lines_of(actor, page.items)
    rows = [NoticeRow(n, said(n), lines[n.id]) for n in page.items if n.id in lines]
    return NoticePage(rows, page.next_cursor)


def notice_get(*, actor: Actor, notice_id: UUID) -> NoticeRow:
    """Return one of the actor's notices. Raises: NotFound, also when what it is about is out of sight."""
    notice = Notice.objects.visible_to(actor).filter(id=notice_id).first()
    line = lines_of(actor, [notice]).get(notice.id) if notice else None
    if notice is None or line is None:
        raise NotFound
    return NoticeRow(notice, said(notice), line)


def unread_count(actor: Actor) -> int:
    """Return how many notices the actor has not read, of those whose subject is still in sight; stops above the cap."""
    unread = Notice.objects.visible_to(actor).filter(read_at=None).order_by("-id")
    return len(lines_of(actor, unread.only("id", "subject_kind", "subject_id")[: COUNT_CAP + 1]))


def unacknowledged_since(effect_keys: Iterable[str]) -> dict[str, datetime]:
    """Return since when nobody has acknowledged, by effect; what anybody acknowledged, or need not, is left out.

    `effect_keys`: as they were given to `notify`.
    """
    digests = {effect_digest(key): key for key in effect_keys}
    told = Notice.objects.filter(effect_key__in=digests, needs_acknowledgement=True)
    answered = set(told.exclude(acknowledged_at=None).values_list("effect_key", flat=True))
    since = told.exclude(effect_key__in=answered).values_list("effect_key").annotate(since=Min("created_at"))
    return {digests[key]: at for key, at in since}


def choices_of(row: NoticeChoices | None) -> Choices:
    """Return how somebody wants to be told; what they have not chosen goes as usual."""
    ways: dict[str, frozenset[str]] = {kind.key: kind.ways for kind in notice_kinds()}
    if row is None:
        return Choices(ways=ways)
    ways |= {kind: frozenset(chosen) for kind, chosen in row.ways.items() if kind in ways}
    return Choices(
        ways=ways,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        urgent_passes=row.urgent_passes,
        digest=row.digest,
        digest_at=row.digest_at or MORNING,
    )


# What one's choices are made of; they have no version of their own, so what they say is their version.
CHOICE_FIELDS = ("ways", "quiet_from", "quiet_until", "urgent_passes", "digest", "digest_at", "phone")


def choices_version(row: NoticeChoices) -> int:
    """Return a number that stands for exactly these choices, below a thousand million."""
    text = json.dumps([getattr(row, name) for name in CHOICE_FIELDS], sort_keys=True, default=str)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % 1_000_000_000


@dataclass(frozen=True, slots=True)
class ChoicesPage:
    """What the page of one's choices shows. `offered`: the ways there are; a telephone needs the organization's gateway."""

    row: NoticeChoices
    ways: Mapping[str, frozenset[str]]
    offered: list[str]
    browsers: list[PushSubscription]


def choices_page(actor: Actor) -> ChoicesPage:
    """Return the actor's choices. Raises: NotFound without a person."""
    if actor.person_id is None or actor.organization_id is None:
        raise NotFound
    person_id = actor.person_id
    row = NoticeChoices.objects.filter(person_id=person_id).first()
    gateways = set(
        Gateway.objects.filter(organization_id=actor.organization_id).values_list("way", flat=True)
    )
    return ChoicesPage(
        row=row or NoticeChoices(person_id=person_id),
        ways=choices_of(row).ways,
        offered=[way for way in CHANNELS if way in {MAIL, PUSH} or way in gateways],
        browsers=list(PushSubscription.objects.visible_to(actor).order_by("-created_at")),
    )


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by name; UTC where nobody knows the name."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
