"""What an organization took out fills an empty installation, and taken out there again it is the same, byte for byte."""

import hashlib
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.databases import Template
from tests.integration.tickets.conftest import Desk
from tests.questions_made import questioned
from typer.testing import CliRunner

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.assets.models import AssetSource
from cosource.assets.queries.assets import asset_find
from cosource.assets.services.assets import asset_add, asset_change
from cosource.assets.services.relations import asset_relate
from cosource.config.cli import app
from cosource.foundation.errors import Conflict, CosourceError, Invalid
from cosource.foundation.exports import export_kinds
from cosource.foundation.ids import NIL
from cosource.foundation.models import AccessLog, Entry, Lease, Restoration, Stream
from cosource.foundation.queries.search import matching_subjects
from cosource.foundation.queries.verification import verify
from cosource.foundation.rules.export import line_digest, manifest_read, manifest_text
from cosource.foundation.services.audience import forget_audiences
from cosource.foundation.services.erasure import payload_erase
from cosource.foundation.services.export_import import export_import
from cosource.foundation.services.exporting import export_make
from cosource.foundation.services.files import file_bring
from cosource.foundation.services.holding import outward_held, outward_release
from cosource.foundation.services.sealing import seal_all, seal_pending
from cosource.foundation.sight import Actor
from cosource.knowledge.queries.articles import ArticleFilter, article_list
from cosource.knowledge.services.articles import article_change, article_publish, article_write
from cosource.metrics.models import FigureQuestion
from cosource.metrics.queries.questions import question_list
from cosource.metrics.services.questions import figure_question_answer
from cosource.parties.models import Organization, Person
from cosource.parties.queries.acting import organization_acting
from cosource.parties.services.absences import absence_add
from cosource.parties.services.duty import shift_add
from cosource.parties.services.engagements import engagement_end
from cosource.parties.services.milestones import milestone_add
from cosource.parties.services.skills import person_skill_set, skill_add
from cosource.parties.services.stages import stage_change_propose
from cosource.tickets.matrix.services.keeping import part_set
from cosource.tickets.models import Handover, Pause, Possession, Ticket
from cosource.tickets.queries.articles import uses_in_tickets
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.routing.services.rule_sets import draft_save
from cosource.tickets.rules.calls import CallRow
from cosource.tickets.services.approving import approval_ask, approval_decide
from cosource.tickets.services.articles import article_use
from cosource.tickets.services.calls import calls_bring
from cosource.tickets.services.canned import canned_save
from cosource.tickets.services.catalog import catalog_item_add
from cosource.tickets.services.changes import freeze_add, plan_set
from cosource.tickets.services.contacts import contact_log
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.effort import effort_log
from cosource.tickets.services.fields import field_set_add, fields_set
from cosource.tickets.services.handover import handover_accept
from cosource.tickets.services.links import ticket_link
from cosource.tickets.services.major import major_declare
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.recurring import recurring_add, recurring_open_due
from cosource.tickets.services.sayings import saying_add
from cosource.tickets.services.surveys import survey_answer, survey_settings_set
from cosource.tickets.services.templates import template_add

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("X4")]

PARTIES = ("c1", "c2", "p1", "p2", "p3")


@pytest.fixture(autouse=True)
def other_databases() -> Iterator[None]:
    """Databases change places under this process, which remembers the audiences of one."""
    forget_audiences()
    yield
    forget_audiences()


def acting(desk: Desk, party: str) -> Actor:
    found = organization_acting(str(desk.org(party)), "test", desk.now)
    assert found is not None
    return found


def taken(desk: Desk, party: str, folder: Path) -> dict[str, bytes]:
    export_make(folder=folder, actor=acting(desk, party), at=desk.now)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write(desk: Desk, ticket: Ticket, by: str, to: list[str], text: str) -> Any:
    """Write something; every other text of many brings a file of its own."""
    files = []
    if text[-2:] in {"1.", "4.", "7."}:
        source = io.BytesIO(text.encode() * 100)
        files = [file_bring(source=source, name=f"Zettel {text}", actor=desk.actor(by), at=desk.now).id]
    return ticket_reply(
        file_ids=files,
        ticket_id=ticket.id,
        text=text,
        party_ids=[desk.org(key) for key in to],
        with_requester=False,
        wider_confirmed=True,
        actor=desk.actor(by),
        at=desk.tick(),
    )


TEAMS = {"c1": ("p1.alder", "p1.pt"), "c2": ("p3.print", "p3.pt")}


def live(desk: Desk, chance: random.Random, steps: int) -> None:
    """Let the parties work at random; what is refused is no part of the story."""
    tickets: dict[str, list[Ticket]] = {"c1": [], "c2": []}
    for number in range(steps):
        house = chance.choice(("c1", "c2"))
        by, (team, partner) = f"{house}.ct", TEAMS[house]
        if house == "c1" and chance.random() < 0.4:
            team, partner = "p2.noc", "p2.pt"
        step = chance.randrange(12)
        if not tickets[house] or step < 3:
            words = chance.choice(("Printer", "Größe 5", "=1+1", "Zeile\u2028zwei", "VPN \U0001f5a8"))
            tickets[house].append(desk.open(by=by, title=f"{words} {number}", text=f"Said by {house}."))
            continue
        ticket = chance.choice(tickets[house])
        try:
            if step < 6:
                desk.give(ticket, team, by, partner)
            elif step == 6:
                desk.give(ticket, f"{house}.desk", partner, by)
            elif step == 7:
                desk.offer(ticket, team, by)
            elif step < 11:
                to = chance.choice(([], [partner[:2]], ["p1", "p2"]))
                write(desk, ticket, by, to, f"Words {number} of {house}.")
                write(desk, ticket, partner, chance.choice(([], [house])), f"An answer {number}.")
            else:
                ticket_move(
                    ticket_id=ticket.id,
                    to_state=chance.choice(("in_progress", "resolved", "closed")),
                    text="So it is.",
                    actor=desk.actor(chance.choice((partner, by))),
                    at=desk.tick(),
                )
        except CosourceError:
            continue


def a_world(desk: Desk, seed: int, steps: int = 40) -> None:
    """Tickets of both clients, a step by a program, a text that was erased, skills; all of it sealed."""
    agree(desk)
    live(desk, random.Random(seed), steps)
    ticket = desk.open(by="c1.ct", title="Erased", text="A zeppelin.")
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    write(desk, ticket, "c1.ct", ["p1"], "A secret that goes.")
    gone = Entry.objects.filter(kind="ticket.message_added/1").latest("id")
    payload_erase(entry_id=gone.id, reason="A name in it", actor=desk.actor("c1.cso"), at=desk.tick())
    token = desk.world.token_actor("p1", at=desk.tick())
    ticket_reply(
        ticket_id=ticket.id,
        text="By a program.",
        party_ids=[desk.org("c1")],
        with_requester=False,
        actor=token,
        at=desk.tick(),
    )
    grow(desk)
    seal_all()


def agree(desk: Desk) -> None:
    """Targets and calendars for both desks and two engagements, confirmed by both sides."""
    for by, engagement, other in (
        ("c1.cso", None, ""),
        ("c2.cso", None, ""),
        ("c1.cso", "c1p1", "p1.pm"),
        ("c2.cso", "c2p3", "p3.pm"),
    ):
        version = quick_start_agreement(
            engagement_id=desk.world.engagements[engagement].id if engagement else None,
            actor=desk.actor(by),
            at=desk.now,
        )
        if other:
            version_confirm(
                version_id=version.id, digest=version.digest, actor=desk.actor(other), at=desk.now
            )


def grow(desk: Desk) -> None:
    """Whatever else the parties keep of each other: skills, a milestone, a stage, questions, an engagement that ended."""
    person = desk.world.people["c1.ct"]
    skill = skill_add(name="Networks", actor=desk.actor("c1.cso"), at=desk.tick())
    person_skill_set(
        person_id=person.id, skill_id=skill.id, level=3, actor=desk.actor("c1.cso"), at=desk.tick()
    )
    key = desk.world.engagements["c1p1"].id
    milestone_add(
        engagement_id=key, name="Build", due_on=desk.now.date(), actor=desk.actor("p1.pm"), at=desk.tick()
    )
    stage_change_propose(
        engagement_id=key,
        to_stage="managed",
        evidence="A year well done.",
        actor=desk.actor("p1.pm"),
        at=desk.tick(),
    )
    shared = desk.world.engagement("c1p1")
    asked = questioned(
        shared, actor=desk.actor("p1.pm"), at=desk.tick(), text="Half of them?", from_on=desk.now.date()
    )
    figure_question_answer(
        question_id=asked.id, text="Two of four.", actor=desk.actor("c1.cso"), at=desk.tick()
    )
    questioned(shared, actor=desk.actor("c1.cso"), at=desk.tick(), text="And here?", by="team")
    know(desk)
    equip(desk)
    plan(desk)
    for by, team in (("c1.cso", "c1.desk"), ("p1.pm", "p1.alder")):
        shift_add(
            team_id=desk.world.teams[team].id,
            person_id=None,
            days=["mon"],
            begins="08:00",
            ends="17:00",
            zone="UTC",
            actor=desk.actor(by),
            at=desk.tick(),
        )
    ended = desk.world.engagement("c1p2")
    engagement_end(engagement_id=ended.id, version=ended.version, actor=desk.actor("c1.cso"), at=desk.tick())
    desk.tick()


def equip(desk: Desk) -> None:
    """Assets of two parties, covered, shown and neither, and what hangs on what."""
    world, about = desk.world, {"actor": desk.actor("c1.ct"), "at": desk.tick()}
    printing, main = world.services["c1.printing"].id, world.sites["c1.main"].id
    printer, server, laptop = (
        asset_add(name=name, kind="hardware", **more, **about)
        for name, more in (
            ("Größe 5", {"service_id": printing, "site_id": main, "bought_on": desk.now.date()}),
            ("=1+1", {"criticality": "vital", "data_class": "health"}),
            ("Laptop", {"used_by_id": world.people["c1.req"].id, "state": "spare"}),
        )
    )
    asset_relate(asset_id=printer.id, kind="runs_on", other_id=server.id, **about)
    asset_relate(asset_id=laptop.id, kind="serves", other_id=server.id, **about)
    AssetSource.objects.create(owner_id=desk.org("c1"), asset=printer, source="Store", key="7")
    asset_change(
        asset_id=laptop.id,
        changes={"shared_in": [world.engagements["c1p1"].id]},
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
    )
    asset_add(name="Spare drum", kind="hardware", actor=desk.actor("p1.pm"), at=desk.tick())


def know(desk: Desk) -> None:
    """Articles of every kind with their versions, and what they helped with."""
    c1p1, c2p1 = (desk.world.engagements[key].id for key in ("c1p1", "c2p1"))
    ticket = desk.open(by="c1.ct", title="Helped")
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    for by, more in (
        ("c1.ct", {"for_requesters": True}),
        ("p1.pt", {"engagement_id": c1p1}),
        ("c1.ct", {"engagement_id": c1p1, "service_id": desk.world.services["c1.printing"].id}),
        ("p1.pm", {"shown_in": [c1p1, c2p1]}),
        ("p1.pt", {}),
    ):
        given: dict[str, Any] = {"title": f"Zeile\u2028zwei of {by}", "text": "A zeppelin dock.\n\n# =1+1"}
        about = {"actor": desk.actor(by), "at": desk.tick()}
        article = article_write(**given, **more, **about)
        article_change(article_id=article.id, changes={"text": "A zeppelin dock, mended."}, **about)
        if more:
            article_publish(article_id=article.id, **about)
            article_change(article_id=article.id, changes={"text": "A dock.", "note": "Shorter"}, **about)
            article_use(ticket_id=ticket.id, article_id=article.id, **about)


def plan(desk: Desk) -> None:
    """A change that both sides approved, a freeze, and what a desk offers."""
    change = desk.open(by="c1.ct", kind="change", title="New firmware")
    desk.give(change, "p1.alder", "c1.ct", "p1.pt")
    about: dict[str, Any] = {"ticket_id": change.id, "actor": desk.actor("p1.pt")}
    window = {"starts_at": desk.now + timedelta(hours=1), "ends_at": desk.now + timedelta(hours=2)}
    plan_set(changes=window, at=desk.tick(), **about)
    saying_add(says="rollback", text="Put the old one back.", at=desk.tick(), **about)
    approval_ask(at=desk.tick(), **about)
    for by in ("p1.pm", "c1.cso"):
        approval_decide(
            ticket_id=change.id, decision="approve", text="", actor=desk.actor(by), at=desk.tick()
        )
    freeze_add(
        name="Quarter end",
        starts_at=desk.now,
        ends_at=desk.now + timedelta(days=1),
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
    )
    incident = desk.open(by="c1.ct", title="All out")
    desk.give(incident, "p1.alder", "c1.ct", "p1.pt")
    major_declare(ticket_id=incident.id, text="All is out.", actor=desk.actor("c1.cso"), at=desk.tick())
    effort_log(
        ticket_id=change.id,
        day=desk.now.date(),
        minutes=30,
        activity="remote",
        cost=Decimal("12.50"),
        currency="EUR",
        text="Read the notes.",
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )
    ticket_link(
        ticket_id=change.id,
        other_id=desk.open(by="c1.ct", title="Jams").id,
        kind="related",
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    both = desk.world.engagements["c1p1"].id
    calls_bring(
        rows=[CallRow("1", desk.now, desk.now, caller="+4930555", technician="Somebody")],
        source="PBX",
        engagement_id=both,
        actor=desk.actor("p1.pm"),
        at=desk.tick(),
    )
    survey_settings_set(active=True, every_days=7, own_only=False, actor=desk.actor("c1.cso"), at=desk.tick())
    asker = desk.world.people["c1.req"].id
    called = contact_log(
        title="Locked out", solved=True, requester_id=asker, actor=desk.actor("c1.ct"), at=desk.tick()
    )
    survey_answer(ticket_id=called.id, score=4, actor=desk.actor("c1.req"), at=desk.tick())
    canned_save(title="Thanks", text="We look at it.", actor=desk.actor("c1.cso"), at=desk.tick())
    kept = template_add(
        values={"name": "Restart", "service_id": desk.world.services["c1.printing"].id, "checklist": "Look"},
        actor=desk.actor("p1.pm"),
        at=desk.tick(),
    )
    calls_bring(
        rows=[CallRow("1", desk.now, abandoned_at=desk.now)],
        source="pbx",
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
    )
    room = field_set_add(
        values={"name": "Where", "form": "Room | line"}, actor=desk.actor("c1.cso"), at=desk.tick()
    )
    answered = desk.open(service_id=desk.world.services["c1.printing"].id)
    fields_set(
        ticket_id=answered.id,
        answers={room.id.hex: {"room": "12"}},
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    recurring_add(
        values={
            "name": "Daily",
            "template_id": kept.id,
            "engagement_id": desk.world.engagements["c1p1"].id,
            "rule": "every day at 08:00",
        },
        actor=desk.actor("p1.pm"),
        at=desk.tick(),
    )
    assert recurring_open_due(at=desk.tick(60 * 24)) == 1
    draft_save(document=[], actor=desk.actor("c1.cso"), at=desk.tick())
    absence_add(
        person_id=desk.world.people["c1.ct"].id,
        starts_at=desk.now,
        ends_at=desk.now + timedelta(days=3),
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    part_set(
        engagement_id=desk.world.engagements["c1p1"].id,
        side="client",
        document=[{"who": [{"is": "person", "id": desk.world.people["c1.ct"].id.hex}]}],
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
        expected_version=0,
    )
    catalog_item_add(
        values={"name": "A laptop", "form": "Model* | choice | Light; Large"},
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
    )


def kinds_that_came_back(desk: Desk, party: str, folder: Path, template: Template) -> set[str]:
    """Take a party's record out, in and out again; return the kinds of record that there were."""
    first = taken(desk, party, folder / party)
    heads = json.loads(first["heads.json"])
    with template.copy():
        done = export_import(folder=folder / party, at=desk.now)
        assert done.record.findings == []
        assert done.record.entries == sum(head["position"] for head in heads["streams"])
        assert taken(desk, party, folder / f"{party} again") == first
        assert (outward_held(), seal_pending()) == (True, 0)
        note = AccessLog.objects.filter(reason="command line: import-export").get()
        assert note.owner_organization_id == desk.org(party)
    return {name for name, one in json.loads(first["manifest.json"])["records"].items() if one["rows"]}


def test_out_in_and_out_again_is_the_same(desk: Desk, tmp_path: Path, database_template: Template) -> None:
    a_world(desk, 1)
    seen = kinds_that_came_back(desk, "c1", tmp_path, database_template)
    seen |= kinds_that_came_back(desk, "p1", tmp_path, database_template)
    assert seen == {kind.name for kind in export_kinds()}


def test_questions_about_figures_come_back_with_their_words(
    desk: Desk, tmp_path: Path, database_template: Template
) -> None:
    agree(desk)
    grow(desk)
    seal_all()
    # What is not sealed yet does not come along: an answer leaves its question open.
    asked = FigureQuestion.objects.get(by="team")
    figure_question_answer(question_id=asked.id, text="Yes.", actor=desk.actor("p1.pm"), at=desk.tick())
    late = questioned(desk.world.engagement("c1p1"), actor=desk.actor("p1.pm"), at=desk.tick(), text="Late?")
    taken(desk, "p1", tmp_path / "p1")
    with database_template.copy():
        export_import(folder=tmp_path / "p1", at=desk.now)
        found, _ = question_list(acting(desk, "p1"))
        assert [(q.asked.text, q.answer.text if q.answer else None) for q in found] == [
            ("And here?", None),
            ("Half of them?", "Two of four."),
        ]
        assert not FigureQuestion.objects.filter(pk=late.pk).exists()


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(20))
def test_so_it_is_for_every_party_of_any_world(
    desk: Desk, tmp_path: Path, database_template: Template, seed: int
) -> None:
    a_world(desk, 100 + seed, steps=150)
    for party in PARTIES:
        kinds_that_came_back(desk, party, tmp_path, database_template)


def test_what_came_in_can_be_worked_with(desk: Desk, tmp_path: Path, database_template: Template) -> None:
    a_world(desk, 3, steps=12)
    ticket = Entry.objects.filter(kind="payload.erased/1").latest("id").subject_id
    offered, waits = desk.open(title="Offered"), desk.open(title="Waits")
    desk.offer(offered, "p1.alder")
    desk.give(waits, "p1.alder", "c1.ct", "p1.pt")
    for to in ("in_progress", "waiting_client"):
        reason = "client_access" if to == "waiting_client" else ""
        ticket_move(
            ticket_id=waits.id,
            to_state=to,
            reason=reason,
            text="Please.",
            actor=desk.actor("p1.pt"),
            at=desk.tick(),
        )
    seal_all()

    def derived() -> list[Any]:
        whose = {"ticket_id__in": [ticket, offered.id, waits.id]}
        held = ("sequence", "organization_id", "team_id", "from_at", "until_at")
        paused = (
            "sequence",
            "turn",
            "turn_organization_id",
            "reason",
            "version_id",
            "asked_by_id",
            "from_at",
            "until_at",
        )
        offers = ("from_team_id", "to_team_id", "reason", "is_return", "offered_at", "offered_by_id")
        states = ("state", "turn", "turn_organization_id", "holder_organization_id", "holder_team_id")
        return [
            list(Possession.objects.filter(**whose).order_by("ticket_id", "sequence").values_list(*held)),
            list(Pause.objects.filter(**whose).order_by("ticket_id").values_list(*paused)),
            list(Handover.objects.filter(**whose, state="offered").values_list(*offers)),
            list(Ticket.objects.filter(id__in=whose["ticket_id__in"]).order_by("id").values_list(*states)),
        ]

    before = derived()
    assert [len(rows) for rows in before[1:3]] == [1, 1]
    taken(desk, "c1", tmp_path / "c1")
    taken(desk, "p1", tmp_path / "p1")
    heads = json.loads((tmp_path / "c1" / "heads.json").read_text())
    forget_audiences()
    with database_template.copy():
        stated = export_import(folder=tmp_path / "c1", at=desk.now).record.stated
        # Only what a program of the partner did, or was said to both partners, cannot be looked into.
        assert 0 < stated < 20
        assert derived() == before
        reader = desk.actor("c1.ct")
        assert matching_subjects("zeppelin", actor=reader, limit=9)[0] == [ticket]
        found = article_list(reader, ArticleFilter(text="dock"), at=desk.now).rows
        assert sorted(row.title.partition(" of ")[2] for row in found) == ["c1.ct", "c1.ct", "p1.pm", "p1.pt"]
        assert [row.name for row in asset_find(reader, "größe")] == ["Größe 5"]
        assert {use.times for use in uses_in_tickets(reader, [row.id for row in found]).values()} == {1}
        assert matching_subjects("secret", actor=reader, limit=9)[0] == []
        page = ticket_get(ticket_id=ticket, actor=reader, at=desk.now)
        texts = [str(line.html) for line in page.conversation.messages if line.html]
        assert any("By a program." in text for text in texts)
        write(desk, Ticket.objects.get(id=ticket), "c1.ct", [], "Written afterwards.")
        opened = desk.open(by="c1.ct", title="Afterwards")
        seal_all()
        assert verify(desk.org("c1"), heads).findings == []
        assert desk.part(opened, "c1").reference not in Path(tmp_path / "c1" / "tickets.jsonl").read_text()
        assert not Person.objects.get(email="ct@c1.example").has_usable_password()
        assert outward_release(at=desk.now) is not None
    forget_audiences()
    with database_template.copy():
        export_import(folder=tmp_path / "p1", at=desk.now)
        page = ticket_get(ticket_id=ticket, actor=desk.actor("p1.pt"), at=desk.now)
        assert any("By a program." in str(line.html) for line in page.conversation.messages)
        handover_accept(ticket_id=offered.id, actor=desk.actor("p1.pt"), at=desk.tick())
        assert desk.part(offered, "p1").holds
        answered = desk.actor("p1.pt")
        ticket_move(ticket_id=waits.id, to_state="in_progress", text="On.", actor=answered, at=desk.tick())
        assert Pause.objects.get(ticket=waits).until_at == desk.now


def refused(folder: Path, at: Any, *, nothing: bool = True) -> str:
    with pytest.raises((Invalid, Conflict)) as refusal:
        export_import(folder=folder, at=at)
    if nothing:
        assert (Entry.objects.count(), Organization.objects.count(), Stream.objects.count()) == (0, 0, 0)
        assert not Restoration.objects.exists()
    return str(refusal.value.message).removeprefix(f"{folder}: ")


def test_what_was_cut_or_changed_is_named_by_file_and_line(
    desk: Desk, tmp_path: Path, database_template: Template
) -> None:
    a_world(desk, 4, steps=12)
    folder = tmp_path / "out"
    files = taken(desk, "c1", folder)
    lines = files["entries.jsonl"].splitlines(keepends=True)
    count = len(lines)
    attached = next(name for name in files if name.startswith("files/"))

    def entries(*changed: bytes) -> dict[str, bytes]:
        return {"entries.jsonl": b"".join(changed)}

    damaged: list[tuple[dict[str, bytes | None], str]] = [
        (
            {**entries(*lines[:6], lines[6].replace(b'"id"', b'"Id"'), *lines[7:])},
            "line 7 of entries.jsonl differs from its digest",
        ),
        ({**entries(*lines[:-1])}, f"entries.jsonl ends after line {count - 1}: {count} were written"),
        ({**entries(*lines[:-1], lines[-1][:-9])}, f"line {count} of entries.jsonl differs from its digest"),
        ({**entries(lines[1], lines[0], *lines[2:])}, "line 1 of entries.jsonl differs from its digest"),
        (
            {**entries(*lines, lines[0])},
            f"line {count + 1} of entries.jsonl is one too many: {count} were written",
        ),
        ({"tickets.csv": files["tickets.csv"] + b"x"}, "tickets.csv differs from its digest"),
        ({"line-digests.txt": b"entries.jsonl 1\n"}, "line-digests.txt differs from its digest"),
        ({"heads.json": None}, "heads.json is missing"),
        ({"tickets.jsonl": None}, "tickets.jsonl is missing"),
        ({attached: files[attached][:-1]}, f"{attached} differs from its digest"),
        ({attached: b"x" * len(files[attached])}, f"{attached} differs from its digest"),
        ({attached: None}, f"{attached} is missing"),
    ]
    with database_template.copy():
        for changes, expected in damaged:
            for name, content in changes.items():
                (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
            assert refused(folder, desk.now) == expected
            for name in changes:
                (folder / name).write_bytes(files[name])
        (folder / "manifest.json").write_bytes(files["manifest.json"].replace(b'"rows": ', b'"rows": 1'))
        assert refused(folder, desk.now).endswith("manifest.json does not agree with its own digest")
        (folder / "manifest.json").write_bytes(files["manifest.json"].replace(b"export/3", b"export/4"))
        assert refused(folder, desk.now).endswith(
            "its form is 'cosource-export/4', and this version reads cosource-export/3"
        )
        (folder / "manifest.json").write_bytes(files["manifest.json"][:50])
        assert refused(folder, desk.now).endswith("manifest.json cannot be read")
        (folder / "manifest.json").unlink()
        assert "holds no finished export" in refused(folder, desk.now)


def rewritten(folder: Path, name: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change records and write every digest anew, as somebody would who knows how."""
    manifest = manifest_read((folder / "manifest.json").read_text())
    path = folder / f"{name}.jsonl"
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    change(records)
    lines = [json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records]
    path.write_bytes(b"".join(lines))
    marks = (folder / "line-digests.txt").read_text().splitlines()
    first = marks.index(f"{name}.jsonl {len(records)}") + 1
    marks[first : first + len(lines)] = [line_digest(line) for line in lines]
    (folder / "line-digests.txt").write_text("".join(f"{mark}\n" for mark in marks))
    digest = hashlib.sha256((folder / "line-digests.txt").read_bytes()).hexdigest()
    files = {**manifest.files, "line-digests.txt": digest}
    (folder / "manifest.json").write_text(manifest_text(replace(manifest, files=files)))


def test_what_an_earlier_version_took_out_comes_in(
    desk: Desk, tmp_path: Path, database_template: Template
) -> None:
    taken(desk, "c1", tmp_path / "c1")

    def earlier(name: str) -> Callable[[list[dict[str, Any]]], None]:
        return lambda records: [record.pop(name, None) for record in records] and None

    rewritten(tmp_path / "c1", "organizations", earlier("shows_writing"))
    rewritten(tmp_path / "c1", "people", earlier("phone"))
    with database_template.copy():
        assert export_import(folder=tmp_path / "c1", at=desk.now).record.findings == []
        assert Organization.objects.get(id=desk.org("c1")).shows_writing == "colleagues"
        assert set(Person.objects.values_list("phone", flat=True)) == {""}


def test_a_forged_export_does_not_come_in(desk: Desk, tmp_path: Path, database_template: Template) -> None:
    """Digests of files and lines are right; what they say is not."""
    a_world(desk, 5, steps=12)
    files = taken(desk, "c1", tmp_path / "whole")
    messages = [
        n
        for n, e in enumerate(map(json.loads, files["entries.jsonl"].splitlines()))
        if (e["payload"] or {}).get("text")
    ]

    def set_in(number: int, **more: Any) -> Callable[[list[dict[str, Any]]], None]:
        return lambda records: records[number].update(more)

    forged: list[tuple[str, Callable[[list[dict[str, Any]]], None], str]] = [
        (
            "entries",
            set_in(messages[0], payload={"text": "Other words."}),
            "the record does not hold: the payload differs from its digest",
        ),
        ("entries", set_in(3, digest="0" * 64), "the record does not hold: the chain is broken"),
        ("tickets", set_in(2, ticket_id="nonsense"), "line 3 of tickets.jsonl cannot be taken in"),
        ("clocks", set_in(0, started_at="yesterday"), "line 1 of clocks.jsonl cannot be taken in"),
        ("teams", lambda records: records[1].pop("name"), "line 2 of teams.jsonl cannot be taken in"),
        ("clocks", set_in(0, version_id=str(NIL)), "its records cannot be taken in"),
    ]
    with database_template.copy():
        for number, (name, change, expected) in enumerate(forged):
            folder = tmp_path / f"forged {number}"
            shutil.copytree(tmp_path / "whole", folder)
            rewritten(folder, name, change)
            assert refused(folder, desk.now).startswith(expected)


def test_only_an_empty_installation_and_a_whole_record_will_do(
    desk: Desk, tmp_path: Path, database_template: Template
) -> None:
    a_world(desk, 6, steps=12)
    taken(desk, "c1", tmp_path / "out")
    export_make(folder=tmp_path / "mine", actor=desk.actor("c1.cso"), at=desk.now)
    message = refused(tmp_path / "out", desk.now, nothing=False)
    assert "is not empty (" in message
    assert "COSOURCE_DATABASE_URL" in message
    with database_template.copy():
        assert "an export of the whole organization" in refused(tmp_path / "mine", desk.now)
        Lease.objects.create(name="sealer", holder="somebody", until=desk.tick(), fence=1)
        assert refused(tmp_path / "out", desk.now) == "A worker runs in this installation: stop it first."
        Lease.objects.all().delete()
        export_import(folder=tmp_path / "out", at=desk.now)
        assert "was filled from a copy already" in refused(tmp_path / "out", desk.now, nothing=False)


def test_who_takes_it_out_is_named_on_the_command_line(desk: Desk, tmp_path: Path) -> None:
    name = desk.world.organizations["c1"].name
    for words, said in (
        (("Nobody at all",), 'There is no one organization named "Nobody at all".'),
        ((name, "--for", name), "--for goes with the address of a person: leave it out."),
        (("nobody@c1.example",), "Nobody acts under the address nobody@c1.example."),
    ):
        done = CliRunner().invoke(app, ["export", str(tmp_path / "none"), "--as", *words])
        assert (done.exit_code, done.stderr) == (2, f"{said}\n")
    seal_all()
    assert CliRunner().invoke(app, ["export", str(tmp_path / "out"), "--as", name]).exit_code == 0
    note = AccessLog.objects.get(object_kind="export")
    assert (note.owner_organization_id, note.actor_kind, note.reason) == (
        desk.org("c1"),
        "system",
        "command line: export",
    )


def test_killed_in_the_middle_nothing_is_there_and_begun_again_all_is(desk: Desk, tmp_path: Path) -> None:
    a_world(desk, 7, steps=12)
    first = taken(desk, "c1", tmp_path / "out")
    data = tmp_path / "other"
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("COSOURCE_", "DJANGO_"))}
    environment = {**clean, "COSOURCE_DATA_DIR": str(data)}

    def cosource(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cosource", *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=240, check=False
        )

    process = subprocess.Popen([sys.executable, "-c", KILLED_INSIDE, str(tmp_path / "out")], env=environment)
    assert process.wait(240) == -signal.SIGKILL
    with sqlite3.connect(data / "cosource.sqlite3") as look:
        for table in ("foundation_entry", "parties_organization", "foundation_restoration"):
            assert look.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    done = cosource("import-export", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "the record holds" in done.stdout
    assert "nothing is sent until `cosource release`" in done.stderr
    done = cosource("export", str(tmp_path / "again"), "--as", desk.world.organizations["c1"].name)
    assert done.returncode == 0, done.stderr
    for name, content in first.items():
        if name not in {"manifest.json", "heads.json"}:  # they say when they were taken
            assert (tmp_path / "again" / name).read_bytes() == content, name


# All rows are in and nothing is committed when the process ends.
KILLED_INSIDE = """
import os, signal, sys, django
from pathlib import Path
os.environ["DJANGO_SETTINGS_MODULE"] = "cosource.config.settings"
django.setup()
from cosource.foundation import clock, exports
from cosource.foundation.services.export_import import export_import
exports.register_intake(9, lambda incoming: os.kill(os.getpid(), signal.SIGKILL))
export_import(folder=Path(sys.argv[1]), at=clock.now())
"""
