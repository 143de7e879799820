"""The demo's live tickets, worked by the ordinary services at times gone by, each marked as a sample.

What happens is written in `demo_tickets.toml`. Not here: the imported history, and who these people are (`demo_world`).
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import resources
from io import BytesIO
from typing import Any
from uuid import UUID

from cosource.config.demo_world import BY_KEY, World
from cosource.foundation.sight import Actor

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_STATES = {
    "requester": "waiting_requester",
    "client": "waiting_client",
    "vendor": "waiting_partner",
    "start": "in_progress",
    "resolve": "resolved",
    "close": "closed",
    "reopen": "in_progress",
    "cancel": "cancelled",
}
_REASONS = {
    "requester": "requester_answer",
    "client": "client_access",
    "vendor": "third_party_delivery",
}


def ago(text: str) -> timedelta:
    """Return a stretch of time as the script writes it.

    >>> ago("1d 2h 05m")
    datetime.timedelta(days=1, seconds=7500)
    """
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in re.findall(r"(\d+)([dhm])", text)})


def script() -> list[dict[str, Any]]:
    """Return what is to happen, ticket by ticket."""
    text = resources.files("cosource.config").joinpath("demo_tickets.toml").read_text("utf-8")
    tickets: list[dict[str, Any]] = tomllib.loads(text)["tickets"]
    return tickets


def tickets_play(world: World, now: datetime) -> int:
    """Open and work the tickets of the script, in the order in which things happened; return how many there are.

    The steps of the ladder come in between, as the worker would have raised them. The caller holds the transaction.
    """
    from cosource.tickets.services.escalation import escalations_replay

    moments: list[tuple[datetime, int, Callable[[datetime], None]]] = []
    opened: dict[int, UUID] = {}
    tickets = script()
    for number, ticket in enumerate(tickets):
        moments.append((now - ago(ticket["ago"]), number, _opening(world, ticket, number, opened)))
        moments.extend(
            (now - ago(step["ago"]), number, _step(world, step, number, opened)) for step in ticket["steps"]
        )
    for at, _, happen in sorted(moments, key=lambda moment: moment[:2]):
        escalations_replay(until=at)
        happen(at)
    escalations_replay(until=now)
    return len(tickets)


def _opening(
    world: World, ticket: Mapping[str, Any], number: int, opened: dict[int, UUID]
) -> Callable[[datetime], None]:
    from cosource.tickets.services.opening import ticket_open

    own = BY_KEY[ticket["by"]].organization
    client = ticket.get("on", own)
    requester = ticket.get("requester")

    def happen(at: datetime) -> None:
        made = ticket_open(
            actor=world.actor(ticket["by"], at),
            at=at,
            title=ticket["title"],
            text=ticket["text"],
            impact=ticket["impact"],
            urgency=ticket["urgency"],
            topic=ticket["topic"],
            service_id=world.services[client, ticket["service"]] if "service" in ticket else None,
            site_id=world.sites[client, ticket["site"]],
            asset_name=ticket.get("asset", ""),
            requester_id=world.people[requester] if requester else None,
            team_id=world.teams[own, ticket["team"]]
            if "team" in ticket
            else _first_team(world, ticket["by"]),
            engagement_id=world.engagements[client, own] if client != own else None,
            internal=ticket.get("internal", False),
            demo=True,
        )
        opened[number] = made.id

    return happen


def _first_team(world: World, key: str) -> UUID | None:
    """Return the first team of somebody who has one."""
    character = BY_KEY[key]
    return world.teams[character.organization, character.teams[0]] if character.teams else None


def _step(
    world: World, step: Mapping[str, Any], number: int, opened: dict[int, UUID]
) -> Callable[[datetime], None]:
    def happen(at: datetime) -> None:
        _do(world, step, opened[number], at)

    return happen


def _brought(file: Mapping[str, str], actor: Actor, at: datetime) -> UUID:
    from cosource.foundation.services.files import file_bring

    return file_bring(source=BytesIO(file["text"].encode()), name=file["name"], actor=actor, at=at).id


def _do(world: World, step: Mapping[str, Any], ticket_id: UUID, at: datetime) -> None:
    from cosource.tickets.services.changing import ticket_assign
    from cosource.tickets.services.conversation import ticket_reply
    from cosource.tickets.services.handover import handover_accept, handover_decline, ticket_hand_over
    from cosource.tickets.services.moving import ticket_move

    actor = world.actor(step["by"], at)
    what, text = step["do"], step.get("text", "")
    if what == "take":
        ticket_assign(ticket_id=ticket_id, person_id=world.people[step["by"]], actor=actor, at=at)
    elif what == "hand":
        organization, _, team = step["to"].partition(" / ")
        ticket_hand_over(
            ticket_id=ticket_id,
            to_team_id=world.teams[organization, team],
            reason=step["reason"],
            text=text,
            actor=actor,
            at=at,
        )
    elif what == "accept":
        handover_accept(ticket_id=ticket_id, actor=actor, at=at)
    elif what == "decline":
        handover_decline(ticket_id=ticket_id, reason=step["reason"], text=text, actor=actor, at=at)
    elif what == "say":
        ticket_reply(
            ticket_id=ticket_id,
            text=text,
            party_ids=[world.organizations[name] for name in step["to"] if name != "requester"],
            with_requester="requester" in step["to"],
            wider_confirmed=True,
            file_ids=[_brought(one, actor, at) for one in step.get("files", ())],
            actor=actor,
            at=at,
        )
    elif what == "ask":
        whom = step["whom"]
        ticket_move(
            ticket_id=ticket_id, to_state=_STATES[whom], reason=_REASONS[whom], text=text, actor=actor, at=at
        )
    else:
        ticket_move(ticket_id=ticket_id, to_state=_STATES[what], text=text, actor=actor, at=at)
