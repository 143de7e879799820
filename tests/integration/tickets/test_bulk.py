"""One step with many tickets: each by its own rights, refused ones named, taken back for a minute, the same after a break."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader

from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.foundation.models import DueWork
from cosource.foundation.services.duework import work_next
from cosource.tickets.models import BulkRun, Ticket, TicketLink
from cosource.tickets.queries.bulk import RunView, bulk_get
from cosource.tickets.services.bulk import bulk_go_on, bulk_start, bulk_undo
from cosource.tickets.services.changing import ticket_assign


def start(desk: Desk, action: str, tickets: list[Ticket], by: str = "c1.ct", **given: Any) -> RunView:
    actor, at = desk.actor(by), desk.tick()
    run = bulk_start(action=action, ticket_ids=[t.id for t in tickets], given=given, actor=actor, at=at)
    return bulk_get(actor=actor, run_id=run.id, at=at)


def outcomes(view: RunView) -> list[str]:
    return [line.outcome for line in view.lines]


def states(tickets: list[Ticket]) -> list[str]:
    return [Ticket.objects.get(id=t.id).state for t in tickets]


def test_each_ticket_has_its_own_rights_and_refusals(desk: Desk) -> None:
    mine, theirs = desk.open(), desk.open()
    desk.give(theirs, "p1.alder", "c1.ct", "p1.pt")
    foreign = desk.open(by="c2.ct")
    view = start(desk, "resolve", [mine, theirs, foreign], text="Toner.")

    assert outcomes(view) == ["done", "refused", "refused"]
    assert states([mine, theirs, foreign]) == ["resolved", "new", "new"]
    assert [bool(line.reference) for line in view.lines] == [True, True, False]
    assert all(line.said for line in view.refused)
    assert view.undo_seconds == 0
    with pytest.raises(Conflict):
        bulk_undo(run_id=view.id, actor=desk.actor("c1.ct"), at=desk.tick())
    assert BulkRun.objects.get(id=view.id).given == {}


def test_assigning_is_taken_back_where_nobody_changed_it_since(desk: Desk) -> None:
    tickets = [desk.open() for _ in range(3)]
    person = desk.world.people["c1.ct"].id
    ticket_assign(ticket_id=tickets[0].id, person_id=person, actor=desk.actor("c1.ct"), at=desk.tick())
    view = start(desk, "assign", tickets, person_id=person.hex)
    assert outcomes(view) == ["done"] * 3
    assert view.undo_seconds == 60
    ticket_assign(ticket_id=tickets[1].id, person_id=None, actor=desk.actor("c1.ct"), at=desk.now)

    bulk_undo(run_id=view.id, actor=desk.actor("c1.ct"), at=desk.now + timedelta(seconds=60))
    after = bulk_get(actor=desk.actor("c1.ct"), run_id=view.id, at=desk.now)
    assert outcomes(after) == ["undone", "kept", "undone"]
    assert [Ticket.objects.get(id=t.id).assignee_id for t in tickets] == [person, None, None]
    with pytest.raises(Conflict):
        bulk_undo(run_id=view.id, actor=desk.actor("c1.ct"), at=desk.now)


def test_priority_and_parts_are_taken_back(desk: Desk) -> None:
    tickets, parent = [desk.open() for _ in range(2)], desk.open()
    view = start(desk, "priority", tickets, impact=1, urgency=1)
    assert [Ticket.objects.get(id=t.id).impact for t in tickets] == [1, 1]
    bulk_undo(run_id=view.id, actor=desk.actor("c1.ct"), at=desk.now)
    assert [Ticket.objects.get(id=t.id).impact for t in tickets] == [2, 2]

    view = start(desk, "parent", [*tickets, parent], parent_id=parent.id.hex)
    assert outcomes(view) == ["done", "done", "refused"]
    assert TicketLink.objects.filter(ticket=parent, kind="child").count() == 2
    bulk_undo(run_id=view.id, actor=desk.actor("c1.ct"), at=desk.now)
    assert not TicketLink.objects.exists()


def test_taking_back_ends_after_a_minute_and_is_the_starters_alone(desk: Desk) -> None:
    view = start(desk, "priority", [desk.open()], impact=1, urgency=1)
    with pytest.raises(NotFound):
        bulk_undo(run_id=view.id, actor=desk.actor("c1.cso"), at=desk.now)
    with pytest.raises(NotFound):
        bulk_get(actor=desk.actor("p1.pt"), run_id=view.id, at=desk.now)
    with pytest.raises(Conflict):
        bulk_undo(run_id=view.id, actor=desk.actor("c1.ct"), at=desk.now + timedelta(seconds=61))


def test_handing_over_pausing_and_merging_go_through_the_ordinary_steps(desk: Desk) -> None:
    tickets, into = [desk.open() for _ in range(2)], desk.open()
    team = desk.world.teams["p1.alder"].id.hex
    assert outcomes(
        start(desk, "hand_over", tickets[:1], to_team_id=team, reason="skill", text="Please.")
    ) == ["done"]
    assert desk.part(tickets[0], "p1").unanswered
    assert outcomes(
        start(desk, "pause", tickets[1:], to_state="waiting_client", reason="", text="Which?")
    ) == ["done"]
    assert outcomes(start(desk, "merge", tickets, into_id=into.id.hex)) == ["done", "done"]
    assert states(tickets) == ["merged", "merged"]


@pytest.mark.parametrize(
    ("action", "given"),
    [("explode", {}), ("resolve", {}), ("hand_over", {"to_team_id": "x", "reason": "skill"}), ("merge", {})],
)
def test_what_is_missing_is_named_before_anything_happens(
    desk: Desk, action: str, given: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        start(desk, action, [desk.open()], **given)
    assert not BulkRun.objects.exists()


def test_beyond_fifty_it_goes_on_in_the_background_and_after_a_break(desk: Desk) -> None:
    ticket, actor = desk.open(), desk.actor("c1.ct")
    ids = [ticket.id, *(uuid4() for _ in range(50))]
    given = {"impact": 1, "urgency": 1}
    run = bulk_start(action="priority", ticket_ids=ids, given=given, actor=actor, at=desk.tick())
    assert (run.state, run.results, Ticket.objects.get(id=ticket.id).impact) == ("running", [], 2)

    class Broken(Exception):
        pass

    def breaks(done: int, total: int) -> None:
        if done == 20:
            raise Broken

    with pytest.raises(Broken):
        bulk_go_on(run, actor=actor, at=lambda: desk.now, tell=breaks)
    assert len(BulkRun.objects.get(id=run.id).results) == 20
    assert DueWork.objects.filter(kind="tickets.bulk", state="queued").count() == 1
    while work_next(worker="one", at=desk.now):
        pass
    view = bulk_get(actor=actor, run_id=run.id, at=desk.now)
    assert (view.state, view.count) == ("done", {"done": 1, "refused": 50, "undone": 0, "kept": 0})
    assert desk.kinds(ticket).count("ticket.changed/1") == 1


def test_the_pages_mark_choose_show_and_take_back(desk: Desk) -> None:
    tickets = [desk.open() for _ in range(2)]
    reader = Reader(desk, "c1.ct")
    listed = reader.get("/tickets/").content.decode()
    assert all(f'name="id" value="{t.id}" form="bulk"' in listed for t in tickets)
    asked = "&".join(f"id={t.id}" for t in tickets)
    page = reader.get(f"/tickets/bulk/?{asked}&id={desk.open(by='c2.ct').id}").content.decode()
    assert page.count("Printer down") == 2

    given = {"action": "priority", "impact": "1", "urgency": "1", "id": [str(t.id) for t in tickets]}
    made = reader.client.post("/tickets/bulk/", given)
    assert made.status_code == 303
    assert "Done with 2 tickets" in reader.get(made["Location"]).content.decode()
    missing = reader.client.post("/tickets/bulk/", given | {"action": "merge"})
    assert missing.status_code == 422
    assert reader.get("/tickets/bulk/").status_code == 200
    assert Reader(desk, "c1.cso").get(made["Location"]).status_code == 404
    run_id = UUID(made["Location"].rstrip("/").rpartition("/")[2])
    BulkRun.objects.filter(id=run_id).update(finished_at=desk.now - timedelta(days=1))
    late = reader.client.post(f"/tickets/bulk/{run_id}/undo/")
    assert late.status_code == 409


def test_what_a_request_leaves_behind_when_it_dies_the_worker_finishes(desk: Desk) -> None:
    tickets = [desk.open() for _ in range(3)]
    start(desk, "resolve", tickets[:1], text="Toner.")
    left = DueWork.objects.get(kind="tickets.bulk")
    assert left.due_at == desk.now + timedelta(minutes=5)
    # As it stands when the process dies after the first of three.
    BulkRun.objects.update(
        state=BulkRun.State.RUNNING, given={"text": "Toner."}, ticket_ids=[t.id.hex for t in tickets]
    )
    for _again in range(2):
        bulk_go_on(BulkRun.objects.get(), actor=desk.actor("c1.ct"), at=desk.tick)

    assert states(tickets) == ["resolved"] * 3
    assert [line[1] for line in BulkRun.objects.get().results] == ["done"] * 3
