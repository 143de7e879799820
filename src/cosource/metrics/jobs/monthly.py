"""The worker's part of the monthly mail: it finds what is due, and sends each page once, with the reader's present rights."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.notices import NoticePerson, notice_people, reader_of, register_regular_mails
from cosource.foundation.queries.notices import zone_of
from cosource.foundation.services.duework import Later, Task, register_work, work_enqueue
from cosource.foundation.services.mail import Post, mail_of
from cosource.foundation.services.notice_mail import as_reader
from cosource.foundation.services.schedules import schedule
from cosource.metrics.models import BoardMail
from cosource.metrics.queries.board_mail import letter_of, may_have_mailed, regular_mails_of
from cosource.metrics.queries.engine import NoFacts
from cosource.metrics.queries.paper import paper_get
from cosource.metrics.queries.scopes import scopes_for
from cosource.metrics.rules.monthly import month_owed
from cosource.metrics.rules.periods import month_of, months_back
from cosource.metrics.services.board_mail import board_mail_close, token_of

SEND, LOOK = "metrics.board_mail", "metrics.board_mails"
LOOK_EVERY = timedelta(minutes=15)
FARTHEST_EAST = timedelta(hours=14)
# While the facts are gathered for the first time.
GATHERING_SECONDS = 300


def mails_owe(*, at: datetime) -> int:
    """Enqueue the mails that are due by now, each once for a person, desk and month; return how many."""
    owed = 0
    # Nowhere has a later month been over.
    latest = months_back((at + FARTHEST_EAST).date(), 1)
    lacking = Q(mailed_month__isnull=True) | Q(mailed_month__lt=latest)
    for mail in BoardMail.objects.filter(lacking, ended_at__isnull=True).order_by("id"):
        person = notice_people([mail.person_id], mail.organization_id).get(mail.person_id)
        zone = zone_of(person.zone if person else "")
        month = month_owed(zone=zone, since=mail.since, mailed=mail.mailed_month, at=at)
        if month is not None:
            owed += _owe(mail, month, at)
    return owed


@transaction.atomic
def _owe(mail: BoardMail, month: date, at: datetime) -> bool:
    earlier = Q(mailed_month__isnull=True) | Q(mailed_month__lt=month)
    if not BoardMail.objects.filter(earlier, pk=mail.pk, ended_at__isnull=True).update(mailed_month=month):
        return False
    made = work_enqueue(
        kind=SEND,
        args={"mail": mail.pk.hex, "month": month.isoformat()},
        due_at=at,
        at=at,
        key=effect_of(mail.pk, month),
        fair_key=mail.organization_id,
        owner_organization_id=mail.organization_id,
    )
    return made is not None


def effect_of(mail_id: UUID, month: date) -> str:
    """Return the key by which somebody is mailed a desk's month once."""
    return f"board:{mail_id.hex}:{month:%Y-%m}"


def _look(task: Task) -> dict[str, Any]:
    return {"mails": mails_owe(at=clock.now())}


def _send(tasks: Sequence[Task]) -> None:
    with Post() as post:
        for task in tasks:
            # The page is made first: other mails of this process need not wait for it.
            with task.attempt():
                message = _prepared(task, clock.now())
                if message is None:
                    task.done({"dropped": True})
                    continue
                with post.attempt(task):
                    if post.send(task, message):
                        task.done({"message_id": message.extra_headers["Message-ID"]})


def _prepared(task: Task, at: datetime) -> EmailMessage | None:
    """Return the mail; None where it was ended, or ends now since its reader is gone or may not read it any more."""
    mail = BoardMail.objects.filter(pk=UUID(task.args["mail"]), ended_at__isnull=True).first()
    if mail is None:
        return None
    person = notice_people([mail.person_id], mail.organization_id).get(mail.person_id)
    message = _message(mail, person, date.fromisoformat(task.args["month"]), at) if person else None
    if message is None:
        board_mail_close(mail_id=mail.pk, at=at)
    return message


def _message(mail: BoardMail, person: NoticePerson, month: date, at: datetime) -> EmailMessage | None:
    """Return the mail as its reader may read it now; None where they may not. Raises: Later while facts are gathered."""
    reader = reader_of(person, mail.organization_id, at)
    scope = next((s for s in scopes_for(reader) if s.id == mail.desk), None)
    if not may_have_mailed(reader, scope):
        return None
    off = settings.BASE_URL + reverse("scoreboard:mail_by_token", args=[token_of(mail.pk)])
    try:
        with as_reader(person):
            paper = paper_get(reader, desk_ids=[mail.desk], period=month_of(month), at=at)
            letter = letter_of(paper, off)
    except NoFacts:
        raise Later(GATHERING_SECONDS, said="The figures are being gathered.") from None
    message = mail_of(
        effect_key=effect_of(mail.pk, month), to=person.email, subject=letter.subject, text=letter.text
    )
    message.extra_headers["List-Unsubscribe"] = f"<{off}>"
    message.attach(letter.name, letter.page, "application/pdf")
    return message


def register() -> None:
    """Let the worker look for what is due, and send it; and show on the page of somebody's choices what they have mailed."""
    register_work(SEND, _send, batch=True, label=gettext_lazy("Figures by mail, each month"), outward=True)
    register_work(LOOK, _look, label=gettext_lazy("Figures that are due by mail"))
    schedule(LOOK, LOOK_EVERY)
    register_regular_mails(regular_mails_of)
