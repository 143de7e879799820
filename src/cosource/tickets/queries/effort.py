"""What was spent on a ticket, as one reader may know it.

A party's people read what they wrote down themselves, who leads there reads all of it. Its client's side reads sums of the party;
who leads or audits that side reads the rows too, and in no row of another party who it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from cosource.foundation.models import Payload
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import WORKERS, Actor
from cosource.tickets.models import Effort, Participation
from cosource.tickets.models.participation import Beside
from cosource.tickets.queries.badges import badges_of
from cosource.tickets.queries.record import Record, load
from cosource.tickets.rules.effort import ACTIVITIES, costs_summed, duration_text

# So many rows stand on a page.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class EffortSum:
    """What one party spent. `costs`: as text, one for each currency."""

    organization_id: UUID
    badge: PartyBadge | None
    minutes: int
    billable_minutes: int
    costs: tuple[str, ...]

    @property
    def time(self) -> str:
        """Return hours and minutes."""
        return duration_text(self.minutes)

    @property
    def billable(self) -> str:
        """Return the hours and minutes that are billed."""
        return duration_text(self.billable_minutes)


@dataclass(frozen=True, slots=True)
class EffortLine:
    """One row. `person` is empty where the reader may not know who it was; `ticket` and `reference` on a time sheet only."""

    id: UUID
    ticket_id: UUID
    organization_id: UUID
    badge: PartyBadge | None
    person: str
    day: date
    minutes: int
    activity: str
    activity_label: str
    billable: bool
    cost: Decimal | None
    currency: str
    note: str
    mine: bool
    reference: str = ""
    title: str = ""

    @property
    def time(self) -> str:
        """Return hours and minutes."""
        return duration_text(self.minutes)


def effort_sums(record: Record, actor: Actor, badges: Mapping[UUID, PartyBadge]) -> list[EffortSum]:
    """Return the sums of the own party and of those that it engaged. One query, and none where nothing was written down."""
    if not record.mine.has_beside(Beside.EFFORT) or not _works(record, actor):
        return []
    me = record.mine.organization_id
    rows = (
        Effort.objects.filter(
            Q(organization_id=me) | Q(engagement__client_id=me), ticket=record.ticket, voided_at=None
        )
        .order_by()
        .values("organization_id", "currency")
        .annotate(
            minutes_all=Sum("minutes"), billed=Sum("minutes", filter=Q(billable=True)), money=Sum("cost")
        )
    )
    return _summed(list(rows), badges)


def _works(record: Record, actor: Actor) -> bool:
    """Tell whether the actor works where the ticket is, or audits it: who only asked learns nothing of effort."""
    roles = actor.sight.roles_on(record.mine.engagement_id)
    return bool(roles & (WORKERS | {"auditor"}))


def _summed(rows: Sequence[Mapping[str, Any]], badges: Mapping[UUID, PartyBadge]) -> list[EffortSum]:
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["organization_id"], []).append(row)
    return [
        EffortSum(
            organization_id=i,
            badge=badges.get(i),
            minutes=sum(r["minutes_all"] for r in of_party),
            billable_minutes=sum(r["billed"] or 0 for r in of_party),
            costs=tuple(
                f"{amount:.2f} {currency}"
                for currency, amount in costs_summed(
                    (r["money"], r["currency"]) for r in of_party if r["money"] is not None
                ).items()
            ),
        )
        for i, of_party in sorted(
            found.items(), key=lambda pair: list(badges).index(pair[0]) if pair[0] in badges else 99
        )
    ]


def efforts_of(*, actor: Actor, ticket_id: UUID) -> tuple[Record, list[EffortSum], list[EffortLine]]:
    """Return a ticket with the sums and the rows that the actor reads, newest day first. Raises: NotFound."""
    record = load(ticket_id, actor)
    badges = badges_of(record)
    rows = Effort.objects.visible_to(actor).filter(ticket=record.ticket, voided_at=None)
    found = list(rows.select_related("person").order_by("-day", "-at", "-id")[:SHOWN])
    return record, effort_sums(record, actor, badges), _lines(found, actor, badges, {})


def time_sheet(*, actor: Actor, monday: date) -> list[EffortLine]:
    """Return what the actor wrote down in the week from a Monday, in order, with the tickets in sight."""
    if actor.person_id is None:
        return []
    rows = Effort.objects.visible_to(actor).filter(
        organization_id=actor.reads_as,
        person_id=actor.person_id,
        day__gte=monday,
        day__lt=monday + timedelta(days=7),
        voided_at=None,
    )
    found = list(rows.select_related("person").order_by("day", "at", "id")[:SHOWN])
    parts = Participation.objects.visible_to(actor).filter(ticket_id__in={row.ticket_id for row in found})
    named = {
        i: (reference, title)
        for i, reference, title in parts.values_list("ticket_id", "reference", "ticket__title")
    }
    return _lines(found, actor, {}, named)


def _lines(
    rows: Sequence[Effort],
    actor: Actor,
    badges: Mapping[UUID, PartyBadge],
    named: Mapping[UUID, tuple[str, str]],
) -> list[EffortLine]:
    notes = dict(
        Payload.objects.filter(entry_id__in=[row.entry_id for row in rows]).values_list("entry_id", "body")
    )
    lines = []
    for row in rows:
        own = row.organization_id == actor.organization_id
        reference, title = named.get(row.ticket_id, ("", ""))
        lines.append(
            EffortLine(
                id=row.id,
                ticket_id=row.ticket_id,
                organization_id=row.organization_id,
                badge=badges.get(row.organization_id),
                person=row.person.name if own and row.person is not None else "",
                day=row.day,
                minutes=row.minutes,
                activity=row.activity,
                activity_label=_(ACTIVITIES[row.activity]),
                billable=row.billable,
                cost=row.cost,
                currency=row.currency,
                note=str(notes.get(row.entry_id, {}).get("text", "")),
                mine=own,
                reference=reference,
                title=title,
            )
        )
    return lines


def monday_of(day: date) -> date:
    """Return the Monday of a day's week.

    >>> monday_of(date(2026, 3, 5))
    datetime.date(2026, 3, 2)
    """
    return day - timedelta(days=day.weekday())


def week_of(text: str, at: datetime) -> date:
    """Return the Monday that an address names as a day of its week; this week's for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = at.date()
    # Beyond these nothing is planned or written down, and at the ends of the calendar there is no week before or after.
    return monday_of(day if 2000 <= day.year <= 2200 else at.date())
