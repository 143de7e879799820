"""Who may do what in this room, as one table.

Every party administers its own people only, so a step belongs to a side: the organization itself, either party of an
engagement, or the client's side of it alone. A keeper takes the steps of the stand-in that it keeps. Administrators manage
people, rights and tokens; the role shows them no content.

Not here: whether the object is in sight (`models.scope`), and raising refusals (`services.policy`).
"""

from dataclasses import dataclass
from typing import Literal

from cosource.foundation.sight import ADMINISTRATOR, AUDITOR, MANAGER, REQUESTER, SERVICE_OWNER, TECHNICIAN

Side = Literal["client", "partner"]

READ_IN_SCOPE = "read_in_scope"
DELEGATED_RIGHTS = (READ_IN_SCOPE,)
# Not delegated by anybody: a token on the own desk reads and answers the notices of the person who made it.
MAKERS_NOTICES = "makers_notices"
# Likewise: programs read articles, and a token with this right on its own desk writes them, too.
WRITES_KNOWLEDGE = "writes_knowledge"
TOKENS_OWN_RIGHTS = frozenset({MAKERS_NOTICES, WRITES_KNOWLEDGE})


@dataclass(frozen=True, slots=True)
class Policy:
    """Which roles suffice for an action.

    `desk`: roles on the organization's own desk. `engagement`: roles on the engagement that the action is about. `sides`: the
    sides of the engagement that may do it.
    """

    desk: frozenset[str]
    engagement: frozenset[str] = frozenset()
    sides: frozenset[Side] = frozenset({"client", "partner"})


_ADMIN = frozenset({ADMINISTRATOR})
_LEADS = frozenset({ADMINISTRATOR, SERVICE_OWNER, MANAGER})
_OWNERS = frozenset({SERVICE_OWNER, MANAGER})
_CLIENT: frozenset[Side] = frozenset({"client"})

POLICIES = {
    "organization.update": Policy(_ADMIN),
    "organization.person_figures": Policy(_OWNERS),
    "place.manage": Policy(_LEADS),
    "team.manage": Policy(_LEADS),
    "skill.manage": Policy(_LEADS),
    "person.invite": Policy(_LEADS),
    "person.end": Policy(_LEADS),
    "person.recover": Policy(_ADMIN),
    "sign_in.manage": Policy(_ADMIN),
    "token.manage": Policy(_LEADS),
    "engagement.create": Policy(_OWNERS),
    "grant.manage": Policy(_LEADS, _OWNERS),
    "placement.propose": Policy(_LEADS, _OWNERS, frozenset({"partner"})),
    "placement.answer": Policy(_LEADS, frozenset(), _CLIENT),
    "placement.end": Policy(_LEADS, _OWNERS),
    "engagement.update": Policy(_OWNERS, _OWNERS, _CLIENT),
    "engagement.scope": Policy(_OWNERS, _OWNERS, _CLIENT),
    "engagement.rights": Policy(_OWNERS, _OWNERS, _CLIENT),
    "engagement.end": Policy(_OWNERS, _OWNERS, _CLIENT),
    "engagement.teams": Policy(_LEADS, _OWNERS),
    "engagement.invite": Policy(_OWNERS, _OWNERS),
    "stage.propose": Policy(_OWNERS, _OWNERS),
    "stage.answer": Policy(_OWNERS, _OWNERS),
    "milestone.manage": Policy(_OWNERS, _OWNERS),
    "absence.manage": Policy(_LEADS),
    "escalation.manage": Policy(_OWNERS, _OWNERS),
}


def allows(action: str, *, desk: frozenset[str], engagement: frozenset[str] = frozenset()) -> bool:
    """Tell whether roles held on the own desk or on the engagement suffice.

    Raises: KeyError for an action that has no policy, so that a slip of the pen never passes.

    >>> allows("token.manage", desk=frozenset({"technician"}))
    False
    >>> allows("engagement.scope", desk=frozenset(), engagement=frozenset({"service_owner"}))
    True
    """
    policy = POLICIES[action]
    return bool(policy.desk & desk) or bool(policy.engagement & engagement)


# Which roles can be held where. A manager leads a partner's side, a service owner the client's.
DESK_ROLES = (SERVICE_OWNER, MANAGER, TECHNICIAN, REQUESTER, AUDITOR, ADMINISTRATOR)
SIDE_ROLES: dict[Side, tuple[str, ...]] = {
    "client": (SERVICE_OWNER, TECHNICIAN, AUDITOR),
    "partner": (MANAGER, TECHNICIAN, AUDITOR),
}
TOKEN_ROLES = (TECHNICIAN, AUDITOR)


def roles_for(side: Side | None) -> tuple[str, ...]:
    """Return the roles that can be given on the own desk (None) or on one side of an engagement.

    >>> roles_for("partner")
    ('manager', 'technician', 'auditor')
    """
    return DESK_ROLES if side is None else SIDE_ROLES[side]


def may_give(role: str, *, desk: frozenset[str]) -> bool:
    """Tell whether somebody with these roles on the own desk may give the role; only administrators make administrators.

    >>> may_give("administrator", desk=frozenset({"manager"}))
    False
    """
    return role != ADMINISTRATOR or ADMINISTRATOR in desk
