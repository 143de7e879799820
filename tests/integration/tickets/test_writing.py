"""Words on their way into a ticket: kept for their writer alone, and said once, when the time for taking them back is over."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.foundation.test_notices import do_work
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader
from tests.integration.tickets.test_erasure import tables_with

from cosource.foundation.errors import Invalid
from cosource.foundation.models import DueWork, Notice, Payload
from cosource.parties.services.leaving import employment_end
from cosource.parties.services.organizations import organization_update
from cosource.tickets.models import Message, Ticket, Writing
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.moving import ticket_move

pytestmark = [pytest.mark.req("C14")]
CANARY = "Xanthippe"


@pytest.fixture
def shared(desk: Desk, settings: Any):
    """A ticket of c1 that p1 works on; what is sent on a page can be taken back for ten seconds."""
    settings.UNDO_SEND_SECONDS = 10
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    with time_machine.travel(desk.now + timedelta(hours=1), tick=False) as travel:
        desk.now += timedelta(hours=1)
        desk.travel = travel  # type: ignore[attr-defined]  # the test's own clock
        yield ticket


def later(desk: Desk, seconds: int) -> None:
    desk.travel.shift(timedelta(seconds=seconds))  # type: ignore[attr-defined]  # the test's own clock
    desk.now += timedelta(seconds=seconds)
    do_work()


def to_both(desk: Desk) -> str:
    return ".".join(sorted(desk.org(p).hex for p in ("c1", "p1")))


def send(reader: Reader, ticket: Ticket, text: str, **more: Any) -> Any:
    form = {"text": text, "audience": to_both(reader.desk)} | more
    return reader.take(ticket, "reply", **form)


def said(ticket: Ticket) -> list[str]:
    """What the conversation holds, in order, as its writer's side reads it."""
    found = Message.objects.filter(ticket=ticket, kind="message").order_by("at", "id")
    bodies = Payload.objects.in_bulk([m.id for m in found])
    return [bodies[m.id].body["text"] for m in found]


@pytest.mark.parametrize("seconds", [0, 10])
def test_the_same_form_sent_again_says_nothing_more(
    desk: Desk, shared: Ticket, settings: Any, seconds: int
) -> None:
    """A second click, or a reload after an answer that never came, whether or not it can still be taken back."""
    settings.UNDO_SEND_SECONDS = seconds
    writer = Reader(desk, "p1.pt")
    before = said(shared)
    page = writer.get(f"/tickets/{shared.id}/").content.decode()
    key = page.partition('name="once" value="')[2].partition('"')[0]
    for wait in (0, 1, 20, 0):
        later(desk, wait)
        assert send(writer, shared, "Once.", once=key).status_code == 303
    later(desk, 20)
    assert said(shared) == [*before, "Once."]

    refused = send(writer, shared, "", once="0" * 32)
    assert refused.status_code == 422
    assert send(writer, shared, "Mended.", once="0" * 32).status_code == 303
    later(desk, 20)
    assert said(shared) == [*before, "Once.", "Mended."]


def test_what_was_sent_is_said_once_when_the_time_is_over(desk: Desk, shared: Ticket) -> None:
    before = said(shared)
    writer, other = Reader(desk, "p1.pt"), Reader(desk, "c1.ct")
    assert send(writer, shared, f"The {CANARY} queue.").status_code == 303
    assert "Goes out in 10 s" in writer.page(shared)
    assert CANARY in writer.page(shared)
    assert CANARY not in other.page(shared)
    assert tables_with(CANARY) == {"tickets_writing"}
    later(desk, 9)
    assert said(shared) == before
    assert not Notice.objects.filter(kind="ticket.answered").exists()

    later(desk, 1)
    assert said(shared) == [*before, f"The {CANARY} queue."]
    assert CANARY in other.page(shared)
    assert not Writing.objects.exists()
    # The same work once more, as after a worker that died: nothing is doubled.
    DueWork.objects.filter(kind="tickets.sending").update(state="queued", finished_at=None)
    do_work()
    assert len(said(shared)) == len(before) + 1


def test_taken_back_it_is_a_draft_again_and_nobody_learns_of_it(desk: Desk, shared: Ticket) -> None:
    before = said(shared)
    writer = Reader(desk, "p1.pt")
    send(writer, shared, f"The {CANARY} queue.")
    later(desk, 5)
    assert writer.take(shared, "reply/undo").status_code == 303
    later(desk, 60)
    assert said(shared) == before
    page = writer.get(f"/tickets/{shared.id}/").content.decode()
    assert f"The {CANARY} queue.</textarea>" in page
    assert f'value="{to_both(desk)}" checked' in page
    assert tables_with(CANARY) == {"tickets_writing"}

    # Sent again, it is said by the second time alone, not at the first's.
    send(writer, shared, f"The {CANARY} line.")
    later(desk, 10)
    assert said(shared) == [*before, f"The {CANARY} line."]
    assert writer.take(shared, "reply/undo").status_code == 409


def test_a_second_message_sends_the_first_at_once(desk: Desk, shared: Ticket) -> None:
    before = said(shared)
    writer = Reader(desk, "p1.pt")
    send(writer, shared, "First.")
    send(writer, shared, "Second.")
    assert said(shared) == [*before, "First."]
    writer.take(shared, "reply/now")
    assert said(shared) == [*before, "First.", "Second."]
    later(desk, 60)
    assert len(said(shared)) == len(before) + 2


def test_rights_are_those_of_the_moment_when_it_is_said(desk: Desk, shared: Ticket) -> None:
    before = said(shared)
    writer = Reader(desk, "p1.pt")
    send(writer, shared, "Still here?")
    ticket_move(
        ticket_id=shared.id, to_state="resolved", text="Done.", actor=desk.actor("p1.pt"), at=desk.now
    )
    ticket_move(ticket_id=shared.id, to_state="closed", actor=desk.actor("c1.cso"), at=desk.now)
    later(desk, 10)
    assert said(shared)[: len(before)] == before
    assert "Still here?" not in said(shared)
    kept = Writing.objects.get(ticket=shared)
    assert (kept.text, kept.send_at, kept.refused) == ("Still here?", None, "This ticket is closed.")


def test_what_is_refused_is_refused_when_it_is_sent(desk: Desk, shared: Ticket) -> None:
    writer = Reader(desk, "p1.pt")
    assert send(writer, shared, "Hello", version="gone").status_code == 412
    assert send(writer, shared, "  ").status_code == 422
    assert not Writing.objects.exists()


def test_a_draft_is_its_writers_alone(desk: Desk, shared: Ticket) -> None:
    writer = Reader(desk, "p1.pt")
    answer = writer.take(
        shared, "reply/keep", text=f"Half a {CANARY}", audience=desk.org("p1").hex, by_itself="1"
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert (
        f"Half a {CANARY}</textarea>" in Reader(desk, "p1.pt").get(f"/tickets/{shared.id}/").content.decode()
    )
    for key in ("c1.ct", "c1.cso", "p1.pm"):
        assert CANARY not in Reader(desk, key).page(shared)
    assert tables_with(CANARY) == {"tickets_writing"}

    # Another one keeps their own beside it; emptied, or sent, it is gone.
    Reader(desk, "c1.ct").take(shared, "reply/keep", text="Mine", audience=desk.org("c1").hex)
    assert Writing.objects.count() == 2
    writer.take(shared, "reply/keep", text=" ", audience=desk.org("p1").hex)
    assert Writing.objects.count() == 1
    Reader(desk, "c1.ct").take(shared, "reply", text="Mine, sent.", audience=desk.org("c1").hex)
    later(desk, 10)
    assert not Writing.objects.exists()


def test_what_was_said_is_not_kept_once_more_behind_it(desk: Desk, shared: Ticket) -> None:
    """The last keeping of a draft may reach the server after the message itself."""
    writer, drawn = Reader(desk, "p1.pt"), desk.now.isoformat()
    desk.travel.shift(timedelta(seconds=1))  # type: ignore[attr-defined]  # the test's own clock
    send(writer, shared, "All of it.")
    later(desk, 10)
    writer.take(shared, "reply/keep", text="All of i", audience=to_both(desk), since=drawn)
    assert not Writing.objects.exists()


def test_who_may_not_write_keeps_nothing(desk: Desk, shared: Ticket) -> None:
    for key, status in (("p2.pt", 404), ("c1.aud", 403), ("c2.cso", 404)):
        answer = Reader(desk, key).take(shared, "reply/keep", text="x", audience=desk.org("p1").hex)
        assert answer.status_code == status, key
    assert not Writing.objects.exists()


def test_who_leaves_leaves_no_words_behind(desk: Desk, shared: Ticket) -> None:
    Reader(desk, "p1.pt").take(shared, "reply/keep", text="Unsaid", audience=desk.org("p1").hex)
    employment_end(person_id=desk.world.people["p1.pt"].id, actor=desk.actor("p1.pm"), at=desk.now)
    assert not Writing.objects.exists()


def test_the_page_asks_the_same_number_of_times(desk: Desk, shared: Ticket) -> None:
    actor = desk.actor("p1.pt")

    def asked() -> int:
        with CaptureQueriesContext(connection) as asking:
            ticket_get(actor=actor, ticket_id=shared.id, at=desk.now)
        return len(asking)

    asked()
    before = asked()
    Reader(desk, "p1.pt").take(shared, "reply/keep", text="Unsaid", audience=desk.org("p1").hex)
    assert asked() == before


def test_words_are_looked_at_as_they_will_be_shown(desk: Desk, shared: Ticket) -> None:
    answer = Reader(desk, "p1.pt").take(
        shared, "reply/look", text="It is **down** <img src=x onerror=alert(1)>", audience=to_both(desk)
    )
    page = answer.content.decode()
    assert "It is <strong>down</strong> &lt;img src=x onerror=alert(1)&gt;" in page
    assert not Writing.objects.exists()


def beside(reader: Reader, ticket: Ticket, text: str = "Meanwhile") -> str:
    """Keep a draft as the page's script does; return who is said to write, too."""
    answer = reader.take(ticket, "reply/keep", text=text, audience=to_both(reader.desk), by_itself="1")
    assert answer.status_code in {200, 204}
    return answer.content.decode()


def test_who_else_is_writing_is_said_as_far_as_their_party_shows_it(desk: Desk, shared: Ticket) -> None:
    partner, boss, technician = (Reader(desk, key) for key in ("p1.pt", "c1.cso", "c1.ct"))
    parties = {key: desk.world.organization(key) for key in ("c1", "p1")}
    names = {key: desk.world.people[key].name for key in ("p1.pt", "c1.cso")}
    assert beside(partner, shared, f"{CANARY}.") == ""
    assert beside(boss, shared) == ""
    # By default colleagues see each other, and no other party does.
    assert beside(technician, shared) == f"{names['c1.cso']} is writing, too."
    shows(desk, "p1", "p1.pm", "everybody")
    assert beside(technician, shared) == (
        f"{names['c1.cso']}, {names['p1.pt']} ({parties['p1'].name}) are writing, too."
    )
    assert beside(partner, shared) == ""
    shows(desk, "c1", "c1.cso", "nobody")
    assert beside(technician, shared) == f"{names['p1.pt']} ({parties['p1'].name}) is writing, too."
    later(desk, 91)
    assert beside(technician, shared) == ""
    with pytest.raises(Invalid):
        shows(desk, "p1", "p1.pm", "all")


def shows(desk: Desk, party: str, by: str, choice: str) -> None:
    organization_update(
        version=desk.world.organization(party).version,
        shows_writing=choice,
        actor=desk.actor(by),
        at=desk.now,
    )
