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
from cosource.tickets.matrix.rules.gaps import Gap, gaps_of
from cosource.tickets.matrix.rules.line import Line
from cosource.tickets.matrix.rules.matrix import Resolution, resolve
from cosource.tickets.matrix.rules.telling import Hole, holes_of
from cosource.tickets.matrix.rules.world import World
from cosource.tickets.models import MatrixPart

# How far the check looks ahead.
WINDOW = timedelta(weeks=8)
# Whom the other side reaches is answered for now, not for a time to come: asking around would tell when its people are away.
NEAR = timedelta(hours=1)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Side:
    """One party's part as it was read at `read_at`. `is_own`: the reader's own; `may_keep`: the reader may change it.

    `is_in_hand`: the reader's own, or an absent party's that its organization keeps; only of these is it told of gaps.
    `ends_at`: when the engagement ends or ended.
    """

    organization: Organization
    is_own: bool
    is_in_hand: bool
    may_keep: bool
    part: MatrixPart | None
    lines: tuple[Line, ...]
    world: World
    read_at: datetime
    ends_at: datetime | None

    def runs(self, at: datetime) -> bool:
        """Tell whether the engagement runs at an instant; afterwards nobody of it is for the other side to reach."""
        return self.ends_at is None or at < self.ends_at

    def answers(self, at: datetime) -> bool:
        """Tell whether the reader is told who is reached at an instant."""
        return self.is_in_hand or at - self.read_at <= NEAR

    @property
    def version(self) -> int:
        """Return the version of the part; 0 while there is none."""
        return self.part.version if self.part else 0

    def at(self, kind: str, priority: int, at: datetime) -> Resolution:
        """Return who is asked at an instant, and who is passed over."""
        return resolve(self.lines, self.world, kind=kind, priority=priority, at=at)

    def gaps(self, start: datetime, end: datetime) -> list[Gap]:
        """Return where nobody can be reached between two instants, and where a level is passed over; of the other side none.

        With its lines before them, they would give the absences of single people away.
        """
        return gaps_of(self.lines, self.world, start, end) if self.is_in_hand else []

    def holes(self, start: datetime, end: datetime) -> list[Hole]:
        """Return these gaps as stretches, each with the tickets that share it."""
        return holes_of(self.gaps(start, end))


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
        in_hand = own or is_kept_by(organization, actor)
        return Side(
            organization=organization,
            is_own=own,
            is_in_hand=in_hand,
            may_keep=keeps and in_hand,
            part=part,
            lines=lines_of(part) if part else (),
            world=worlds[part.id] if part else World(),
            read_at=at,
            ends_at=engagement.ends_at,
        )

    return Matrix(engagement, (side(engagement.client), side(engagement.partner)))


def is_kept_by(organization: Organization, actor: Actor) -> bool:
    """Tell whether a party is absent and the actor's organization keeps its seat. No query."""
    return organization.stand_in and organization.kept_by_id == actor.organization_id


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
