"""Duty rosters: shifts of a team in their own zones, who is on duty at an instant, and whose business that is."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.integration.parties.record import refused
from tests.worlds import World

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.parties.models import DutyShift
from cosource.parties.queries.duty import duty_of, roster_of
from cosource.parties.services.duty import shift_add, shift_end

pytestmark = [pytest.mark.django_db, pytest.mark.req("C24")]
WEEK = ["mon", "tue", "wed", "thu", "fri"]
# Monday noon in UTC.
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def add(world: World, team: str = "c1.desk", by: str = "c1.cso", **more: Any) -> DutyShift:
    given: dict[str, Any] = {
        "person_id": None,
        "days": WEEK,
        "begins": "08:00",
        "ends": "17:00",
        "zone": "Europe/Berlin",
    } | more
    return shift_add(team_id=world.teams[team].id, actor=world.actor(by), at=world.at, **given)


def on_duty(world: World, at: datetime, team: str = "c1.desk") -> Any:
    team_id: UUID = world.teams[team].id
    duty = duty_of([team_id], at).get(team_id)
    return duty and (duty.whole_team, sorted(duty.people))


def test_a_team_without_shifts_keeps_no_roster(world: World) -> None:
    assert on_duty(world, NOON) is None


def test_shifts_hold_in_their_own_zone_and_over_midnight(world: World) -> None:
    ct = world.people["c1.ct"].id
    add(world)
    add(world, person_id=ct, days=["mon"], begins="22:00", ends="06:00", zone="Asia/Tokyo")

    # 08:00 to 17:00 in Berlin is 07:00 to 16:00 in UTC; Monday's night in Tokyo is 13:00 to 21:00 in UTC.
    assert on_duty(world, NOON) == (True, [])
    assert on_duty(world, NOON.replace(hour=15)) == (True, [ct.hex])
    assert on_duty(world, NOON.replace(hour=20)) == (False, [ct.hex])
    assert on_duty(world, NOON.replace(hour=21)) == (False, [])


def test_a_shift_ends_and_the_record_says_both(world: World) -> None:
    shift = add(world)
    shift_end(shift_id=shift.id, actor=world.actor("c1.cso"), at=NOON)
    assert on_duty(world, NOON) is None
    with refused(Conflict, "already_ended"):
        shift_end(shift_id=shift.id, actor=world.actor("c1.cso"), at=NOON)
    entries = Entry.objects.filter(subject_kind="duty_shift").order_by("occurred_at")
    assert list(entries.values_list("kind", flat=True)) == ["duty.shift_added/1", "duty.shift_ended/1"]
    readers = {r for e in entries for r in e.audience.readers.values_list("organization_id", flat=True)}
    assert readers == {world.organizations["c1"].id}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": []}, "days"),
        ({"begins": "8"}, "begins"),
        ({"ends": "24:30"}, "ends"),
        ({"zone": "Berlin"}, "zone"),
    ],
)
def test_what_does_not_fit_is_named(world: World, wrong: dict[str, Any], field: str) -> None:
    with refused(Invalid, field=field):
        add(world, **wrong)


def test_only_members_are_put_on_duty(world: World) -> None:
    with refused(NotFound):
        add(world, person_id=world.people["p1.pt"].id)


@pytest.mark.parametrize(
    ("by", "refusal"), [("c1.ct", NotAllowed), ("p1.pm", NotFound), ("c2.cso", NotFound)]
)
def test_who_does_not_lead_there_keeps_no_roster(world: World, by: str, refusal: Any) -> None:
    with refused(refusal):
        add(world, by=by)


def test_the_other_party_reads_no_roster_though_it_sees_the_team(world: World) -> None:
    shift = add(world, "p1.alder", by="p1.pm")
    assert [
        line.id for line in roster_of(world.actor("p1.pt"), world.teams["p1.alder"].id, at=NOON).shifts
    ] == [shift.id]
    with pytest.raises(NotFound):
        roster_of(world.actor("c1.cso"), world.teams["p1.alder"].id, at=NOON)
    with refused(NotFound):
        shift_end(shift_id=shift.id, actor=world.actor("c1.cso"), at=NOON)
