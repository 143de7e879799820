"""Notices by mail: one mail to one person, alone or as a digest, in the reader's language and with the reader's present rights.

Not here: who is told what and when (`notices`), and the way to the mail server (`mail`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cosource.foundation import clock
from cosource.foundation.models import DueWork, Notice
from cosource.foundation.notices import NoticePerson, notice_people, reader_of
from cosource.foundation.queries.notices import lines_of, said, zone_of
from cosource.foundation.rules.notices import MAIL
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.mail import Post, line_of, mail_of
from cosource.foundation.services.notices import enqueue_once, register_way, token_of, way_key
from cosource.foundation.services.replies import reply_address

KIND = "foundation.notice_mail"
DIGEST = "foundation.notice_digest"


def _out(notice: Notice, due_at: datetime, in_digest: bool) -> DueWork:
    if not in_digest:
        return enqueue_once(
            kind=KIND,
            key=way_key(MAIL, notice),
            args={"notice": notice.id.hex},
            notice=notice,
            due_at=due_at,
            line=line_of(notice.subject_id, notice.person_id.hex),
        )
    person, organization = notice.person_id.hex, notice.organization_id.hex
    instant = due_at.isoformat()
    return enqueue_once(
        kind=DIGEST,
        key=f"digest:{person}:{organization}:{due_at:%Y%m%d%H%M%S}",
        args={"person": person, "organization": organization, "at": instant},
        notice=notice,
        # What is told in the last moment before is queued in the first moments after.
        due_at=due_at + timedelta(seconds=30),
    )


@contextmanager
def as_reader(person: NoticePerson) -> Iterator[None]:
    """Write in the person's language and zone."""
    with (
        translation.override(person.locale or settings.LANGUAGE_CODE),
        timezone.override(zone_of(person.zone)),
    ):
        yield


def readable(notices: Sequence[Notice], at: datetime) -> tuple[NoticePerson, list[dict[str, Any]]] | None:
    """Return the person and, for each of their notices that they still see and have not read, what a message shows of it.

    `notices`: of one person and organization. None when there is nothing to tell or nobody to be told any more.
    """
    first = notices[0]
    person = notice_people([first.person_id], first.organization_id).get(first.person_id)
    if person is None:
        return None
    actor = reader_of(person, first.organization_id, at)
    # What waited, in quiet hours or for a digest, may have been read in the app meanwhile.
    open_ = [n for n in notices if n.read_at is None or n.is_open]
    lines = lines_of(actor, open_)
    with as_reader(person):
        shown = [
            {
                "said": said(n),
                "line": lines[n.id],
                "link": settings.BASE_URL + n.url,
                "acknowledge": settings.BASE_URL + reverse("notices:by_token", args=[token_of(n)])
                if n.is_open
                else "",
                "reply_to": reply_address(n, settings.REPLY_MAILBOX)
                if n.is_open and settings.REPLY_MAILBOX
                else "",
            }
            for n in open_
            if n.id in lines
        ]
    return (person, shown) if shown else None


def _send(tasks: Sequence[Task]) -> None:
    with Post() as post:
        for task in tasks:
            with post.attempt(task):
                notices = list(Notice.objects.filter(id=UUID(task.args["notice"])))
                _post(post, task, notices, way_key(MAIL, notices[0]) if notices else "")


def _send_digests(tasks: Sequence[Task]) -> None:
    with Post() as post:
        for task in tasks:
            with post.attempt(task):
                args = task.args
                notices = Notice.objects.filter(
                    person_id=UUID(args["person"]),
                    organization_id=UUID(args["organization"]),
                    digest_at=datetime.fromisoformat(args["at"]),
                )
                key = f"digest:{args['person']}:{args['organization']}:{args['at']}"
                _post(post, task, list(notices.order_by("id")), key)


def _post(post: Post, task: Task, notices: list[Notice], effect_key: str) -> None:
    found = readable(notices, clock.now()) if notices else None
    if found is None:
        task.done({"dropped": True})
        return
    message = _message(*found, effect_key=effect_key)
    if post.send(task, message):
        task.done({"message_id": message.extra_headers["Message-ID"], "notices": len(found[1])})


def _message(person: NoticePerson, shown: list[dict[str, Any]], *, effect_key: str) -> EmailMessage:
    # A reply answers one notice; what wants an answer is in no digest but by chance.
    reply_to = shown[0]["reply_to"] if len(shown) == 1 else ""
    with as_reader(person):
        if len(shown) == 1:
            subject = shown[0]["said"]
        else:
            subject = ngettext("%(n)s notice", "%(n)s notices", len(shown)) % {"n": len(shown)}
        text = render_to_string(
            "foundation/notice_mail.txt",
            {
                "shown": shown,
                "by_reply": bool(reply_to),
                "choices": settings.BASE_URL + reverse("notices:choices"),
                "heading": _("What you have not read yet:") if len(shown) > 1 else "",
            },
        )
    return mail_of(effect_key=effect_key, to=person.email, subject=subject, text=text, reply_to=reply_to)


def register() -> None:
    """Let notices go by mail."""
    register_work(KIND, _send, batch=True, label=gettext_lazy("Notice by mail"), outward=True)
    register_work(DIGEST, _send_digests, batch=True, label=gettext_lazy("Digest of notices"), outward=True)
    register_way(MAIL, _out)
