"""Suggestions: learned from what one organization reads at one desk, shown with how often they were right, and nobody else's."""

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of

from cosource.foundation.ids import new_id
from cosource.foundation.models import DueWork
from cosource.tickets.models import NEVER, Participation, RoutingModel, Ticket
from cosource.tickets.models.participation import Turn
from cosource.tickets.routing.queries.suggestions import _read, similar_to, suggestions_for, taught
from cosource.tickets.routing.services.learning import desk_learn, lost_learn, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("C24")]
WORDS = {
    "Printing": ["printer", "toner", "paper", "jam", "tray", "scanner", "label", "queue"],
    "Payroll": ["salary", "payslip", "bonus", "hours", "leave", "tax", "refund", "overtime"],
}


@pytest.fixture(autouse=True)
def learned_dir(settings: Any, tmp_path: Path) -> Path:
    settings.LEARNED_DIR = tmp_path
    _read.cache_clear()
    return tmp_path


def write(
    desk: Desk, count: int, *, owner: str = "c1", words: dict[str, list[str]] = WORDS, **more: Any
) -> None:
    """Solved tickets whose words tell their topic, held by one of two teams."""
    random, at = Random(7), desk.now - timedelta(days=30)
    teams = {"Printing": "c1.apps", "Payroll": "c1.desk"}
    tickets, parts = [], []
    for n in range(count):
        topic = random.choice(sorted(words))
        team = desk.world.teams[teams.get(topic, "c1.desk")]
        ticket = Ticket(
            id=new_id(),
            owner=desk.world.organizations[owner],
            title=" ".join(random.sample(words[topic], 4)),
            topic=topic,
            state="closed",
            category="closed",
            impact=2,
            urgency=2,
            priority=3,
            holder_organization=team.organization,
            holder_team=team,
            turn="holder",
            opened_at=at,
            updated_at=at,
            **more,
        )
        tickets.append(ticket)
        parts.append(
            Participation(
                ticket=ticket,
                organization=ticket.owner,
                kind="owner",
                reference=f"{owner.upper()}-{n}",
                owner_id=ticket.owner_id,
                internal=ticket.internal,
                category="closed",
                open=False,
                turn=Turn.NOBODY,
                priority=3,
                next_due_at=NEVER,
                opened_at=at,
                updated_at=at,
            )
        )
    Ticket.objects.bulk_create(tickets)
    Participation.objects.bulk_create(parts)


def learn(desk: Desk, key: str = "c1") -> RoutingModel:
    return desk_learn(organization_id=desk.org(key), desk=desk.org(key), at=desk.tick())


def ask(desk: Desk, key: str = "c1.ct", title: str = "Printer eats paper", engagement: str = "") -> Any:
    engagement_id = desk.world.engagements[engagement].id if engagement else None
    return suggestions_for(desk.actor(key), engagement_id=engagement_id, title=title, text="toner everywhere")


def test_topic_team_and_similar_tickets_are_suggested_with_their_measure(desk: Desk) -> None:
    write(desk, 400)
    model = learn(desk)
    assert {name: m["held_out"] for name, m in model.measured.items()} == {"topic": 80, "team": 80}
    assert model.measured["topic"]["right"] == 80

    found = ask(desk)
    assert [(s.value, s.percent) for s in found.topics] == [("Printing", 100), ("Payroll", 100)]
    assert found.teams[0].value == str(desk.world.teams["c1.apps"].id)
    assert all(
        "paper" in row.title or "printer" in row.title or "toner" in row.title for row in found.similar
    )
    assert len(found.similar) == 5


def test_below_the_threshold_nothing_is_learned_or_suggested(desk: Desk, learned_dir: Path) -> None:
    write(desk, 199)
    model = learn(desk)
    assert (model.digest, list(learned_dir.iterdir())) == ("", [])
    assert (ask(desk).topics, ask(desk).similar) == ([], [])
    assert taught(desk.actor("c1.ct"))[0].lacks == (199, 200)


def test_internal_tickets_teach_nothing(desk: Desk) -> None:
    write(desk, 300, internal=True)
    assert learn(desk).tickets == 0


def test_the_same_tickets_make_the_same_file_and_the_old_one_goes(desk: Desk, learned_dir: Path) -> None:
    write(desk, 250)
    first = learn(desk).digest
    assert learn(desk).digest == first
    write(desk, 20, words={"Printing": ["stapler", "staples", "stuck", "stationery"]})
    second = learn(desk).digest
    assert first != second
    assert [f.name for f in learned_dir.iterdir()] == [f"{second}.npz"]


def test_what_others_have_changes_no_byte_of_what_is_learned(desk: Desk) -> None:
    """Two worlds that differ in another client's tickets: one file, one answer."""
    write(desk, 250)
    before, said = learn(desk).digest, ask(desk)
    write(desk, 250, owner="c2", words={"Secret": ["quetzal", "printer", "tundra", "lichen"]})
    learn(desk, "c2")
    assert learn(desk).digest == before
    assert ask(desk) == said
    assert "quetzal" not in _read(before).terms


@pytest.mark.parametrize("key", ["c2.ct", "p1.pt", "c1.req", "emb"])
def test_who_does_not_work_at_the_whole_desk_gets_none(desk: Desk, key: str) -> None:
    write(desk, 250)
    learn(desk)
    found = ask(desk, key)
    assert (found.topics, found.teams, found.similar, found.tickets) == ([], [], [], 0)


def test_a_lost_or_changed_file_is_not_read_and_is_learned_anew(desk: Desk) -> None:
    write(desk, 250)
    model = learn(desk)
    path = path_of(model.digest)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    _read.cache_clear()
    found = ask(desk)
    assert (found.topics, found.lost) == ([], model)
    for _again in range(2):
        lost_learn(model=found.lost, at=desk.now)
    assert DueWork.objects.filter(kind="routing.learn").count() == 1
    learn(desk)
    assert ask(desk).topics


def test_similar_tickets_stand_beside_one_and_only_those_in_sight(desk: Desk) -> None:
    write(desk, 250)
    ticket = desk.open(title="Printer jam in tray, toner low")
    learn(desk)
    found = similar_to(desk.actor("c1.ct"), ticket.id)
    assert len(found.similar) == 5
    assert ticket.id not in {row.id for row in found.similar}
    reader = Reader(desk, "c1.ct")
    assert found.similar[0].title in words_of(reader.get(f"/tickets/{ticket.id}/similar/"))
    Participation.objects.filter(ticket_id=found.similar[0].id).update(
        organization=desk.world.organizations["c2"]
    )
    left = similar_to(desk.actor("c1.ct"), ticket.id).similar
    assert found.similar[0].id not in {row.id for row in left}


def test_the_form_of_a_new_ticket_asks_and_fills_nothing_in(desk: Desk) -> None:
    write(desk, 250)
    learn(desk)
    reader = Reader(desk, "c1.ct")
    answer = reader.client.post(
        "/tickets/suggest/", {"desk": "own", "title": "Printer without paper", "text": "toner"}
    )
    said = words_of(answer)
    assert "Printing 100 %" in said
    assert "Learned from 250 past tickets of this desk" in said
    assert b'data-fill="topic" data-value="Printing"' in answer.content
    assert Ticket.objects.filter(title="Printer without paper").count() == 0
    assert "topic: 100.0 % right for 50 of 50 held out" in words_of(
        Reader(desk, "c1.cso").get("/tickets/routing/")
    )
