"""The escalation matrix: each side keeps its part, both read who is reached, gaps are found and told, and the ladder asks it."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of
from tests.integration.tickets.test_escalation import LADDER, agree, resolve_of, sweep, told
from typer.testing import CliRunner

from cosource.agreements.rules.terms import MANAGER
from cosource.config.cli import app
from cosource.foundation.clock import now as clock_now
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.ids import NIL
from cosource.foundation.models import AccessLog, Entry, Notice, NoticeChoices
from cosource.foundation.sight import TECHNICIAN
from cosource.parties.models import Absence, Engagement, Grant, IntegrationToken, Membership, Person
from cosource.parties.services.absences import absence_add, absence_call_off
from cosource.parties.services.leaving import employment_end
from cosource.tickets.matrix.queries.on_ticket import reach_of
from cosource.tickets.matrix.queries.parts import WINDOW, matrix_get
from cosource.tickets.matrix.queries.shown import gap_lines, now_of, rows_of
from cosource.tickets.matrix.services.checking import NOTICE, gaps_tell
from cosource.tickets.matrix.services.keeping import part_set
from cosource.tickets.models import MatrixPart
from cosource.tickets.queries.escalation_people import People, Seat
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.major import major_declare

pytestmark = [pytest.mark.django_db, pytest.mark.req("C15")]


def person(desk: Desk, key: str, **more: Any) -> dict[str, Any]:
    return {"is": "person", "id": desk.world.people[key].id.hex} | more


def line(*who: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"direction": "hierarchical", "level": 1, "who": list(who)} | more


def keep(
    desk: Desk, *lines: dict[str, Any], by: str = "c1.cso", side: str = "client", version: int | None = None
) -> MatrixPart:
    return part_set(
        engagement_id=desk.world.engagements["c1p1"].id,
        side=side,
        document=list(lines),
        actor=desk.actor(by),
        at=desk.now,
        expected_version=version,
    )


def reached(desk: Desk, reader: str, *, at: datetime | None = None, **ticket: Any) -> list[list[str]]:
    """Whom a reader finds to be reached now, on the client's side and on the partner's."""
    when = at or desk.now
    matrix = matrix_get(desk.world.actor(reader, at=when), desk.world.engagements["c1p1"].id, at=when)
    asked = {"kind": "incident", "priority": 1} | ticket
    return [[one.name for one in now_of(side, at=when, **asked).reached] for side in matrix.sides]


def away(desk: Desk, key: str, by: str, start: datetime, hours: int) -> Absence:
    return absence_add(
        person_id=desk.world.people[key].id,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        actor=desk.actor(by),
        at=desk.now,
    )


def test_each_side_keeps_its_part_and_both_read_who_is_reached(desk: Desk) -> None:
    Person.objects.filter(pk=desk.world.people["p1.pm"].id).update(phone="+4930111222")
    NoticeChoices.objects.create(person_id=desk.world.people["c1.cso"].id, phone="+4930111333")
    first = keep(
        desk,
        line(
            person(desk, "c1.ct", phone="+49 30 765-43"),
            person(desk, "c1.cso"),
            may=[{"what": "spend", "amount": "5000", "currency": "EUR"}, {"what": "wake_vendor"}],
        ),
    )
    keep(desk, line(person(desk, "p1.pm"), by_phone=True), by="p1.pm", side="partner")
    names = {key: p.name for key, p in desk.world.people.items()}
    for reader in ("c1.cso", "c1.ct", "c1.aud", "p1.pm", "p1.pt"):
        assert reached(desk, reader) == [[names["c1.ct"], names["c1.cso"]], [names["p1.pm"]]]
    matrix = matrix_get(desk.actor("p1.pt"), first.engagement_id, at=desk.now)
    client, partner = (now_of(s, kind="change", priority=5, at=desk.now).reached for s in matrix.sides)
    assert (client[0].phone, client[0].mail) == ("+493076543", "ct@c1.example")
    assert client[0].may == ["spend up to 5000 EUR", "wake the vendor"]
    # The number for one's own notices is nobody else's to read.
    assert client[1].phone == ""
    assert (client[1].why, partner[0].phone) == (f"deputy of {names['c1.ct']}", "+4930111222")
    entry = Entry.objects.get(kind="escalation_matrix.set/1", subject_id=first.id)
    assert desk.readers(entry.id) == {desk.org("c1"), desk.org("p1")}


@pytest.mark.parametrize("reader", ["p2.pm", "p2.pt", "c2.cso", "p3.pm", "c1.req", "emb"])
def test_a_third_party_finds_nothing_of_it(desk: Desk, reader: str) -> None:
    part = keep(desk, line(person(desk, "c1.ct")))
    with pytest.raises(NotFound):
        matrix_get(desk.actor(reader), part.engagement_id, at=desk.now)
    assert not MatrixPart.objects.visible_to(desk.actor(reader)).exists()
    with pytest.raises(NotFound):
        keep_as(desk, reader, part)


def keep_as(desk: Desk, by: str, part: MatrixPart) -> None:
    part_set(
        engagement_id=part.engagement_id,
        side="client",
        document=[],
        actor=desk.actor(by),
        at=desk.now,
        expected_version=None,
    )


def test_who_does_not_lead_the_side_changes_nothing_of_it(desk: Desk) -> None:
    part = keep(desk, line(person(desk, "c1.ct")))
    for by in ("c1.ct", "p1.pm", "p1.pt", "c1.aud"):
        with pytest.raises(NotAllowed):
            keep_as(desk, by, part)
    with pytest.raises(StaleVersion):
        keep(desk, version=0)
    part.refresh_from_db()
    assert (part.version, len(part.document)) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"level": 0}, "line 1, level"),
        ({"who": []}, "line 1, who"),
        ({"kinds": ["fire"]}, "line 1, kinds"),
        ({"priorities": [6]}, "line 1, priorities"),
        ({"hours": {"zone": "Berlin"}}, "line 1, hours"),
        ({"who": [{"is": "contact", "name": "Desk"}]}, "line 1, who 1, phone"),
        ({"who": [{"is": "contact", "name": "Desk", "phone": "123"}]}, "line 1, who 1, phone"),
        ({"may": [{"what": "spend", "amount": "NaN", "currency": "EUR"}]}, "line 1, may 1, amount"),
        ({"colour": "red"}, "line 1"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_place(desk: Desk, wrong: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        keep(desk, line(person(desk, "c1.ct")) | wrong)
    assert list(refused.value.details["fields"]) == [place]
    assert not MatrixPart.objects.exists()


def test_nobody_of_another_party_can_be_named(desk: Desk) -> None:
    for stranger in (person(desk, "p1.pt"), {"is": "duty", "id": desk.world.teams["p1.alder"].id.hex}):
        with pytest.raises(Invalid):
            keep(desk, line(stranger))


def test_absent_people_are_passed_over_for_their_deputies_and_only_their_own_side_reads_why(
    desk: Desk,
) -> None:
    part = keep(desk, line(person(desk, "c1.ct"), person(desk, "c1.cso")))
    absence = away(desk, "c1.ct", "c1.ct", desk.now, 5)
    names = {key: p.name for key, p in desk.world.people.items()}
    assert reached(desk, "p1.pm")[0] == [names["c1.cso"]]
    for reader, passed in (("c1.cso", [(names["c1.ct"], "away")]), ("p1.pm", [])):
        side = matrix_get(desk.actor(reader), part.engagement_id, at=desk.now).sides[0]
        shown = now_of(side, kind="incident", priority=1, at=desk.now).passed
        assert [(one.name, one.why) for one in shown] == passed
    assert not Absence.objects.visible_to(desk.actor("p1.pm")).exists()
    with pytest.raises(NotFound):
        absence_call_off(absence_id=absence.id, actor=desk.actor("p1.pm"), at=desk.now)
    with pytest.raises(NotAllowed):
        away(desk, "c1.cso", "c1.ct", desk.now, 5)
    absence_call_off(absence_id=absence.id, actor=desk.actor("c1.cso"), at=desk.tick())
    with pytest.raises(Conflict):
        absence_call_off(absence_id=absence.id, actor=desk.actor("c1.cso"), at=desk.tick())
    assert reached(desk, "p1.pm")[0] == [names["c1.ct"], names["c1.cso"]]


def test_an_absence_counts_where_it_was_noted_and_of_who_is_placed_without_the_reason(desk: Desk) -> None:
    name, embedded = desk.world.people["p1.emb"].name, desk.world.people["p1.emb"].id
    keep(desk, line(person(desk, "p1.emb")))
    keep(desk, line(person(desk, "p1.emb")), by="p1.pm", side="partner")
    until = desk.now + timedelta(hours=5)
    strange = Absence.objects.create(
        organization_id=desk.org("p2"), person_id=embedded, starts_at=desk.now, ends_at=until
    )
    assert reached(desk, "c1.cso") == [[name], [name]]
    for noted_by, seen in ((desk.org("c1"), [[], [name]]), (desk.org("p1"), [[], []])):
        Absence.objects.filter(pk=strange.id).update(organization_id=noted_by)
        assert reached(desk, "c1.cso") == seen
    side = matrix_get(
        desk.actor("c1.cso"), desk.world.engagements["c1p1"].id, at=desk.now, until=until + WINDOW
    ).sides[0]
    shown = now_of(side, kind="incident", priority=1, at=desk.now).passed
    assert [(one.name, one.why) for one in shown] == [(name, "cannot be asked then")]
    assert {hole.stretch for hole in side.holes(desk.now, until + WINDOW)} == {(desk.now, until)}


def test_who_leaves_is_reached_no_more_and_leaves_a_gap(desk: Desk) -> None:
    part = keep(
        desk,
        line(person(desk, "c1.ct"), priorities=[1]),
        line(person(desk, "c1.cso"), priorities=[2, 3, 4, 5]),
    )
    employment_end(person_id=desk.world.people["c1.ct"].id, actor=desk.actor("c1.cso"), at=desk.tick())
    matrix = matrix_get(desk.actor("c1.cso"), part.engagement_id, at=desk.now, until=desk.now + WINDOW)
    [gap] = gap_lines(matrix.sides[0], matrix.sides[0].holes(desk.now, desk.now + WINDOW))
    assert (gap.tickets, gap.level, gap.first) == (
        "every kind, priority 1",
        0,
        [(desk.now, desk.now + WINDOW)],
    )
    assert gap.why == [f"{desk.world.people['c1.ct'].name}: does not work there any more"]


@pytest.mark.parametrize(("reader", "own"), [("c1.ct", 0), ("p1.pt", 1)])
def test_neither_side_reads_when_people_of_the_other_are_away(desk: Desk, reader: str, own: int) -> None:
    keep(desk, line(person(desk, "c1.ct")))
    keep(desk, line(person(desk, "p1.pm")), by="p1.pm", side="partner")
    now = clock_now()
    for key, party in (("c1.ct", "c1"), ("p1.pm", "p1")):
        away_from, until = now + timedelta(days=3), now + timedelta(days=4)
        Absence.objects.create(
            organization_id=desk.org(party),
            person=desk.world.people[key],
            starts_at=away_from,
            ends_at=until,
        )
    matrix = matrix_get(
        desk.world.actor(reader, at=now), desk.world.engagements["c1p1"].id, at=now, until=now + WINDOW
    )
    assert [bool(side.holes(now, now + WINDOW)) for side in matrix.sides] == [own == 0, own == 1]
    for days, found in (
        (0, [(True, 1), (True, 1)]),
        (2, [(True, 1), (False, 0)]),
        (3.5, [(True, 0), (False, 0)]),
    ):
        at = now + timedelta(days=days, minutes=30)
        shown = [now_of(side, kind="incident", priority=1, at=at) for side in matrix.sides]
        answers = [(one.is_answered, len(one.reached)) for one in shown]
        assert [answers[own], answers[1 - own]] == found
    door = Reader(desk, reader)
    page = f"/tickets/matrix/{desk.world.engagements['c1p1'].id}/"
    assert words_of(door.get(page)).count("nobody at any level") == 1
    later = (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    said = "Whom the other side reaches is answered for now alone."
    asked = words_of(door.get(f"{page}?kind=incident&priority=1&at={later}"))
    assert (asked.count(said), said in words_of(door.get(page))) == (1, False)


def test_programs_read_gaps_and_times_to_come_of_their_own_side_alone(desk: Desk) -> None:
    keep(desk, line(person(desk, "c1.ct"), priorities=[1]))
    keep(desk, line(person(desk, "p1.pm"), priorities=[1]), by="p1.pm", side="partner")
    now = clock_now()
    IntegrationToken.objects.update(expires_at=now + timedelta(days=1))
    program = Client(headers={"host": "localhost", "authorization": f"Bearer {desk.world.secrets['p1']}"})
    api = f"/api/v1/engagements/{desk.world.engagements['c1p1'].id}/escalation"
    gaps = program.get(f"{api}/gaps").json()["gaps"]
    assert {gap["organization_id"] for gap in gaps} == {str(desk.org("p1"))}
    for hours, answered in ((0, [True, True]), (49, [False, True])):
        asked = {"at": (now + timedelta(hours=hours, minutes=30)).isoformat()}
        sides = program.get(api, asked).json()["sides"]
        assert [side["is_answered"] for side in sides] == answered
        assert [bool(side["reached"]) for side in sides] == answered


def test_who_left_and_whose_engagement_ended_is_named_without_number_and_address(desk: Desk) -> None:
    part = keep(desk, line(person(desk, "c1.ct"), person(desk, "c1.cso", phone="+4930765432")))
    leaver = desk.world.people["c1.ct"]
    page = f"/tickets/matrix/{part.engagement_id}/"
    employment_end(person_id=leaver.id, actor=desk.actor("c1.cso"), at=desk.tick())
    Person.objects.filter(pk=leaver.id).update(phone="+4930999888", email="new@elsewhere.example")
    for reader in ("p1.pt", "c1.cso"):
        words = words_of(Reader(desk, reader).get(page))
        assert leaver.name in words
        assert "+4930765432" in words
        assert "+4930999888" not in words
        assert "new@elsewhere.example" not in words
    Engagement.objects.filter(pk=part.engagement_id).update(ends_at=desk.tick())
    side = matrix_get(desk.actor("c1.cso"), part.engagement_id, at=desk.now).sides[0]
    assert [(who.phone, who.mail) for who in rows_of(side)[0].who] == [("", ""), ("", "")]
    now = now_of(side, kind="incident", priority=1, at=desk.now)
    assert [(one.name, one.phone, one.mail) for one in now.reached] == [
        (desk.world.people["c1.cso"].name, "", "")
    ]


def test_the_keepers_are_told_of_a_gap_once(desk: Desk) -> None:
    keep(desk, line(person(desk, "p1.pt")), by="p1.pm", side="partner")
    assert gaps_tell(at=desk.now) == (0, 0)
    away(desk, "p1.pt", "p1.pm", desk.now + timedelta(days=3), 8)
    assert gaps_tell(at=desk.tick()) == (1, 1)
    assert gaps_tell(at=desk.tick(24 * 60)) == (1, 0)
    told_to = set(Notice.objects.filter(kind=NOTICE).values_list("person_id", "organization_id"))
    assert told_to == {(desk.world.people["p1.pm"].id, desk.org("p1"))}
    away(desk, "p1.pt", "p1.pm", desk.now + timedelta(days=20), 8)
    assert gaps_tell(at=desk.tick()) == (2, 1)


def test_the_command_finds_the_gap(desk: Desk) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["escalation", "check"]).exit_code == 0
    hours = {"zone": "UTC", "from": "06:00", "until": "24:00"}
    keep(desk, line({"is": "contact", "name": "Desk", "phone": "+4930765432"}, kinds=["change"], hours=hours))
    answer = runner.invoke(app, ["escalation", "check", "--json"])
    found = json.loads(answer.stdout)
    assert (answer.exit_code, found["parts"]) == (1, 1)
    nightly = [one for one in found["found"] if one["tickets"][0]["kind"] == "change"]
    assert len(nightly) in {56, 57}
    assert {one["level"] for one in nightly} == {0}
    assert "Alder Hospitals" in runner.invoke(app, ["escalation", "check"]).stdout


def test_the_command_lists_to_each_side_what_its_page_does(desk: Desk) -> None:
    keep(desk, line(person(desk, "c1.ct"), hours={"zone": "UTC", "from": "08:00", "until": "18:00"}))
    keep(
        desk,
        line(person(desk, "p1.pt"), hours={"zone": "UTC", "from": "06:00", "until": "20:00"}),
        by="p1.pm",
        side="partner",
    )
    world = desk.world
    owner, partner = (str(desk.org(key)) for key in ("c1", "p1"))
    for name, parties in (
        ("", {owner, partner}),
        (world.people["c1.ct"].email, {owner}),
        (world.people["p1.pm"].email, {partner}),
        (world.organizations["p1"].name, {partner}),
        (owner, {owner}),
        (world.people["p2.pm"].email, set()),
        (world.people["c1.req"].email, set()),
    ):
        asked = CliRunner().invoke(app, ["escalation", "check", "--json", *(["--as", name] if name else [])])
        found = json.loads(asked.stdout)
        assert {one["organization"] for one in found["found"]} == parties, name
        assert (found["parts"], asked.exit_code) == (len(parties), int(bool(parties)))
    noted = AccessLog.objects.filter(object_kind="escalation matrix", organization_id=desk.org("p1"))
    assert noted.count() == 2
    nobody = CliRunner().invoke(app, ["escalation", "check", "--as", "nobody@nowhere.example"])
    assert nobody.exit_code == 2
    assert "nobody@nowhere.example" in nobody.stderr


def test_the_ladder_tells_whom_the_matrix_names_and_else_whoever_leads(desk: Desk) -> None:
    agree(
        desk,
        text_of(KINDS | {"access": 15}, CLIENT_PAUSES.replace("asks: approval", "asks: answer") + LADDER),
    )
    ticket = desk.open(impact=1, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    # The account of p1.pt2 has no right here: a notice to them would tell nobody.
    keep(
        desk,
        line(person(desk, "p1.pt2"), person(desk, "p1.pt"), person(desk, "p1.pm"), kinds=["incident"]),
        by="p1.pm",
        side="partner",
    )
    start = resolve_of(ticket).started_at
    sweep(start + timedelta(minutes=600))
    assert (told(desk, 3), told(desk, 4), told(desk, 5)) == ({"p1.pt"}, {"p1.pm"}, {"c1.cso"})


def test_who_does_not_see_the_ticket_never_takes_the_place_of_whoever_leads(desk: Desk) -> None:
    ticket = desk.open(impact=1, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    office = {"zone": "UTC", "from": "00:00", "until": "24:00", "days": ["sun"]}
    keep(
        desk,
        line(person(desk, "p1.pt"), direction="functional"),
        line(person(desk, "p1.pm"), hours=office),
        by="p1.pm",
        side="partner",
    )
    c1p1, people = desk.world.engagements["c1p1"].id, desk.world.people
    seat = Seat(ticket.id, desk.org("p1"), c1p1, ticket.service_id, True, ticket.kind, ticket.priority)
    monday = desk.now + timedelta(days=(7 - desk.now.weekday()) % 7)
    assert People([seat], monday).of(seat, MANAGER) == [people["p1.pt"].id]
    of_pt = Grant.objects.filter(person=people["p1.pt"], role=TECHNICIAN)
    for narrower in ({"service_ids": [NIL.hex]}, {"service_ids": [], "site_ids": [NIL.hex]}):
        of_pt.update(**narrower)
        assert People([seat], monday).of(seat, MANAGER) == [people["p1.pm"].id]
    of_pt.update(site_ids=[])
    # The right to read all of the engagement is the client's to switch off; without it, whose team has the ticket sees it.
    Engagement.objects.filter(pk=c1p1).update(delegated_rights=[])
    assert People([seat], monday).of(seat, MANAGER) == [people["p1.pt"].id]
    Membership.objects.filter(person=people["p1.pt"]).delete()
    ticket.participations.filter(organization_id=desk.org("p1")).update(assignee_id=None)
    assert People([seat], monday).of(seat, MANAGER) == [people["p1.pm"].id]


def test_a_ticket_without_matrix_costs_nothing_and_one_with_names_who_is_reached(desk: Desk) -> None:
    ticket = desk.open(impact=1, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    statements(desk, "c1.ct", ticket.id)
    plain = statements(desk, "c1.ct", ticket.id)
    assert "Reach now" not in Reader(desk, "c1.ct").page(ticket)
    keep(desk, line(person(desk, "c1.cso", phone="+4930123456")))
    assert statements(desk, "c1.ct", ticket.id) == plain
    for reader in ("c1.ct", "p1.pt"):
        assert (
            f"/tickets/{ticket.id}/reach/"
            in Reader(desk, reader).get(f"/tickets/{ticket.id}/").content.decode()
        )
        words = words_of(Reader(desk, reader).get(f"/tickets/{ticket.id}/reach/"))
        assert "+4930123456" in words
    assert Reader(desk, "p2.pt").get(f"/tickets/{ticket.id}/reach/").status_code == 404


def statements(desk: Desk, reader: str, ticket_id: UUID) -> int:
    actor = desk.actor(reader)
    with CaptureQueriesContext(connection) as found:
        ticket_get(actor=actor, ticket_id=ticket_id, at=desk.now)
    return len(found)


def test_a_second_partner_of_the_ticket_reads_its_own_engagements_part_alone(desk: Desk) -> None:
    ticket = desk.open(impact=1, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    keep(desk, line(person(desk, "c1.cso")))
    keep(desk, line(person(desk, "p1.pm")), by="p1.pm", side="partner")
    assert [one.organization.id for one in reach_of(desk.actor("c1.ct"), ticket.id, at=desk.now).sides] == [
        desk.org("c1"),
        desk.org("p1"),
    ]
    assert reach_of(desk.actor("p2.pt"), ticket.id, at=desk.now).sides == []
    assert not ticket_get(actor=desk.actor("p2.pt"), ticket_id=ticket.id, at=desk.now).has_matrix


def test_a_major_incident_shows_who_decides(desk: Desk) -> None:
    ticket = desk.open(impact=1, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    keep(desk, line(person(desk, "c1.ct"), direction="functional"), line(person(desk, "c1.cso")))
    major_declare(
        ticket_id=ticket.id,
        text="Out.",
        commander_id=desk.world.people["p1.pm"].id,
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
    )
    page = Reader(desk, "p1.pt").get(f"/tickets/{ticket.id}/").content.decode()
    assert page.count(f"/tickets/{ticket.id}/reach/?decides") == 2
    part = Reader(desk, "p1.pt").client.get(
        f"/tickets/{ticket.id}/reach/?decides", headers={"HX-Request": "true"}
    )
    words = words_of(part)
    assert words.index(desk.world.people["c1.cso"].name) < words.index(desk.world.people["c1.ct"].name)


def test_the_page_takes_a_line_shows_its_gap_and_lets_it_go(desk: Desk) -> None:
    boss, other = Reader(desk, "c1.cso"), Reader(desk, "p1.pt")
    base = f"/tickets/matrix/{desk.world.engagements['c1p1'].id}/"
    fields = {
        "direction": "functional",
        "level": "1",
        "priorities": ["1"],
        "when": "then",
        "days": ["mon", "tue"],
        "from_": "08:00",
        "until": "18:00",
        "zone": "Europe/Berlin",
        "region": "DE",
        "who0": f"person:{desk.world.people['c1.ct'].id.hex}",
        "who1": "contact",
        "name1": "Night desk",
        "phone1": "+49 30 555 1234",
        "may": ["major_incident"],
        "amount": "250",
        "currency": "eur",
        "version": "0",
    }
    assert boss.client.post(f"{base}client/new/", fields).status_code == 303
    assert boss.client.post(f"{base}client/new/", fields).status_code == 412
    refused = boss.client.post(f"{base}client/new/", fields | {"version": "1", "phone1": "12"})
    assert refused.status_code == 422
    assert "With the country, as in +49 30 1234567." in refused.content.decode()
    page = words_of(boss.get(base))
    assert "nobody at any level" in page
    assert "every kind, priority 2, 3, 4, 5" in page
    assert "Mon, Tue 08:00–18:00, Europe/Berlin, not on public holidays (DE)" in page
    assert "spend up to 250 EUR" in page
    assert "+49305551234" in words_of(other.get(base))
    assert f"{base}client/l1/" not in other.get(base).content.decode()
    assert other.get(f"{base}client/l1/").status_code == 403
    assert 'value="Night desk"' in boss.get(f"{base}client/l1/").content.decode()
    gone = {"do": "remove", "side": "client", "line": "l1", "version": "1"}
    assert other.client.post(base, gone).status_code == 403
    assert boss.client.post(base, gone).status_code == 303
    assert MatrixPart.objects.get().document == []
    assert Reader(desk, "p2.pm").get(base).status_code == 404


def test_absences_are_noted_on_their_page(desk: Desk) -> None:
    reader, now = Reader(desk, "c1.ct"), clock_now()
    day = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    given = {"do": "away", "person_id": str(desk.world.people["c1.ct"].id), "starts_at": day}
    later = (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    assert reader.client.post("/tickets/matrix/", given | {"ends_at": day}).status_code == 422
    assert reader.client.post("/tickets/matrix/", given | {"ends_at": later}).status_code == 303
    absence = Absence.objects.get()
    assert desk.world.people["c1.ct"].name in words_of(reader.get("/tickets/matrix/"))
    back = reader.client.post("/tickets/matrix/", {"do": "call-off", "id": str(absence.id)})
    assert back.status_code == 303
    absence.refresh_from_db()
    assert absence.starts_at == absence.ends_at
    assert Reader(desk, "c1.req").get("/tickets/matrix/").status_code == 404


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("America/New_York", "", "9999-12-31T23:59"),
        ("Asia/Tokyo", "0001-01-01T00:00", ""),
    ],
)
def test_an_absence_beyond_the_calendar_is_refused(desk: Desk, zone: str, start: str, end: str) -> None:
    whose = desk.world.people["c1.ct"].id
    Person.objects.filter(pk=whose).update(time_zone=zone)
    day = (clock_now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    given = {"do": "away", "person_id": str(whose), "starts_at": start or day, "ends_at": end or day}
    answer = Reader(desk, "c1.ct").client.post("/tickets/matrix/", given)
    assert (answer.status_code, Absence.objects.exists()) == (422, False)
    assert "Between 2000 and 2200." in words_of(answer)
