"""Who writes which articles, decided on values. What is in sight the choke point says (`models.ArticleQuerySet.visible_to`).

An article belongs to its owner. Shared in an engagement, both parties write in it once it is published; a draft is its owner's
own. Know-how that a partner shows to a client stays the partner's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from cosource.foundation.sight import AUDITOR, MANAGER, REQUESTER, SERVICE_OWNER, WORKERS, Actor, GrantFact
from cosource.parties.rules.policies import WRITES_KNOWLEDGE

# Of a partner's people those who lead its desk reach all its engagements; others have a grant for each.
_LEADS = frozenset({SERVICE_OWNER, MANAGER})


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article belongs: its owner alone, or an engagement with its two parties. `service_id`: what it is about."""

    owner_id: UUID
    engagement_id: UUID | None = None
    client_id: UUID | None = None
    partner_id: UUID | None = None
    service_id: UUID | None = None


def is_let_write(actor: Actor) -> bool:
    """Tell whether the actor is a person, or a token that somebody let write articles."""
    if actor.kind == "person":
        return True
    return any(g.engagement_id is None and WRITES_KNOWLEDGE in g.rights for g in actor.sight.grants)


def works(actor: Actor) -> bool:
    """Tell whether the actor writes articles for its organization at all.

    >>> works(Actor(kind="system", id=None, reason="for the example"))
    False
    """
    if actor.organization_id is None or not is_let_write(actor):
        return False
    return bool(actor.sight.roles & WORKERS)


def reads(actor: Actor) -> bool:
    """Tell whether the actor may have articles to read at all; who only administers reads none."""
    return actor.organization_id is not None and bool(actor.sight.roles & {*WORKERS, AUDITOR, REQUESTER})


def may_write(actor: Actor, place: Place) -> bool:
    """Tell whether the actor may write an article that belongs there."""
    return works(actor) and any(_writes_by(actor, place))


def _writes_by(actor: Actor, place: Place) -> Iterator[bool]:
    for grant in actor.sight.grants:
        if grant.role not in WORKERS:
            continue
        if place.engagement_id is None:
            yield place.owner_id == actor.organization_id and (
                grant.engagement_id is not None or _is_within(grant, place)
            )
        elif _reaches(grant, actor, place):
            yield _is_within(grant, place)


def _reaches(grant: GrantFact, actor: Actor, place: Place) -> bool:
    """Tell whether a worker's grant reaches the engagement of an article."""
    if grant.engagement_id is not None:
        return grant.engagement_id == place.engagement_id
    if place.client_id == actor.organization_id:
        return True
    return (
        place.partner_id == actor.organization_id
        and grant.role in _LEADS
        and actor.kind == "person"
        and not actor.sight.as_host
    )


def _is_within(grant: GrantFact, place: Place) -> bool:
    return not grant.service_ids or place.service_id is None or place.service_id in grant.service_ids
