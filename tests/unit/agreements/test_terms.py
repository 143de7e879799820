"""What the terms of a version say of a ticket's targets and of pauses."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from cosource.agreements.rules.terms import PauseTerm, TargetTerm, Terms

NORTH, SOUTH, MAIL = UUID(int=11), UUID(int=12), UUID(int=21)

TERMS = Terms(
    version_id=UUID(int=1),
    engagement_id=UUID(int=2),
    name="Harbour Health – Brightline",
    starts_at=datetime(2026, 1, 1, tzinfo=UTC),
    calendars={},
    targets=(
        TargetTerm("resolve", 1, 400, "always"),
        TargetTerm("resolve", 1, 300, "always", site_id=NORTH),
        TargetTerm("resolve", 1, 200, "always", service_id=MAIL),
        TargetTerm("resolve", 1, 100, "always", site_id=NORTH, service_id=MAIL),
        TargetTerm("respond", 1, 15, "always", site_id=NORTH),
    ),
    pause_reasons=(
        PauseTerm("requester_answer", "Waiting for the requester", "requester"),
        PauseTerm("client_access", "Waiting for access", "client"),
        PauseTerm("other_partner", "Waiting for another partner", "partner"),
    ),
)


@pytest.mark.req("A3", "C8")
@pytest.mark.parametrize(
    ("site", "service", "minutes"),
    [
        (NORTH, MAIL, 100),
        (SOUTH, MAIL, 200),
        (None, MAIL, 200),
        (NORTH, None, 300),
        (SOUTH, None, 400),
        (None, None, 400),
    ],
)
def test_the_narrowest_target_wins(site, service, minutes) -> None:
    target = TERMS.target_for("resolve", 1, site, service)
    assert target is not None
    assert target.minutes == minutes


@pytest.mark.parametrize(
    ("kind", "priority", "site"),
    [("respond", 1, SOUTH), ("respond", 2, NORTH), ("resolve", 2, NORTH), ("restore", 1, NORTH)],
)
def test_nothing_is_promised_where_no_target_fits(kind, priority, site) -> None:
    assert TERMS.target_for(kind, priority, site, MAIL) is None


@pytest.mark.parametrize(
    ("turn", "stops_partner", "stops_owner"),
    [
        ("requester", True, True),
        ("client", True, False),
        ("partner", False, False),  # listed as a reason, and yet nobody's own turn stops its clock
        ("third_party", False, False),  # not listed as a reason of this version
        ("holder", False, False),
    ],
)
def test_each_clock_stops_for_its_own_reasons_only(turn, stops_partner, stops_owner) -> None:
    assert TERMS.pauses_clock(turn, False) is stops_partner
    assert TERMS.pauses_clock(turn, True) is stops_owner


def test_a_listed_third_party_stops_a_partners_clock() -> None:
    more = replace(TERMS, pause_reasons=(PauseTerm("vendor", "Waiting for a vendor", "third_party"),))
    assert more.pauses_clock("third_party", False) is True
    assert more.pauses_clock("requester", False) is False
    assert more.pauses_clock("requester", True) is False


def test_a_named_reason_must_be_listed_for_that_turn() -> None:
    assert TERMS.pauses_clock("client", False, "client_access") is True
    assert TERMS.pauses_clock("client", False, "requester_answer") is False
    assert TERMS.pauses_clock("client", False, "lunch") is False
