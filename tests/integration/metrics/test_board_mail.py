"""The page of a desk by mail each month: once, to who may read it then, and to nobody who ended it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from tests.integration.metrics.conftest import refresh
from tests.integration.metrics.test_paper import text_of
from tests.integration.metrics.test_scoreboard_page import MARCH, browser, of, page, played

from cosource.config.addresses import mailers_of
from cosource.foundation import clock
from cosource.foundation.errors import NotAllowed, NotFound
from cosource.foundation.models import DueWork
from cosource.foundation.queries.duework import Turns
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.work_steps import work_replay
from cosource.metrics.jobs.monthly import SEND, effect_of, mails_owe
from cosource.metrics.models import BoardMail
from cosource.metrics.queries.board_mail import mailed_list
from cosource.metrics.services.board_mail import board_mail_begin, board_mail_end, token_of
from cosource.parties.models import Employment, Grant

pytestmark = [pytest.mark.req("C16", "E1"), pytest.mark.django_db(transaction=True)]
__all__ = ["played"]
# Seven in the morning in the zone of the organization, which is UTC's here.
DUE = datetime(2026, 4, 3, 7, 0, tzinfo=UTC)


def begin(desk, who="c1.cso", engagement="c1p1") -> BoardMail:
    desk_id = desk.world.engagements[engagement].id if engagement else desk.org(who.partition(".")[0])
    return board_mail_begin(desk_id=desk_id, actor=desk.actor(who), at=desk.tick())


def look(at: datetime) -> int:
    """What the worker does at an instant: look for what is due, and send it."""
    with time_machine.travel(at, tick=False):
        owed = mails_owe(at=clock.now())
        turns = Turns()
        while work_next(worker="w", at=clock.now(), turns=turns):
            pass
    return owed


@pytest.fixture
def reader(played):
    """The client's service owner has c1p1 mailed; whatever else waits is none of this."""
    played.now += timedelta(days=10)
    begun = begin(played)
    DueWork.objects.all().delete()
    mail.outbox.clear()
    return begun


def test_it_comes_once_with_the_page_and_the_same_sentences(played, reader) -> None:
    assert look(DUE - timedelta(days=1)) == 0
    assert look(DUE) == 1
    (message,) = mail.outbox
    assert message.to == ["cso@c1.example"]
    assert message.subject == "Alder Hospitals and Cedar Desk: figures of March 2026"
    assert "First-contact resolution: 0.00 % (n 2) – nothing counted before" in message.body
    ((name, content, kind),) = message.attachments
    assert (name.endswith("-2026-03.pdf"), kind) == (True, "application/pdf")
    text = text_of(content)
    assert "Alder Hospitals and Cedar Desk March 2026" in text
    assert "First-contact resolution 0.00 % n 2" in text
    assert "The period is not over" not in text
    for later in (timedelta(minutes=15), timedelta(days=9)):
        assert look(DUE + later) == 0
    assert len(mail.outbox) == 1
    assert look(datetime(2026, 5, 3, 7, tzinfo=UTC)) == 1
    assert mail.outbox[1].subject.endswith("figures of April 2026")


def test_two_who_look_at_once_and_a_second_try_send_one_message(played, reader) -> None:
    assert look(DUE) == 1
    BoardMail.objects.update(mailed_month=None)
    # The key of the work is left where the row was lost.
    assert look(DUE) == 0
    (work,) = DueWork.objects.filter(kind=SEND)
    assert work.key == effect_of(reader.pk, date(2026, 3, 1))
    DueWork.objects.filter(pk=work.pk).update(state=DueWork.State.PARKED)
    assert work_replay(work_id=work.pk, at=DUE)
    look(DUE + timedelta(minutes=1))
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_what_is_turned_off_is_not_sent(played, reader) -> None:
    board_mail_end(desk_id=reader.desk, actor=played.actor("c1.cso"), at=played.tick())
    assert look(DUE) == 0
    begin(played)
    assert look(DUE) == 1
    # Ended when the work was queued, and not done yet.
    with time_machine.travel(datetime(2026, 5, 3, 8, tzinfo=UTC), tick=False):
        assert mails_owe(at=clock.now()) == 1
    board_mail_end(desk_id=reader.desk, actor=played.actor("c1.cso"), at=played.tick())
    look(datetime(2026, 5, 3, 9, tzinfo=UTC))
    assert len(mail.outbox) == 1


def test_who_lost_the_right_gets_nothing_and_is_asked_no_more(played, reader) -> None:
    person = played.world.people["c1.cso"]
    Grant.objects.filter(person=person, role="service_owner").update(ends_at=played.now)
    assert look(DUE) == 1
    assert mail.outbox == []
    reader.refresh_from_db()
    assert reader.ended_at == DUE
    assert look(datetime(2026, 5, 3, 7, tzinfo=UTC)) == 0


def test_who_left_gets_nothing(played) -> None:
    begun = begin(played, "p1.pm")
    DueWork.objects.all().delete()
    mail.outbox.clear()
    Employment.objects.filter(person=played.world.people["p1.pm"]).update(ends_at=played.now)
    look(DUE)
    assert mail.outbox == []
    begun.refresh_from_db()
    assert begun.ended_at == DUE


def test_it_is_in_the_readers_language_and_zone(played, reader) -> None:
    person = played.world.people["c1.cso"]
    person.locale, person.time_zone = "de", "Pacific/Pago_Pago"
    person.save()
    assert look(DUE) == 0
    assert look(datetime(2026, 4, 3, 18, tzinfo=UTC)) == 1
    (message,) = mail.outbox
    assert message.subject == "Alder Hospitals und Cedar Desk: Kennzahlen März 2026"
    assert "Lösung beim ersten Kontakt: 0,00 %" in message.body
    assert "März 2026" in text_of(message.attachments[0][1])


def test_who_leads_a_side_may_have_it_and_nobody_else(played) -> None:
    for who in ("c1.ct", "c1.aud", "p1.pt"):
        with pytest.raises(NotAllowed):
            begin(played, who)
    for who, error in (("p2.pm", NotFound), ("c1.req", NotFound)):
        with pytest.raises(error):
            begin(played, who)
    with pytest.raises(NotFound):
        board_mail_begin(desk_id=played.org("c1"), actor=played.actor("p1.pm"), at=played.tick())
    assert BoardMail.objects.count() == 0
    assert begin(played).pk == begin(played).pk
    begin(played, engagement=None)
    begin(played, "p1.pm")
    assert sorted(m.desk for m in mailed_list(played.actor("c1.cso"))) == sorted(
        [played.org("c1"), played.world.engagements["c1p1"].id]
    )
    assert [m.desk for m in mailed_list(played.actor("p1.pm"))] == [played.world.engagements["c1p1"].id]


def test_on_the_scoreboard_it_is_turned_on_and_off(played) -> None:
    client = browser(played, "c1.cso")
    address = f"/scoreboard/mail/?{of(played)}&{MARCH}"
    board = f"/scoreboard/?{of(played)}&{MARCH}"
    assert "Mail me this each month" in page(client.get(board))
    answer = client.post(address, {"on": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, board)
    assert "Mailed to you on the third of each month." in page(client.get(board))
    choices = page(client.get("/notices/choices/"))
    assert "The figures of" in choices
    assert f'href="/scoreboard/?scope={played.world.engagements["c1p1"].id}"' in choices
    assert "The figures of" not in page(browser(played, "p1.pm").get("/notices/choices/"))
    client.post(address)
    assert "The figures of" not in page(client.get("/notices/choices/"))
    assert "Mail me this each month" in page(client.get(board))
    technician = browser(played, "c1.ct")
    assert "Mail me this each month" not in page(technician.get(board))
    assert technician.post(address, {"on": "1"}).status_code == 403
    assert browser(played, "p2.pm").post(address, {"on": "1"}).status_code == 404
    assert client.get(address).status_code == 405


def test_the_link_in_the_mail_ends_it_without_signing_in(played, reader) -> None:
    look(DUE)
    (link,) = re.findall(r"https?://\S+(/scoreboard/mail/\S+)", mail.outbox[0].body)
    assert mail.outbox[0].extra_headers["List-Unsubscribe"].endswith(f"{link}>")
    stranger = Client(headers={"host": "localhost"}, raise_request_exception=False)
    shown = page(stranger.get(link))
    assert "End the monthly mail" in shown
    assert "Alder" not in shown
    reader.refresh_from_db()
    assert reader.ended_at is None
    assert "It is mailed no more" in page(stranger.post(link))
    reader.refresh_from_db()
    assert reader.ended_at is not None
    assert "It is mailed no more" in page(stranger.get(link))
    other = token_of(reader.pk)[:-1] + ("A" if token_of(reader.pk)[-1] != "A" else "B")
    for wrong in ("x", other, f"{reader.pk.hex}."):
        assert stranger.post(f"/scoreboard/mail/{wrong}/").status_code == 404
    assert look(datetime(2026, 5, 3, 7, tzinfo=UTC)) == 0


def test_while_facts_are_gathered_it_waits(played, reader, settings, tmp_path) -> None:
    kept = settings.FACTS_DIR
    settings.FACTS_DIR = tmp_path / "none yet"
    look(DUE)
    assert mail.outbox == []
    settings.FACTS_DIR = kept
    refresh(played)
    look(DUE + timedelta(minutes=4))
    assert mail.outbox == []
    look(DUE + timedelta(minutes=6))
    assert len(mail.outbox) == 1


def test_a_token_that_acts_on_its_makers_notices_lists_them(played) -> None:
    begun = begin(played)
    with time_machine.travel(played.now, tick=False):
        answers = [
            Client(headers={"host": "localhost", "authorization": f"Bearer {played.world.secrets[key]}"}).get(
                "/api/v1/metrics/mails"
            )
            for key in ("c1", "p1")
        ]
    assert [a.status_code for a in answers] == [200, 403]
    (listed,) = answers[0].json()["items"]
    assert (listed["id"], listed["desk"]) == (str(begun.pk), str(begun.desk))


def test_while_the_mail_server_is_down_it_waits_as_other_mail(
    played, reader, settings, local_network, tmp_path
) -> None:
    kept = settings.MAILERS
    settings.MAILERS = mailers_of("smtp://127.0.0.1:9", folder=tmp_path)
    look(DUE)
    (work,) = DueWork.objects.filter(kind=SEND)
    assert (work.state, work.attempts) == (DueWork.State.QUEUED, 0)
    assert work.message.startswith("The mail server does not answer")
    settings.MAILERS = kept
    look(DUE + timedelta(minutes=3))
    assert [m.subject for m in mail.outbox] == ["Alder Hospitals and Cedar Desk: figures of March 2026"]
