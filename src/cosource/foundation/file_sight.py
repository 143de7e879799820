"""Which files somebody may have: never more than what the file came with.

A file belongs to a ledger entry and shares its audience. What else an entry's readers need (a live grant that reaches the
ticket, say) the room knows whose thing the entry is about; it registers that as a condition on the rows of files.
"""

from collections.abc import Callable

from django.db.models import Q

from cosource.foundation.sight import Actor

type Scope = Callable[[Actor], Q | None]
_scopes: dict[str, Scope] = {}


def register_file_sight(subject_kind: str, scope: Scope) -> None:
    """Let a room say which files of its subjects an actor reads, within the audience; None: none at all."""
    _scopes[subject_kind] = scope


def files_reached(actor: Actor) -> Q | None:
    """Return the condition under which files are in sight; None where none can be."""
    reached: Q | None = None
    for kind, scope in _scopes.items():
        if (found := scope(actor)) is not None:
            one = Q(subject_kind=kind) & found
            reached = one if reached is None else reached | one
    return reached
