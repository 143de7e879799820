"""Whom a step of the ladder tells by the matrix, for many tickets at once.

Only people with an account: a contact cannot be told so. Where a party keeps no part, there is no answer here. Not here: whether
the ticket is in their sight (`queries.escalation_people`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

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

    def of(self, asked: Asked) -> list[UUID]:
        """Return who is asked, first to last: those who may decide more before those who know more."""
        part = self._parts.get((asked.engagement_id, asked.party_id))
        if part is None:
            return []
        found = resolve(
            lines_of(part), self._worlds[part.id], kind=asked.kind, priority=asked.priority, at=self._at
        ).reached
        order = sorted(found, key=lambda one: one.line.direction != HIERARCHICAL)
        return list(dict.fromkeys(UUID(one.person) for one in order if one.person))
