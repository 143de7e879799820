"""Policies, ceilings and short names: exhaustively where it is a table."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from cosource.foundation.sight import ROLES
from cosource.parties.rules.ceiling import Ceiling, breaches
from cosource.parties.rules.naming import initials, prefix
from cosource.parties.rules.policies import POLICIES, allows, may_give, roles_for

END = datetime(2026, 12, 31, tzinfo=UTC)
A, B, C, D = (UUID(int=n) for n in range(1, 5))

# Written down apart from the code: who may do what with a role on the own desk, and with one on the engagement.
DESK = {
    "organization.update": "administrator",
    "organization.person_figures": "service_owner manager",
    "place.manage": "administrator service_owner manager",
    "team.manage": "administrator service_owner manager",
    "skill.manage": "administrator service_owner manager",
    "person.invite": "administrator service_owner manager",
    "person.end": "administrator service_owner manager",
    "token.manage": "administrator service_owner manager",
    "sign_in.manage": "administrator",
    "person.recover": "administrator",
    "engagement.create": "service_owner manager",
    "grant.manage": "administrator service_owner manager",
    "placement.propose": "administrator service_owner manager",
    "placement.answer": "administrator service_owner manager",
    "placement.end": "administrator service_owner manager",
    "engagement.update": "service_owner manager",
    "engagement.scope": "service_owner manager",
    "engagement.rights": "service_owner manager",
    "engagement.end": "service_owner manager",
    "engagement.teams": "administrator service_owner manager",
    "engagement.invite": "service_owner manager",
    "stage.propose": "service_owner manager",
    "stage.answer": "service_owner manager",
    "milestone.manage": "service_owner manager",
    "absence.manage": "administrator service_owner manager",
    "escalation.manage": "service_owner manager",
}
ENGAGEMENT = {
    "grant.manage",
    "placement.propose",
    "placement.end",
    "engagement.update",
    "engagement.scope",
    "engagement.rights",
    "engagement.end",
    "engagement.teams",
    "engagement.invite",
    "stage.propose",
    "stage.answer",
    "milestone.manage",
    "escalation.manage",
}
CLIENT_ONLY = {
    "placement.answer",
    "engagement.update",
    "engagement.scope",
    "engagement.rights",
    "engagement.end",
}


@pytest.mark.parametrize("action", sorted(POLICIES))
def test_a_policy_is_as_the_table_says(action):
    for role in ROLES:
        held = frozenset({role})
        assert allows(action, desk=held) is (role in DESK[action].split()), role
        on_engagement = action in ENGAGEMENT and role in {"service_owner", "manager"}
        assert allows(action, desk=frozenset(), engagement=held) is on_engagement, role
    sides = POLICIES[action].sides
    expected = (
        {"client"}
        if action in CLIENT_ONLY
        else {"partner"}
        if action == "placement.propose"
        else {"client", "partner"}
    )
    assert sides == expected


def test_an_action_without_a_policy_never_passes():
    with pytest.raises(KeyError):
        allows("organization.delete", desk=frozenset(ROLES))


@pytest.mark.req("C28")
def test_only_administrators_make_administrators():
    for role, mine in product(ROLES, ROLES):
        assert may_give(role, desk=frozenset({mine})) is (role != "administrator" or mine == "administrator")


def test_roles_fit_their_place():
    assert set(roles_for(None)) == set(ROLES)
    assert roles_for("client") == ("service_owner", "technician", "auditor")
    assert roles_for("partner") == ("manager", "technician", "auditor")


CEILING = Ceiling(frozenset({A, B}), frozenset({C}), frozenset({"read_in_scope"}), END)


@pytest.mark.parametrize(
    ("service_ids", "site_ids", "rights", "ends_at", "expected"),
    [
        ((), (), (), None, ()),
        ((A, B), (C,), ("read_in_scope",), END, ()),
        ((A, D), (), (), None, ("service_ids",)),
        ((), (D,), (), None, ("site_ids",)),
        ((), (), ("write",), None, ("rights",)),
        ((), (), (), END + timedelta(seconds=1), ("ends_at",)),
        ((D,), (D,), ("x",), END + timedelta(days=1), ("service_ids", "site_ids", "rights", "ends_at")),
    ],
)
def test_what_reaches_above_the_ceiling_is_named(service_ids, site_ids, rights, ends_at, expected):
    found = breaches(
        CEILING,
        service_ids=frozenset(service_ids),
        site_ids=frozenset(site_ids),
        rights=frozenset(rights),
        ends_at=ends_at,
    )
    assert found == expected


def test_an_engagement_without_an_end_has_no_bound_in_time():
    open_end = Ceiling(frozenset(), frozenset(), frozenset(), None)
    none = frozenset[UUID]()
    assert breaches(open_end, service_ids=none, site_ids=none, rights=frozenset(), ends_at=END) == ()


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("Harbour Health", (), "HH"),
        ("Harbour Health", ("hh",), "HA"),
        ("Brightline", (), "BR"),
        ("Q", (), "Q2"),
        ("3M", (), "3M"),
        ("Straße 7", (), "S7"),
        ("水", (), "AA"),
        ("水", ("AA",), "AB"),
        ("", (), "AA"),
    ],
)
def test_initials(name, taken, expected):
    assert initials(name, taken) == expected


def test_initials_of_a_thousand_parties_end_in_a_mark():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert initials("水", [a + b for a in letters for b in letters]) == "··"


def test_initials_of_partners_of_one_client_all_differ():
    names = ["Brightline", "Bright Lines", "Brights", "B", "Bri"] * 6
    taken: list[str] = []
    for name in names:
        taken.append(initials(name, taken))
    assert len(set(taken)) == len(names)


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("Brightline", (), "BRI"),
        ("Brightline", ("BRI", "brig"), "BRIGH"),
        ("Brightline", ("BRI", "BRIG", "BRIGH"), "BRIG2"),
        ("Brightline", ("BRI", "BRIG", "BRIGH", "BRIG2"), "BRIG3"),
        ("X", (), "ENG"),
        ("24 7", (), "ENG"),
        ("QT", ("QT",), "QT2"),
    ],
)
def test_prefix(name, taken, expected):
    assert prefix(name, taken) == expected
