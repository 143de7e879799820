"""When somebody left and came back, kept for that person's own page of what happened meanwhile and shown to nobody else."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, F, When

from cosource.parties.models import Presence

# Whoever was not here for so long has been away: longer than a meeting, shorter than a night.
AWAY = timedelta(hours=4)


def person_seen(person_id: UUID, *, at: datetime) -> None:
    """Note that a person is here; after four hours without a sign of them, also since when they were not."""
    was_away = When(seen_at__lte=at - AWAY, then=F("seen_at"))
    mine = Presence.objects.filter(person_id=person_id)
    if not mine.update(away_from=Case(was_away, default=F("away_from")), seen_at=at):
        Presence.objects.get_or_create(person_id=person_id, defaults={"seen_at": at})


def away_from(person_id: UUID) -> datetime | None:
    """Return when the person had left before they came back last; None where that is not known."""
    return Presence.objects.filter(person_id=person_id).values_list("away_from", flat=True).first()
