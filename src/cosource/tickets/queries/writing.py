"""What the reader has written on a ticket and not said, as the place to write shows it; read with the ticket's other parts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cosource.tickets.queries.markup import rich_text

# Under this name a query on tickets joins the reader's own row (`joined_for`).
_MINE = "my_writing"
_FIELDS = ("text", "audience", "with_requester", "kept_at", "send_at", "refused", "file_ids")
_FOLLOWING = "my_following"
FOLLOWS_COLUMN = f"{_FOLLOWING}__person_id"
WRITING_COLUMNS = tuple(f"{_MINE}__{name}" for name in _FIELDS)


@dataclass(frozen=True, slots=True)
class Kept:
    """Words that are one reader's own. `send_at`: when they will be said, unless taken back; None while they are a draft."""

    text: str
    audience: str
    with_requester: bool
    kept_at: datetime
    send_at: datetime | None
    refused: str
    file_ids: list[str]

    @property
    def html(self) -> SafeString:
        """Return the words as they will be shown."""
        return rich_text(self.text)

    @property
    def trouble(self) -> str:
        """Say in the reader's language why what they sent could not be said; empty where nothing was refused."""
        return _(self.refused) if self.refused else ""

    def waits(self, at: datetime) -> int:
        """Return for how many more seconds they can be taken back."""
        return max(int((self.send_at - at).total_seconds() + 0.999), 0) if self.send_at else 0


def joined_for(person_id: UUID, organization_id: UUID) -> dict[str, FilteredRelation]:
    """Return what brings a person's own words, and whether they follow, into a query on tickets, for `annotate`."""
    own = Q(writings__person_id=person_id, writings__organization_id=organization_id)
    followed = Q(followings__person_id=person_id, followings__organization_id=organization_id)
    return {
        _MINE: FilteredRelation("writings", condition=own),
        _FOLLOWING: FilteredRelation("followings", condition=followed),
    }


def kept_from(row: tuple[Any, ...]) -> Kept | None:
    """Return what stands in the columns of `WRITING_COLUMNS`; None where the reader has written nothing."""
    if row[0] is None:
        return None
    return Kept(*row)
