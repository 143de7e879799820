"""Who may read and bind: from grants and the two parties of an agreement to a level.

Not here: the rows that a level reaches (`visible_to` in the models) and the refusals (services).
"""

from enum import IntEnum
from uuid import UUID

from cosource.foundation.sight import AUDITOR, MANAGER, SERVICE_OWNER, TECHNICIAN, Actor, GrantFact


class Level(IntEnum):
    """How far an actor gets with an agreement.

    `TARGETS`: the targets of versions in force. `READ`: text and terms of whatever was tabled. `LEAD`: also the own side's
    drafts, and may propose, table, confirm and withdraw.
    """

    NOTHING = 0
    TARGETS = 1
    READ = 2
    LEAD = 3


_HOUSE = {
    SERVICE_OWNER: Level.LEAD,
    MANAGER: Level.LEAD,
    TECHNICIAN: Level.READ,
    AUDITOR: Level.READ,
}
_PARTNER = {
    SERVICE_OWNER: Level.LEAD,
    MANAGER: Level.LEAD,
    TECHNICIAN: Level.TARGETS,
    AUDITOR: Level.READ,
}
_PARTNER_DESK = {SERVICE_OWNER: Level.LEAD, MANAGER: Level.LEAD}


def house_level(actor: Actor, engagement_id: UUID | None = None) -> Level:
    """Return the level of an actor on its own organization's desk (None), or as the client of an engagement.

    A grant on the own desk counts for every engagement in which the organization is the client. Somebody placed with a host
    reads the host's own desk, and nothing that the host agreed with partners.
    """
    if actor.sight.as_host and engagement_id is not None:
        return Level.NOTHING
    return _capped(actor, _highest(actor, (None, engagement_id), _HOUSE))


def partner_level(actor: Actor, engagement_id: UUID) -> Level:
    """Return the level of an actor whose organization is the partner of an engagement.

    A grant on the engagement counts; one on the own desk only for who leads there.
    """
    if actor.sight.as_host:
        return Level.NOTHING
    return _capped(
        actor, max(_highest(actor, (engagement_id,), _PARTNER), _highest(actor, (None,), _PARTNER_DESK))
    )


def level_on(actor: Actor, *, owner_id: UUID, engagement_id: UUID | None, partner_id: UUID | None) -> Level:
    """Return the level of an actor on an agreement of `owner_id`, with `partner_id` or for its own desk (None).

    >>> from cosource.foundation.sight import Sight
    >>> house, desk = UUID(int=1), (GrantFact(None, "technician"),)
    >>> level_on(Actor("person", UUID(int=9), Sight(house, grants=desk)), owner_id=house, engagement_id=None, partner_id=None)
    <Level.READ: 2>
    """
    organization_id = actor.organization_id
    if organization_id is None:
        return Level.NOTHING
    if organization_id == owner_id:
        return house_level(actor, engagement_id)
    if engagement_id is not None and organization_id == partner_id:
        return partner_level(actor, engagement_id)
    return Level.NOTHING


def _highest(actor: Actor, places: tuple[UUID | None, ...], levels: dict[str, Level]) -> Level:
    return max(
        (_reach(grant, levels) for grant in actor.sight.grants if grant.engagement_id in places),
        default=Level.NOTHING,
    )


def _reach(grant: GrantFact, levels: dict[str, Level]) -> Level:
    level = levels.get(grant.role, Level.NOTHING)
    # An agreement binds the whole party: who answers for some sites or services reads it, and doesn't sign it.
    return min(level, Level.READ) if grant.site_ids or grant.service_ids else level


def _capped(actor: Actor, level: Level) -> Level:
    if actor.kind == "token":
        # A program reads the targets it needs; text and word belong to people.
        return min(level, Level.TARGETS)
    # A guest at a host's desk gives no word for the host.
    return min(level, Level.READ) if actor.sight.as_host else level
