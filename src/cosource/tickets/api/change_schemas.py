"""Bodies of the endpoints for plans, approvals and freezes."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from cosource.foundation.api.schemas import In, Out


class PlanIn(In):
    """What to plan; fields that are left out stay. `type`: standard, normal or emergency. `risk`: 1 high to 3 low."""

    type: str = Field("normal", max_length=9)
    risk: int = Field(2, ge=1, le=3)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class PlanOut(Out):
    """The plan of a change, and what became of it."""

    type: str
    risk: int
    starts_at: datetime | None
    ends_at: datetime | None
    outcome: str
    reviewed_at: datetime | None


class ApprovalAskIn(In):
    """What those who are asked should know."""

    text: str = Field("", max_length=20_000)


class ApprovalDecisionIn(In):
    """`decision`: approve, send_back or reject; the last two need a word."""

    decision: str = Field(max_length=9)
    text: str = Field("", max_length=20_000)


class ApprovalOut(Out):
    """One party's approval in one round."""

    round: int
    party_id: UUID
    state: str
    asked_at: datetime
    decided_at: datetime | None


class SayingIn(In):
    """`says`: workaround, plan or rollback, as the kind of ticket has it."""

    says: str = Field(max_length=12)
    text: str = Field(max_length=20_000)


class ReviewIn(In):
    """`outcome`: successful, with_trouble, rolled_back or not_done."""

    outcome: str = Field(max_length=12)
    text: str = Field(max_length=20_000)


class FreezeIn(In):
    """A time in which nothing is to be changed: everywhere, or for one service or site."""

    name: str = Field(max_length=120)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    service_id: UUID | None = None
    site_id: UUID | None = None
    shared: bool = True


class FreezeOut(Out):
    """A freeze in sight."""

    id: UUID
    organization_id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime
    service_id: UUID | None
    site_id: UUID | None
    shared: bool
