"""Routing: a desk's rules choose the first team and the person; another party's team is offered the ticket and may decline."""

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry
from cosource.parties.services.duty import shift_add
from cosource.parties.services.skills import person_skill_set, skill_add
from cosource.tickets.models import Handover, RoutingRules, Ticket
from cosource.tickets.routing.services.rule_sets import draft_discard, draft_go_live, draft_save, rules_stop
from cosource.tickets.services.handover import handover_decline

pytestmark = [pytest.mark.req("C24")]


def team(desk: Desk, key: str) -> str:
    return desk.world.teams[key].id.hex


def go_live(desk: Desk, *rules: dict[str, Any], by: str = "c1.cso") -> RoutingRules:
    draft_save(document=list(rules), actor=desk.actor(by), at=desk.tick())
    return draft_go_live(actor=desk.actor(by), at=desk.tick())


def rule(
    desk: Desk, name: str, to: str = "", when: dict[str, Any] | None = None, **then: Any
) -> dict[str, Any]:
    teams = {"teams": [team(desk, key) for key in to.split()]} if to else {}
    return {"name": name, "when": when or {}, "then": teams | then}


def why(ticket: Ticket) -> Entry:
    return Entry.objects.select_related("payload").get(subject_id=ticket.id, kind="ticket.routed/1")


def test_the_first_rule_that_holds_chooses_the_team(desk: Desk) -> None:
    go_live(
        desk,
        rule(desk, "Payroll", "c1.desk", {"words": ["payroll"]}),
        rule(desk, "Printers", "c1.apps", {"words": ["print*"]}),
        rule(desk, "All else", "c1.desk"),
    )
    ticket = desk.open()

    assert ticket.holder_team_id == desk.world.teams["c1.apps"].id
    entry = why(ticket)
    assert (entry.facts["place"], entry.facts["passed"]) == (2, [[1, "words"]])
    assert (entry.payload.body["rule"], entry.payload.body["word"]) == ("Printers", "print*")


def test_without_live_rules_nothing_is_routed(desk: Desk) -> None:
    draft_save(document=[rule(desk, "All", "c1.apps")], actor=desk.actor("c1.cso"), at=desk.tick())
    ticket = desk.open()

    assert ticket.holder_team_id == desk.world.teams["c1.desk"].id
    assert "ticket.routed/1" not in desk.kinds(ticket)


def test_a_team_that_is_named_goes_before_the_rules(desk: Desk) -> None:
    go_live(desk, rule(desk, "All", "c1.apps"))
    ticket = desk.open(team_id=desk.world.teams["c1.desk"].id)

    assert ticket.holder_team_id == desk.world.teams["c1.desk"].id


def test_another_partys_team_is_offered_it_and_may_decline(desk: Desk) -> None:
    go_live(desk, rule(desk, "To Cedar", "p1.alder", note="These are yours."))
    ticket = desk.open()

    assert ticket.holder_organization_id == desk.org("c1")
    offer = Handover.objects.get(ticket=ticket)
    assert (offer.to_team_id, offer.state, offer.reason) == (
        desk.world.teams["p1.alder"].id,
        "offered",
        "routed",
    )
    assert desk.part(ticket, "p1").unanswered
    assert "ticket.routed/1" not in desk.kinds(ticket, "p1")
    handover_decline(
        ticket_id=ticket.id,
        reason="not_in_scope",
        text="Not ours.",
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )
    ticket.refresh_from_db()
    assert ticket.holder_team_id == desk.world.teams["c1.desk"].id


def test_an_internal_ticket_is_never_offered_to_another_party(desk: Desk) -> None:
    go_live(desk, rule(desk, "To Cedar", "p1.alder"), rule(desk, "Else", "c1.apps"))
    ticket = desk.open(internal=True)

    assert ticket.holder_team_id == desk.world.teams["c1.apps"].id
    assert why(ticket).facts["passed"] == [[1, "no_team"]]
    assert not Handover.objects.filter(ticket=ticket).exists()


def test_of_the_team_the_skilled_and_least_loaded_is_chosen(desk: Desk) -> None:
    world, lead = desk.world, desk.actor("c1.cso")
    skill = skill_add(name="Printers", actor=lead, at=desk.tick())
    person_skill_set(
        person_id=world.people["c1.ct2"].id, skill_id=skill.id, level=3, actor=lead, at=desk.tick()
    )
    go_live(desk, rule(desk, "Skilled", "c1.desk c1.apps", person={"skill": skill.id.hex, "level": 2}))
    members = set(world.teams["c1.desk"].memberships.values_list("person_id", flat=True))
    ticket = desk.open()

    expected = world.people["c1.ct2"].id if world.people["c1.ct2"].id in members else None
    assert ticket.assignee_id == expected
    facts = why(ticket).facts
    assert facts["person"] == (expected.hex if expected else None)
    assert facts["wanted_person"]


def test_a_partners_rules_say_who_goes_on_when_it_has_taken_a_ticket(desk: Desk) -> None:
    go_live(desk, rule(desk, "Whoever has least", person={}), by="p1.pm")
    ticket = desk.open()
    desk.offer(ticket, "p1.alder")
    desk.accept(ticket, "p1.pm")

    ticket.refresh_from_db()
    assert ticket.assignee_id is not None
    assert desk.readers(why(ticket).id) == {desk.org("p1")}
    assert desk.kinds(ticket, "c1").count("ticket.assigned/1") == 1


def test_rules_are_their_partys_own(desk: Desk) -> None:
    go_live(desk, rule(desk, "Secret of the desk", "c1.desk"))
    for reader in ("p1.pm", "p2.pm", "c2.cso", "c1.req", "emb"):
        assert not RoutingRules.objects.visible_to(desk.actor(reader)).exists()
    assert RoutingRules.objects.visible_to(desk.actor("c1.ct")).count() == 1


@pytest.mark.parametrize(
    ("by", "refusal"),
    [("c1.ct", NotAllowed), ("c1.aud", NotAllowed), ("c1.req", NotFound), ("emb", NotFound)],
)
def test_who_does_not_lead_changes_no_rules(desk: Desk, by: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        draft_save(document=[rule(desk, "All", "c1.desk")], actor=desk.actor(by), at=desk.tick())
    assert not RoutingRules.objects.exists()


def test_a_team_of_others_is_refused_like_one_that_never_was(desk: Desk) -> None:
    said = []
    for named in (team(desk, "p1.birch"), "0" * 32):
        with pytest.raises(Invalid) as refusal:
            draft_save(
                document=[{"name": "All", "then": {"teams": [named]}}],
                actor=desk.actor("c1.cso"),
                at=desk.tick(),
            )
        said.append((refusal.value.message, refusal.value.details))
    assert said[0] == said[1]


def test_versions_follow_each_other(desk: Desk) -> None:
    lead = desk.actor("c1.cso")
    first = go_live(desk, rule(desk, "One", "c1.desk"))
    second = go_live(desk, rule(desk, "Two", "c1.apps"))

    first.refresh_from_db()
    assert [(first.version, first.state), (second.version, second.state)] == [(1, "over"), (2, "live")]
    rules_stop(actor=lead, at=desk.tick())
    with pytest.raises(Conflict):
        rules_stop(actor=lead, at=desk.tick())
    kinds = Entry.objects.filter(subject_kind="routing").order_by("occurred_at", "id")
    assert list(kinds.values_list("kind", flat=True)) == [
        "routing.drafted/1",
        "routing.went_live/1",
        "routing.drafted/1",
        "routing.went_live/1",
        "routing.stopped/1",
    ]


def test_an_old_draft_is_not_written_over(desk: Desk) -> None:
    lead = desk.actor("c1.cso")
    draft = draft_save(
        document=[rule(desk, "One", "c1.desk")], actor=lead, at=desk.tick(), expected_version=0
    )
    draft_save(
        document=[rule(desk, "Two", "c1.desk")], actor=lead, at=desk.tick(), expected_version=draft.revision
    )
    for step in (
        lambda: draft_save(
            document=[rule(desk, "Three", "c1.desk")], actor=lead, at=desk.tick(), expected_version=1
        ),
        lambda: draft_go_live(actor=lead, at=desk.tick(), expected_version=1),
        lambda: draft_discard(actor=lead, at=desk.tick(), expected_version=1),
    ):
        with pytest.raises(StaleVersion):
            step()
    assert RoutingRules.objects.get().document[0]["name"] == "Two"


def test_of_several_teams_the_first_on_duty_gets_it_wherever_the_sun_is(desk: Desk) -> None:
    """The desk's shift is over at eight in the evening in Tokyo when the other's begins in Berlin."""
    for key, zone, begins, ends in (
        ("c1.desk", "Asia/Tokyo", "08:00", "17:00"),
        ("c1.apps", "Europe/Berlin", "09:00", "17:00"),
    ):
        shift_add(
            team_id=desk.world.teams[key].id,
            person_id=None,
            days=["mon", "tue", "wed", "thu", "fri"],
            begins=begins,
            ends=ends,
            zone=zone,
            actor=desk.actor("c1.cso"),
            at=desk.tick(),
        )
    go_live(desk, rule(desk, "Follow the sun", "c1.desk c1.apps"))
    # Monday 2 March: 08:00 UTC is 17:00 in Tokyo and 09:00 in Berlin; the next day at 01:00 UTC it is ten in Tokyo.
    european = desk.open()
    desk.now = desk.now.replace(hour=1) + timedelta(days=1)
    japanese = desk.open()

    assert european.holder_team_id == desk.world.teams["c1.apps"].id
    assert why(european).facts["team_because"] == "duty"
    assert japanese.holder_team_id == desk.world.teams["c1.desk"].id


def test_only_who_is_on_duty_is_chosen(desk: Desk) -> None:
    team_id, person = desk.world.teams["c1.desk"].id, desk.world.people["c1.ct"].id
    given = {"days": ["mon"], "begins": "00:00", "zone": "UTC", "actor": desk.actor("c1.cso")}
    shift_add(team_id=team_id, person_id=person, ends="09:00", at=desk.tick(), **given)
    go_live(desk, rule(desk, "On duty", "c1.desk", person={"on_duty": True}))

    assert desk.open().assignee_id == person
    desk.tick(60)
    assert desk.open().assignee_id is None
