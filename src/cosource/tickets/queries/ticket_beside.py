"""What stands beside a ticket's own row, read in one statement with whether there is what is rarely there.

Not here: that itself, each with its own query, and the page made of it (`ticket_page`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, UUIDField, Value

from cosource.foundation.ids import NIL
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import Actor
from cosource.tickets.matrix.queries.kept import matrix_kept
from cosource.tickets.models import Ticket, TicketArticle
from cosource.tickets.queries.fields import HAS_FIELDS
from cosource.tickets.queries.writing import FOLLOWS_COLUMN, WRITING_COLUMNS, Kept, joined_for, kept_from


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the ticket's own row: names of its places, what its source stated, what the reader writes."""

    service: str
    site: str
    resolved_at: datetime | None
    closed_at: datetime | None
    reassignments: int | None
    reopens: int | None
    sla_met: bool | None
    knowledge: bool | None
    kept: dict[str, object] | None
    has_articles: bool
    major_at: datetime | None
    recurring: tuple[UUID, str] | None
    has_fields: bool
    has_matrix: bool
    writing: Kept | None
    follows: bool


_BESIDE = (
    "service__name",
    "site__name",
    *(
        f"stated__{n}"
        for n in ("resolved_at", "closed_at", "reassignments", "reopens", "sla_met", "knowledge", "kept")
    ),
    "has_articles",
    "major__declared_at",
    *(f"recurred__recurring__{n}" for n in ("id", "name", "organization_id")),
    "has_fields",
    "has_matrix",
)
# What is rarely there is looked for beside what every ticket has, so that those without any cost no query.
_HAS_ARTICLES = Exists(TicketArticle.objects.filter(ticket_id=OuterRef("pk"), removed_at__isnull=True))


def beside_of(ticket_id: UUID, actor: Actor) -> Beside:
    """Return it. One query."""
    [row] = _asked_beside(
        ticket_id=ticket_id, person_id=actor.person_id or NIL, organization_id=actor.reads_as
    )
    service, site, *stated, rule_id, rule_name, rule_of, fields, matrix = row[: len(_BESIDE)]
    recurring = (rule_id, rule_name) if rule_of is not None and rule_of == actor.reads_as else None
    rest = (recurring, fields, matrix, kept_from(row[len(_BESIDE) : -1]), row[-1] is not None)
    return Beside(*(service or "", site or "", *stated, *rest))


_asked_beside = Prepared[tuple[Any, ...]](
    lambda ticket_id, person_id, organization_id: (
        Ticket.objects.filter(pk=ticket_id)
        .annotate(
            reader_id=Value(organization_id, UUIDField()),
            has_articles=_HAS_ARTICLES,
            has_fields=HAS_FIELDS,
            has_matrix=matrix_kept(organization_id),
            **joined_for(person_id, organization_id),
        )
        .values_list(*_BESIDE, *WRITING_COLUMNS, FOLLOWS_COLUMN)
    ),
    ticket_id=UUID,
    person_id=UUID,
    organization_id=UUID,
)
