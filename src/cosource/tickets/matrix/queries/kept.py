"""Whether a matrix is kept for a ticket, as a condition beside what is read of every ticket anyway."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from cosource.tickets.models import Participation


def matrix_kept(organization_id: Any) -> Exists:
    """Look for a part of a matrix in an engagement of the ticket that the reader's organization is a party of."""
    side = Q(engagement__client_id=organization_id) | Q(engagement__partner_id=organization_id)
    kept = Participation.objects.filter(engagement__matrix_parts__isnull=False)
    return Exists(kept.filter(side, ticket_id=OuterRef("pk")))
