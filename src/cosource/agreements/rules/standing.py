"""Where each version of an agreement stands at an instant, and how long it holds.

Not here: the rows, and who may read a version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Standing(StrEnum):
    """What a version is at an instant. `SUPERSEDED`: a newer one was tabled before all had given their word to this one."""

    DRAFT = "draft"
    TABLED = "tabled"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    AHEAD = "ahead"
    IN_FORCE = "in_force"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class VersionFact:
    """What decides where a version stands; `number` None is a draft."""

    id: UUID
    number: int | None
    starts_at: datetime
    in_force_at: datetime | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a version stands; `until`: the start of the one that follows it, for versions that all parties confirmed."""

    standing: Standing
    until: datetime | None = None


def stands(versions: Sequence[VersionFact], at: datetime) -> dict[UUID, Stand]:
    """Say of all versions of one agreement where they stand at `at`.

    >>> from datetime import UTC
    >>> january, july = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    >>> found = stands([VersionFact(UUID(int=1), 1, january, january), VersionFact(UUID(int=2), 2, july)], july)
    >>> [str(stand.standing) for stand in found.values()]
    ['in_force', 'tabled']
    """
    agreed = [(v.starts_at, v.in_force_at, v.id) for v in versions if v.in_force_at is not None]
    agreed.sort()
    found = {}
    for index, (starts_at, _, version_id) in enumerate(agreed):
        until = agreed[index + 1][0] if index + 1 < len(agreed) else None
        standing = Standing.AHEAD if starts_at > at else Standing.IN_FORCE
        if until is not None and until <= max(at, starts_at):
            standing = Standing.ENDED
        found[version_id] = Stand(standing, until)
    newest = max((v.number for v in versions if v.number is not None and not v.withdrawn), default=0)
    return {v.id: found.get(v.id) or Stand(_open_standing(v, newest)) for v in versions}


def _open_standing(version: VersionFact, newest: int) -> Standing:
    if version.withdrawn:
        return Standing.WITHDRAWN
    if version.number is None:
        return Standing.DRAFT
    return Standing.TABLED if version.number == newest else Standing.SUPERSEDED
