"""Splitting: the new ticket is read by who read all of its messages, and by nobody else."""

from random import Random
from uuid import UUID

import pytest
from django.db import transaction
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader
from tests.integration.tickets.reads import read_by_all
from tests.integration.tickets.test_conversation import write
from tests.integration.tickets.test_merging import _world_of_tickets

from cosource.foundation.errors import CosourceError, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry, Payload
from cosource.foundation.services.erasure import payload_erase
from cosource.tickets.models import Clock, Message, Participation, Ticket
from cosource.tickets.queries.links import links_of
from cosource.tickets.services.splitting import ticket_split


def split(desk: Desk, ticket: Ticket, *entries: object, by: str = "c1.ct", title: str = "Zqnew") -> Ticket:
    chosen = [e for e in entries if isinstance(e, UUID)]
    return ticket_split(
        ticket_id=ticket.id, entry_ids=chosen, title=title, actor=desk.actor(by), at=desk.tick()
    )


def parties(ticket: Ticket) -> set[UUID]:
    return set(Participation.objects.filter(ticket=ticket).values_list("organization_id", flat=True))


@pytest.fixture
def shared(desk: Desk) -> Ticket:
    """A ticket of c1's requester that p1 works on."""
    ticket = desk.open(
        requester_id=desk.world.people["c1.req"].id, service_id=desk.world.services["c1.printing"].id
    )
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


@pytest.mark.req("D21")
def test_only_who_read_all_messages_reads_the_new_ticket(desk: Desk, shared: Ticket) -> None:
    own = write(desk, shared, "c1.ct", [], "zqown")
    both = write(desk, shared, "p1.pt", ["c1"], "zqboth")
    asked = write(desk, shared, "p1.pt", ["c1"], "zqasked", with_requester=True, wider_confirmed=True)

    alone, two, all_ = (
        split(desk, shared, own, both),
        split(desk, shared, both, asked),
        split(desk, shared, asked),
    )
    assert parties(alone) == {desk.org("c1")}
    assert parties(two) == parties(all_) == {desk.org("c1"), desk.org("p1")}
    assert (alone.requester_id, two.requester_id) == (None, None)
    assert all_.requester_id == desk.world.people["c1.req"].id
    opened = Entry.objects.get(subject_id=alone.id, kind="ticket.opened/1")
    assert opened.payload.body["text"] == "zqown\n\nzqboth"
    assert desk.readers(opened.id) == {desk.org("c1")}
    assert Message.objects.filter(ticket=shared, id__in=[own, both, asked]).count() == 3


def test_it_is_with_the_holder_if_that_reads_along_else_with_the_owner(desk: Desk, shared: Ticket) -> None:
    own, both = write(desk, shared, "c1.ct", [], "zqown"), write(desk, shared, "p1.pt", ["c1"], "zqboth")
    with_p1, with_c1 = split(desk, shared, both, by="p1.pt"), split(desk, shared, own)
    assert (with_p1.holder_organization_id, with_p1.state) == (desk.org("p1"), "new")
    assert with_c1.holder_organization_id == desk.org("c1")
    assert not Clock.objects.filter(ticket=with_c1, owed_by_id=desk.org("p1")).exists()
    assert [(x.kind, x.ticket_id) for x in links_of(actor=desk.actor("p1.pt"), ticket_id=with_p1.id)] == [
        ("split_from", shared.id)
    ]
    assert [x.kind for x in links_of(actor=desk.actor("p1.pt"), ticket_id=shared.id)] == ["split_off"]


def test_refusals_change_nothing(desk: Desk, shared: Ticket) -> None:
    own_c1, own_p1 = write(desk, shared, "c1.ct", [], "zqc1"), write(desk, shared, "p1.pt", [], "zqp1")
    description = Message.objects.filter(ticket=shared, kind="description").values_list("id", flat=True)[0]
    before = Entry.objects.count()
    for by, entries, refusal in (
        ("p1.pt", [own_c1], NotFound),
        ("c1.ct", [own_p1], NotFound),
        ("p1.pt", [own_p1], Invalid),
        ("c1.ct", [description], NotFound),
        ("c1.ct", [], Invalid),
        ("c1.aud", [own_c1], NotAllowed),
        ("p2.pt", [own_c1], NotFound),
    ):
        with pytest.raises(refusal):
            split(desk, shared, *entries, by=by)
    assert (Entry.objects.count(), Ticket.objects.count()) == (before, 1)


def test_erasing_a_message_erases_what_was_made_of_it(desk: Desk, shared: Ticket) -> None:
    both = write(desk, shared, "p1.pt", ["c1"], "zqpatient")
    made = split(desk, shared, both)
    assert isinstance(both, UUID)
    payload_erase(entry_id=both, reason="patient data", actor=desk.actor("c1.cso"), at=desk.tick())
    assert not Payload.objects.filter(entry__subject_id=made.id, entry__kind="ticket.opened/1").exists()


def test_the_page_splits_and_goes_to_the_new_ticket(desk: Desk, shared: Ticket) -> None:
    both = write(desk, shared, "p1.pt", ["c1"], "zqboth")
    reader = Reader(desk, "c1.ct")
    assert str(both) in reader.get(f"/tickets/{shared.id}/?do=split").content.decode()
    empty = reader.client.post(f"/tickets/{shared.id}/split/", {"title": "Another fault"})
    assert empty.status_code == 422
    made = reader.client.post(
        f"/tickets/{shared.id}/split/", {"title": "Another fault", "entry_ids": str(both)}
    )
    assert made.status_code == 303
    assert "zqboth" in reader.get(made["Location"]).content.decode()


@pytest.mark.req("X1")
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.proof)])
@pytest.mark.threat("S18")
def test_nobody_reads_a_text_in_the_new_ticket_that_they_did_not_read_before(desk: Desk, seed: int) -> None:
    random = Random(seed)
    tickets = _world_of_tickets(desk)
    texts = {
        key: {str(w) for kind, *words in found for w in words if kind in ("text", "payload")}
        for key, found in read_by_all(desk).items()
    }
    made: list[Ticket] = []
    for _ in range(60):
        ticket = random.choice(tickets)
        messages = list(
            Message.objects.filter(ticket=ticket).exclude(kind="description").values_list("id", flat=True)
        )
        if not messages:
            continue
        by = random.choice(("c1.ct", "c1.cso", "p1.pt", "p2.pt", "p3.ptsub", "c1.req"))
        try:
            with transaction.atomic():
                made.append(
                    split(desk, ticket, *random.sample(messages, random.randint(1, len(messages))), by=by)
                )
        except CosourceError:
            continue
    assert len(made) > 1
    words = [w for found in texts.values() for text in found for w in text.split() if w.startswith("zq")]
    for key, found in read_by_all(desk).items():
        now = " ".join(str(w) for kind, *rest in found for w in rest if kind in ("text", "payload"))
        earlier = " ".join(texts[key])
        assert {w for w in words if w in now} == {w for w in words if w in earlier}, key
