"""Recurring tickets: opened once for each day that is due, in the name of who set them, and never twice."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.integration.tickets.conftest import Desk

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry, Notice
from cosource.parties.models import Grant
from cosource.tickets.models import ChecklistItem, Recurrence, RecurringTicket, Ticket, TicketTemplate
from cosource.tickets.queries.recurring import recurring_tickets
from cosource.tickets.services.recurring import (
    NEVER,
    recurring_add,
    recurring_change,
    recurring_end,
    recurring_open_due,
)
from cosource.tickets.services.templates import template_add, template_end

TARGETS = "targets:\n  - {kind: respond, priority: 1, minutes: 30, calendar: wards}\n"
pytestmark = [pytest.mark.req("C11")]


def add(desk: Desk, by: str = "c1.cso", **values: Any) -> RecurringTicket:
    template = template_add(
        values={"name": "Care", "text": "As ever.", "kind": "request", "checklist": "Look\nClean"},
        actor=desk.actor(by),
        at=desk.now,
    )
    given = {
        "name": "Daily care",
        "template_id": template.id,
        "rule": "every day at 08:00",
        "zone": "Europe/Berlin",
    }
    return recurring_add(values=given | values, actor=desk.actor(by), at=desk.now)


def first_text(ticket: Ticket) -> str:
    return str(Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1").payload.body["text"])


def test_what_is_due_opens_once_and_says_which_rule_opened_it(desk: Desk) -> None:
    row = add(desk)
    assert row.next_at is not None
    assert recurring_open_due(at=row.next_at - timedelta(seconds=1)) == 0
    at = row.next_at + timedelta(seconds=20)
    assert (recurring_open_due(at=at), recurring_open_due(at=at)) == (1, 0)
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.kind, ticket.owner_id) == ("Care", "request", desk.org("c1"))
    assert first_text(ticket).startswith(
        "As ever.\n\n*Recurring ticket: every day at 08:00 (Europe/Berlin). Due "
    )
    assert ticket.recurred.due_at == row.next_at
    assert ticket.recurred.missed == []
    assert ChecklistItem.objects.filter(ticket=ticket).count() == 2
    opened = Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1")
    assert opened.actor_id == desk.world.people["c1.cso"].id
    row.refresh_from_db()
    assert row.next_at is not None
    assert row.next_at - ticket.recurred.due_at <= timedelta(hours=25)


def test_after_a_standstill_one_ticket_opens_and_names_what_was_missed(desk: Desk) -> None:
    row = add(desk)
    assert row.next_at is not None
    at = row.next_at + timedelta(days=30, minutes=5)
    assert recurring_open_due(at=at) == 1
    kept = Recurrence.objects.get()
    assert (len(kept.missed), kept.missed[0]) == (30, row.next_at.isoformat())
    assert timedelta(0) <= at - kept.due_at < timedelta(hours=2)
    assert "Missed before, and not opened: 10 earlier ones, " in first_text(kept.ticket)
    assert recurring_open_due(at=at + timedelta(minutes=1)) == 0


def test_what_dies_in_the_middle_leaves_nothing_and_is_done_again(desk: Desk) -> None:
    row = add(desk)
    assert row.next_at is not None

    class Killed(Exception):
        pass

    def dying(execute: Any, sql: str, *rest: Any) -> Any:
        # The very last write of the transaction does not come about.
        if sql.startswith('INSERT INTO "tickets_recurrence"'):
            raise Killed
        return execute(sql, *rest)

    at = row.next_at + timedelta(seconds=5)
    with connection.execute_wrapper(dying), pytest.raises(Killed):
        recurring_open_due(at=at)
    assert (Ticket.objects.count(), Entry.objects.filter(kind="ticket.opened/1").count()) == (0, 0)
    assert (recurring_open_due(at=at), Ticket.objects.count()) == (1, 1)
    # A worker that woke up late, or a row that was put back: the day was opened already.
    RecurringTicket.objects.update(next_at=row.next_at)
    assert (recurring_open_due(at=at), Ticket.objects.count()) == (0, 1)
    row.refresh_from_db()
    assert row.next_at is not None
    assert row.next_at > at


def test_a_pause_is_not_made_up_for(desk: Desk) -> None:
    row = add(desk)
    assert row.next_at is not None
    given: dict[str, Any] = {"recurring_id": row.id, "actor": desk.actor("c1.cso")}
    recurring_change(values={"paused": True}, at=desk.now, **given)
    later = row.next_at + timedelta(days=10)
    assert recurring_open_due(at=later) == 0
    recurring_change(values={"paused": False}, at=later, **given)
    assert recurring_open_due(at=later + timedelta(minutes=1)) == 0
    assert recurring_open_due(at=later + timedelta(days=1)) == 1
    assert Recurrence.objects.get().missed == []


def test_a_rule_whose_setter_lost_the_right_stands_still_until_another_takes_it_over(desk: Desk) -> None:
    row = add(desk)
    assert row.next_at is not None
    Grant.objects.filter(person=desk.world.people["c1.cso"]).update(ends_at=desk.now)
    at = row.next_at + timedelta(minutes=1)
    assert (recurring_open_due(at=at), Ticket.objects.count()) == (0, 0)
    row.refresh_from_db()
    assert row.trouble
    assert Entry.objects.filter(kind="recurring_ticket.halted/1").count() == 1
    assert recurring_open_due(at=at + timedelta(days=2)) == 0
    # Taken over, what is overdue opens as one.
    Grant.objects.filter(person=desk.world.people["c1.cso"]).update(ends_at=None)
    recurring_change(recurring_id=row.id, values={}, actor=desk.actor("c1.cso"), at=at + timedelta(days=2))
    assert recurring_open_due(at=at + timedelta(days=2)) == 1
    assert len(Recurrence.objects.get().missed) == 2


def test_who_keeps_the_desk_is_told_once_of_a_rule_that_stands_still(desk: Desk) -> None:
    row = add(desk)
    assert row.next_at is not None
    TicketTemplate.objects.update(ended_at=desk.now)
    for number in (1, 2):
        at = row.next_at + timedelta(days=number)
        assert (recurring_open_due(at=at), recurring_open_due(at=at + timedelta(hours=1))) == (0, 0)
        told = Notice.objects.filter(kind="recurring_ticket.halted")
        assert set(told.values_list("person_id", "url")) == {
            (desk.world.people["c1.cso"].id, reverse("tickets:recurring_one", args=[row.id]))
        }
        assert told.count() == number
        # Saved anew it is tried again, and told again.
        recurring_change(recurring_id=row.id, values={}, actor=desk.actor("c1.cso"), at=at)


def test_what_is_refused_only_for_now_is_tried_again(desk: Desk) -> None:
    row = add(desk)
    assert row.next_at is not None

    def busy(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "tickets_recurrence"'):
            raise StaleVersion
        return execute(sql, *rest)

    with connection.execute_wrapper(busy):
        assert recurring_open_due(at=row.next_at) == 0
    assert not Ticket.objects.exists()
    assert not Notice.objects.filter(kind="recurring_ticket.halted").exists()
    assert recurring_open_due(at=row.next_at + timedelta(seconds=30)) == 1


def test_a_long_text_leaves_room_for_what_is_said_of_the_rule(desk: Desk) -> None:
    row = add(desk)
    row.template.text = "x" * 20_000
    row.template.save()
    assert row.next_at is not None
    assert recurring_open_due(at=row.next_at + timedelta(days=30)) == 1
    text = first_text(Ticket.objects.get())
    assert len(text) == 20_000
    assert "xxx…\n\n*Recurring ticket: every day at 08:00 (Europe/Berlin). Due " in text
    assert text.endswith(".*")


def test_a_rule_of_years_goes_on_after_its_first_ticket(desk: Desk) -> None:
    row = add(desk, rule="every 48 months on the 1st at 08:00", zone="UTC")
    first = row.next_at
    assert first is not None
    assert recurring_open_due(at=first) == 1
    row.refresh_from_db()
    assert (row.next_at, row.trouble) == (first.replace(year=first.year + 4), "")


def test_a_rule_whose_days_are_all_closed_from_now_on_stands_still_and_says_so(desk: Desk) -> None:
    shut = ", ".join(f"{year}-03-01" for year in range(2034, 2070, 4))
    boss = desk.actor("c1.cso")
    text = f"name: Own\nstarts_on: 2026-01-01\ncalendars:\n  wards:\n    hours: {{mon: ['08:00-17:00']}}\n    holidays: {{dates: [{shut}]}}\n"
    terms = version_propose(engagement_id=None, text=text + TARGETS, actor=boss, at=desk.now)
    version_confirm(version_id=terms.id, digest=terms.digest, actor=boss, at=desk.now)
    values = {"rule": "every 48 months on the 1st at 08:00", "calendar": "wards", "on_holidays": "skip"}
    row = add(desk, **values)
    assert row.next_at is not None
    assert recurring_open_due(at=row.next_at) == 1
    row.refresh_from_db()
    assert (row.next_at, row.trouble) == (None, NEVER)
    assert Notice.objects.filter(kind="recurring_ticket.halted").count() == 1
    with pytest.raises(Invalid) as refused:
        add(desk, **values, first_on=date(2034, 3, 1))
    assert refused.value.details["fields"] == {"rule": NEVER}


def test_a_partners_rule_opens_on_the_clients_desk_and_stays_its_own(desk: Desk) -> None:
    row = add(desk, "p1.pm", engagement_id=desk.world.engagements["c1p1"].id)
    assert row.next_at is not None
    row.template.service_id = desk.world.services["c2.stations"].id
    row.template.save()
    assert recurring_open_due(at=row.next_at) == 1
    ticket = Ticket.objects.get()
    assert first_text(ticket).endswith("*Left out, since it cannot be chosen here: Service.*")
    assert (ticket.owner_id, ticket.holder_organization_id) == (desk.org("c1"), desk.org("p1"))
    assert recurring_tickets(desk.actor("c1.cso")) == []
    assert [r.id for r in recurring_tickets(desk.actor("p1.pt"))] == [row.id]
    with pytest.raises(NotFound):
        add(desk, "p2.pm", engagement_id=desk.world.engagements["c1p1"].id)


def test_bad_rules_are_refused_by_field_and_foreign_ones_are_not_found(desk: Desk) -> None:
    for values, field in (
        ({"rule": "now and then"}, "rule"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"calendar": "none such"}, "calendar"),
        ({"on_holidays": "party"}, "on_holidays"),
        ({"template_id": None}, "template_id"),
        ({"name": " "}, "name"),
    ):
        with pytest.raises(Invalid) as refused:
            add(desk, **values)
        assert list(refused.value.details["fields"]) == [field]
    with pytest.raises(NotAllowed):
        add(desk, "c1.ct")
    row = add(desk)
    with pytest.raises(NotFound):
        recurring_end(recurring_id=row.id, actor=desk.actor("p1.pm"), at=desk.now)
    with pytest.raises(Conflict):
        template_end(template_id=row.template_id, actor=desk.actor("c1.cso"), at=desk.now)
    recurring_end(recurring_id=row.id, actor=desk.actor("c1.cso"), at=desk.now)
    template_end(template_id=row.template_id, actor=desk.actor("c1.cso"), at=desk.now)
    assert recurring_open_due(at=desk.now + timedelta(days=9)) == 0


def test_the_page_shows_the_next_dates_before_anything_is_saved(desk: Desk, client: Client) -> None:
    template = template_add(values={"name": "Care"}, actor=desk.actor("c1.cso"), at=desk.now)
    client.force_login(desk.world.people["c1.cso"])
    sent = {
        "name": "",
        "rule": "every 2 weeks on friday at 16:00",
        "zone": "Asia/Tokyo",
        "first_on": "2100-01-01",
        "on_holidays": "keep",
    }
    shown = client.post(reverse("tickets:recurring_dates"), sent).content.decode()
    assert shown.count("<li>") == 5
    assert "1 Jan 2100, 16:00 JST" in shown
    looked = client.post(reverse("tickets:recurring_new"), sent | {"look": "1"})
    assert (looked.status_code, looked.content.decode().count("16:00 JST")) == (200, 5)
    assert (
        "cannot be read"
        in client.post(reverse("tickets:recurring_new"), sent | {"rule": "x"}).content.decode()
    )
    assert not RecurringTicket.objects.exists()
    done = client.post(reverse("tickets:recurring_new"), sent | {"name": "B", "template_id": template.id})
    row = RecurringTicket.objects.get()
    assert (done.status_code, row.next_at) == (303, datetime(2100, 1, 1, 7, tzinfo=UTC))
    client.post(reverse("tickets:recurring_pause", args=[row.id]), {"paused": "1"})
    assert RecurringTicket.objects.get().paused
    client.force_login(desk.world.people["c1.ct"])
    assert client.get(reverse("tickets:recurring_one", args=[row.id])).status_code == 200
    assert client.get(reverse("tickets:recurring_new")).status_code == 404
