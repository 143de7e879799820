"""What stands beside a ticket for each of its parties, kept as a flag on its part, so that a ticket without it costs no question.

Set-wise and without the parts at hand: what a step holds in its record is not changed.
"""

from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from cosource.tickets.models import Participation, TicketLink
from cosource.tickets.models.participation import Beside


def beside_set(parts: "QuerySet[Participation]", what: Beside) -> None:
    """Flag something on parts."""
    parts.update(beside=Coalesce(F("beside"), 0).bitor(int(what)))


def beside_clear(parts: "QuerySet[Participation]", what: Beside) -> None:
    """Take a flag off parts."""
    parts.filter(beside__isnull=False).update(beside=F("beside").bitand(0x7FFF & ~int(what)))


def links_flag(one_id: UUID, other_id: UUID) -> None:
    """Flag the link of two tickets for the parties that take part in both, and for nobody else."""
    for ticket_id, beside_id in ((one_id, other_id), (other_id, one_id)):
        both = Participation.objects.filter(ticket_id=beside_id).values("organization_id")
        beside_set(Participation.objects.filter(ticket_id=ticket_id, organization_id__in=both), Beside.LINKS)


def links_unflag(*ticket_ids: UUID) -> None:
    """Take the flag off the parts that have no link left."""
    left = TicketLink.objects.filter(
        ticket_id=OuterRef("ticket_id"), other__participations__organization_id=OuterRef("organization_id")
    )
    parts = Participation.objects.filter(ticket_id__in=ticket_ids)
    beside_clear(parts.exclude(Exists(left)), Beside.LINKS)


def newcomer_flag(ticket_id: UUID) -> None:
    """Flag what a party that joins a ticket may read beside it: the links to others in which it takes part too."""
    for other_id in TicketLink.objects.filter(ticket_id=ticket_id).values_list("other_id", flat=True):
        links_flag(ticket_id, other_id)
