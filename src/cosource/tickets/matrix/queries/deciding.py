"""Whom a step of the ladder tells by the matrix, for many tickets at once.

Only people with an account who hold a right where the ticket is: a notice to anybody else would tell nobody. Where a party keeps
no part, or nobody of it can be told so, there is no answer here, and the ladder goes on as without a matrix.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from cosource.foundation.sight import MANAGER, SERVICE_OWNER, TECHNICIAN
from cosource.parties.models import Grant
from cosource.parties.models.scope import live_q
from cosource.tickets.matrix.queries.worlds import lines_of, worlds_of
from cosource.tickets.matrix.rules.line import HIERARCHICAL
from cosource.tickets.matrix.rules.matrix import resolve
from cosource.tickets.models import MatrixPart

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A party of an engagement, and the ticket for which somebody of it is sought."""

    engagement_id: UUID
    party_id: UUID
    kind: str
    priority: int


class Deciders:
    """Who is asked at one instant, for many. One statement where no party keeps a part."""

    def __init__(self, asked: Iterable[Asked], at: datetime) -> None:
        pairs = {(one.engagement_id, one.party_id) for one in asked}
        rows = MatrixPart.objects.filter(
            engagement_id__in={engagement for engagement, _party in pairs},
            organization_id__in={party for _engagement, party in pairs},
        )
        self._parts = {(row.engagement_id, row.organization_id): row for row in rows} if pairs else {}
        self._worlds = worlds_of(self._parts.values(), at, at + _MOMENT) if self._parts else {}
        self._at = at
        self._may = self._rights(at) if self._parts else set()

    def _rights(self, at: datetime) -> set[tuple[UUID, UUID | None, UUID]]:
        people = {UUID(person) for world in self._worlds.values() for person in world.people}
        rows = Grant.objects.filter(
            live_q(at),
            Q(engagement__isnull=True)
            | Q(engagement_id__in={engagement for engagement, _party in self._parts}),
            organization_id__in={party for _engagement, party in self._parts},
            person_id__in=people,
            role__in=(MANAGER, SERVICE_OWNER, TECHNICIAN),
        ).values_list("organization_id", "engagement_id", "person_id")
        return {(party, engagement, person) for party, engagement, person in rows if person is not None}

    def of(self, asked: Asked) -> list[UUID]:
        """Return who is asked, first to last: those who may decide more before those who know more."""
        part = self._parts.get((asked.engagement_id, asked.party_id))
        if part is None:
            return []
        found = resolve(
            lines_of(part), self._worlds[part.id], kind=asked.kind, priority=asked.priority, at=self._at
        ).reached
        order = sorted(found, key=lambda one: one.line.direction != HIERARCHICAL)
        people = dict.fromkeys(UUID(one.person) for one in order if one.person)
        here = asked.engagement_id
        return [i for i in people if {(asked.party_id, None, i), (asked.party_id, here, i)} & self._may]
