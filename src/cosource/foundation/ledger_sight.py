"""Which streams of the ledger somebody may go through, and by which names things are shown there.

The ledger holds bare ids. The parties room says whose they are, by registering one `LedgerSight`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from cosource.foundation.sight import Actor


@dataclass(frozen=True, slots=True)
class ReadableStream:
    """A stream that an actor may go through.

    `label`: whose record it is. `with_payload`: names and texts as well; otherwise only what happened, when and by whom.
    `may_erase`: the actor may approve an erasure in it.
    """

    id: UUID
    label: str
    with_payload: bool
    may_erase: bool


class LedgerSight(Protocol):
    """What the parties room knows about the ledger's readers."""

    def streams(self, actor: Actor) -> list[ReadableStream]:
        """Return the streams that the actor may go through, the organization's own first."""

    def names(self, actor: Actor, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """Return the names of the people, tokens and organizations among the ids that the actor may know."""

    def organization_named(self, text: str) -> UUID | None:
        """Return the one organization with this id or exact name, for the command line."""


_registered: list[LedgerSight] = []


def register_ledger_sight(sight: LedgerSight) -> None:
    """Let the parties room say who goes through which streams."""
    _registered[:] = [sight]


def ledger_sight() -> LedgerSight:
    """Return what the parties room registered."""
    return _registered[0]
