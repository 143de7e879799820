"""The demo's world: built once, found again, and full of things to do for everybody whom it names."""

import lzma
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from django.db.models import F
from tests.access.fingerprint import fingerprint

from cosource.assets.models import Asset
from cosource.config import demo
from cosource.config.demo import LOG, MAPPING, SHOWN, log_path, welcome
from cosource.config.demo_articles import articles_play, articles_script
from cosource.config.demo_assets import assets_play
from cosource.config.demo_calls import calls_play
from cosource.config.demo_matrix import matrix_play
from cosource.config.demo_replies import replies_play
from cosource.config.demo_rules import rules_play
from cosource.config.demo_tickets import ago, script, tickets_play
from cosource.config.demo_world import (
    BRIGHTLINE,
    BY_KEY,
    HARBOUR,
    KESTREL,
    PASSWORD,
    SOUTHMOOR,
    world_build,
    world_open,
)
from cosource.foundation.models import Entry
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.sealing import seal_all
from cosource.foundation.sight import system_actor
from cosource.knowledge.queries.articles import ArticleFilter, article_list
from cosource.parties.models import Engagement, Person
from cosource.parties.queries.sight import actor_for_person, hats_of
from cosource.parties.services.organizations import organization_create
from cosource.tickets.matrix.queries.parts import WINDOW, matrix_get
from cosource.tickets.matrix.queries.shown import gap_lines
from cosource.tickets.models import Call, Contact, Escalation, Handover, Participation, Survey, Ticket
from cosource.tickets.queries.canned import canned_list
from cosource.tickets.queries.escalation_audit import escalations_audit
from cosource.tickets.queries.today import tickets_day

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 18, 11, 0, tzinfo=UTC)


def test_the_world_is_built_once_and_found_again(db):
    assert world_open() is None
    built = world_build(NOW)
    found = world_open()
    assert found is not None
    assert found.people == built.people
    assert found.engagements == built.engagements
    assert built.teams.items() <= found.teams.items()
    assert set(found.engagements) == {(HARBOUR, BRIGHTLINE), (HARBOUR, KESTREL), (SOUTHMOOR, BRIGHTLINE)}
    assert all(Person.objects.get(email=person.email).check_password(PASSWORD) for person in BY_KEY.values())
    stages = dict(Engagement.objects.filter(ends_at__isnull=True).values_list("name", "stage"))
    assert stages["Workplace and print"] == "managed"
    omar = Person.objects.get(email=BY_KEY["omar"].email)
    assert [(hat.organization_name, hat.as_host) for hat in hats_of(omar.id, NOW)] == [
        (BRIGHTLINE, False),
        (HARBOUR, True),
    ]


def test_two_tickets_go_by_the_rules_of_both_parties(db):
    world = world_build(NOW)
    assert rules_play(world, NOW) == 2
    matrix_play(world, NOW)
    here = world.engagements[HARBOUR, BRIGHTLINE]
    client = matrix_get(world.actor("ruth", NOW), here, at=NOW, until=NOW + WINDOW).sides[0]
    partner = matrix_get(world.actor("maya", NOW), here, at=NOW, until=NOW + WINDOW).sides[1]
    gaps = gap_lines(client, client.holes(NOW, NOW + WINDOW))
    assert [(gap.tickets, gap.level) for gap in gaps] == [
        ("every kind, priority 3, 4, 5", 0),
        ("every kind, priority 1, 2", 1),
    ]
    assert partner.holes(NOW, NOW + WINDOW) == []
    printer, pump = Ticket.objects.order_by("title").reverse()
    assert (printer.holder_team_id, printer.assignee_id) == (
        world.teams[BRIGHTLINE, "Print"],
        world.people["lena"],
    )
    assert (pump.holder_team_id, pump.assignee_id) == (
        world.teams[HARBOUR, "Medical devices"],
        world.people["nadia"],
    )
    why = Entry.objects.filter(kind="ticket.routed/1", subject_id=printer.id).order_by("occurred_at")
    assert [entry.facts["place"] for entry in why] == [3, 1]


def test_the_inventory_is_the_clients_and_each_partner_sees_what_it_looks_after(db):
    world = world_build(NOW)
    assert assets_play(world, NOW) == Asset.objects.count() == 42
    seen = {key: Asset.objects.visible_to(world.actor(key, NOW)) for key in ("ruth", "maya", "ines", "grace")}
    assert seen["ruth"].count() == 42
    assert set(seen["maya"].values_list("service__name", flat=True)) == {
        "Workplace",
        "Printing",
        "Clinical applications",
    }
    assert set(seen["ines"].values_list("service__name", flat=True)) == {"Network", "Servers"}
    assert not seen["grace"].exists()
    assert seen["maya"].count() + seen["ines"].count() == 42


def test_other_peoples_data_are_left_alone(db):
    organization_create(
        name="Somebody",
        time_zone="UTC",
        leads_as="service_owner",
        person_name="Some Body",
        person_email="some@body.example",
        password=PASSWORD,
        actor=system_actor(reason="first run"),
        at=NOW,
    )
    with pytest.raises(LookupError, match="Somebody"):
        world_open()


def test_some_forty_tickets_in_every_situation(db):
    world = world_build(NOW)
    assert tickets_play(world, NOW) == len(script()) == 41
    tickets = Ticket.objects.all()
    assert tickets.count() == tickets.filter(demo=True).count() == 41
    states = Counter(tickets.values_list("state", flat=True))
    assert set(states) == {
        "new",
        "in_progress",
        "waiting_requester",
        "waiting_client",
        "waiting_partner",
        "resolved",
        "closed",
        "cancelled",
    }
    parts = Participation.objects.all()
    assert parts.filter(unanswered=True).count() >= 4
    assert parts.filter(came_back=True, open=True).count() >= 3
    assert parts.filter(joint=True).exists()
    assert parts.filter(open=True, next_due_at__lt=NOW).exists()
    assert parts.filter(open=True, next_due_at__gt=NOW, next_due_at__lt=NOW + timedelta(hours=2)).exists()
    assert parts.filter(internal=True).count() == 1
    assert Handover.objects.filter(state="declined").exists()
    assert not tickets.filter(opened_at__gt=NOW).exists()
    for key in ("ruth", "tom", "lena", "ben", "ines", "ana", "grace", "paul"):
        actor = world.actor(key, NOW)
        assert tickets_day(actor, NOW, for_teams=True).waiting, key
    # A partner with two clients sees both, the clients nothing of each other.
    maya = world.actor("maya", NOW)
    assert set(Participation.objects.visible_to(maya).values_list("owner_id", flat=True)) == {
        world.organizations[HARBOUR],
        world.organizations[SOUTHMOOR],
    }
    omar = actor_for_person(
        Person.objects.get(pk=world.people["omar"]), organization_id=world.organizations[HARBOUR], at=NOW
    )
    assert Participation.objects.visible_to(omar).exists()
    came = Escalation.objects.filter(state=Escalation.State.RAISED)
    assert came.exists()
    assert not came.exclude(raised_at=F("due_at")).exists()
    assert escalations_audit(at=NOW).findings == ()
    seal_all()
    assert verify(world.organizations[HARBOUR]).findings == []


def test_the_terminal_says_where_and_as_whom():
    words = welcome("http://127.0.0.1:8000")
    assert "http://127.0.0.1:8000" in words
    assert PASSWORD in words
    assert all(BY_KEY[key].email in words for key in SHOWN)
    assert log_path().name == "servicenow-incidents.csv.xz"


def test_the_script_is_in_order():
    for ticket in script():
        moments = [ago(ticket["ago"]), *(ago(step["ago"]) for step in ticket["steps"])]
        assert moments == sorted(moments, reverse=True), ticket["title"]
        assert len(set(moments)) == len(moments), ticket["title"]


def test_what_is_known_is_written_down_and_helped(db):
    world = world_build(NOW)
    tickets_play(world, NOW)
    assert articles_play(world, NOW) == len(articles_script()) == 7

    def shown(key: str, view: str = "published") -> dict[str, int]:
        rows = article_list(world.actor(key, NOW), ArticleFilter(view), at=NOW).rows
        return {row.title.split()[0]: row.use.times if row.use else 0 for row in rows}

    own = {"Choose": 2, "My": 1}
    assert shown("tom") == own | {"Printers": 2, "Remote": 1, "Label": 1}
    assert shown("lena") == {"Printers": 2, "Label": 1, "How": 0}
    assert shown("ines") == {"Remote": 1}
    assert (shown("elena"), shown("priya")) == ({"Choose": 0, "My": 1}, {"Choose": 2, "My": 0})
    assert shown("walter") == own | {"Printers": 2, "Remote": 1}
    assert shown("grace") == {}
    assert shown("nadia", "drafts") == {"Lending": 0}


def test_each_party_has_its_own_replies_ready(db):
    world = world_build(NOW)
    assert replies_play(world, NOW) == 4

    def ready(key: str) -> list[str]:
        return [reply.title for reply in canned_list(world.actor(key, NOW))]

    assert ready("tom") == ["Does it work for you?", "We are at it"]
    assert ready("lena") == ["Access needed", "Printer: first steps"]
    assert ready("elena") == ready("walter") == ready("grace") == []


def test_the_demos_telephone_rings(db):
    world = world_build(NOW)
    assert calls_play(world, NOW) == 420
    assert Call.objects.filter(demo=True).count() == 420
    assert sorted(Contact.objects.values_list("channel", "solved")) == [("phone", True), ("walk_up", False)]
    assert Survey.objects.get().score == 5


@pytest.mark.django_db(transaction=True)
def test_a_demo_is_made_ready_once_and_the_next_start_changes_nothing(tmp_path, monkeypatch, settings):
    carried = log_path()
    with lzma.open(carried, "rt", encoding="utf-8") as log:
        lines = list(islice(log, 61))
    (tmp_path / LOG).write_bytes(lzma.compress("".join(lines).encode()))
    (tmp_path / MAPPING).write_bytes(carried.with_name(MAPPING).read_bytes())
    monkeypatch.setattr(demo, "log_path", lambda: tmp_path / LOG)
    settings.SPOOL_DIR = tmp_path
    demo.prepare()
    assert Ticket.objects.filter(import_id__isnull=False).exists()
    assert Ticket.objects.filter(demo=True).count() >= len(script())
    made = fingerprint()
    demo.prepare()
    changed = {table for table, digest in fingerprint().items() if digest != made[table]}
    assert changed <= {"foundation_lease"}
