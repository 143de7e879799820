"""What this room's endpoints answer; apart from the models, so that a new column never shows by itself."""

from datetime import datetime, time
from uuid import UUID

from pydantic import Field

from cosource.foundation.api import In, Out


class OrganizationOut(Out):
    """An organization, as far as a program must know it."""

    id: UUID
    name: str
    initials: str
    time_zone: str


class PartyOut(Out):
    """A party of an engagement."""

    id: UUID
    name: str


class EngagementOut(Out):
    """An engagement by its names: what it covers and who holds rights on it is for people to read."""

    id: UUID
    name: str
    prefix: str
    client: PartyOut
    partner: PartyOut


class NamedOut(Out):
    """Something that a ticket may name: a team, a site or a service. `organization_id`: whose it is."""

    id: UUID
    name: str
    organization_id: UUID


class NoticeOut(Out):
    """What somebody was told: a sentence, and what its subject is called for the reader now. `url`: a path on this site."""

    id: UUID
    kind: str
    said: str
    reference: str
    title: str
    subject_kind: str
    subject_id: UUID
    url: str
    urgent: bool
    needs_acknowledgement: bool
    created_at: datetime
    read_at: datetime | None
    acknowledged_at: datetime | None


class NoticeChoicesOut(Out):
    """How a person is told. `ways`: by kind of notice; `offered`: the ways there are. Times are of the person's own day."""

    ways: dict[str, list[str]]
    offered: list[str]
    quiet_from: str | None
    quiet_until: str | None
    urgent_passes: bool
    digest: str
    digest_at: str | None
    phone: str


class NoticeChoicesIn(In):
    """What to change. `ways`: the kinds to change, each with all its ways; `digest`: empty, `hourly` or `daily`."""

    ways: dict[str, list[str]] = Field(default_factory=dict, max_length=100)
    quiet_from: time | None = None
    quiet_until: time | None = None
    urgent_passes: bool = True
    digest: str = Field("", max_length=6)
    digest_at: time | None = None
    phone: str = Field("", max_length=32)


class ShiftOut(Out):
    """Weekly hours of duty; `person_id`: null for the whole team."""

    id: UUID
    person_id: UUID | None
    days: list[str] = Field(alias="day_keys", description="mon to sun, in `zone`")
    begins: str
    ends: str
    zone: str
    is_now: bool


class RosterOut(Out):
    """A team’s duty: its shifts, and whether anybody is on duty now; without shifts it keeps no roster."""

    shifts: list[ShiftOut]
    on_duty: bool
