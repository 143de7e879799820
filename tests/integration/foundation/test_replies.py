"""Acknowledging by a reply to the mail: only who got it can, no program does it for them, and any server carries the address."""

import io
import sys
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.core import mail
from tests.integration.foundation.test_notices import do_work, tell

from cosource.foundation import clock
from cosource.foundation.models import Notice
from cosource.foundation.services.replies import Reply, reply_address, reply_take
from cosource.parties.models import Grant
from cosource.parties.services.grants import grant_end

pytestmark = pytest.mark.django_db
MAILBOX = "desk@example.org"


def reply_to(address: str, **head: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Somebody <s@example.org>", address, "Re: it"
    for name, value in head.items():
        message[name.replace("_", "-")] = value
    message.set_content("On it.")
    return message.as_bytes()


@pytest.fixture
def told(desk, settings) -> Notice:
    settings.REPLY_MAILBOX = MAILBOX
    tell(desk, desk.open(), "c1.ct", "c1.cso", acknowledge=True)
    do_work()
    return Notice.objects.get(person_id=desk.world.person("c1.ct").id)


@pytest.mark.req("X4")
def test_a_reply_to_the_mail_acknowledges_for_all_who_were_told(desk, told):
    (message,) = [m for m in mail.outbox if m.to == [desk.world.person("c1.ct").email]]
    assert "Or reply to this mail." in message.body
    (address,) = message.reply_to

    assert reply_take(reply_to(f"Desk <{address}>"), at=clock.now()) is Reply.ACKNOWLEDGED
    assert set(Notice.objects.values_list("acknowledged_at", flat=True)) == {clock.now()}
    first = clock.now()
    assert reply_take(reply_to(address), at=first + timedelta(hours=1)) is Reply.ACKNOWLEDGED
    assert set(Notice.objects.values_list("acknowledged_at", flat=True)) == {first}


def test_a_mail_without_an_answer_to_give_has_no_address_for_one(desk, settings):
    settings.REPLY_MAILBOX = MAILBOX
    tell(desk, desk.open(), "c1.ct")
    settings.REPLY_MAILBOX = ""
    tell(desk, desk.open(), "c1.ct", effect="other", acknowledge=True)
    do_work()
    assert [(m.reply_to, "reply to this mail" in m.body) for m in mail.outbox] == [([], False)] * 2


def test_the_address_goes_through_every_server(told):
    address = reply_address(told, "a2345678901234567@example.org")
    assert len(address.rpartition("@")[0]) == 64
    assert address == address.lower()
    assert reply_take(reply_to(address.upper()), at=clock.now()) is Reply.ACKNOWLEDGED


@pytest.mark.parametrize(
    "head",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner=x"},
        {"Precedence": "Bulk"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
    ],
)
@pytest.mark.threat("S06")
def test_what_a_program_answers_acknowledges_nothing(told, head):
    assert reply_take(reply_to(reply_address(told, MAILBOX), **head), at=clock.now()) is Reply.AUTOMATIC
    assert not Notice.objects.exclude(acknowledged_at=None).exists()


@pytest.mark.threat("S20")
def test_no_other_address_acknowledges(told):
    address = reply_address(told, MAILBOX)
    code = address.partition("+ack-")[2].partition("@")[0]
    last = "a" if code[30] != "a" else "b"
    forged = f"desk+ack-{code[:30]}{last}{code[31:]}@example.org"
    for other in (forged, MAILBOX, "desk+ack-@example.org", f"desk+ack-{'9' * 42}@example.org", "", "x@[["):
        assert reply_take(reply_to(other), at=clock.now()) is Reply.UNKNOWN
    assert reply_take(b"\xff\x00 no mail at all", at=clock.now()) is Reply.UNKNOWN
    assert not Notice.objects.exclude(acknowledged_at=None).exists()


@pytest.mark.threat("S11", "S20")
@pytest.mark.parametrize(
    "to",
    [
        *(
            b"<",
            b"\x00.:",
            b"a:;b:",
            b"=?x?b?%%?=\r\n ",
            b"=?utf-8?b?AAA?=@[\xff\x00",
            b"\xed\xa0\x80",
            b"(" * 60_000,
        ),
        *(b'"' * 200_000, b"a@b," * 50_000, b"\\" * 200_000, b"+ack-" * 40_000),
    ],
)
def test_no_mail_is_too_strange_or_too_long(to):
    assert reply_take(b"To: " + to + b"\r\nSubject: x\r\n\r\nx", at=clock.now()) is Reply.UNKNOWN


@pytest.mark.threat("S20", "S21")
def test_an_old_address_and_one_whose_reader_left_acknowledge_nothing(desk, told):
    address = reply_address(told, MAILBOX)
    over = clock.now() + timedelta(days=3, seconds=1)
    assert reply_take(reply_to(address), at=over) is Reply.UNKNOWN
    for grant in Grant.objects.filter(person_id=told.person_id, ends_at=None):
        grant_end(grant_id=grant.id, reason="moved on", actor=desk.actor("c1.cso"), at=clock.now())
    with time_machine.travel(clock.now() + timedelta(seconds=2), tick=False):
        assert reply_take(reply_to(address), at=clock.now()) is Reply.UNKNOWN
    assert not Notice.objects.exclude(acknowledged_at=None).exists()


def test_an_address_made_with_the_key_before_holds(told, settings):
    address = reply_address(told, MAILBOX)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key"
    assert reply_take(reply_to(address), at=clock.now()) is Reply.ACKNOWLEDGED


def test_the_command_takes_any_mail_and_is_done_with_it(told, monkeypatch, capsys):
    from cosource.foundation.cli import mail_receive

    big = reply_to(reply_address(told, MAILBOX)) + b"x" * 600_000
    for message, said in ((big, Reply.ACKNOWLEDGED), (b"", Reply.UNKNOWN), (reply_to("a@b"), Reply.UNKNOWN)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(message)))
        mail_receive()
        assert capsys.readouterr().out == f"{said}\n"
    assert not Notice.objects.filter(acknowledged_at=None).exists()
