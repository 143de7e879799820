"""Bodies of the ticket endpoints, apart from the models."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from cosource.foundation.api.schemas import In, Out


class TicketOut(Out):
    """A ticket as the caller's organization may know it."""

    id: UUID
    version: int
    reference: str
    owner_id: UUID
    engagement_id: UUID | None
    kind: str
    title: str
    state: str
    category: str
    impact: int
    urgency: int
    priority: int
    topic: str
    subtopic: str
    service_id: UUID | None
    site_id: UUID | None
    asset_name: str
    requester_name: str
    holder_id: UUID | None
    team_id: UUID | None
    assignee_id: UUID | None
    parties: list[UUID]
    turn: str
    turn_party_id: UUID | None
    offered_to_team_id: UUID | None
    handovers: int
    returns: int
    internal: bool
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    next_due_at: datetime | None
    updated_at: datetime


class TicketRowOut(Out):
    """A ticket in a list."""

    id: UUID
    reference: str
    title: str
    kind: str
    state: str
    category: str
    priority: int
    place: str
    unanswered: bool
    came_back: bool
    due_at: datetime | None
    opened_at: datetime
    version: int


class TicketListOut(Out):
    """A page of tickets. `stopped_after`: the search looked at so many and stopped; narrow it to see the rest."""

    items: list[TicketRowOut]
    next_cursor: str | None
    stopped_after: int | None


class TicketIn(In):
    """A new ticket.

    `kind`: incident, request, problem or change. `engagement_id`: a partner opens it on the desk of that engagement's client.
    `file_ids`: files that the caller brought before. `checklist`: points of the caller's own party.
    `fields`: answers by field set and key; what is starred has to be answered.
    """

    title: str = Field(max_length=200)
    text: str = Field(max_length=20_000)
    kind: str = Field("incident", max_length=8)
    impact: int = Field(2, ge=1, le=3)
    urgency: int = Field(2, ge=1, le=3)
    topic: str = Field("", max_length=120)
    subtopic: str = Field("", max_length=120)
    service_id: UUID | None = None
    site_id: UUID | None = None
    asset_name: str = Field("", max_length=120)
    requester_id: UUID | None = None
    requester_name: str = Field("", max_length=120)
    team_id: UUID | None = None
    engagement_id: UUID | None = None
    internal: bool = False
    file_ids: list[UUID] = Field(default_factory=list, max_length=100)
    checklist: list[str] = Field(default_factory=list, max_length=100)
    fields: dict[str, dict[str, str]] = Field(default_factory=dict, max_length=100)


class TicketChangeIn(In):
    """What to change; fields that are left out stay."""

    title: str | None = Field(None, max_length=200)
    topic: str | None = Field(None, max_length=120)
    subtopic: str | None = Field(None, max_length=120)
    asset_name: str | None = Field(None, max_length=120)
    requester_name: str | None = Field(None, max_length=120)
    impact: int | None = Field(None, ge=1, le=3)
    urgency: int | None = Field(None, ge=1, le=3)
    service_id: UUID | None = None
    site_id: UUID | None = None


class MessageIn(In):
    """A message. `party_ids`: who reads it beside the caller's own party. `wider_confirmed`: yes, also those who are new.

    `file_ids`: files that the caller brought before; with them the text may be empty.
    """

    text: str = Field(max_length=20_000)
    party_ids: list[UUID] = Field(default_factory=list, max_length=50)
    with_requester: bool = False
    wider_confirmed: bool = False
    file_ids: list[UUID] = Field(default_factory=list, max_length=100)


class ReadyReplyIn(In):
    """A reply with places such as `{reference}`. `then`: assign, resolved, waiting_requester, waiting_client, waiting_partner."""

    title: str = Field(max_length=80)
    text: str = Field(max_length=20_000)
    then: str = Field("", max_length=20)
    team_id: UUID | None = None


class ReadyReplyOut(Out):
    """A ready reply; without a team it is everybody's in the organization."""

    id: UUID
    title: str
    text: str
    then: str
    team_id: UUID | None


class MoveIn(In):
    """A move to another state. `reason`: a pause reason of the agreement where the ticket is to wait."""

    to_state: str = Field(max_length=20)
    reason: str = Field("", max_length=40)
    text: str = Field("", max_length=20_000)


class LinkIn(In):
    """A link with another ticket: what the other is to this one, such as `parent`, `duplicate_of`, `caused_by` or `related`."""

    other_id: UUID
    kind: str = Field(max_length=16)


class LinkOut(Out):
    """A linked ticket, named as in the caller's own series."""

    link_id: UUID
    kind: str
    ticket_id: UUID
    reference: str
    title: str
    state: str
    category: str
    at: datetime


class MergeIn(In):
    """The ticket that goes on, and a word to the requester and the parties."""

    into_id: UUID
    text: str = Field("", max_length=20_000)


class SplitIn(In):
    """The messages that a new ticket begins with, as the ids of their entries, and its title."""

    entry_ids: list[UUID] = Field(max_length=50)
    title: str = Field(max_length=200)


class BulkIn(In):
    """A step for several tickets. Which of the other fields it wants depends on the step."""

    action: str = Field(max_length=12)
    ticket_ids: list[UUID] = Field(min_length=1, max_length=500)
    person_id: UUID | None = None
    to_team_id: UUID | None = None
    reason: str = Field("", max_length=40)
    text: str = Field("", max_length=20_000)
    impact: int | None = Field(None, ge=1, le=3)
    urgency: int | None = Field(None, ge=1, le=3)
    to_state: str = Field("", max_length=20)
    into_id: UUID | None = None
    parent_id: UUID | None = None


class BulkLineOut(Out):
    """What became of one ticket: done, refused, undone, or kept where taking it back was refused."""

    ticket_id: UUID
    reference: str
    outcome: str
    said: str


class BulkOut(Out):
    """A step with several tickets. `undo_seconds`: for how much longer it can be taken back in one go."""

    id: UUID
    action: str
    state: str
    total: int
    lines: list[BulkLineOut]
    undo_seconds: int


class EffortIn(In):
    """Time spent on a ticket on one day, in minutes, and what it cost where that is known."""

    day: date
    minutes: int = Field(ge=1, le=1440)
    activity: str = Field(max_length=12)
    billable: bool = False
    cost: Decimal | None = Field(None, ge=0, max_digits=10, decimal_places=2)
    currency: str = Field("", max_length=3)
    text: str = Field("", max_length=2_000)


class EffortSumOut(Out):
    """What one party spent."""

    organization_id: UUID
    minutes: int
    billable_minutes: int
    costs: list[str]


class EffortLineOut(Out):
    """One row, without who it was where that is another party's affair."""

    id: UUID
    organization_id: UUID
    day: date
    minutes: int
    activity: str
    billable: bool
    cost: Decimal | None
    currency: str
    note: str
    person: str


class EffortsOut(Out):
    """The sums and rows of a ticket that the caller reads."""

    sums: list[EffortSumOut]
    lines: list[EffortLineOut]


class ChecklistIn(In):
    """Points to be added to the caller's party's own checklist."""

    texts: list[str] = Field(max_length=100)


class ChecklistOut(Out):
    """A point of the caller's party's own checklist."""

    id: UUID
    text: str
    done: bool
    done_at: datetime | None
    done_by: str


class DoneIn(In):
    """Whether a point is done."""

    done: bool


class WordIn(In):
    """What is said with a step."""

    text: str = Field(max_length=20_000)


class HandoverIn(In):
    """An offer to another team."""

    to_team_id: UUID
    reason: str = Field(max_length=40)
    text: str = Field(max_length=20_000)
    named_owner_id: UUID | None = None


class DeclineIn(In):
    """Why an offered ticket is not taken."""

    reason: str = Field(max_length=40)
    text: str = Field(max_length=20_000)


class AssigneeIn(In):
    """Who of the holding team works on it; null for nobody yet."""

    person_id: UUID | None


class FileOut(Out):
    """A file. `name`: as it may be saved; `original_name`: as it was called; `type`: what its content says that it is.

    `is_disguised`: the content is of another kind than the name says.
    """

    id: UUID
    name: str
    original_name: str
    bytes: int
    type: str
    is_disguised: bool


class EntryOut(Out):
    """A ledger entry of the ticket. `payload` is null where there is none, it was erased, or it is `hidden`."""

    id: UUID
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    source_seq: int
    organization_id: UUID | None
    facts: dict[str, Any]
    payload: dict[str, Any] | None
    hidden: bool
    files: list[FileOut]


class ClockOut(Out):
    """A target that runs, or ran, on the ticket. `engagement_id` null: the owner's, towards the requester.

    `owed_by_id`: who has to act. `round`: which one of its kind. `net_minutes`: business time less pauses; `gross_minutes`: by
    the clock on the wall. `stopped_at`: since when it waits for nothing. `late_at`: a longer target came late in the window.
    `first_due_at`: when it would be due had nothing paused it.
    """

    id: UUID
    kind: str
    engagement_id: UUID | None
    owed_by_id: UUID | None
    round: int
    status: str
    target_minutes: int
    net_minutes: int
    gross_minutes: int
    started_at: datetime
    due_at: datetime | None
    first_due_at: datetime | None
    met_at: datetime | None
    stopped_at: datetime | None
    late_at: datetime | None
    late_from_minutes: int | None


class EscalationOut(Out):
    """A step of the ladder that came. `due_at`: when it was to come. `person_ids`: who was told, of the caller's own party."""

    id: UUID
    clock_id: UUID
    clock_kind: str
    step: int
    notify: str
    is_warning: bool
    party_id: UUID
    person_ids: list[UUID]
    due_at: datetime
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by_id: UUID | None


class MadeOut(Out):
    """The id of what was made."""

    id: UUID
