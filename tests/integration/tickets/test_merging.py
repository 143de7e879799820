"""Merging: the duplicate ends and points on, nobody reads more, who asked is told, and it can be taken back."""

from random import Random
from uuid import UUID

import pytest
from django.db import transaction
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader
from tests.integration.tickets.reads import EVERYBODY, gained, read_by_all
from tests.integration.tickets.test_conversation import write

from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry, Notice
from cosource.tickets.models import Clock, Handover, Possession, Ticket
from cosource.tickets.queries.links import links_of
from cosource.tickets.services.links import ticket_link
from cosource.tickets.services.merging import ticket_merge, ticket_unmerge
from cosource.tickets.services.moving import ticket_move


def merge(desk: Desk, ticket: Ticket, into: Ticket, by: str = "c1.ct", text: str = "") -> None:
    ticket_merge(ticket_id=ticket.id, into_id=into.id, text=text, actor=desk.actor(by), at=desk.tick())
    ticket.refresh_from_db()


def unmerge(desk: Desk, ticket: Ticket, by: str = "c1.ct") -> None:
    ticket_unmerge(ticket_id=ticket.id, actor=desk.actor(by), at=desk.tick())
    ticket.refresh_from_db()


def told(desk: Desk, key: str) -> list[UUID]:
    """The tickets of which a person was told something about a merge, in order."""
    mine = Notice.objects.filter(person_id=desk.world.people[key].id, kind="ticket.merged")
    return list(mine.order_by("created_at", "id").values_list("subject_id", flat=True))


def test_the_duplicate_ends_and_points_to_the_one_that_goes_on(desk: Desk) -> None:
    ticket, into = desk.open(), desk.open()
    desk.offer(ticket, "p1.alder")
    merge(desk, ticket, into, text="Known already.")

    assert (ticket.state, ticket.category, ticket.closed_at) == ("merged", "closed", desk.now)
    assert (ticket.turn, ticket.resolved_at) == ("nobody", None)
    assert Handover.objects.get().state == "withdrawn"
    assert [(x.kind, x.ticket_id) for x in links_of(actor=desk.actor("c1.ct"), ticket_id=ticket.id)] == [
        ("merged_into", into.id)
    ]
    assert desk.part(ticket, "c1").open is False
    into.refresh_from_db()
    assert into.state == "new"


@pytest.mark.req("D21")
def test_a_party_that_does_not_see_the_other_learns_only_that_it_ended(desk: Desk) -> None:
    ticket, into = desk.open(), desk.open(title="Zqhidden")
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    merge(desk, ticket, into, by="c1.cso")

    page = Reader(desk, "p1.pt").page(ticket)
    assert "Ended as a duplicate" in page
    assert "It goes on in another ticket." in page
    for word in ("Zqhidden", desk.part(into, "c1").reference, str(into.id), into.id.hex):
        assert word not in page
    said = Entry.objects.filter(subject_id=ticket.id, audience__readers__organization_id=desk.org("p1"))
    assert into.id.hex not in repr(list(said.values_list("facts", flat=True)))
    assert desk.part(into, "c1").reference in Reader(desk, "c1.ct").page(ticket)


def test_who_asked_is_told_and_told_again_when_it_is_solved(desk: Desk) -> None:
    asked = desk.open(requester_id=desk.world.people["c1.req"].id)
    middle, into = desk.open(), desk.open()
    merge(desk, asked, middle)
    merge(desk, middle, into)
    assert told(desk, "c1.req") == [asked.id]

    ticket_move(
        ticket_id=into.id, to_state="resolved", text="Done.", actor=desk.actor("c1.ct"), at=desk.tick()
    )
    assert told(desk, "c1.req") == [asked.id, asked.id]
    page = Reader(desk, "c1.req").page(asked)
    assert "It is known already; you are told when it is solved." in page


@pytest.mark.parametrize("state", ["new", "in_progress", "waiting_client"])
def test_taking_it_back_restores_the_ticket(desk: Desk, state: str) -> None:
    ticket, into = desk.open(), desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    if state != "new":
        ticket_move(
            ticket_id=ticket.id,
            to_state=state,
            text="Please say.",
            actor=desk.actor("p1.pt"),
            at=desk.tick(),
        )
    before = (
        Possession.objects.filter(ticket=ticket).order_by("sequence").values("team_id", "from_at", "until_at")
    )
    possessions = list(before)
    clocks = list(
        Clock.objects.filter(ticket=ticket, met_at=None).values_list("kind", "started_at", "due_at")
    )
    merge(desk, ticket, into, by="c1.cso")
    assert not Clock.objects.filter(ticket=ticket, met_at=None, stopped_at=None).exists()
    unmerge(desk, ticket, by="c1.cso")

    assert ticket.state == ("new" if state == "new" else "in_progress")
    assert (ticket.category, ticket.closed_at) == ("open", None)
    assert (ticket.holder_organization_id, ticket.turn) == (desk.org("p1"), "holder")
    assert list(before.all()) == possessions
    running = Clock.objects.filter(ticket=ticket, met_at=None, stopped_at=None)
    assert list(running.values_list("kind", "started_at", "due_at")) == clocks
    assert links_of(actor=desk.actor("c1.cso"), ticket_id=ticket.id) == []
    assert desk.part(ticket, "p1").open is True


def test_refusals_change_nothing(desk: Desk) -> None:
    ticket, into, other = desk.open(), desk.open(), desk.open(by="c2.ct")
    theirs = desk.open()
    desk.give(theirs, "p1.alder", "c1.ct", "p1.pt")
    over = desk.open()
    merge(desk, over, into)
    before = Entry.objects.count()
    tries: list[tuple[Ticket, UUID, str, type[CosourceError]]] = [
        (ticket, ticket.id, "c1.ct", Invalid),
        (ticket, over.id, "c1.ct", Conflict),
        (over, ticket.id, "c1.ct", Conflict),
        (ticket, other.id, "c1.ct", NotFound),
        (theirs, into.id, "p1.pt", NotFound),
        (ticket, into.id, "c1.aud", NotAllowed),
    ]
    for one, into_id, by, refusal in tries:
        with pytest.raises(refusal):
            ticket_merge(ticket_id=one.id, into_id=into_id, actor=desk.actor(by), at=desk.tick())
    with pytest.raises(Conflict):
        unmerge(desk, ticket)
    assert Entry.objects.count() == before


def test_only_who_sees_both_may_take_it_back(desk: Desk) -> None:
    ticket, into = desk.open(), desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    merge(desk, ticket, into, by="c1.cso")
    with pytest.raises(NotAllowed):
        unmerge(desk, ticket, by="p1.pt")
    assert "Take it back" not in Reader(desk, "p1.pt").page(ticket)
    assert "Take it back" in Reader(desk, "c1.cso").page(ticket)


def test_the_page_merges_and_takes_back(desk: Desk) -> None:
    ticket, into = desk.open(), desk.open()
    reader = Reader(desk, "c1.ct")
    given = {"to": desk.part(into, "c1").reference, "text": "Same toner."}
    assert "No text moves" in reader.page(ticket, "?do=merge")
    assert reader.client.post(f"/tickets/{ticket.id}/merge/", given).status_code == 303
    assert "Same toner." in reader.page(ticket)
    assert reader.client.post(f"/tickets/{ticket.id}/unmerge/").status_code == 303
    assert Ticket.objects.get(id=ticket.id).state == "new"


def _world_of_tickets(desk: Desk) -> list[Ticket]:
    """Tickets with different parties on them, each with notes among one and words to several."""
    asked = {"requester_id": desk.world.people["c1.req"].id}
    tickets = [
        desk.open(title=f"Zqtitle{i}qz", text=f"Zqtext{i}qz", **(asked if i % 2 else {})) for i in range(6)
    ]
    desk.give(tickets[0], "p1.alder", "c1.ct", "p1.pt")
    desk.give(tickets[1], "p2.noc", "c1.ct", "p2.pt")
    desk.give(tickets[2], "p1.alder", "c1.ct", "p1.pt")
    desk.give(tickets[2], "p3.repairs", "p1.pt", "p3.ptsub")
    desk.give(tickets[3], "p2.noc", "c1.ct", "p2.pt")
    desk.give(tickets[3], "c1.desk", "p2.pt", "c1.ct", reason="done_here")
    desk.give(tickets[3], "p1.alder", "c1.ct", "p1.pt")
    tickets.append(
        desk.open(by="c1.cso", title="Zqinternalqz", internal=True, team_id=desk.world.teams["c1.apps"].id)
    )
    tickets.append(
        desk.open(by="c2.ct", title="Zqothersqz", service_id=desk.world.services["c2.stations"].id)
    )
    write(desk, tickets[0], "p1.pt", [], "zqnotep1")
    write(desk, tickets[0], "c1.ct", [], "zqnotec1")
    write(desk, tickets[2], "p3.ptsub", ["p1", "c1"], "zqsub", wider_confirmed=True)
    write(desk, tickets[3], "c1.ct", ["p1"], "zqtop1", wider_confirmed=True)
    write(desk, tickets[1], "p2.pt", ["c1"], "zqasked", with_requester=True, wider_confirmed=True)
    return tickets


@pytest.mark.req("X1")
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.proof) for n in (1, 2))])
@pytest.mark.threat("S18")
def test_nobody_ever_reads_more_after_links_merges_and_their_undoing(desk: Desk, seed: int) -> None:
    random = Random(seed)
    tickets = _world_of_tickets(desk)
    before = read_by_all(desk)
    taken = 0
    for _ in range(40):
        one, other = random.sample(tickets, 2)
        by = random.choice(("c1.cso", "c1.ct", "p1.pm", "p1.pt", *EVERYBODY))
        given = {"actor": desk.actor(by), "at": desk.tick()}
        step = random.choice(("link", "merge", "unmerge"))
        try:
            with transaction.atomic():
                if step == "link":
                    ticket_link(
                        ticket_id=one.id,
                        other_id=other.id,
                        kind=random.choice(("parent", "related")),
                        **given,
                    )
                elif step == "merge":
                    ticket_merge(ticket_id=one.id, into_id=other.id, **given)
                else:
                    ticket_unmerge(ticket_id=one.id, **given)
        except CosourceError:
            continue
        taken += 1
    assert taken > 2
    assert gained(before, read_by_all(desk)) == {}
