"""What waits for somebody, from every room: the registry behind the page Today.

A room registers a source in its app's `ready()`; the page asks all of them and puts what they say in order of due time.
Not here: the page itself, and what each room counts as waiting.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor


@dataclass(frozen=True, slots=True)
class TodayItem:
    """One thing that waits for an answer.

    `action`: the button's word; `action_key`: the key that does it on the row under the cursor. `why`: one line saying what is
    asked, and by whom. `party`: whom it concerns besides the reader. `client`: at whose desk, where the reader serves several.
    `bar`: a clock as `ui` draws it. `due_at` None: no time is set.
    """

    id: UUID
    icon: str
    title: str
    reference: str
    why: object
    url: str
    action: str
    action_key: str = "o"
    due_at: datetime | None = None
    party: PartyBadge | None = None
    client: PartyBadge | None = None
    bar: Any = None
    priority: int = 0


# Given actor, instant, and whether the reader's teams are meant rather than the person alone.
type TodaySource = Callable[[Actor, datetime, bool], list[TodayItem]]

_sources: list[TodaySource] = []


def register_today(source: TodaySource) -> None:
    """Let a room say what waits for somebody; the same source again is harmless."""
    if source not in _sources:
        _sources.append(source)


def today_items(
    actor: Actor, at: datetime, *, for_teams: bool, besides: Iterable[TodayItem] = ()
) -> list[TodayItem]:
    """Return what waits for the actor from all rooms, what is due first first and what has no due time last.

    `besides`: what the caller has found itself.
    """
    items = [*besides, *(item for source in _sources for item in source(actor, at, for_teams))]
    return sorted(items, key=lambda i: (i.due_at is None, i.due_at or at, i.id))
