"""Who is away, as those who work for the organization read it."""

from datetime import datetime

from cosource.foundation.sight import Actor
from cosource.parties.models import Absence

_MOST = 500


def absence_list(actor: Actor, *, at: datetime) -> list[Absence]:
    """Return the absences in sight that are not over, the next first, with their people."""
    rows = Absence.objects.visible_to(actor).filter(ends_at__gt=at).select_related("person")
    return [row for row in rows.order_by("starts_at", "id")[:_MOST] if row.starts_at < row.ends_at]
