"""Looking over all matrices for time in which nobody can be reached, and telling whoever keeps the part, once for each gap."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from cosource.foundation.services.notices import notify
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Grant
from cosource.parties.models.scope import kept_q, live_q, reach_q
from cosource.tickets.matrix.queries.parts import WINDOW
from cosource.tickets.matrix.queries.worlds import lines_of, worlds_of
from cosource.tickets.matrix.rules.gaps import gaps_of
from cosource.tickets.matrix.rules.telling import Hole, holes_of, new_among, told_as, told_from
from cosource.tickets.models import MatrixPart
from cosource.tickets.rules.wording import gettext_lazy

NOTICE = "tickets.matrix_gap"
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Checked:
    """A part with all that its check found, the levels that are passed over among it."""

    part: MatrixPart
    holes: tuple[Hole, ...]

    @property
    def gaps(self) -> list[Hole]:
        """Return where nobody at all can be reached."""
        return [hole for hole in self.holes if not hole.level]


def parts_checked(*, at: datetime, actor: Actor | None = None) -> Iterator[Checked]:
    """Check every part of the engagements that run at `at`, over the coming weeks; for an actor those alone that are in its hand.

    These are its organization's own and those of absent parties whose seat that keeps: the gaps of others are their own business.
    """
    running = MatrixPart.objects.filter(live_q(at, "engagement__")).select_related(
        "engagement", "organization"
    )
    if actor is not None:
        in_hand = kept_q(actor.organization_id, "organization__") if actor.organization_id else Q(pk__in=())
        running = running.filter(reach_q(actor.sight, "engagement__"), in_hand)
    last: UUID | None = None
    while True:
        rows = running.order_by("id") if last is None else running.filter(id__gt=last).order_by("id")
        parts = list(rows[:_AT_ONCE])
        if not parts:
            return
        worlds = worlds_of(parts, at, at + WINDOW)
        for part in parts:
            gaps = gaps_of(lines_of(part), worlds[part.id], at, at + WINDOW)
            yield Checked(part, tuple(holes_of(gaps)))
        last = parts[-1].id


def gaps_tell(*, at: datetime) -> tuple[int, int]:
    """Tell the keepers of each part of gaps that they were not told of; return how many gaps there are and how many are new."""
    found = told = 0
    for checked in parts_checked(at=at):
        part, gaps = checked.part, checked.gaps
        new = new_among(gaps, told_from(part.told), part.organization.time_zone)
        with transaction.atomic():
            if not MatrixPart.objects.filter(pk=part.pk, version=part.version).update(
                told=told_as(gaps, at + WINDOW)
            ):
                continue  # changed meanwhile; the next check looks at what it is now
            if new:
                _tell(part, new, at)
        found, told = found + len(gaps), told + len(new)
    return found, told


def _tell(part: MatrixPart, new: list[Hole], at: datetime) -> None:
    first = new[0].stretch[0]
    words = gettext_lazy(
        "%(engagement)s: from %(first)s on there is time in which nobody of yours can be reached",
        engagement=part.engagement.name,
        first=first,
    )
    notify(
        effect_key=f"matrix:{part.id.hex}:{part.version}:{first.isoformat()}:{at:%Y-%m-%d}",
        person_ids=_keepers(part, at),
        kind=NOTICE,
        subject_kind="engagement",
        subject_id=part.engagement_id,
        url=reverse("tickets:matrix", args=[part.engagement_id]),
        words=words,
        at=at,
        organization_id=_kept_by(part),
    )


def _kept_by(part: MatrixPart) -> UUID:
    """Return who keeps the part: the party, or who keeps the absent party's seat."""
    keeper = part.organization.kept_by_id
    return keeper if part.organization.stand_in and keeper is not None else part.organization_id


def _keepers(part: MatrixPart, at: datetime) -> list[UUID]:
    here = Q(engagement__isnull=True) | Q(engagement_id=part.engagement_id)
    rows = Grant.objects.filter(
        live_q(at),
        here,
        organization_id=_kept_by(part),
        role__in=(MANAGER, SERVICE_OWNER),
        person__is_active=True,
    )
    return sorted({i for i in rows.values_list("person_id", flat=True) if i is not None})
