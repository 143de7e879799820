"""Which desks' figures a sight is entitled to, and how its grants limit them.

A desk is an organization's own (its id), or an engagement (its id). Who reads a desk reads its figures, people and tokens alike;
who only asked for something does not, and who only administers neither. A client's own desk reads the engagements in which it is
the client. A grant that is limited to services, sites or a stretch of history limits the figures to the same.
Not here: which engagements there are (`queries.scopes`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.sight import AUDITOR, MANAGER, SERVICE_OWNER, GrantFact, Sight
from cosource.tickets.rules.sight import READS_DESKS


@dataclass(frozen=True, slots=True)
class Reach:
    """What one grant lets figures of a desk look at; empty and None: all."""

    service_ids: frozenset[UUID] = frozenset()
    site_ids: frozenset[UUID] = frozenset()
    opened_from: datetime | None = None
    opened_until: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is left out."""
        return self == _WHOLE


_WHOLE = Reach()


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk with who its parties are. `client_id`, `partner_id`: of an engagement; None for an own desk."""

    id: UUID
    client_id: UUID | None = None
    partner_id: UUID | None = None


def reaches(sight: Sight, desk: Desk) -> tuple[Reach, ...]:
    """Return what a sight reaches of a desk: nothing at all, or what may be looked at under any of the grants.

    >>> from cosource.foundation.sight import SERVICE_OWNER
    >>> org = UUID(int=1)
    >>> reaches(Sight(org, grants=(GrantFact(None, SERVICE_OWNER),)), Desk(org))[0].is_whole
    True
    """
    if sight.organization_id is None:
        return ()
    found = {_of(grant) for grant in _granting(sight, desk)}
    return (_WHOLE,) if _WHOLE in found else tuple(sorted(found, key=repr))


def _granting(sight: Sight, desk: Desk) -> Iterable[GrantFact]:
    organization_id = sight.organization_id
    for grant in sight.grants:
        if grant.role not in READS_DESKS:
            continue
        if desk.client_id is None:
            if desk.id == organization_id and grant.engagement_id is None:
                yield grant
        elif grant.engagement_id == desk.id or (
            grant.engagement_id is None and desk.client_id == organization_id and not sight.as_host
        ):
            yield grant


def _of(grant: GrantFact) -> Reach:
    return Reach(grant.service_ids, grant.site_ids, grant.history_from, grant.history_until)


# Who answers for a desk, or checks it, sets the partners who work for it beside each other; who works there does not.
_COMPARES = frozenset({SERVICE_OWNER, MANAGER, AUDITOR})


def may_compare(sight: Sight, desks: Iterable[tuple[UUID, frozenset[UUID]]]) -> bool:
    """Tell whether a sight may set teams and parties of desks beside each other.

    `desks`: each with the partners who work for the sight's organization there. With one partner there is nothing to compare that
    the two do not share already.

    >>> house, a, b = UUID(int=1), UUID(int=2), UUID(int=3)
    >>> technician = Sight(house, grants=(GrantFact(None, "technician"),))
    >>> may_compare(technician, [(house, frozenset({a, b}))]), may_compare(technician, [(house, frozenset({a}))])
    (False, True)
    >>> may_compare(Sight(house, grants=(GrantFact(None, AUDITOR),)), [(house, frozenset({a, b}))])
    True
    """
    compares = {grant.engagement_id for grant in sight.grants if grant.role in _COMPARES}
    others = [partners for desk_id, partners in desks if not compares & {None, desk_id}]
    return len(frozenset().union(*others)) < _SEVERAL


_SEVERAL = 2
