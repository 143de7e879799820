"""Past tickets of one desk as they are learned from, within the sight of one organization: titles, descriptions that it reads.

Internal tickets are left out: not everybody of a desk sees them. Not here: learning (`rules.learning`).
"""

from collections.abc import Iterator
from uuid import UUID

from cosource.foundation.models import Entry
from cosource.parties.models import Engagement, Organization
from cosource.tickets.models import Participation
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.entry_rows import DESCRIPTIONS
from cosource.tickets.routing.rules.learning import Sample

MOST = 50_000
_PIECE = 500
_SOLVED = ("resolved", "closed")
TARGETS = ("topic", "team")


def desks_there_are() -> list[tuple[UUID, UUID]]:
    """Return each organization with its own desk, and with each engagement under which it works as partner."""
    own = Organization.objects.filter(stand_in=False).order_by("id").values_list("id", flat=True)
    works = Engagement.objects.filter(partner__stand_in=False).order_by("id").values_list("partner_id", "id")
    return [*((i, i) for i in own), *works]


def samples_of(organization_id: UUID, desk: UUID) -> list[Sample]:
    """Return the newest tickets of a desk in which the organization has a part of its own, with topic and solving team."""
    parts = Participation.objects.filter(
        organization_id=organization_id, desk=desk, internal=False, kind__in=(Kind.OWNER, Kind.WORKER)
    )
    rows = list(
        parts.order_by("-id").values_list(
            "ticket_id",
            "kind",
            "category",
            "team_id",
            "holds",
            "ticket__title",
            "ticket__asset_name",
            "ticket__topic",
            "ticket__holder_team_id",
        )[:MOST]
    )
    texts = dict(_descriptions([row[0] for row in rows], organization_id))
    samples = []
    for ticket_id, kind, category, team_id, holds, title, asset, topic, holder_team_id in rows:
        solver = holder_team_id if kind == Kind.OWNER else team_id if holds else None
        values = {"topic": topic} if topic else {}
        if solver is not None and category in _SOLVED:
            values["team"] = solver.hex
        text = f"{title}\n{asset}\n{texts.get(ticket_id, '')}"
        samples.append(Sample(ticket_id.hex, text, values))
    return samples


def _descriptions(tickets: list[UUID], organization_id: UUID) -> Iterator[tuple[UUID, str]]:
    for begin in range(0, len(tickets), _PIECE):
        found = Entry.objects.filter(
            subject_kind="ticket",
            subject_id__in=tickets[begin : begin + _PIECE],
            kind__in=DESCRIPTIONS,
            audience__readers__organization_id=organization_id,
            hiding__isnull=True,
        )
        for ticket_id, body in found.values_list("subject_id", "payload__body"):
            yield ticket_id, str((body or {}).get("text", ""))
