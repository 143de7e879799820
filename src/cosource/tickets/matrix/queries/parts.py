"""The matrix of an engagement as its parties read it: both parts, who keeps them, and what is known of whom they name.

Not here: who is asked at an instant and where nobody is (`rules`), and their words (`words`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Employment, Engagement, Organization, Placement, Team
from cosource.parties.models.scope import is_staff, live_q, reach_q
from cosource.parties.rules.policies import allows
from cosource.tickets.matrix.queries.worlds import lines_of, worlds_of
from cosource.tickets.matrix.rules.gaps import gaps_of
from cosource.tickets.matrix.rules.line import Line
from cosource.tickets.matrix.rules.matrix import Resolution, resolve
from cosource.tickets.matrix.rules.telling import Hole, holes_of
from cosource.tickets.matrix.rules.world import World
from cosource.tickets.models import MatrixPart

# How far the check looks ahead.
WINDOW = timedelta(weeks=8)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Side:
    """One party's part. `is_own`: the reader's own; `may_keep`: the reader may change it."""

    organization: Organization
    is_own: bool
    may_keep: bool
    part: MatrixPart | None
    lines: tuple[Line, ...]
    world: World

    @property
    def version(self) -> int:
        """Return the version of the part; 0 while there is none."""
        return self.part.version if self.part else 0

    def at(self, kind: str, priority: int, at: datetime) -> Resolution:
        """Return who is asked at an instant, and who is passed over."""
        return resolve(self.lines, self.world, kind=kind, priority=priority, at=at)

    def holes(self, start: datetime, end: datetime) -> list[Hole]:
        """Return where nobody can be reached between two instants, and where a level is passed over."""
        return holes_of(gaps_of(self.lines, self.world, start, end))


@dataclass(frozen=True, slots=True)
class Matrix:
    """Both parts of an engagement's matrix, the client's first."""

    engagement: Engagement
    sides: tuple[Side, ...]

    def side(self, name: str) -> Side:
        """Return a side by name. Raises: NotFound."""
        if name not in {"client", "partner"}:
            raise NotFound
        return self.sides[name == "partner"]


def side_name(engagement: Engagement, organization_id: UUID) -> str:
    """Return on which side of an engagement an organization stands."""
    return "client" if organization_id == engagement.client_id else "partner"


def engagements_with_matrix(actor: Actor) -> Sequence[Engagement]:
    """Return the engagements whose matrix the actor reads, by name. One statement."""
    rows = Engagement.objects.filter(reach_q(actor.sight)).select_related("client", "partner")
    return list(rows.order_by("name", "id")[:200])


def matrix_get(actor: Actor, engagement_id: UUID, *, at: datetime, until: datetime | None = None) -> Matrix:
    """Return the matrix of an engagement in sight with what is known of its people up to `until`; without it, at `at` alone.

    Raises: NotFound.
    """
    found = Engagement.objects.filter(reach_q(actor.sight), pk=engagement_id).select_related(
        "client", "partner"
    )
    engagement = found.first()
    if engagement is None:
        raise NotFound
    parts = {part.organization_id: part for part in MatrixPart.objects.filter(engagement=engagement)}
    worlds = worlds_of(parts.values(), at, until or at + _MOMENT)
    keeps = keeps_matrix(actor, engagement, at)

    def side(organization: Organization) -> Side:
        part = parts.get(organization.id)
        own = organization.id == actor.organization_id
        stands_in = organization.stand_in and organization.kept_by_id == actor.organization_id
        return Side(
            organization=organization,
            is_own=own,
            may_keep=keeps and (own or stands_in),
            part=part,
            lines=lines_of(part) if part else (),
            world=worlds[part.id] if part else World(),
        )

    return Matrix(engagement, (side(engagement.client), side(engagement.partner)))


def keeps_matrix(actor: Actor, engagement: Engagement, at: datetime) -> bool:
    """Tell whether the actor may change what its side keeps: a person who leads it, while the engagement runs. No query."""
    runs = engagement.ends_at is None or engagement.ends_at > at
    roles = actor.sight.roles_on
    may = allows("escalation.manage", desk=roles(None), engagement=roles(engagement.id))
    return runs and may and actor.kind == "person" and not actor.sight.as_host


def nameable_people(organization_id: UUID, at: datetime) -> dict[UUID, str]:
    """Return who may be named: who works for the organization, or is placed there. Two statements."""
    employed = Employment.objects.filter(live_q(at), organization_id=organization_id)
    placed = Placement.objects.filter(live_q(at), host_id=organization_id, agreed_by_host_at__isnull=False)
    found = [
        row
        for rows in (employed, placed)
        for row in rows.values_list("person_id", "person__name", "person__is_active")
    ]
    return {i: name for i, name, active in sorted(found, key=lambda row: (row[1], row[0])) if active}


def nameable_teams(organization_id: UUID) -> dict[UUID, str]:
    """Return the teams that may be named. One statement."""
    rows = Team.objects.filter(organization_id=organization_id, ended_at__isnull=True)
    return dict(rows.order_by("name", "id").values_list("id", "name"))


def reads_matrices(actor: Actor) -> bool:
    """Tell whether the actor may read matrices at all: whoever works for a party, not a guest at its desk. No query."""
    return is_staff(actor.sight) and not actor.sight.as_host
