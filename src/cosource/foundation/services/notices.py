"""Telling people: a notice for each of them with the change that causes it, and from there by the ways that each has chosen.

The change's transaction takes one insert of notices and one of work; everything else happens afterwards. Each way is a piece of
work with a key of its own, so that nobody is told twice. Rights are looked at when something goes out, not when it was queued:
what somebody does not see any more they are not told. Not here: how a mail, a webhook, a browser or a telephone is reached.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import NotFound
from cosource.foundation.models import DueWork, Notice, NoticeChoices
from cosource.foundation.notices import is_subject, notice_kind, notice_people, reader_of
from cosource.foundation.queries.notices import choices_of, lines_of, notice_get, zone_of
from cosource.foundation.rules.notices import (
    Words,
    deliveries,
    effect_digest,
    words_blank,
    words_kept,
)
from cosource.foundation.services.duework import Task, register_work, work_row
from cosource.foundation.sight import Actor

KIND = "foundation.notices"
# Links and addresses by which a notice is acknowledged end after so long.
TOKEN_SECONDS = 3 * 24 * 3600
_SALT = "notice.acknowledge"

# Makes the work by which a way is gone: given the notice, when it is due, whether with others.
type WayOut = Callable[[Notice, datetime, bool], DueWork]
_ways: dict[str, WayOut] = {}
# Ways that are the organization's, gone once for an effect whoever of its people is told.
type SharedWay = Callable[[Sequence[Notice], datetime], None]
_shared: list[SharedWay] = []
# Follows an acknowledgement, in its transaction: given the notice and who acknowledged it.
type Follower = Callable[[Notice, Actor], None]
_followers: dict[str, Follower] = {}


def register_way(way: str, out: WayOut) -> None:
    """Let a service carry notices to persons by one way."""
    _ways[way] = out


def register_shared_way(out: SharedWay) -> None:
    """Let a service carry notices to organizations."""
    if out not in _shared:
        _shared.append(out)


def register_acknowledged(kind: str, follow: Follower) -> None:
    """Let a room follow what somebody acknowledges in a notice of this kind; what it refuses is not acknowledged."""
    _followers[kind] = follow


@transaction.atomic(savepoint=False)
def notify(
    *,
    effect_key: str,
    person_ids: Collection[UUID],
    kind: str,
    subject_kind: str,
    subject_id: UUID,
    url: str,
    words: Words,
    at: datetime,
    organization_id: UUID,
    urgent: bool = False,
    acknowledge: bool = False,
) -> None:
    """Tell people of one organization something, each once for an effect; part of the caller's transaction.

    `effect_key`: names what happened; telling it again tells only those who were not told yet. `words`: a pattern and values,
    references and names only. `url`: the page on this site. `urgent`: passes quiet hours of those who let it. `acknowledge`:
    stands as open until one of them acknowledges it. Raises: KeyError for a kind or subject kind that no room registered.
    """
    notice_kind(kind)
    if not is_subject(subject_kind):
        raise KeyError(f"No room knows a subject {subject_kind}: register_notice_subject().")
    if not person_ids:
        return
    digest, kept = effect_digest(effect_key), words_kept(words)
    told = [
        Notice(
            effect_key=digest,
            person_id=person_id,
            organization_id=organization_id,
            kind=kind,
            subject_kind=subject_kind,
            subject_id=subject_id,
            url=url,
            words=kept,
            urgent=urgent,
            needs_acknowledgement=acknowledge,
            created_at=at,
        )
        for person_id in sorted(set(person_ids))
    ]
    work = work_row(
        kind=KIND,
        args={"effect": digest, "organization": organization_id.hex},
        due_at=at,
        at=at,
        fair_key=organization_id,
        owner_organization_id=organization_id,
        urgency=-10 if urgent else 0,
    )
    insert_all([*told, work], known_too=True)


def _tell(tasks: Sequence[Task]) -> None:
    for task in tasks:
        with task.attempt():
            with transaction.atomic():
                tell(task.args["effect"], UUID(task.args["organization"]), at=clock.now())
            task.done()


def tell(effect_digest_: str, organization_id: UUID, *, at: datetime) -> None:
    """Enqueue the ways out for those who were told of an effect; again is harmless."""
    notices = list(Notice.objects.filter(effect_key=effect_digest_, organization_id=organization_id))
    people = notice_people([n.person_id for n in notices], organization_id)
    chosen = NoticeChoices.objects.in_bulk([n.person_id for n in notices])
    rows: list[DueWork] = []
    digests: dict[datetime, list[UUID]] = defaultdict(list)
    for notice in notices:
        person = people.get(notice.person_id)
        if person is None:
            continue
        plan = deliveries(
            choices_of(chosen.get(person.id)),
            kind=notice.kind,
            urgent=notice.urgent,
            acknowledge=notice.needs_acknowledgement,
            at=at,
            zone=zone_of(person.zone),
        )
        for delivery in plan:
            if delivery.way in _ways:
                rows.append(_ways[delivery.way](notice, delivery.due_at, delivery.in_digest))
            if delivery.in_digest:
                digests[delivery.due_at].append(notice.id)
    for due_at, ids in digests.items():
        Notice.objects.filter(id__in=ids).update(digest_at=due_at)
    DueWork.objects.bulk_create(rows, ignore_conflicts=True)
    for out in _shared:
        out(notices, at)


def way_key(way: str, notice: Notice) -> str:
    """Return the key by which one person is told of one effect by one way, once."""
    return f"notice:{way}:{notice.person_id.hex}:{notice.effect_key[:40]}"


@transaction.atomic
def notices_read(*, actor: Actor, at: datetime, notice_id: UUID | None = None) -> Notice | None:
    """Mark one notice as read and return it, or all of the actor's (None).

    Raises: NotFound for another's, and for one whose subject the actor does not see any more.
    """
    mine = Notice.objects.visible_to(actor)
    found = None
    if notice_id is not None:
        found = notice_get(actor=actor, notice_id=notice_id).notice
        mine = mine.filter(id=notice_id)
    mine.filter(read_at=None).update(read_at=at)
    return found


@transaction.atomic
def notice_acknowledge(*, notice_id: UUID, actor: Actor, at: datetime) -> Notice:
    """Acknowledge a notice as its reader, for all who were told. Again is harmless: the first instant stays.

    Raises: NotFound as for reading it, or when it wants no answer; and what the kind's own room refuses.
    """
    notice = notices_read(notice_id=notice_id, actor=actor, at=at)
    if notice is None or not notice.needs_acknowledgement:
        raise NotFound
    _acknowledge(notice, actor, at)
    return notice


@transaction.atomic
def notice_acknowledge_by_token(*, token: str, at: datetime) -> Notice:
    """Acknowledge by what stood in a mail or message. Raises: as `notice_acknowledge`, for a token that is none, or over."""
    return acknowledge_away(notice_of_token(token), at=at)


def acknowledge_away(notice: Notice, *, at: datetime) -> Notice:
    """Acknowledge for the one who was told, as they may now, by something that only they were sent. Raises: NotFound."""
    person = notice_people([notice.person_id], notice.organization_id).get(notice.person_id)
    if person is None:
        raise NotFound
    reader = replace(reader_of(person, notice.organization_id, at), channel="notice")
    if not lines_of(reader, [notice]):
        raise NotFound
    _acknowledge(notice, reader, at)
    Notice.objects.filter(id=notice.id, read_at=None).update(read_at=at)
    return notice


def _acknowledge(notice: Notice, actor: Actor, at: datetime) -> None:
    if Notice.objects.filter(id=notice.id, acknowledged_at=None).update(acknowledged_at=at):
        notice.acknowledged_at = at
        _for_all([notice.effect_key], notice.organization_id, at)
        if follow := _followers.get(notice.kind):
            follow(notice, actor)


def effects_acknowledged(*, effect_keys: Collection[str], organization_id: UUID, at: datetime) -> None:
    """Take as acknowledged what the organization's people were told of these effects: one of them did so elsewhere."""
    _for_all([effect_digest(key) for key in effect_keys], organization_id, at)


def _for_all(digests: Collection[str], organization_id: UUID, at: datetime) -> None:
    Notice.objects.filter(
        effect_key__in=digests,
        organization_id=organization_id,
        needs_acknowledgement=True,
        acknowledged_at=None,
    ).update(acknowledged_at=at)


def notices_blank(*, about: UUID, texts: Collection[str]) -> None:
    """Take erased texts out of what notices of a subject say; mails, browsers and webhooks are told from there."""
    changed = []
    for notice in Notice.objects.filter(subject_id=about):
        words = words_blank(notice.words, texts)
        if words != notice.words:
            notice.words = words
            changed.append(notice)
    Notice.objects.bulk_update(changed, ["words"], batch_size=500)


def token_of(notice: Notice) -> str:
    """Return the token by which this one notice can be acknowledged, and nothing else be done."""
    return signing.TimestampSigner(salt=_SALT).sign(notice.id.hex).replace(":", ".")


def notice_of_token(token: str) -> Notice:
    """Return the notice that a token is for. Raises: NotFound when it is none, too old, or the notice wants no answer."""
    try:
        signed = signing.TimestampSigner(salt=_SALT).unsign(token.replace(".", ":"), max_age=TOKEN_SECONDS)
        notice = Notice.objects.filter(id=UUID(signed), needs_acknowledgement=True).first()
    except (signing.BadSignature, ValueError):
        notice = None
    if notice is None:
        raise NotFound
    return notice


def enqueue_once(
    *, kind: str, key: str, args: dict[str, str], notice: Notice, due_at: datetime, line: str | None = None
) -> DueWork:
    """Return the row by which one way is gone, for `register_way`."""
    return work_row(
        kind=kind,
        args=args,
        due_at=due_at,
        at=notice.created_at,
        key=key,
        fair_key=notice.organization_id,
        owner_organization_id=notice.organization_id,
        urgency=-10 if notice.urgent else 0,
        line=line,
    )


def register() -> None:
    """Make the worker able to tell people."""
    register_work(KIND, _tell, batch=True, label=gettext_lazy("Notices"))
