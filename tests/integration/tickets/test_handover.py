"""Handing over: possession moves on acceptance only, returns are counted, and nobody learns of a third party."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import DueWork, Entry, Notice
from cosource.foundation.queries.notices import said
from cosource.foundation.sight import TECHNICIAN
from cosource.parties.services.invitations import OfferedRole
from cosource.parties.services.teams import team_add
from cosource.tickets.models import Handover, Participation, Possession, Ticket
from cosource.tickets.models.participation import Turn
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list
from cosource.tickets.rules.possession import PossessionInterval, gaps_and_overlaps
from cosource.tickets.services.handover import (
    handover_accept,
    handover_decline,
    handover_withdraw,
    ticket_hand_over,
)
from cosource.tickets.services.moving import ticket_move


def tiles(ticket: Ticket) -> tuple[str, ...]:
    """What is wrong with the ticket's possession: nothing, if it tiles its life."""
    held = Possession.objects.filter(ticket=ticket).order_by("sequence")
    intervals = [PossessionInterval(p.organization_id, p.team_id, p.from_at, p.until_at) for p in held]
    return gaps_and_overlaps(intervals, ticket.opened_at, ticket.closed_at)


@pytest.mark.req("C11")
def test_an_offer_moves_nothing(desk: Desk) -> None:
    ticket = desk.open()
    desk.offer(ticket, "p1.alder")

    ticket.refresh_from_db()
    assert ticket.holder_organization_id == desk.org("c1")
    part = desk.part(ticket, "p1")
    assert (part.unanswered, part.holds, part.kind, part.turn) == (True, False, "worker", Turn.MINE)
    assert desk.part(ticket, "c1").turn == Turn.PARTNER


@pytest.mark.req("C11")
def test_acceptance_moves_it_and_names_who_took_it(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")

    ticket.refresh_from_db()
    assert (ticket.holder_organization_id, ticket.assignee_id) == (
        desk.org("p1"),
        desk.world.people["p1.pt"].id,
    )
    assert (ticket.handovers, ticket.returns) == (1, 0)
    assert tiles(ticket) == ()
    moved = Entry.objects.get(subject_id=ticket.id, kind="ticket.handed_over/1")
    assert moved.facts["to_team"] == desk.world.teams["p1.alder"].id.hex
    assert desk.readers(moved.id) == {desk.org("c1"), desk.org("p1")}


@pytest.mark.req("C11")
def test_the_newcomer_gets_the_description_and_none_of_the_earlier_talk(desk: Desk) -> None:
    from cosource.tickets.services.conversation import ticket_reply

    ticket = desk.open()
    ticket_reply(
        ticket_id=ticket.id,
        text="Between us only.",
        party_ids=[],
        with_requester=False,
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    desk.offer(ticket, "p1.alder")

    assert desk.kinds(ticket, "p1") == ["ticket.shared/1", "ticket.handover_offered/1"]
    shared = Entry.objects.get(subject_id=ticket.id, kind="ticket.shared/1")
    assert shared.payload.body["text"] == "Nothing prints on ward 4."


@pytest.mark.req("C10")
def test_a_decline_says_why_and_leaves_it_where_it_was(desk: Desk) -> None:
    ticket = desk.open()
    desk.offer(ticket, "p1.alder")
    handover_decline(
        ticket_id=ticket.id,
        reason="not_in_scope",
        text="Not ours.",
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )

    ticket.refresh_from_db()
    handover = Handover.objects.get(ticket=ticket)
    assert (handover.state, handover.decline_reason) == ("declined", "not_in_scope")
    # The team that offered it learns why, whoever is placed in it too; nobody of the side that declined.
    words = "p1 alder team declined AH-1: Not in our scope"
    assert told(desk, "ticket.declined") == {"c1.ct": words, "p1.emb": words}
    assert ticket.holder_organization_id == desk.org("c1")
    assert desk.part(ticket, "c1").turn == Turn.MINE
    assert tiles(ticket) == ()


@pytest.mark.req("C10")
def test_what_comes_back_is_counted_once(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(ticket, "c1.apps", "c1.ct", "c1.ct2", reason="skill")

    ticket.refresh_from_db()
    assert (ticket.handovers, ticket.returns) == (3, 1)
    assert desk.part(ticket, "c1").came_back
    assert tiles(ticket) == ()


@pytest.mark.req("C10")
def test_at_the_agreed_limit_one_person_must_be_named(desk: Desk, agreed_limit: int) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    assert agreed_limit == 3
    for to, by, taker in (
        ("c1.desk", "p1.pt", "c1.ct"),
        ("p1.alder", "c1.ct", "p1.pt"),
        ("c1.desk", "p1.pt", "c1.ct"),
    ):
        desk.give(ticket, to, by, taker)
    before = Handover.objects.count(), Entry.objects.count()

    with pytest.raises(Conflict) as refused:
        desk.offer(ticket, "p1.alder")
    assert refused.value.code == "return_limit_reached"
    assert (Handover.objects.count(), Entry.objects.count()) == before

    with pytest.raises(Invalid):
        desk.offer(ticket, "p1.alder", named_owner_id=desk.world.people["c1.ct"].id)
    keeper = desk.world.people["p1.pt"]
    assert told(desk, "ticket.return_limit") == {}
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt", named_owner_id=keeper.id)
    ticket.refresh_from_db()
    assert (ticket.named_owner_id, ticket.assignee_id) == (keeper.id, keeper.id)
    # Both managers know, each by the ticket's name on their own side.
    words = f"came back as often as agreed; {keeper.name} is to keep it to the end"
    assert told(desk, "ticket.return_limit") == {"c1.cso": f"AH-1 {words}", "p1.pm": f"CED-1 {words}"}


def told(desk: Desk, kind: str) -> dict[str, str]:
    names = {person.id: key for key, person in desk.world.people.items()}
    return {names[n.person_id]: said(n) for n in Notice.objects.filter(kind=kind)}


@pytest.fixture
def agreed_limit(desk: Desk) -> int:
    """An own-desk agreement is in force; returns its limit of returns."""
    from cosource.agreements.queries.terms import terms_in_force
    from cosource.agreements.services.quick_start import quick_start_agreement

    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.now)
    desk.tick(60 * 24)
    terms = terms_in_force(engagement_id=None, owner_id=desk.org("c1"), at=desk.now)
    assert terms is not None
    return terms.return_limit


@pytest.mark.req("D21")
def test_two_partners_of_one_ticket_do_not_learn_of_each_other(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")

    theirs = Entry.objects.filter(subject_id=ticket.id, audience__readers__organization_id=desk.org("p1"))
    for entry in theirs:
        told = f"{entry.facts} {entry.organization_id} {entry.actor_id}"
        assert desk.org("p2").hex not in told.replace("-", "")
        assert desk.world.people["p2.pt"].id.hex not in told.replace("-", "")
    assert desk.kinds(ticket, "p1")[-1] == "ticket.state_known/1"


@pytest.mark.req("D21")
def test_a_partner_passes_on_to_its_subcontractor_only(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")

    with pytest.raises(NotFound):
        desk.offer(ticket, "p2.noc", "p1.pt")
    with pytest.raises(NotFound):
        desk.offer(ticket, "p3.print", "p1.pt")
    desk.give(ticket, "p3.repairs", "p1.pt", "p3.ptsub")
    ticket.refresh_from_db()
    assert ticket.holder_organization_id == desk.org("p3")
    assert desk.part(ticket, "p3").engagement_id == desk.world.engagements["sub"].id


def refused(desk: Desk, ticket: Ticket, step: Any, refusal: type[Exception]) -> None:
    before = (
        Entry.objects.count(),
        Handover.objects.count(),
        Participation.objects.count(),
        DueWork.objects.count(),
    )
    version = Ticket.objects.get(id=ticket.id).version
    with pytest.raises(refusal):
        step()
    assert before == (
        Entry.objects.count(),
        Handover.objects.count(),
        Participation.objects.count(),
        DueWork.objects.count(),
    )
    assert Ticket.objects.get(id=ticket.id).version == version


def test_what_may_not_be_offered(desk: Desk) -> None:
    ticket = desk.open()
    hand = ticket_hand_over
    given: dict[str, Any] = {"ticket_id": ticket.id, "reason": "skill", "text": "x", "at": desk.tick()}
    desk_team, noc = desk.world.teams["c1.desk"].id, desk.world.teams["p2.noc"].id

    refused(desk, ticket, lambda: hand(to_team_id=noc, actor=desk.actor("p2.pt"), **given), NotFound)
    refused(desk, ticket, lambda: hand(to_team_id=noc, actor=desk.actor("c1.aud"), **given), NotAllowed)
    refused(desk, ticket, lambda: hand(to_team_id=uuid4(), actor=desk.actor("c1.ct"), **given), NotFound)
    refused(desk, ticket, lambda: hand(to_team_id=desk_team, actor=desk.actor("c1.ct"), **given), Conflict)
    other = given | {"reason": "boredom"}
    refused(desk, ticket, lambda: hand(to_team_id=noc, actor=desk.actor("c1.ct"), **other), Invalid)


def test_only_the_receiving_party_answers(desk: Desk) -> None:
    ticket = desk.open()
    desk.offer(ticket, "p1.alder")
    at = desk.tick()

    refused(
        desk,
        ticket,
        lambda: handover_accept(ticket_id=ticket.id, actor=desk.actor("c1.ct"), at=at),
        NotAllowed,
    )
    refused(
        desk, ticket, lambda: handover_accept(ticket_id=ticket.id, actor=desk.actor("p2.pt"), at=at), NotFound
    )
    refused(desk, ticket, lambda: desk.offer(ticket, "p2.noc"), Conflict)
    handover_withdraw(ticket_id=ticket.id, actor=desk.actor("c1.ct"), at=at)
    refused(
        desk, ticket, lambda: handover_accept(ticket_id=ticket.id, actor=desk.actor("p1.pt"), at=at), Conflict
    )


def test_closing_ends_possession_and_takes_the_offer_back(desk: Desk) -> None:
    ticket = desk.open()
    ticket_move(
        ticket_id=ticket.id, to_state="resolved", text="Done.", actor=desk.actor("c1.ct"), at=desk.tick()
    )
    desk.offer(ticket, "p1.alder")
    ticket_move(ticket_id=ticket.id, to_state="closed", actor=desk.actor("c1.ct"), at=desk.tick())

    ticket.refresh_from_db()
    assert tiles(ticket) == ()
    assert Handover.objects.get(ticket=ticket).state == "withdrawn"
    assert not desk.part(ticket, "p1").unanswered
    refused(desk, ticket, lambda: desk.offer(ticket, "p1.alder"), Conflict)


def test_an_embedded_person_acts_as_the_host(desk: Desk) -> None:
    ticket = desk.open()
    actor = desk.world.actor("emb", at=desk.now)
    ticket_hand_over(
        ticket_id=ticket.id,
        to_team_id=desk.world.teams["p2.noc"].id,
        reason="skill",
        text="x",
        actor=actor,
        at=desk.tick(),
    )

    offered = Entry.objects.get(subject_id=ticket.id, kind="ticket.handover_offered/1")
    assert offered.organization_id == desk.org("c1")


def test_possession_tiles_the_life_of_a_long_story(desk: Desk) -> None:
    ticket = desk.open()
    way = [("p1.alder", "c1.ct", "p1.pt"), ("c1.desk", "p1.pt", "c1.ct"), ("p2.noc", "c1.ct", "p2.pt")]
    for to, by, taker in [*way, ("c1.apps", "p2.pt", "c1.ct2"), ("c1.desk", "c1.ct2", "c1.ct")]:
        desk.give(ticket, to, by, taker)
        ticket.refresh_from_db()
        assert tiles(ticket) == ()
    assert ticket.handovers == 5
    assert Possession.objects.filter(ticket=ticket).count() == 6
    assert Possession.objects.filter(ticket=ticket, until_at__isnull=True).count() == 1
    assert desk.now - ticket.opened_at == timedelta(minutes=10)


@pytest.fixture
def second_team(desk: Desk) -> Desk:
    """p1 has a second team for c1, with a technician of its own."""
    engagement = desk.world.engagements["c1p1"].id
    desk.world.teams["p1.second"] = team_add(
        name="second", engagement_ids=[engagement], actor=desk.actor("p1.pm"), at=desk.now
    )
    desk.world.hire(
        "p1.pt3",
        by="p1.pm",
        roles=[OfferedRole(TECHNICIAN, engagement)],
        team_ids=[desk.world.teams["p1.second"].id],
    )
    return desk


@pytest.mark.req("C11")
def test_within_a_party_both_teams_see_the_offer_and_each_sees_its_own_queue(second_team: Desk) -> None:
    desk = second_team
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")

    def sees(key: str) -> bool:
        page = ticket_list(actor=desk.actor(key), filters=TicketFilter(), at=desk.now)
        return [row.id for row in page.rows] == [ticket.id]

    assert (sees("p1.pt"), sees("p1.pt3")) == (True, False)
    desk.offer(ticket, "p1.second", "p1.pt")
    assert (sees("p1.pt"), sees("p1.pt3")) == (True, True)
    desk.accept(ticket, "p1.pt3")
    assert (sees("p1.pt"), sees("p1.pt3")) == (False, True)
    ticket.refresh_from_db()
    assert ticket.holder_team_id == desk.world.teams["p1.second"].id


@pytest.mark.req("D21")
def test_the_owner_passes_on_from_one_partner_to_another_and_names_neither(desk: Desk) -> None:
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "p2.noc", "c1.cso", "p2.pt")

    for reader, other in (("p1", "p2"), ("p2", "p1")):
        told = Entry.objects.filter(subject_id=ticket.id, audience__readers__organization_id=desk.org(reader))
        words = "".join(f"{e.facts}{e.organization_id}{e.actor_id}" for e in told).replace("-", "")
        assert desk.org(other).hex not in words
        assert desk.world.teams[f"{other}.{'alder' if other == 'p1' else 'noc'}"].id.hex not in words
    assert desk.kinds(ticket, "p1")[-1] == "ticket.state_known/1"
    ticket.refresh_from_db()
    assert ticket.holder_organization_id == desk.org("p2")
