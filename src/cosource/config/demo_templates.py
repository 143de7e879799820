"""What the demo's desks have written beforehand: ticket templates of both sides, and what recurs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.config.demo_world import HARBOUR, World

# Who leads, and the template; `service` by its name.
TEMPLATES: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "ruth",
        {
            "name": "Ward printer does not print",
            "title": "Printer on ward … does not print",
            "text": "Which printer, since when, and what does its display say?\n\nIs there another one nearby for labels?",
            "topic": "Printing",
            "service": "Printing",
            "checklist": "Another printer named to the ward\nSupplies looked at\nPartner told which door is open",
        },
    ),
    (
        "ruth",
        {
            "name": "Test of the emergency power",
            "kind": "change",
            "title": "Monthly test of the emergency power",
            "text": "1. tell the wards\n2. switch over for ten minutes\n"
            "3. look at network and telephones\n4. switch back, tell the wards",
            "topic": "Facilities",
            "urgency": 3,
            "checklist": "Wards told\nSwitched over\nNetwork and telephones looked at\nSwitched back",
        },
    ),
    (
        "maya",
        {
            "name": "Care of the print servers",
            "kind": "request",
            "title": "Monthly care of the print servers",
            "text": "Queues emptied, drivers compared, updates of the month put in.",
            "topic": "Printing",
            "service": "Printing",
            "impact": 3,
            "urgency": 3,
            "checklist": "Backup of the queues\nUpdates\nTest page on three wards",
        },
    ),
)
# Who leads, what recurs, and when.
RECURRING = (
    ("ruth", "Test of the emergency power", "every second tuesday of the month at 08:00"),
    ("maya", "Care of the print servers", "every last working day of the month at 17:00"),
)


# Who leads, and which fields its desk asks for.
FIELDS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "ruth",
        {
            "name": "Printer",
            "topic": "Printing",
            "form": "Number on the label | line\nAnother printer nearby | yes_no\nStops | choice | nothing; labels; a ward",
        },
    ),
    (
        "maya",
        {
            "name": "For our accounts",
            "form": "Project number | line\nCovered by the contract | yes_no",
            "internal": True,
        },
    ),
)


def templates_play(world: World, now: datetime) -> dict[str, UUID]:
    """Write the templates, let some recur, declare fields; return the templates' ids. The caller holds the transaction."""
    from cosource.parties.models import Engagement, Service
    from cosource.tickets.services.fields import field_set_add
    from cosource.tickets.services.recurring import recurring_add
    from cosource.tickets.services.templates import template_add

    made = {}
    for who, given in TEMPLATES:
        actor, values = world.actor(who, now), dict(given)
        service = values.pop("service", None)
        if service:
            named = Service.objects.visible_to(actor).filter(name=service).order_by("id").first()
            values["service_id"] = named.id if named else None
        made[values["name"]] = template_add(values=values, actor=actor, at=now).id
    for who, template, rule in RECURRING:
        actor = world.actor(who, now)
        # A partner's opens on its client's desk.
        served = Engagement.objects.filter(partner_id=actor.reads_as, client__name=HARBOUR, parent=None)
        given = {
            "name": template,
            "template_id": made[template],
            "rule": rule,
            "zone": "Europe/Berlin",
            "engagement_id": served.order_by("created_at", "id").values_list("id", flat=True).first(),
        }
        recurring_add(values=given, actor=actor, at=now)
    for who, given in FIELDS:
        field_set_add(values=given, actor=world.actor(who, now), at=now)
    return made
