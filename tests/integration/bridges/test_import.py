"""Bringing a foreign log in: what becomes of its tickets, who sees what of them, and that doing it again changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.bridges.log import HEADING, MAPPING, bring_in, line, quiet, story

from cosource.bridges.models import Import, ImportProblem
from cosource.bridges.reading.tickets import survey
from cosource.bridges.services.import_run import import_rehearse, import_stop
from cosource.bridges.services.preparing import import_plan
from cosource.foundation.errors import Conflict, Invalid, NotAllowed
from cosource.foundation.models import AudienceReader, Entry, Payload
from cosource.foundation.services.sealing import seal_all
from cosource.parties.models import EngagementTeam, Organization, Service, Site, Team
from cosource.tickets.models import (
    Message,
    Participation,
    Pause,
    Possession,
    SeriesCounter,
    StatedFigures,
    Ticket,
    TicketReference,
)
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.moving import ticket_move

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
LINE = "ticket.source_line/1"


def cso(world):
    return world.actor("c1.cso", LATER)


def hour(number: int, minute: int = 0) -> datetime:
    return datetime(2024, 3, 1, number, minute, tzinfo=UTC)


def readers_of(entry: Entry) -> set[str]:
    ids = AudienceReader.objects.filter(audience_id=entry.audience_id).values_list(
        "organization_id", flat=True
    )
    return set(Organization.objects.filter(id__in=list(ids)).values_list("name", flat=True))


def state_of_everything() -> tuple[int, ...]:
    """Counts and versions of all that an import writes."""
    tables = (
        Ticket,
        TicketReference,
        Participation,
        Possession,
        Pause,
        StatedFigures,
        Message,
        Team,
        Site,
        Service,
    )
    versions = sum(Ticket.objects.values_list("version", flat=True))
    lines = Entry.objects.filter(kind__in=(LINE, "ticket.source_names/1")).count()
    return (*(table._default_manager.count() for table in tables), versions, lines)


def test_a_ticket_has_its_last_lines_values_and_its_whole_history(world, tmp_path):
    before = (
        SeriesCounter.objects.filter(series_id=world.organizations["c1"].id)
        .values_list("last", flat=True)
        .first()
    )
    text = HEADING + "".join(
        (
            line(
                id="T1",
                state="New",
                at="2024-03-01 08:00",
                seq=0,
                group="Desk",
                prio="low",
                caller="Ms Caller",
            ),
            line(id="T1", state="Awaiting caller", at="2024-03-01 09:00", seq=1, group="W1", prio="high"),
            line(
                id="T1", state="Active", at="2024-03-01 11:00", seq=2, group="?", service="Mail", site="North"
            ),
            line(
                id="T1",
                state="Closed",
                at="2024-03-01 12:30",
                seq=3,
                group="Desk",
                closed="2024-03-01 12:00",
                resolved="2024-03-01 11:30",
                hops=7,
                prio="high",
                service="Mail",
                site="North",
                sla="yes",
                code="C1",
                closer="Mr Closer",
            ),
        )
    )
    row = bring_in(tmp_path, text, cso(world), LATER)

    assert (row.state, row.rows_read, row.rows_kept, row.rows_known, row.tickets_written) == (
        "done",
        4,
        4,
        0,
        1,
    )
    ticket = Ticket.objects.get(source_key="T1")
    assert (ticket.title, ticket.state, ticket.category, ticket.stated_state) == (
        "Printer is silent",
        "closed",
        "closed",
        "Closed",
    )
    assert (ticket.priority, ticket.impact, ticket.urgency, ticket.topic) == (1, 2, 2, "Printing")
    assert (ticket.opened_at, ticket.closed_at) == (hour(8), hour(12))
    assert ticket.holder_organization_id == world.organizations["c1"].id
    assert (ticket.handovers, ticket.returns, ticket.import_id, ticket.demo) == (2, 1, row.id, False)
    held = (
        Possession.objects.filter(ticket=ticket)
        .order_by("sequence")
        .values_list("organization__name", "team__name", "from_at", "until_at")
    )
    assert list(held) == [
        ("Alder Hospitals", "Old desk", hour(8), hour(9)),
        ("Cedar Desk", "Old workplace W1", hour(9), hour(11)),
        (None, None, hour(11), hour(12)),
    ]
    pause = Pause.objects.get(ticket=ticket)
    assert (pause.turn, pause.reason, pause.version_id) == ("requester", "An answer", None)
    assert (pause.from_at, pause.until_at) == (hour(9), hour(11))
    stated = StatedFigures.objects.get(ticket=ticket)
    assert (stated.resolved_at, stated.closed_at, stated.reassignments) == (hour(11, 30), hour(12), 7)
    assert (stated.sla_met, stated.kept) == (True, {"code": "C1"})
    references = dict(TicketReference.objects.filter(ticket=ticket).values_list("series_id", "text"))
    assert references == {
        world.organizations["c1"].id: f"AH-{(before or 0) + 1}",
        world.engagements["c1p1"].id: "CED-1",
    }
    parts = {
        p.organization.name: p
        for p in Participation.objects.filter(ticket=ticket).select_related("organization")
    }
    assert set(parts) == {"Alder Hospitals", "Cedar Desk"}
    owner, worker = parts["Alder Hospitals"], parts["Cedar Desk"]
    assert (owner.kind, owner.holds, owner.open, owner.came_back) == ("owner", True, False, True)
    assert (worker.kind, worker.holds, worker.came_back) == ("worker", False, True)
    assert worker.team_id == Team.objects.get(name="Old workplace W1").id


def test_each_line_is_one_entry_with_names_apart(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "Desk W1"), cso(world), LATER)
    entries = list(Entry.objects.filter(kind=LINE).order_by("occurred_at", "source_seq"))
    assert [(e.occurred_at, e.source_seq, e.recorded_at) for e in entries] == [
        (hour(8), 0, LATER),
        (hour(9), 1, LATER),
        (hour(10, 30), 2, LATER),
    ]
    assert entries[1].facts["holder"] == world.organizations["p1"].id.hex
    assert (entries[1].facts["state"], entries[1].facts["source_state"]) == ("in_progress", "Active")
    assert entries[2].facts["kept"] == {"code": "fixed"}
    said = str([e.facts for e in entries])
    for name in ("Ms Caller", "hand of", "author at", "Mr Closer", "Printer"):
        assert name not in said
    last = Payload.objects.get(entry=entries[2]).body
    assert last["people"] == {"closer": "Mr Closer"}
    first = Payload.objects.get(entry=entries[0]).body
    assert (first["title"], first["requester"], first["assignee"]) == (
        "Printer is silent",
        "Ms Caller",
        "hand of Desk",
    )


@pytest.mark.req("C14")
def test_no_partner_learns_of_another_from_a_line(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "Desk W1 - N1 Desk"), cso(world), LATER)
    entries = list(
        Entry.objects.filter(kind=LINE).order_by("occurred_at", "source_seq").select_related("payload")
    )
    both = {"Alder Hospitals", "Cedar Desk", "Dogwood Networks"}
    assert [readers_of(e) for e in entries] == [
        both,
        {"Alder Hospitals", "Cedar Desk"},
        both,
        {"Alder Hospitals", "Dogwood Networks"},
        both,
        both,
    ]
    for entry in entries:
        if readers_of(entry) == both:
            # Who wrote a line may be of a third party: it is said to the owner alone.
            assert not {"author", "people"} & set(entry.payload.body)
    assert "assignee" not in entries[2].payload.body
    apart = Entry.objects.get(kind="ticket.source_names/1")
    assert readers_of(apart) == {"Alder Hospitals"}
    assert {said["author"] for said in apart.payload.body["lines"] if "author" in said} == {
        "author at Desk",
        "author at -",
    }
    described = Message.objects.filter(kind="description")
    assert {frozenset(readers_of(Entry.objects.get(id=m.id))) for m in described} == {frozenset(both)}


def test_a_partner_that_never_reads_the_first_line_still_reads_what_it_is_about(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "W1 N1"), cso(world), LATER)
    told = {
        frozenset(readers_of(Entry.objects.get(id=m.id))): Payload.objects.get(entry_id=m.id).body["title"]
        for m in Message.objects.filter(kind="description")
    }
    assert told == {
        frozenset({"Alder Hospitals", "Cedar Desk"}): "Printer is silent",
        frozenset({"Alder Hospitals", "Dogwood Networks"}): "Printer is silent",
    }


@pytest.mark.req("C10")
def test_a_list_filters_what_came_back(world, tmp_path):
    bring_in(
        tmp_path,
        HEADING + story("T1", "Desk W1 Desk") + story("T2", "Desk W1") + story("T3", "W1 N1 W1"),
        cso(world),
        LATER,
    )
    filters = TicketFilter(state="all", flag="came_back")
    rows = ticket_list(actor=cso(world), filters=filters, at=LATER).rows
    assert {Ticket.objects.get(id=r.id).source_key for r in rows} == {"T1", "T3"}
    # The other partner had it once, and is not told that it went to and fro between others.
    network = ticket_list(actor=world.actor("p2.pm", LATER), filters=filters, at=LATER).rows
    assert network == []


@pytest.mark.req("X5")
def test_bringing_a_file_in_twice_changes_nothing(world, tmp_path):
    text = HEADING + story("T1", "Desk W1 N1") + story("T2", "Desk")
    bring_in(tmp_path, text, cso(world), LATER)
    once = state_of_everything()
    again = bring_in(tmp_path, text, cso(world), LATER + timedelta(days=1))
    assert state_of_everything() == once
    assert (again.rows_read, again.rows_kept, again.rows_known, again.tickets_written) == (6, 0, 6, 0)


def test_lines_that_came_since_extend_a_ticket(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "Desk W1", closed=False), cso(world), LATER)
    ticket = Ticket.objects.get(source_key="T1")
    assert (ticket.category, ticket.closed_at, ticket.holder_organization_id) == (
        "open",
        None,
        world.organizations["p1"].id,
    )
    # The newer export holds the later lines alone.
    more = line(id="T1", state="Active", at="2024-03-01 10:00", seq=2, group="N1") + line(
        id="T1", state="Closed", at="2024-03-01 11:00", seq=3, group="Desk", closed="2024-03-01 11:00"
    )
    row = bring_in(tmp_path, HEADING + more, cso(world), LATER + timedelta(days=1), name="newer.csv")
    assert (row.rows_kept, row.rows_known, row.tickets_written, row.tickets_extended) == (2, 0, 0, 1)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.closed_at, ticket.version) == ("closed", hour(11), 2)
    assert (ticket.handovers, ticket.returns) == (3, 1)
    held = (
        Possession.objects.filter(ticket=ticket)
        .order_by("sequence")
        .values_list("organization__name", "from_at")
    )
    assert list(held) == [
        ("Alder Hospitals", hour(8)),
        ("Cedar Desk", hour(9)),
        ("Dogwood Networks", hour(10)),
    ]
    newcomer = Participation.objects.get(ticket=ticket, organization=world.organizations["p2"])
    assert (newcomer.kind, newcomer.reference, newcomer.open) == ("worker", "DOG-1", False)
    # It reads what the ticket is about with the first line that it reads.
    entry = Entry.objects.get(kind=LINE, occurred_at=hour(10))
    assert Payload.objects.get(entry=entry).body["title"] == "Printer is silent"


def test_a_longer_export_of_the_same_ticket_adds_only_its_new_lines(world, tmp_path):
    short = HEADING + story("T1", "Desk W1", closed=False)
    bring_in(tmp_path, short, cso(world), LATER)
    row = bring_in(tmp_path, HEADING + story("T1", "Desk W1"), cso(world), LATER, name="longer.csv")
    assert (row.rows_known, row.rows_kept) == (2, 1)
    assert Entry.objects.filter(kind=LINE).count() == 3


def test_what_is_worked_on_here_keeps_its_state(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "Desk", closed=False), cso(world), LATER)
    ticket = Ticket.objects.get(source_key="T1")
    ticket_move(ticket_id=ticket.id, to_state="resolved", text="Done here.", actor=cso(world), at=LATER)
    row = bring_in(
        tmp_path,
        HEADING + story("T1", "Desk W1", closed=False),
        cso(world),
        LATER + timedelta(days=1),
        name="newer.csv",
    )
    ticket.refresh_from_db()
    assert ticket.state == "resolved"
    assert row.rows_kept == 1
    assert [p.code for p in row.problems.all()] == ["worked-here"]


def test_an_open_imported_ticket_is_worked_on_like_any_other(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "Desk", closed=False), cso(world), LATER)
    ticket = Ticket.objects.get(source_key="T1")
    ticket_hand_over(
        ticket_id=ticket.id,
        to_team_id=world.teams["p1.alder"].id,
        reason="skill",
        text="Yours.",
        actor=cso(world),
        at=LATER,
    )
    handover_accept(ticket_id=ticket.id, actor=world.actor("p1.pt", LATER), at=LATER)
    ticket.refresh_from_db()
    assert ticket.holder_organization_id == world.organizations["p1"].id


def test_a_ticket_of_another_source_with_the_same_number_is_another_ticket(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "Desk"), cso(world), LATER)
    other = MAPPING.replace('name = "Old desk"\n', 'name = "Older desk"\n', 1)
    bring_in(tmp_path, HEADING + story("T1", "W1"), cso(world), LATER, name="older.csv", mapping=other)
    assert Ticket.objects.filter(source_key="T1").count() == 2


def test_two_owners_may_bring_in_the_same_file(world, tmp_path):
    text = HEADING + story("T1", "Desk W1")
    bring_in(tmp_path, text, cso(world), LATER)
    mapping = MAPPING.replace("Alder Hospitals", "Birch Rail").replace(
        '[parties.dogwood]\nname = "Dogwood Networks"', '[parties.dogwood]\nname = "Elm Print"'
    )
    bring_in(tmp_path, text, world.actor("c2.cso", LATER), LATER, mapping=mapping)
    assert sorted(Ticket.objects.values_list("owner__name", flat=True)) == ["Alder Hospitals", "Birch Rail"]


def test_what_was_made_for_history_is_ended_and_what_is_needed_stays(world, tmp_path):
    bring_in(tmp_path, HEADING + story("T1", "Desk W1") + story("T2", "W2", closed=False), cso(world), LATER)
    ended = dict(Team.objects.filter(name__startswith="Old").values_list("name", "ended_at"))
    assert ended == {"Old desk": LATER, "Old workplace W1": LATER, "Old workplace W2": None}
    offered = EngagementTeam.objects.get(team__name="Old workplace W2")
    assert (offered.engagement_id, offered.ends_at) == (world.engagements["c1p1"].id, None)
    assert EngagementTeam.objects.get(team__name="Old workplace W1").ends_at == LATER
    kinds = Entry.objects.filter(subject_kind="team", subject_id=offered.team_id).values_list(
        "kind", flat=True
    )
    assert sorted(kinds) == ["team.added/1", "team.offered/1"]


def test_places_are_found_by_name_or_made_for_the_owner(world, tmp_path):
    name = world.sites["c1.main"].name
    bring_in(
        tmp_path,
        HEADING + line(id="T1", state="Closed", at="2024-03-01 09:00", site=name, service="Fax"),
        cso(world),
        LATER,
    )
    ticket = Ticket.objects.get(source_key="T1")
    assert ticket.site_id == world.sites["c1.main"].id
    assert (ticket.service.name, ticket.service.organization_id, ticket.service.ended_at) == (
        "Fax",
        world.organizations["c1"].id,
        LATER,
    )
    assert Entry.objects.filter(kind="service.added/1", subject_id=ticket.service_id).exists()


def test_the_same_file_under_another_mapping_is_refused(world, tmp_path):
    text = HEADING + story("T1", "Desk")
    bring_in(tmp_path, text, cso(world), LATER)
    before = state_of_everything()
    with pytest.raises(Conflict, match=r"brought in on 2026-03-05 under another mapping \(old-desk\)"):
        bring_in(tmp_path, text, cso(world), LATER, mapping=MAPPING.replace('priority = "prio"\n', ""))
    assert state_of_everything() == before
    # Comments and order of keys make no other mapping.
    bring_in(tmp_path, text, cso(world), LATER, mapping="# the same\n" + MAPPING)


def test_only_who_answers_for_the_desk_brings_tickets_in(world, tmp_path):
    for key in ("c1.ct", "c1.req", "c1.aud", "p1.pm", "emb"):
        with pytest.raises((NotAllowed, Invalid)):
            bring_in(tmp_path, HEADING + story("T1", "Desk"), world.actor(key, LATER), LATER)
    assert not Import.objects.exists()


def test_unknown_parties_are_refused_with_those_there_are(world):
    with pytest.raises(
        Invalid,
        match=r"no engagement with Foo, which the mapping names as cedar. There are: Cedar Desk, Dogwood",
    ):
        import_plan(actor=cso(world), mapping_text=MAPPING, mapping_name="m", parties={"cedar": "Foo"})
    with pytest.raises(Invalid, match=r"The mapping has no party pine. There are: cedar, dogwood, house"):
        import_plan(actor=cso(world), mapping_text=MAPPING, mapping_name="m", parties={"pine": "Cedar Desk"})
    with pytest.raises(Invalid, match="you act for Birch Rail"):
        import_plan(actor=world.actor("c2.cso", LATER), mapping_text=MAPPING, mapping_name="m")
    plan = import_plan(
        actor=cso(world),
        mapping_text=MAPPING,
        mapping_name="m",
        parties={"client": "alder hospitals", "cedar": "Dogwood Networks"},
    )
    assert plan.seats["cedar"].organization == world.organizations["p2"]


def test_a_dry_run_writes_nothing_and_says_all(world, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(HEADING + story("T1", "Desk W1") + line(id="T2", state="Odd", at="2024-03-01 09:00"))
    before = (
        state_of_everything(),
        Entry.objects.count(),
        Import.objects.count(),
        ImportProblem.objects.count(),
    )
    plan = import_plan(actor=cso(world), mapping_text=MAPPING, mapping_name="m")
    found = import_rehearse(
        plan=plan,
        survey=survey(path, plan.mapping),
        path=path,
        spool_directory=tmp_path,
        actor=cso(world),
        tell=quiet,
    )
    assert (found.counts.read, found.counts.kept, found.counts.refused, found.counts.tickets) == (4, 3, 1, 1)
    assert dict(found.made) == {"team": 2}
    assert [(p.row, p.column, p.code) for p in found.problems] == [(5, "state", "unknown-state")]
    assert (
        state_of_everything(),
        Entry.objects.count(),
        Import.objects.count(),
        ImportProblem.objects.count(),
    ) == before


class Halt(Exception):
    """Stands for whatever stops a run between two batches."""


def test_a_stopped_import_goes_on_where_it_was(world, tmp_path, settings):
    text = HEADING + "".join(story(f"T{n:03}", "Desk W1 N1") for n in range(150))
    seen = []

    def stop(progress):
        seen.append(progress.done)
        raise Halt

    with pytest.raises(Halt):
        bring_in(tmp_path, text, cso(world), LATER, tell=stop)
    row = Import.objects.get()
    assert 0 < row.rows_read < 600
    import_stop(row=row, state=Import.State.CANCELLED, actor=cso(world), at=LATER)
    done = bring_in(tmp_path, text, cso(world), LATER, resume=True)
    assert done.id == row.id
    assert (done.state, done.rows_read, done.rows_kept, done.tickets_written) == ("done", 600, 600, 150)
    assert Ticket.objects.count() == 150
    numbers = TicketReference.objects.filter(series_id=world.organizations["c1"].id).values_list(
        "number", flat=True
    )
    assert sorted(numbers) == list(range(1, 151))
    with pytest.raises(Conflict, match="Nothing of this file was begun"):
        bring_in(tmp_path, text, cso(world), LATER, resume=True)


def test_of_two_runs_of_one_import_one_stops(world, tmp_path):
    text = HEADING + "".join(story(f"T{n:03}", "Desk W1 N1") for n in range(150))

    def meanwhile(progress):
        Import.objects.update(position=Import.objects.get().position + 1)

    with pytest.raises(Conflict, match="Another process goes on"):
        bring_in(tmp_path, text, cso(world), LATER, tell=meanwhile)


def test_the_import_itself_is_in_the_owners_record(world, tmp_path):
    row = bring_in(tmp_path, HEADING + story("T1", "Desk"), cso(world), LATER)
    entries = list(Entry.objects.filter(subject_kind="import", subject_id=row.id).order_by("id"))
    assert [e.kind for e in entries] == ["import.started/1", "import.finished/1"]
    assert entries[1].facts["kept"] == 2
    assert all(readers_of(e) == {"Alder Hospitals"} for e in entries)
    assert seal_all() > 0
    assert list(Import.objects.visible_to(world.actor("c1.aud", LATER))) == [row]
    for key in ("p1.pm", "c2.cso", "c1.ct", "c1.req", "emb"):
        assert not Import.objects.visible_to(world.actor(key, LATER)).exists()
