"""What programs read of the matrix."""

from datetime import datetime
from uuid import UUID

from ninja import Schema


class ReachedOut(Schema):
    """Somebody who is reached. `person_id`: null for a contact without an account. `why`, `may`: in words."""

    person_id: UUID | None
    name: str
    phone: str
    mail: str
    direction: str
    level: int
    is_deputy: bool
    why: str
    may: list[str]


class ReachSideOut(Schema):
    """A party's people for one kind, priority and instant, in the order in which they are asked.

    `is_answered`: false for the other side at an instant more than an hour ahead; whom it reaches then is its own business.
    """

    organization_id: UUID
    keeps_part: bool
    is_answered: bool
    reached: list[ReachedOut]


class ReachOut(Schema):
    """Who is reached on both sides of an engagement."""

    kind: str
    priority: int
    at: datetime
    sides: list[ReachSideOut]


class GapOut(Schema):
    """A stretch without anybody who can be reached; `level` 0: at no level, otherwise that level is passed over."""

    organization_id: UUID
    starts_at: datetime
    ends_at: datetime
    kind: str
    priority: int
    level: int
    direction: str


class GapsOut(Schema):
    """All gaps of the reader's own part of a matrix up to an instant; those of the other side are its own business."""

    until: datetime
    gaps: list[GapOut]
