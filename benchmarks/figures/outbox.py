"""Mail through the outbox, from the queue to a server that takes it, and what claiming costs before a deep queue.

`python -m benchmarks.figures.outbox`, in an empty installation that the environment names. The server is in this process and
takes its share of the processor. Beside it the same mails handed to the same server by the standard library alone.
"""

import smtplib
import socket
import statistics
import time
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in

MAILS = 2_000
ORGANIZATIONS = 5
LIMIT_PER_SECOND = 100
DEEP = 100_000
# A claim before a deep queue may cost so much more than before a shallow one.
GROWTH = 2.0


class Sink:
    """Takes every mail and counts them."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the name it is called by
        head = envelope.content.decode(errors="replace")
        self.ids.append(head.partition("Message-ID: ")[2].partition("\r\n")[0])
        return "250 OK"


def main() -> None:
    set_up(in_the_world=False)
    from aiosmtpd.controller import Controller
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from cosource.config.addresses import mailers_of

    call_command("migrate", verbosity=0, interactive=False)
    sort = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    sink = Sink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAILERS = mailers_of(f"smtp://127.0.0.1:{port}", folder=settings.DATA_DIR)
    try:
        rate = through_the_outbox(sink)
        bare = by_the_library(port)
    finally:
        controller.stop()
    shallow, deep = claim_seconds(100), claim_seconds(DEEP)
    hand_in(
        [
            Figure(
                "mails through the outbox", round(rate), "a second", LIMIT_PER_SECOND, at_least=True, on=sort
            ),
            Figure("the same by the standard library alone", round(bare), "a second", on=sort),
            Figure(f"claiming one of {DEEP:,} waiting", round(deep * 1000, 2), "ms", on=sort),
            Figure(f"claiming: {DEEP:,} to 100 waiting", round(deep / shallow, 2), "times", GROWTH, on=sort),
        ]
    )


def through_the_outbox(sink: Sink) -> float:
    """Return mails a second, from the first claim to the last noted as sent."""
    from django.db import transaction

    from cosource.foundation import clock
    from cosource.foundation.models import DueWork
    from cosource.foundation.queries.duework import Turns
    from cosource.foundation.services.duework import work_next
    from cosource.foundation.services.mail import mail_enqueue

    with transaction.atomic():
        for n in range(MAILS):
            mail_enqueue(
                effect_key=f"mail {n}",
                to=f"person{n}@example.org",
                subject=f"Ticket {n}",
                text="Something happened.\n" * 20,
                at=clock.now(),
                organization_id=UUID(int=n % ORGANIZATIONS + 1),
            )
    turns, began = Turns(), time.monotonic()
    while work_next(worker="measured", at=clock.now(), turns=turns):
        pass
    seconds = time.monotonic() - began
    done = DueWork.objects.filter(state="done").count()
    if (len(sink.ids), len(set(sink.ids)), done) != (MAILS, MAILS, MAILS):
        raise RuntimeError(f"{len(sink.ids)} came, {len(set(sink.ids))} different, {done} noted, of {MAILS}")
    return MAILS / seconds


def by_the_library(port: int) -> float:
    """Return mails a second over one connection, with nothing kept."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.org", "person@example.org", "Ticket"
    message["Message-ID"] = "<bare@example.org>"
    message.set_content("Something happened.\n" * 20)
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port) as line:
        for _ in range(MAILS):
            line.send_message(message)
    return MAILS / (time.monotonic() - began)


def claim_seconds(waiting: int) -> float:
    """Return what a claim takes while so many rows wait in as many groups as there are organizations."""
    from cosource.foundation import clock
    from cosource.foundation.models import DueWork
    from cosource.foundation.queries.duework import Turns
    from cosource.foundation.services.duework import register_work, work_claim

    register_work("measured", lambda _: None)
    at = clock.now()
    DueWork.objects.all().delete()
    DueWork.objects.bulk_create(
        (
            DueWork(
                kind="measured",
                fair_key=UUID(int=n % ORGANIZATIONS + 1),
                due_at=at - timedelta(microseconds=n),
                created_at=at,
            )
            for n in range(waiting)
        ),
        batch_size=5_000,
    )
    turns, taken = Turns(), []
    for _ in range(60):
        began = time.perf_counter()
        if not work_claim(worker="measured", at=at, turns=turns):
            raise RuntimeError("Nothing was there to be claimed.")
        taken.append(time.perf_counter() - began)
    # The lower quartile: what others do on the machine meanwhile is no part of it.
    return statistics.quantiles(taken, n=4)[0]


if __name__ == "__main__":
    main()
