"""Whether a sight reaches a ticket, decided on values: the same as `Participation.visible_to` says in the database.

For where one row is to be shown to many readers, rather than many rows to one. Not here: lists and pages, which ask the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.sight import (
    AUDITOR,
    MANAGER,
    REQUESTER,
    SERVICE_OWNER,
    TECHNICIAN,
    WORKERS,
    GrantFact,
    Sight,
)

READ_IN_SCOPE = "read_in_scope"
# Who reads a desk's tickets, rather than only what they asked for themselves.
READS_DESKS = frozenset({SERVICE_OWNER, TECHNICIAN, MANAGER, AUDITOR})
OWNER, WORKER = "owner", "worker"


@dataclass(frozen=True, slots=True)
class Part:
    """What decides who sees an organization's part in a ticket; fields as in `Participation`."""

    organization_id: UUID
    engagement_id: UUID | None
    kind: str
    service_id: UUID | None
    site_id: UUID | None
    team_id: UUID | None
    offered_team_id: UUID | None
    assignee_id: UUID | None
    requester_id: UUID | None
    internal: bool
    opened_at: datetime


def reaching(sight: Sight, part: Part) -> tuple[GrantFact, ...]:
    """Return the grants that bring a part into sight; none: it is out of sight."""
    if sight.organization_id is None or sight.organization_id != part.organization_id:
        return ()
    return tuple(grant for grant in sight.grants if _reaches(grant, sight, part))


def _reaches(grant: GrantFact, sight: Sight, part: Part) -> bool:
    own_desk = grant.engagement_id is None
    if grant.role == REQUESTER:
        return own_desk and part.kind == OWNER and _is(sight.person_id, part.requester_id)
    if grant.role not in READS_DESKS or grant.engagement_id != part.engagement_id:
        return False
    if grant.role == TECHNICIAN and not (_is_theirs(sight, part) or _is_everybodys(grant, part)):
        return False
    return _is_within(grant, part)


def _is_theirs(sight: Sight, part: Part) -> bool:
    """Tell whether a part is with somebody's team or with themselves; a partner's only once it was asked to work."""
    mine = (
        part.team_id in sight.team_ids
        or part.offered_team_id in sight.team_ids
        or _is(sight.person_id, part.assignee_id)
    )
    return mine and (part.engagement_id is None or part.kind == WORKER)


def _is_everybodys(grant: GrantFact, part: Part) -> bool:
    return not part.internal if grant.engagement_id is None else READ_IN_SCOPE in grant.rights


def _is_within(grant: GrantFact, part: Part) -> bool:
    return (
        (not grant.service_ids or part.service_id in grant.service_ids)
        and (not grant.site_ids or part.site_id in grant.site_ids)
        and (grant.history_from is None or part.opened_at >= grant.history_from)
        and (grant.history_until is None or part.opened_at < grant.history_until)
    )


def _is(person_id: UUID | None, other_id: UUID | None) -> bool:
    return person_id is not None and person_id == other_id


def may_be_told(
    sight: Sight, part: Part, *, readers: Iterable[UUID], with_requester: bool, is_written: bool
) -> bool:
    """Tell whether a page of the ticket shows an entry to this reader.

    `readers`, `with_requester`: the entry's audience; `is_written`: it carries what somebody wrote. Who only asked reads what
    was written for requesters; an auditor alone reads no notes among one party's own.
    """
    members = frozenset(readers)
    grants = reaching(sight, part) if part.organization_id in members else ()
    if not grants:
        return False
    if all(grant.role == REQUESTER for grant in grants):
        return with_requester
    roles = sight.roles_on(part.engagement_id)
    is_note = is_written and len(members) == 1 and not with_requester
    return not (is_note and roles and not roles & WORKERS)
