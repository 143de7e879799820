"""What the demo's people have on their desks beside incidents: a catalog, requests, changes, a problem, a freeze.

All by the ordinary services, at times gone by. Not here: the incidents (`demo_tickets`).
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cosource.config.demo_world import BRIGHTLINE, HARBOUR, KESTREL, World

_CATALOG: tuple[dict[str, Any], ...] = (
    {
        "name": "Laptop for a new colleague",
        "description": "Ready to sign in on the first day; allow three working days.",
        "section": "New colleagues",
        "form": "Name of the colleague* | line\nFirst day* | date\nModel* | choice | Light; Standard; Large screen\n"
        "Docking station | yes_no\nPrograms beside the usual ones | text",
        "approval": True,
        "service": "Workplace",
    },
    {
        "name": "Access to a shared folder",
        "description": "For yourself or somebody of your ward.",
        "section": "Rights",
        "form": "Folder* | line\nWho needs it* | line\nWhat for* | choice | Reading; Reading and writing\nUntil | date",
        "approval": True,
    },
    {
        "name": "Toner or labels",
        "description": "Brought to the printer; no need to come down.",
        "section": "Supplies",
        "form": "Printer* | line\nWhat is missing* | choice | Toner; Labels; Wristbands\nHow many | number",
        "service": "Printing",
        "urgency": 3,
    },
    {
        "name": "Move a network socket",
        "description": "A socket or access point that has to go elsewhere.",
        "section": "Rooms",
        "form": "Room* | line\nFrom where to where* | text\nNeeded by | date",
        "service": "Network",
        "for_requesters": False,
    },
)


def kinds_play(world: World, now: datetime) -> None:
    """Offer the catalog, ask for two of its items, plan two changes, name a known error.

    The caller holds the transaction.
    """
    items = _catalog(world, now - timedelta(days=20))
    _requests(world, items, now)
    _changes(world, now)
    _problem(world, now)


def _catalog(world: World, at: datetime) -> dict[str, UUID]:
    from cosource.tickets.services.catalog import catalog_item_add

    made = {}
    for offered in _CATALOG:
        values = {k: v for k, v in offered.items() if k != "service"}
        if "service" in offered:
            values["service_id"] = world.services[HARBOUR, offered["service"]]
        item = catalog_item_add(values=values, actor=world.actor("ruth", at), at=at)
        made[item.name] = item.id
    return made


def _requests(world: World, items: dict[str, UUID], now: datetime) -> None:
    from cosource.tickets.services.catalog import request_open

    for who, minutes, name, answers in (
        (
            "priya",
            190,
            "Laptop for a new colleague",
            {
                "name_of_the_colleague": "Hannah Weiss",
                "first_day": (now + timedelta(days=9)).date().isoformat(),
                "model": "Light",
                "docking_station": "yes",
            },
        ),
        (
            "elena",
            35,
            "Toner or labels",
            {"printer": "LBL-ED-02", "what_is_missing": "Labels", "how_many": "4"},
        ),
    ):
        at = now - timedelta(minutes=minutes)
        request_open(item_id=items[name], answers=answers, actor=world.actor(who, at), at=at, demo=True)


def _changes(world: World, now: datetime) -> None:
    from cosource.tickets.services.changes import freeze_add

    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    firmware = _change(
        world,
        now - timedelta(hours=26),
        by="lena",
        title="New firmware on the ward printers",
        text="Version 4.2 on the twelve printers of wards 3 and 4, one after the other, each with a test page.",
        service="Printing",
        starts_at=noon + timedelta(days=2, hours=6),
        hours=3,
        way_back="Load 4.1 from the stick; ten minutes a printer. The ward uses the printer next door meanwhile.",
    )
    _ask(world, firmware, now - timedelta(hours=25), "lena", text="Wards 3 and 4 know of it.")
    _approve(world, firmware, now - timedelta(hours=20), "maya", "Lena has done it at the clinic twice.")
    switch = _change(
        world,
        now - timedelta(days=3),
        by="ines",
        title="Second power supply for the core switch",
        text="Put the second supply in and move one feed to the other circuit. No outage is expected.",
        service="Network",
        starts_at=noon + timedelta(days=4, hours=9),
        hours=2,
        way_back="Take the supply out again; the first carries the switch alone, as it does now.",
    )
    _ask(world, switch, now - timedelta(days=2, hours=20), "ines", text="")
    _approve(world, switch, now - timedelta(days=2, hours=2), "stefan", "")
    _approve(
        world,
        switch,
        now - timedelta(days=1, hours=4),
        "ruth",
        "Please tell the operating theatres the day before.",
    )
    at = now - timedelta(days=6)
    freeze_add(
        name="Move of the emergency department",
        starts_at=noon + timedelta(days=11),
        ends_at=noon + timedelta(days=13),
        actor=world.actor("ruth", at),
        at=at,
    )


def _change(
    world: World,
    at: datetime,
    *,
    by: str,
    title: str,
    text: str,
    service: str,
    starts_at: datetime,
    hours: int,
    way_back: str,
) -> UUID:
    from cosource.tickets.services.changes import plan_set
    from cosource.tickets.services.opening import ticket_open
    from cosource.tickets.services.sayings import saying_add

    partner = BRIGHTLINE if by == "lena" else KESTREL
    made = ticket_open(
        actor=world.actor(by, at),
        at=at,
        kind="change",
        title=title,
        text=text,
        impact=2,
        urgency=3,
        service_id=world.services[HARBOUR, service],
        site_id=world.sites[HARBOUR, "Northgate Hospital"],
        team_id=world.teams[partner, "Print" if by == "lena" else "Network"],
        engagement_id=world.engagements[HARBOUR, partner],
        demo=True,
    )
    window = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=hours), "risk": 3}
    later = at + timedelta(minutes=10)
    plan_set(ticket_id=made.id, changes=window, actor=world.actor(by, later), at=later)
    saying_add(ticket_id=made.id, says="rollback", text=way_back, actor=world.actor(by, later), at=later)
    return made.id


def _ask(world: World, ticket_id: UUID, at: datetime, by: str, *, text: str) -> None:
    from cosource.tickets.services.approving import approval_ask

    approval_ask(ticket_id=ticket_id, actor=world.actor(by, at), at=at, text=text)


def _approve(world: World, ticket_id: UUID, at: datetime, by: str, text: str) -> None:
    from cosource.tickets.services.approving import approval_decide

    approval_decide(ticket_id=ticket_id, decision="approve", text=text, actor=world.actor(by, at), at=at)


def _problem(world: World, now: datetime) -> None:
    from cosource.tickets.services.moving import ticket_move
    from cosource.tickets.services.opening import ticket_open
    from cosource.tickets.services.sayings import saying_add

    at = now - timedelta(days=4)
    made = ticket_open(
        actor=world.actor("ben", at),
        at=at,
        kind="problem",
        title="Sign-in to the chart hangs after the night’s restart",
        text="Every morning between six and seven, on about one workstation in ten. Restarting it helps until the next day.",
        impact=2,
        urgency=2,
        service_id=world.services[HARBOUR, "Clinical applications"],
        site_id=world.sites[HARBOUR, "Northgate Hospital"],
        team_id=world.teams[BRIGHTLINE, "Applications"],
        engagement_id=world.engagements[HARBOUR, BRIGHTLINE],
        demo=True,
    )
    steps = (
        (timedelta(days=3, hours=22), "in_progress", ""),
        (
            timedelta(days=1, hours=3),
            "known_error",
            "The client starts before the network does and keeps the wrong server. Seen in the logs of nine workstations.",
        ),
    )
    for ago, state, text in steps:
        then = now - ago
        ticket_move(ticket_id=made.id, to_state=state, text=text, actor=world.actor("ben", then), at=then)
    then = now - timedelta(days=1, hours=2)
    saying_add(
        ticket_id=made.id,
        says="workaround",
        text="Sign out of Windows and in again; a restart is not needed.",
        actor=world.actor("ben", then),
        at=then,
    )
