"""The pages of routing: a draft is made, tried on past tickets and put in force; who may not read them finds nothing."""

from typing import Any

import pytest
from django.test import Client
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader
from tests.integration.tickets.test_routing import go_live, rule, team

from cosource.foundation.models import DueWork
from cosource.foundation.queries.duework import Turns
from cosource.foundation.services.duework import work_next
from cosource.tickets.models import RoutingRules, Ticket
from cosource.tickets.routing.queries.history import replay
from cosource.tickets.routing.rules.matching import RuleBook
from cosource.tickets.routing.rules.reading import read_rules
from cosource.tickets.services.moving import ticket_move

pytestmark = [pytest.mark.django_db, pytest.mark.req("C24")]
PAGE = "/tickets/routing/"


def browser(desk: Desk, key: str) -> Client:
    return Reader(desk, key).client


def fill(desk: Desk, **more: Any) -> dict[str, Any]:
    return {"name": "Printers", "words": "print*", "team1": team(desk, "c1.apps"), "level": "1"} | more


def work(desk: Desk) -> DueWork:
    task = DueWork.objects.get(kind="routing.replay")
    while work_next(worker="w", at=task.due_at, turns=Turns()):
        pass
    task.refresh_from_db()
    return task


def test_a_rule_goes_from_the_form_into_force(desk: Desk) -> None:
    client = browser(desk, "c1.cso")
    assert client.post(PAGE, {"do": "draft"}).status_code == 303
    answer = client.post(f"{PAGE}rules/new/", fill(desk, revision="1", priority=["1", "3"]))
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    draft = RoutingRules.objects.get()
    assert draft.document[0]["when"] == {"priority": [1, 3], "words": ["print*"]}

    page = client.get(PAGE).content.decode()
    assert "priority is 1 or 3" in page
    assert "the title has “print*”" in page
    assert client.post(PAGE, {"do": "live", "revision": str(draft.revision)}).status_code == 303
    assert RoutingRules.objects.get().state == "live"
    ticket = desk.open()
    side = client.get(f"/tickets/{ticket.id}/").content.decode()
    assert "Why it is here" in side
    assert "Rule 1, “Printers”, sent it to" in side


def test_order_is_changed_and_rules_are_taken_out(desk: Desk) -> None:
    client = browser(desk, "c1.cso")
    go_live(desk, *(rule(desk, name, "c1.desk") for name in "ABC"))
    client.post(PAGE, {"do": "draft"})
    client.post(PAGE, {"do": "up", "rule": "r3", "revision": "1"})
    client.post(PAGE, {"do": "remove", "rule": "r1", "revision": "2"})
    draft = RoutingRules.objects.get(state="draft")
    assert [r["name"] for r in draft.document] == ["C", "B"]
    assert client.post(PAGE, {"do": "remove", "rule": "r2", "revision": "2"}).status_code == 412


def test_a_dry_run_says_what_would_change_and_changes_nothing(desk: Desk) -> None:
    for title in ("Printer on fire", "Printer jammed", "Payroll late"):
        ticket = desk.open(title=title)
        desk.offer(ticket, "c1.apps") if "Payroll" in title else None
    solved = desk.open(title="Printer out of toner")
    ticket_move(ticket_id=solved.id, to_state="in_progress", actor=desk.actor("c1.ct"), at=desk.tick())
    ticket_move(
        ticket_id=solved.id, to_state="resolved", text="Toner.", actor=desk.actor("c1.ct"), at=desk.tick()
    )
    client = browser(desk, "c1.cso")
    client.post(PAGE, {"do": "draft"})
    client.post(f"{PAGE}rules/new/", fill(desk, revision="1"))
    before = list(Ticket.objects.order_by("id").values())
    assert client.post(PAGE, {"do": "try", "revision": "2"}).status_code == 303

    task = work(desk)
    assert task.state == "done", task.message
    apps, first = team(desk, "c1.apps"), team(desk, "c1.desk")
    assert task.result["tickets"] == 4
    assert task.result["moved"] == [[first, apps, 3]]
    assert task.result["confusion"] == [[apps, first, 1]]
    assert (task.result["accuracy"], task.result["by_rule"]) == (0.0, [[0, 1], [1, 3]])
    assert list(Ticket.objects.order_by("id").values()) == before
    page = client.get(PAGE).content.decode()
    assert "What would change" in page
    assert "Printer jammed" in page
    # Another of the same desk has not asked, and reads nothing of it.
    assert "What would change" not in browser(desk, "c1.ct").get(PAGE).content.decode()


@pytest.mark.parametrize(("who", "status"), [("c1.ct", 200), ("c1.req", 404)])
def test_who_reads_the_page(desk: Desk, who: str, status: int) -> None:
    go_live(desk, rule(desk, "Secret", "c1.desk"))
    client = browser(desk, who)
    answer = client.get(PAGE)
    assert answer.status_code == status
    assert ("Secret" in answer.content.decode()) == (status == 200)
    assert client.get(f"{PAGE}rules/new/").status_code == (403 if status == 200 else 404)


def test_the_partner_reads_only_that_it_was_named(desk: Desk) -> None:
    go_live(desk, rule(desk, "Give these to Cedar, they are slow", "p1.alder", note="Yours by contract."))
    ticket = desk.open()
    page = browser(desk, "p1.pt").get(f"/tickets/{ticket.id}/").content.decode()
    assert "The rules of Alder Hospitals offered it to your team" in page
    assert "Yours by contract." in page
    assert "they are slow" not in page
    own = browser(desk, "c1.ct").get(f"/tickets/{ticket.id}/").content.decode()
    assert "they are slow" in own


def test_a_partner_tries_its_rules_on_what_it_had_alone(desk: Desk) -> None:
    """Tickets of others, and of its client that it never had, change no number of its dry run."""
    mine = desk.open(title="Printer on fire")
    desk.give(mine, "p1.alder", "c1.ct", "p1.pt")
    rules = RuleBook(read_rules([{"name": "All", "then": {"teams": [team(desk, "p1.alder")]}}]))

    def tried() -> Any:
        at = desk.tick()
        return replay(actor=desk.actor("p1.pm"), book=rules, before=RuleBook(()), at=at)

    before = tried()
    assert before.tickets == 1
    other = desk.open(title="Printer of the desk")
    desk.give(other, "p2.noc", "c1.ct", "p2.pt")
    desk.open(by="c2.ct", title="Printer of the railway")
    assert tried() == before
