"""The demo's routing rules: those of the client, which name its own teams and its partners', and those of one partner.

Two tickets go by them, so that somebody who looks around finds why they are where they are. Not here: the tickets of the script
(`demo_tickets`), which were opened before there were rules.
"""

from datetime import datetime, timedelta
from typing import Any

from cosource.config.demo_world import BRIGHTLINE, HARBOUR, KESTREL, World

_WEEK = ["mon", "tue", "wed", "thu", "fri"]


def rules_play(world: World, now: datetime) -> int:
    """Name a skill, put the rules of both parties in force, and let two tickets go by them; return how many.

    The caller holds the transaction.
    """
    from cosource.parties.models import Organization
    from cosource.parties.services.skills import person_skill_set, skill_add
    from cosource.tickets.routing.services.rule_sets import draft_go_live, draft_save
    from cosource.tickets.services.handover import handover_accept
    from cosource.tickets.services.opening import ticket_open

    begun = now - timedelta(minutes=20)
    _rosters(world, begun)
    maya = world.actor("maya", begun)
    skill = skill_add(name="Printing", actor=maya, at=begun)
    for key, level in (("lena", 3), ("ben", 1)):
        person_skill_set(person_id=world.people[key], skill_id=skill.id, level=level, actor=maya, at=begun)
    zone = Organization.objects.values_list("time_zone", flat=True).get(id=world.organizations[HARBOUR])
    for key, rules in (("ruth", _of_client(world, zone)), ("maya", _of_partner(world, skill.id.hex))):
        actor = world.actor(key, begun)
        draft_save(document=rules, actor=actor, at=begun)
        draft_go_live(actor=actor, at=begun)
    at = now - timedelta(minutes=12)
    printer = ticket_open(
        actor=world.actor("elena", at),
        at=at,
        title="Wristband printer in triage prints blank bands",
        text="Since the roll was changed all bands come out white. We write them by hand.",
        impact=2,
        site_id=world.sites[HARBOUR, "Northgate Hospital"],
        asset_name="WP-0121",
        demo=True,
    )
    ticket_open(
        actor=world.actor("priya", at),
        at=at,
        title="Infusion pump on 4 West does not log on",
        text="It works on its own but its readings do not reach the chart.",
        impact=2,
        site_id=world.sites[HARBOUR, "Northgate Hospital"],
        asset_name="IP-0417",
        demo=True,
    )
    at = now - timedelta(minutes=9)
    handover_accept(ticket_id=printer.id, actor=world.actor("maya", at), at=at)
    return 2


def _rosters(world: World, at: datetime) -> None:
    """Put the desk on duty by day, and somebody on site by night."""
    from cosource.parties.models import Organization
    from cosource.parties.services.duty import shift_add

    zone = Organization.objects.values_list("time_zone", flat=True).get(id=world.organizations[HARBOUR])
    for team, person, days, begins, ends in (
        ("Service desk", None, _WEEK, "07:00", "19:00"),
        ("Site support", "nadia", [*_WEEK, "sat", "sun"], "19:00", "07:00"),
    ):
        shift_add(
            team_id=world.teams[HARBOUR, team],
            person_id=world.people[person] if person else None,
            days=days,
            begins=begins,
            ends=ends,
            zone=zone,
            actor=world.actor("ruth", at),
            at=at,
        )


def _of_client(world: World, zone: str) -> list[dict[str, Any]]:
    night = {"zone": zone, "days": _WEEK, "from": "07:00", "until": "19:00", "outside": True}
    return [
        _rule(
            world,
            "Urgent at night",
            {"priority": [1], "hours": night},
            HARBOUR,
            "Site support",
            {"on_duty": True},
        ),
        _rule(
            world,
            "Medical devices",
            {"words": ["infusion", "ventilator", "ultrasound", "monitor*"]},
            HARBOUR,
            "Medical devices",
            {},
        ),
        _rule(
            world,
            "Printers and labels",
            {"words": ["print*", "toner", "label*", "wristband*"]},
            BRIGHTLINE,
            "Print",
            note="Printers and labels are yours by the agreement; the printer’s number stands under Asset.",
        ),
        _rule(world, "Network", {"service": [world.services[HARBOUR, "Network"].hex]}, KESTREL, "Network"),
        _rule(
            world,
            "Clinical applications",
            {"service": [world.services[HARBOUR, "Clinical applications"].hex]},
            BRIGHTLINE,
            "Applications",
        ),
        _rule(
            world,
            "At Riverside somebody goes there",
            {"site": [world.sites[HARBOUR, "Riverside Clinic"].hex]},
            HARBOUR,
            "Site support",
            {},
        ),
        _rule(world, "All else", {}, HARBOUR, "Service desk"),
    ]


def _of_partner(world: World, skill: str) -> list[dict[str, Any]]:
    own = {name: world.teams[BRIGHTLINE, name].hex for name in ("Print", "Desktop", "Applications")}
    return [
        {
            "name": "Print, to who knows printers",
            "when": {"team": [own["Print"]]},
            "then": {"person": {"skill": skill, "level": 2}},
        },
        {
            "name": "Whoever has least to do",
            "when": {"team": [own["Desktop"], own["Applications"]]},
            "then": {"person": {}},
        },
    ]


def _rule(  # noqa: PLR0917 - a rule in one line
    world: World,
    name: str,
    when: dict[str, Any],
    organization: str,
    team: str,
    person: dict[str, Any] | None = None,
    note: str = "",
) -> dict[str, Any]:
    then = {"teams": [world.teams[organization, team].hex], "person": person, "note": note}
    return {"name": name, "when": when, "then": then}
