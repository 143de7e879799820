"""What others did while somebody was away, within the reader's sight, and when they had left."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.services.sealing import seal_all
from cosource.foundation.sight import GrantFact
from cosource.parties.services.presence import away_from, person_seen
from cosource.tickets.models import Writing
from cosource.tickets.queries import since as since_module
from cosource.tickets.queries.record import load
from cosource.tickets.queries.since import Matter, since
from cosource.tickets.queries.writers import writers_of
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.fields import field_set_add, fields_set
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.surveys import survey_settings_set


def told(desk: Desk, who: str, start, *, for_teams: bool = True) -> list[tuple[str, str, list[str]]]:
    seal_all()
    found = since(desk.actor(who), start, at=desk.now, for_teams=for_teams)
    return [(one.row.title, one.matter.value, one.words) for one in found.tickets]


def reply(desk: Desk, ticket, by: str, to: tuple[str, ...] = ()) -> None:
    ticket_reply(
        ticket_id=ticket.id,
        text="Looking.",
        party_ids=[desk.org(party) for party in to],
        with_requester=False,
        actor=desk.actor(by),
        at=desk.tick(5),
    )


def test_each_is_told_what_others_did_on_what_is_theirs(desk: Desk) -> None:
    printing = desk.world.services["c1.printing"].id
    old = desk.open(title="Old", service_id=printing)
    desk.give(old, to="p1.alder", by="c1.ct", taker="p1.pt")
    start = desk.tick(60)
    reply(desk, old, "p1.pt", to=("c1",))
    reply(desk, old, "p1.pt", to=("c1",))
    reply(desk, old, "p1.pt")
    done = desk.open(title="Done", service_id=printing)
    desk.give(done, to="p1.alder", by="c1.ct", taker="p1.pt")
    ticket_move(
        ticket_id=done.id, to_state="resolved", text="Toner.", actor=desk.actor("p1.pt"), at=desk.tick(5)
    )
    desk.give(desk.open(title="Came", service_id=printing), to="p1.alder", by="c1.ct", taker="p1.pt")

    # The partner's second technician works for the other client; the first did most of it alone.
    assert told(desk, "p1.pt2", start) == []
    assert told(desk, "p1.pt", start) == [
        ("Came", "came", ["offered"]),
        ("Done", "over", ["offered"]),
    ]
    # What the partner says to itself is no news to the client.
    assert ("Old", "said", ["2 messages"]) in told(desk, "c1.cso", start, for_teams=False)
    assert told(desk, "p2.pm", start, for_teams=False) == []
    assert told(desk, "c1.req", start, for_teams=False) == []
    assert told(desk, "c1.cso", desk.now, for_teams=False) == []


def test_what_the_system_says_again_of_ones_own_step_is_no_news(desk: Desk) -> None:
    survey_settings_set(active=True, every_days=7, own_only=False, actor=desk.actor("c1.cso"), at=desk.tick())
    printing = desk.world.services["c1.printing"].id
    fields = field_set_add(
        values={"name": "Where", "form": "Room | line"}, actor=desk.actor("c1.cso"), at=desk.tick()
    )
    ticket = desk.open(title="Mine", service_id=printing, requester_id=desk.world.people["c1.req"].id)
    desk.give(ticket, to="p1.alder", by="c1.ct", taker="p1.pt")
    desk.give(ticket, to="c1.desk", by="p1.pt", taker="c1.cso")
    start = desk.tick(60)
    boss = desk.actor("c1.cso")
    fields_set(ticket_id=ticket.id, answers={fields.id.hex: {"room": "12"}}, actor=boss, at=desk.tick(5))
    ticket_move(ticket_id=ticket.id, to_state="resolved", text="Toner.", actor=boss, at=desk.tick(5))
    assert told(desk, "c1.cso", start, for_teams=False) == []


def test_what_was_not_looked_through_is_said(desk: Desk, monkeypatch) -> None:
    start = desk.now - timedelta(hours=1)
    for n in range(3):
        desk.open(title=f"Printer {n}")
        desk.tick(1)
    seal_all()
    boss = desk.actor("c1.cso")
    assert not since(boss, start, at=desk.now, for_teams=False).is_cut
    monkeypatch.setattr(since_module, "LOOKED_AT", 2)
    assert since(boss, start, at=desk.now, for_teams=False).is_cut
    monkeypatch.setattr(since_module, "LOOKED_AT", 1_000)
    monkeypatch.setattr(since_module, "SHOWN", 2)
    found = since(boss, start, at=desk.now, for_teams=False)
    assert ([one.row.title for one in found.tickets], found.is_cut) == (["Printer 2", "Printer 1"], True)
    assert {one.matter for one in found.tickets} == {Matter.CAME}


@pytest.mark.django_db
def test_who_comes_back_after_hours_has_been_away_since_they_were_seen(world) -> None:
    person, at = world.people["c1.ct"].id, world.at
    for minutes in (0, 5, 10):
        person_seen(person, at=at + timedelta(minutes=minutes))
    assert away_from(person) is None
    back = at + timedelta(minutes=10, hours=4)
    for minutes in (0, 5, 239):
        person_seen(person, at=back + timedelta(minutes=minutes))
    assert away_from(person) == at + timedelta(minutes=10)


def test_who_works_elsewhere_and_asked_here_is_told_nothing_of_the_desks_work(desk: Desk) -> None:
    start = desk.now - timedelta(hours=1)
    asked = desk.open(title="Mine", by="c1.req")
    reply(desk, asked, "c1.ct")
    both = desk.actor("c1.req")
    elsewhere = GrantFact(desk.world.engagements["c1p2"].id, "technician")
    both = replace(both, sight=replace(both.sight, grants=(*both.sight.grants, elsewhere)))
    seal_all()
    assert load(asked.id, both).ticket == asked
    assert since(both, start, at=desk.now, for_teams=False).tickets == []
    Writing.objects.create(
        ticket=asked,
        person=desk.world.people["c1.ct"],
        organization=desk.world.organization("c1"),
        text="Half a word",
        kept_at=desk.now,
    )
    assert writers_of(asked.id, both, at=desk.now) == []
    assert len(writers_of(asked.id, desk.actor("c1.cso"), at=desk.now)) == 1
