"""Mail through the outbox: enqueued with the change that causes it, sent once afterwards.

The effect key makes it one mail; a retry carries the same Message-ID, so that a receiver can drop a copy. Mails leave in
batches over one connection, and each is noted as sent before the next is begun. While the server cannot be reached the mails
wait, tried every few minutes, and are parked after three days. What is told of one subject to one receiver keeps
its order. The text is removed from the queue when it is sent.

Not here: who is told what (the rooms decide, and `notices`) and incoming mail.
"""

import hashlib
import smtplib
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.models import DueWork
from cosource.foundation.rules.erasing import without
from cosource.foundation.services.duework import Later, Task, register_work, work_enqueue
from cosource.foundation.services.work_steps import work_cancel

KIND = "foundation.mail"
# While nobody answers at the server's address: tried so often, for so long.
AGAIN_SECONDS = 120
GIVEN_UP_AFTER = timedelta(days=3)
# After an earlier mail that is in hand just now.
AFTER_ANOTHER_SECONDS = 5
# A line that broke so often within one batch is no line.
BROKEN_AT_MOST = 3
_REFUSALS = (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
# Between the mail server's word and the row that notes it lies one mail of a process, of whatever kind: only that one can go out
# twice.
_one_at_a_time = threading.Lock()


def mail_enqueue(
    *,
    effect_key: str,
    to: str,
    subject: str,
    text: str,
    at: datetime,
    organization_id: UUID | None = None,
    about: UUID | None = None,
) -> UUID | None:
    """Enqueue one mail to one address; None when this effect was enqueued before.

    `about`: the subject whose texts it repeats, so that an erasure finds them while the mail waits. Its mails to this address go
    one after the other.
    """
    args = {"to": to, "subject": " ".join(subject.split()), "text": text, "effect": effect_key}
    return work_enqueue(
        kind=KIND,
        args=args if about is None else args | {"about": about.hex},
        due_at=at,
        at=at,
        key=f"mail:{hashlib.sha256(effect_key.encode()).hexdigest()}",
        fair_key=organization_id,
        owner_organization_id=organization_id,
        line=None if about is None else line_of(about, to),
    )


def line_of(about: UUID, receiver: str) -> str:
    """Return the line in which mails of one subject to one receiver stand."""
    return hashlib.sha256(f"{about.hex}:{receiver}".encode()).hexdigest()


def mail_of(*, effect_key: str, to: str, subject: str, text: str, reply_to: str = "") -> EmailMessage:
    """Return a mail to one address whose Message-ID follows from the effect. `reply_to`: where an answer goes."""
    domain = str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].strip("> ") or "localhost"
    message_id = f"<{hashlib.sha256(effect_key.encode()).hexdigest()[:40]}@{domain}>"
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=text,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )


def mails_blank(*, about: UUID, texts: Collection[str], at: datetime) -> None:
    """Take erased texts out of the mails that wait, are parked or were given up; one whose address is erased is given up."""
    mails = DueWork.objects.filter(kind=KIND, args__about=about.hex).exclude(state=DueWork.State.DONE)
    for mail in mails:
        args = {**without(mail.args, texts), "effect": mail.args["effect"], "about": about.hex}
        if args["to"] != mail.args["to"]:
            work_cancel(work_id=mail.id, at=at)
            args = {"effect": args["effect"]}
        DueWork.objects.filter(id=mail.id).update(args=args)


class Post:
    """The way to the mail server, for the time of one batch. A server that failed to answer once is asked no more."""

    def __enter__(self) -> Self:
        self._line: Any = mailers.default
        self._down: Exception | None = None
        self._broken = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    @contextmanager
    def attempt(self, task: Task) -> Iterator[None]:
        """Send what the task asks for and note it, while no other mail of this process is under way."""
        with _one_at_a_time, task.attempt():
            yield

    def send(self, task: Task, message: EmailMessage) -> bool:
        """Send one mail; where that fails, settle the task as to be tried again. Return whether the mail is out.

        Raises: LeaseLost.
        """
        task.keep()
        first = _is_before(task)
        if first is not None:
            waits = max((first.due_at - clock.now()).total_seconds(), AFTER_ANOTHER_SECONDS)
            task.failed(Later(waits, said="Waits for an earlier mail about the same to the same receiver."))
            return False
        if self._down is None:
            try:
                # Opened here, and not by the first message, so that it stays open for the next.
                self._line.open()
            except OSError as trouble:
                self._down = trouble
                self._hang_up()
        if self._down is None:
            try:
                self._line.send_messages([message])
            except OSError as trouble:
                # It may be about this mail alone: the next begins on a new line, until that is no use either.
                task.failed(trouble)
                self._hang_up()
                self._broken += not isinstance(trouble, _REFUSALS)
                if self._broken >= BROKEN_AT_MOST:
                    self._down = trouble
                return False
            return True
        if clock.now() - task.created_at > GIVEN_UP_AFTER:
            task.attempts = task.max_attempts
            task.failed(self._down)
        else:
            task.failed(Later(AGAIN_SECONDS, said=f"The mail server does not answer: {self._down}"))
        return False

    def _hang_up(self) -> None:
        try:
            self._line.close()
        except OSError:
            # It is gone already.
            self._line = mailers.default


def _is_before(task: Task) -> DueWork | None:
    """Return what a mail must not pass: the last before it in its line that was tried and waits, or that somebody has in hand.

    What is urgent passes what is not, and what was not tried yet, in quiet hours say, is no reason to wait.
    """
    if task.line is None:
        return None
    waiting = DueWork.objects.filter(
        line=task.line,
        state__in=(DueWork.State.QUEUED, DueWork.State.RUNNING),
        id__lt=task.id,
        urgency__lte=task.urgency,
        claimed_at__isnull=False,
    )
    return waiting.order_by("-due_at").first()


def _send(tasks: Sequence[Task]) -> None:
    with Post() as post:
        for task in tasks:
            with post.attempt(task):
                args = task.args
                message = mail_of(
                    effect_key=args["effect"], to=args["to"], subject=args["subject"], text=args["text"]
                )
                if post.send(task, message):
                    result = {"message_id": message.extra_headers["Message-ID"]}
                    task.done(result, args={"effect": args["effect"]})


def register() -> None:
    """Make the outbox's handler known."""
    register_work(KIND, _send, batch=True, label=gettext_lazy("Mail"), outward=True)
