"""Ready replies: who writes and uses them, which values their places take, and the step that belongs to them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader
from tests.integration.tickets.test_pages_ticket import agreed, audience

from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry
from cosource.tickets.models import CannedReply, Message, Ticket
from cosource.tickets.queries.canned import canned_list, values_for
from cosource.tickets.queries.record import load
from cosource.tickets.services.canned import canned_delete, canned_save, reply_then
from cosource.tickets.services.writing import Words

pytestmark = [pytest.mark.req("C14")]


@pytest.fixture
def shared(desk: Desk):
    """A ticket of c1 with a requester that p1 works on, under agreed targets."""
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    agreed(desk, "c1p1", "c1.cso", "p1.pm")
    ticket = desk.open(
        service_id=desk.world.services["c1.printing"].id, requester_id=desk.world.people["c1.req"].id
    )
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.now += timedelta(minutes=5)
    with time_machine.travel(desk.now, tick=False):
        yield ticket


def save(desk: Desk, by: str = "p1.pm", **more: Any) -> CannedReply:
    given = {"title": "Hello", "text": "We are at {reference}."} | more
    return canned_save(actor=desk.actor(by), at=desk.tick(), **given)


def words(desk: Desk, text: str, *to: str, requester: bool = False) -> Words:
    return Words(text, audience(desk, *to), frozenset(desk.org(k) for k in to), requester)


def then(desk: Desk, ticket: Ticket, step: str, by: str, *to: str, requester: bool = False) -> None:
    reply_then(
        ticket_id=ticket.id,
        words=words(desk, "Done so.", *to, requester=requester),
        then=step,
        actor=desk.actor(by),
        at=desk.tick(),
    )


def test_who_leads_writes_for_all_and_technicians_for_their_teams(desk: Desk) -> None:
    team = {key: desk.world.teams[key].id for key in ("p1.alder", "p1.birch", "c1.desk")}
    save(desk, "p1.pm", title="All")
    save(desk, "p1.pt", title="Alder", team_id=team["p1.alder"])
    save(desk, "p1.pm", title="Birch", team_id=team["p1.birch"])
    for by, more, refusal in (
        ("p1.pt", {}, NotAllowed),
        ("p1.pt", {"team_id": team["p1.birch"]}, NotAllowed),
        ("p1.pm", {"team_id": team["c1.desk"]}, NotFound),
        ("c1.aud", {}, NotAllowed),
        ("c1.req", {}, NotAllowed),
        ("emb", {}, NotAllowed),
        ("p1.pm", {"text": "{password}"}, Invalid),
        ("p1.pm", {"text": " "}, Invalid),
        ("p1.pm", {"then": "explode"}, Invalid),
    ):
        with pytest.raises(refusal):
            save(desk, by, **more)
    assert [r.title for r in canned_list(desk.actor("p1.pm"))] == ["Alder", "All", "Birch"]
    assert [r.title for r in canned_list(desk.actor("p1.pt"))] == ["Alder", "All"]
    assert [r.title for r in canned_list(desk.actor("p1.pt2"))] == ["All", "Birch"]
    assert canned_list(desk.actor("c1.cso")) == canned_list(desk.actor("c1.aud")) == []
    saved = Entry.objects.filter(kind="canned_reply.saved/1")
    assert {frozenset(desk.readers(e.id)) for e in saved} == {frozenset({desk.org("p1")})}


def test_two_who_change_one_at_once_are_told(desk: Desk) -> None:
    kept = save(desk)
    save(desk, reply_id=kept.id, text="Changed.", expected_version=1)
    with pytest.raises(StaleVersion):
        save(desk, reply_id=kept.id, text="Lost?", expected_version=1)
    with pytest.raises(NotFound):
        save(desk, "c1.cso", reply_id=kept.id)
    with pytest.raises(NotAllowed):
        canned_delete(reply_id=kept.id, actor=desk.actor("p1.pt"), at=desk.now)
    canned_delete(reply_id=kept.id, actor=desk.actor("p1.pm"), at=desk.now)
    assert not CannedReply.objects.exists()


def values(desk: Desk, ticket: Ticket, by: str, *to: str, requester: bool = False) -> dict[str, str]:
    record = load(ticket.id, desk.actor(by))
    return dict(values_for(record, desk.actor(by), {desk.org(k) for k in to}, with_requester=requester))


@pytest.mark.threat("S17")
def test_a_value_is_put_in_only_where_every_reader_may_know_it(desk: Desk, shared: Ticket) -> None:
    own, both = desk.part(shared, "c1").reference, desk.part(shared, "p1").reference
    assert values(desk, shared, "c1.ct", "c1")["reference"] == own
    assert values(desk, shared, "c1.ct", "c1", requester=True)["reference"] == own
    assert values(desk, shared, "c1.ct", "c1", "p1")["reference"] == both
    assert values(desk, shared, "p1.pt", "p1")["reference"] == both
    # The requester knows the client's number alone, the partner only the shared one.
    assert values(desk, shared, "c1.ct", "c1", "p1", requester=True)["reference"] == ""
    assert values(desk, shared, "c1.ct", "c1", "p1")["due"] != ""
    assert values(desk, shared, "c1.ct", "c1", requester=True)["due"] == ""

    desk.give(shared, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(shared, "p2.noc", "c1.ct", "p2.pt")
    among_all = values(desk, shared, "c1.ct", "c1", "p1", "p2")
    assert (among_all["reference"], among_all["title"], among_all["requester"]) == (
        "",
        "Printer down",
        "REQ of Alder Hospitals",
    )


def test_it_is_put_into_what_is_written_and_what_stays_empty_is_said(desk: Desk, shared: Ticket) -> None:
    kept = save(
        desk, text="Dear {requester}, {reference} is due {due}. {me} <script>", then="assign", title="Greet"
    )
    writer = Reader(desk, "p1.pt")
    form = {"text": "Before.", "audience": audience(desk, "c1", "p1")}
    page = writer.take(shared, "reply/ready", **form).content.decode()
    assert "Greet" in page
    page = writer.take(shared, f"reply/ready/{kept.id}", **form, with_requester="1").content.decode()
    assert (
        "Before.\n\nDear REQ of Alder Hospitals,  is due . PT of Cedar Desk &lt;script&gt;</textarea>" in page
    )
    assert "the ticket’s reference, when it is to be resolved" in page
    assert 'name="then" value="assign" checked' in page
    page = writer.take(shared, f"reply/ready/{kept.id}", **form).content.decode()
    assert f"{desk.part(shared, 'p1').reference} is due" in page
    assert "Left empty" not in page
    assert Reader(desk, "c1.ct").take(shared, f"reply/ready/{kept.id}", **form).status_code == 404


def test_word_and_step_are_one(desk: Desk, shared: Ticket) -> None:
    then(desk, shared, "assign", "p1.pt", "c1")
    shared.refresh_from_db()
    assert shared.assignee_id == desk.world.people["p1.pt"].id
    then(desk, shared, "waiting_client", "p1.pt", "c1")
    shared.refresh_from_db()
    assert (shared.state, shared.turn) == ("waiting_client", "client")
    count = Message.objects.filter(ticket=shared).count()
    with pytest.raises(Conflict):
        then(desk, shared, "waiting_client", "p1.pt", "c1")
    then(desk, shared, "resolved", "p1.pt", "c1")
    shared.refresh_from_db()
    assert shared.state == "resolved"
    assert Message.objects.filter(ticket=shared).count() == count + 1


def test_who_is_waited_for_must_read_what_is_asked(desk: Desk, shared: Ticket) -> None:
    before = Message.objects.filter(ticket=shared).count()
    for step, to in (("waiting_client", ()), ("waiting_requester", ("c1",)), ("explode", ("c1",))):
        with pytest.raises(Invalid):
            then(desk, shared, step, "p1.pt", *to)
    shared.refresh_from_db()
    assert (shared.category, Message.objects.filter(ticket=shared).count()) == ("open", before)


def test_the_page_writes_changes_and_deletes(desk: Desk) -> None:
    with time_machine.travel(desk.now + timedelta(minutes=1)):
        lead = Reader(desk, "p1.pm")
        form = {"title": "Hello", "text": "At {reference}.", "then": "resolved"}
        assert lead.client.post("/tickets/replies/", form).status_code == 303
        kept = CannedReply.objects.get()
        assert "resolve it" in lead.get("/tickets/replies/").content.decode()
        answer = lead.client.post(f"/tickets/replies/{kept.id}/", form | {"text": "{nope}", "version": "1"})
        assert (answer.status_code, "There is no place {nope}." in answer.content.decode()) == (422, True)
        form |= {"text": "Now.", "version": "1"}
        assert lead.client.post(f"/tickets/replies/{kept.id}/", form).status_code == 303
        assert lead.client.post(f"/tickets/replies/{kept.id}/", form).status_code == 412
        assert Reader(desk, "p1.pt").get(f"/tickets/replies/{kept.id}/").status_code == 403
        assert Reader(desk, "c1.cso").get(f"/tickets/replies/{kept.id}/").status_code == 404
        assert Reader(desk, "c1.req").get("/tickets/replies/").status_code == 403
        assert lead.client.post(f"/tickets/replies/{kept.id}/delete/").status_code == 303
        assert not CannedReply.objects.exists()
        assert isinstance(kept.id, UUID)
