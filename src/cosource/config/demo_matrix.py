"""The demo's escalation matrix: both sides of one engagement, with one gap for whoever looks for it.

The client's duty ends on Friday evening and its service owner is woken for urgent tickets only, so that at the weekend by day
nobody of it is reached for the others. Not here: the rosters that it asks (`demo_rules`).
"""

from datetime import datetime
from typing import Any

from cosource.config.demo_world import BRIGHTLINE, HARBOUR, World


def matrix_play(world: World, now: datetime) -> None:
    """Keep both parts. The caller holds the transaction."""
    from cosource.tickets.matrix.services.keeping import part_set

    for key, side, lines in (("ruth", "client", _client(world)), ("maya", "partner", _partner(world))):
        part_set(
            engagement_id=world.engagements[HARBOUR, BRIGHTLINE],
            side=side,
            document=lines,
            actor=world.actor(key, now),
            at=now,
            expected_version=0,
        )


def _person(world: World, key: str, phone: str = "") -> dict[str, str]:
    return {"is": "person", "id": world.people[key].hex, "phone": phone}


def _duty(world: World, party: str, team: str, phone: str = "") -> dict[str, str]:
    return {"is": "duty", "id": world.teams[party, team].hex, "phone": phone}


def _client(world: World) -> list[dict[str, Any]]:
    return [
        {
            "direction": "functional",
            "level": 1,
            "who": [
                _duty(world, HARBOUR, "Service desk", "+44 20 7946 0100"),
                _duty(world, HARBOUR, "Site support", "+44 20 7946 0101"),
            ],
        },
        {
            "direction": "hierarchical",
            "level": 1,
            "priorities": [1, 2],
            "by_phone": True,
            "who": [_person(world, "ruth", "+44 20 7946 0110"), _person(world, "tom", "+44 20 7946 0111")],
            "may": [
                {"what": "emergency_change"},
                {"what": "major_incident"},
                {"what": "spend", "amount": "10000", "currency": "GBP"},
            ],
        },
    ]


def _partner(world: World) -> list[dict[str, Any]]:
    return [
        {
            "direction": "functional",
            "level": 1,
            "who": [_person(world, "ben", "+44 20 7946 0120"), _person(world, "lena")],
            "may": [{"what": "wake_vendor"}],
        },
        {
            "direction": "hierarchical",
            "level": 1,
            "who": [
                _person(world, "maya", "+44 20 7946 0130"),
                {"is": "contact", "name": "Brightline night desk", "phone": "+44 20 7946 0139"},
            ],
            "may": [{"what": "emergency_change"}, {"what": "spend", "amount": "2500", "currency": "GBP"}],
        },
    ]
