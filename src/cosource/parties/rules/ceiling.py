"""The ceiling of a grant on an engagement: no party gives its people more than the engagement covers.

Source: the client decides what a partner may see; the partner decides who of its people.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What an engagement covers now. `ends_at`: its end, if one is set."""

    service_ids: frozenset[UUID]
    site_ids: frozenset[UUID]
    rights: frozenset[str]
    ends_at: datetime | None


def breaches(
    ceiling: Ceiling,
    *,
    service_ids: AbstractSet[UUID],
    site_ids: AbstractSet[UUID],
    rights: AbstractSet[str],
    ends_at: datetime | None,
) -> tuple[str, ...]:
    """Return the names of what reaches above the ceiling, in order; empty when all fits.

    A grant without an end is not a breach: it is never felt after the engagement's own end.

    >>> none = Ceiling(frozenset(), frozenset(), frozenset(), None)
    >>> breaches(none, service_ids=frozenset(), site_ids=frozenset(), rights={"read_in_scope"}, ends_at=None)
    ('rights',)
    """
    found = []
    if service_ids - ceiling.service_ids:
        found.append("service_ids")
    if site_ids - ceiling.site_ids:
        found.append("site_ids")
    if rights - ceiling.rights:
        found.append("rights")
    if ceiling.ends_at is not None and ends_at is not None and ends_at > ceiling.ends_at:
        found.append("ends_at")
    return tuple(found)
