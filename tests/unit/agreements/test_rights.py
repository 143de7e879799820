"""From grants to how far an actor gets with an agreement."""

from uuid import UUID

import pytest

from cosource.agreements.rules.rights import Level, level_on
from cosource.foundation.sight import ROLES, Actor, GrantFact, Sight, system_actor

HOUSE, PARTNER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
HERE, ELSEWHERE = UUID(int=11), UUID(int=12)


def person(organization, *grants: GrantFact, as_host=False) -> Actor:
    return Actor("person", UUID(int=99), Sight(organization, UUID(int=99), grants, as_host=as_host))


def level(actor: Actor, *, desk=False) -> Level:
    if desk:
        return level_on(actor, owner_id=HOUSE, engagement_id=None, partner_id=None)
    return level_on(actor, owner_id=HOUSE, engagement_id=HERE, partner_id=PARTNER)


LEAD, READ, TARGETS, NOTHING = Level.LEAD, Level.READ, Level.TARGETS, Level.NOTHING

# role: (client's desk grant, client's grant here, partner's grant here, partner's desk grant)
EXPECTED = {
    "service_owner": (LEAD, LEAD, LEAD, LEAD),
    "manager": (LEAD, LEAD, LEAD, LEAD),
    "technician": (READ, READ, TARGETS, NOTHING),
    "auditor": (READ, READ, READ, NOTHING),
    "requester": (NOTHING, NOTHING, NOTHING, NOTHING),
    "administrator": (NOTHING, NOTHING, NOTHING, NOTHING),
}


def test_every_role_is_decided() -> None:
    assert set(EXPECTED) == set(ROLES)


@pytest.mark.parametrize("role", EXPECTED)
def test_levels_by_side_and_place(role) -> None:
    found = tuple(
        level(person(organization, GrantFact(place, role)))
        for organization, place in ((HOUSE, None), (HOUSE, HERE), (PARTNER, HERE), (PARTNER, None))
    )
    assert found == EXPECTED[role]


@pytest.mark.parametrize("role", ROLES)
def test_a_grant_elsewhere_and_another_party_reach_nothing(role) -> None:
    assert level(person(HOUSE, GrantFact(ELSEWHERE, role))) is NOTHING
    assert level(person(PARTNER, GrantFact(ELSEWHERE, role))) is NOTHING
    assert level(person(OTHER, GrantFact(HERE, role))) is NOTHING
    assert level(person(PARTNER, GrantFact(HERE, role)), desk=True) is NOTHING
    assert level(person(None, GrantFact(HERE, role))) is NOTHING


def test_the_own_desk_is_read_by_grants_on_it() -> None:
    assert level(person(HOUSE, GrantFact(None, "service_owner")), desk=True) is LEAD
    assert level(person(HOUSE, GrantFact(HERE, "service_owner")), desk=True) is NOTHING


def test_the_highest_grant_counts() -> None:
    assert level(person(HOUSE, GrantFact(None, "requester"), GrantFact(HERE, "auditor"))) is READ


def test_a_limited_lead_reads() -> None:
    assert level(person(PARTNER, GrantFact(HERE, "manager", site_ids=frozenset({UUID(int=5)})))) is READ
    assert level(person(PARTNER, GrantFact(HERE, "manager", service_ids=frozenset({UUID(int=5)})))) is READ


def test_a_guest_reads_the_hosts_desk_alone() -> None:
    guest = person(HOUSE, GrantFact(None, "service_owner"), GrantFact(HERE, "service_owner"), as_host=True)
    assert level(guest, desk=True) is READ
    assert level(guest) is NOTHING
    assert level(person(PARTNER, GrantFact(HERE, "manager"), as_host=True)) is NOTHING


def test_programs_read_targets_at_most() -> None:
    for role, expected in (("auditor", TARGETS), ("technician", TARGETS), ("requester", NOTHING)):
        token = Actor("token", UUID(int=9), Sight(PARTNER, grants=(GrantFact(HERE, role),)))
        assert level(token) is expected
    assert level(system_actor(reason="tidying", organization_id=HOUSE)) is NOTHING
