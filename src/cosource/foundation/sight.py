"""Who acts, and what that actor may see: the protocol that every room shares.

An `Actor` is never optional and never all-seeing. A person or an integration token acts for one organization at a time; the
system acts with a stated reason, for one organization or for none. What an actor sees is resolved once per request or job by
the resolver that the parties room registers; foundation itself knows no organization, only ids.

Not here: what a role may *do* (policies, in each room) and the resolver's queries (`parties.queries.sight`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from cosource.foundation.ids import NIL

ActorKind = Literal["person", "token", "system"]

# Roles belong to a grant: on an organization's own desk (`engagement_id` None) or on one engagement.
SERVICE_OWNER = "service_owner"
TECHNICIAN = "technician"
REQUESTER = "requester"
MANAGER = "manager"
AUDITOR = "auditor"
ADMINISTRATOR = "administrator"
ROLES = (SERVICE_OWNER, TECHNICIAN, REQUESTER, MANAGER, AUDITOR, ADMINISTRATOR)
# Who works on what the record is about, and so reads what a party notes for itself. Others read what is meant for more.
WORKERS = frozenset({SERVICE_OWNER, TECHNICIAN, MANAGER})


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One live grant, as facts: where it holds, which role, and its limits.

    `service_ids`, `site_ids`: empty means all that the engagement covers. `history_from`, `history_until`: only objects opened
    in this half-open range. `rights`: delegated rights that are on, such as `read_in_scope`. `is_first_hand`: held by the
    partner that the client itself engages, not by the client and not by a partner's partner.
    """

    engagement_id: UUID | None
    role: str
    service_ids: frozenset[UUID] = frozenset()
    site_ids: frozenset[UUID] = frozenset()
    history_from: datetime | None = None
    history_until: datetime | None = None
    rights: frozenset[str] = frozenset()
    is_first_hand: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """All that decides what an actor sees, resolved at one instant.

    `organization_id`: the organization acted for. `team_ids`: its teams of which the actor is a member now. `as_host`: true for
    a person placed with another organization, who then sees as the host's team does. `resolved_at`: the instant for which it
    was found.
    """

    organization_id: UUID | None
    person_id: UUID | None = None
    grants: tuple[GrantFact, ...] = ()
    team_ids: frozenset[UUID] = frozenset()
    as_host: bool = False
    resolved_at: datetime | None = None

    def roles_on(self, engagement_id: UUID | None) -> frozenset[str]:
        """Return the roles held on the organization's own desk (None) or on one engagement."""
        return frozenset(g.role for g in self.grants if g.engagement_id == engagement_id)

    @property
    def roles(self) -> frozenset[str]:
        """Return every role held anywhere."""
        return frozenset(g.role for g in self.grants)

    @property
    def engagement_ids(self) -> frozenset[UUID]:
        """Return the engagements on which any grant is live."""
        return frozenset(g.engagement_id for g in self.grants if g.engagement_id is not None)


NOTHING = Sight(organization_id=None)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does this, for whom, through which door.

    `id`: the person or token; None for the system. `reason`: why the system acts; required for it. `on_behalf_of`: the
    organization for which a step is recorded by another (a stand-in party kept by its counterpart).
    """

    kind: ActorKind
    id: UUID | None
    sight: Sight = field(default=NOTHING)
    name: str = ""
    reason: str = ""
    channel: str = "page"
    on_behalf_of: UUID | None = None

    def __post_init__(self) -> None:
        if self.kind == "system" and not self.reason:
            raise ValueError("A system actor must say why it acts.")
        if self.kind != "system" and self.id is None:
            raise ValueError("A person or a token has an id.")

    @property
    def organization_id(self) -> UUID | None:
        """Return the organization that the actor acts for."""
        return self.sight.organization_id

    @property
    def reads_as(self) -> UUID:
        """Return the organization whose reading the actor shares; the nil id, which is nobody's, when it acts for none."""
        return self.sight.organization_id or NIL

    @property
    def person_id(self) -> UUID | None:
        """Return the person behind the actor, if there is one."""
        return self.sight.person_id


def working(actor: Actor) -> Actor:
    """Return the actor with those grants alone by which they work: what they see for other reasons only is out of this sight."""
    grants = tuple(grant for grant in actor.sight.grants if grant.role in WORKERS)
    return replace(actor, sight=replace(actor.sight, grants=grants))


def system_actor(*, reason: str, organization_id: UUID | None = None, channel: str = "worker") -> Actor:
    """Return the system acting for a stated reason, for one organization or for none; it has no grants of its own."""
    return Actor(
        kind="system", id=None, sight=Sight(organization_id=organization_id), reason=reason, channel=channel
    )


Resolver = Callable[[UUID, UUID | None, datetime], Sight]
_resolvers: list[Resolver] = []


def register_resolver(resolver: Resolver) -> None:
    """Let the parties room say how a person's sight is found (person id, organization id or None, instant)."""
    _resolvers[:] = [resolver]


def resolve_sight(person_id: UUID, organization_id: UUID | None, at: datetime) -> Sight:
    """Return what the person sees at `at`, acting for the organization, or for the default one when None."""
    return _resolvers[0](person_id, organization_id, at)
