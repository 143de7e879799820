"""An erased text is gone from what was told of it: notices, mails that wait, and what webhooks are sent later."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from tests.integration.foundation.test_notices import do_work
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_stand_in import absent
from tests.receiver import Receiver

from cosource.foundation.models import DueWork, Entry, Notice, Payload
from cosource.foundation.services.erasure import payload_erase
from cosource.foundation.services.replays import Answer, replay_claim, replay_keep
from cosource.foundation.services.webhooks import webhook_add
from cosource.foundation.services.work_steps import work_cancel
from cosource.parties.services.invitations import invitation_accept, person_invite

pytestmark = [pytest.mark.django_db, pytest.mark.req("X1")]
__all__ = ["absent"]
CANARY = "Canary Xanthippe Quux"


def tables_with(text: str) -> set[str]:
    """Every table in which a row holds the text, as the database itself gives it."""
    found = set()
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            if any(text in str(value) for row in cursor.fetchall() for value in row):
                found.add(model._meta.db_table)
    return found


def erase(desk: Desk, entry_id: UUID, by: str = "c1.cso") -> None:
    payload_erase(entry_id=entry_id, reason="patient data", actor=desk.actor(by), at=desk.tick())


def waiting_mail(**filters: Any) -> DueWork:
    return DueWork.objects.get(kind="foundation.mail", **filters)


@pytest.mark.parametrize("state", ["queued", "parked", "cancelled"])
def test_a_title_goes_from_the_mail_that_waits(absent: Desk, state: str) -> None:
    ticket = absent.open(title=f"{CANARY}  fell", text=f"It is about {CANARY}.")
    absent.offer(ticket, "fir.cooling", text="The server room is warm.")
    work = waiting_mail(args__to="desk@fir.example")
    if state == "cancelled":
        work_cancel(work_id=work.id, at=absent.now)
    DueWork.objects.filter(id=work.id).update(state=state)
    assert CANARY in work.args["subject"]

    erase(absent, Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1").id)
    assert tables_with("Xanthippe") == set()
    work.refresh_from_db()
    assert work.args["subject"] == f"[{absent.part(ticket, 'fir').reference}] –"
    # What nobody erased is told as it was.
    assert ("\n\nThe server room is warm.\n\n" in work.args["text"], work.state) == (True, state)


def test_a_note_goes_from_the_mail_that_waits(absent: Desk) -> None:
    ticket = absent.open(title="Printer down")
    absent.offer(ticket, "fir.cooling", text=f"{CANARY} sits there.\nRoom 4.")
    erase(absent, Entry.objects.get(subject_id=ticket.id, kind="ticket.handover_offered/1").id)
    assert tables_with("Xanthippe") == set()
    work = waiting_mail(args__to="desk@fir.example")
    assert work.args["subject"].partition("] ")[2] == "Printer down"
    assert "\n\n–\n\n" in work.args["text"]


def test_a_person_goes_from_notices_and_from_what_is_told_later(desk: Desk, receiver: Receiver) -> None:
    boss = desk.actor("c1.cso")
    webhook_add(name="Ours", url=f"{receiver.address}/in", shape="plain", kinds=[], actor=boss, at=desk.now)
    issued = person_invite(email="quux@oak.example", name=CANARY, by_mail=True, actor=boss, at=desk.tick())
    person = invitation_accept(
        secret=issued.link.rstrip("/").rpartition("/")[2],
        name=CANARY,
        password="a1b2c3d4e5f6g7h8",
        at=desk.tick(),
    )
    told = Notice.objects.get(kind="person.joined", subject_id=person.id)
    assert told.words["v"] == {"who": CANARY}
    receiver.status = None
    do_work()  # the receiver is down: what it is to be told waits
    assert any(CANARY in message.subject for message in mail.outbox)
    sent = len(mail.outbox)

    for kind in ("person.invited/1", "person.joined/1"):
        for entry_id in Payload.objects.filter(entry__kind=kind, body__name=CANARY).values_list(
            "entry_id", flat=True
        ):
            erase(desk, entry_id)
    told.refresh_from_db()
    assert told.words["v"] == {"who": "–"}
    receiver.status = 200
    DueWork.objects.filter(state="queued").update(due_at=desk.now)
    do_work()
    assert receiver.said[-1] == "– has accepted your invitation"
    assert not any("Xanthippe" in said for said in receiver.said)
    assert not any("Xanthippe" in message.subject + message.body for message in mail.outbox[sent:])
    left = tables_with("Xanthippe")
    assert left <= {"parties_person", "parties_invitation"}, left


def test_a_mail_to_an_erased_address_is_given_up(desk: Desk) -> None:
    issued = person_invite(
        email="quux@oak.example", name=CANARY, by_mail=True, actor=desk.actor("c1.cso"), at=desk.tick()
    )
    waiting = waiting_mail(args__to="quux@oak.example")
    erase(desk, Entry.objects.get(kind="person.invited/1", subject_id=issued.invitation.id).id)
    waiting.refresh_from_db()
    assert (waiting.state, list(waiting.args)) == ("cancelled", ["effect"])
    assert "foundation_duework" not in tables_with("quux@oak.example")


def test_a_title_goes_from_the_answer_that_is_kept_for_a_repeat(desk: Desk) -> None:
    ticket, other = desk.open(title=CANARY), desk.open(title="Printer down")

    def answered(key: str, said: dict[str, str]) -> Answer:
        given = replay_claim(actor_id=desk.org("c1"), key=key, request_digest=key, at=desk.now)
        if isinstance(given, Answer):
            return given
        replay_keep(claim=given, status=201, text=json.dumps(said), headers={})
        return answered(key, said)

    first = {"id": str(ticket.id), "title": CANARY, "state": "new"}
    second = {"id": str(other.id), "title": "Printer down", "state": "new"}
    kept = answered("second", second)
    assert json.loads(answered("first", first).text) == first

    erase(desk, Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1").id)
    assert json.loads(answered("first", first).text) == first | {"title": "–"}
    assert answered("second", second) == kept
    assert tables_with("Xanthippe") == set()
