"""What rooms tell of while it happens, and how each decides who may know.

An entry about a sort of thing that no room has named here may be about rights: it makes the follower read them again. So a new
kind of entry costs a few queries until somebody says that it is harmless, and never leaves a right standing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from cosource.foundation.sight import Sight


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """A sealed entry, as far as telling of it goes. `readers`: the organizations of its audience.

    `person_id`: the one person that it is about, where it names one.
    """

    kind: str
    subject_kind: str
    subject_id: UUID
    readers: frozenset[UUID]
    with_requester: bool
    person_id: UUID | None = None


class Teller(Protocol):
    """Decides for one web process who may know of what happened to one sort of thing. Asked by one thread only."""

    def __call__(self, entries: Sequence[LiveEntry], sights: Sequence[Sight]) -> list[set[UUID]]:
        """Return for each sight the ids that it may be told of now."""

    def forget(self, organization_id: UUID) -> None:
        """Drop what is remembered for an organization that nobody here acts for any more."""


@dataclass(frozen=True, slots=True)
class LiveKind:
    """A sort of thing that pages show. `name`: what browsers call it; `teller`: makes the one that decides."""

    name: str
    teller: Callable[[], Teller]


_kinds: dict[str, LiveKind] = {}
_harmless: set[str] = set()


def register_live(subject_kind: str, name: str, teller: Callable[[], Teller]) -> None:
    """Tell browsers of entries about this sort of thing."""
    _kinds[subject_kind] = LiveKind(name, teller)


def register_harmless(*subject_kinds: str) -> None:
    """Name sorts of things whose entries change no right and no page that keeps itself up to date."""
    _harmless.update(subject_kinds)


def live_kinds() -> dict[str, LiveKind]:
    """Return what is told of, by the subject's kind."""
    return dict(_kinds)


def may_change_rights(entry: LiveEntry) -> bool:
    """Tell whether an entry may have changed somebody's rights."""
    return entry.subject_kind not in _kinds and entry.subject_kind not in _harmless
