"""Bodies of the routing endpoints, apart from the models."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from cosource.foundation.api.schemas import In, Out

_WEEKDAY = "mon, tue, wed, thu, fri, sat or sun"


class HoursIO(In):
    """A time of day on some weekdays of a zone, or all other times (`outside`); public holidays of a country count as no day."""

    zone: str = Field(max_length=120)
    days: list[str] = Field(default=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], description=_WEEKDAY)
    from_: str = Field(default="00:00", alias="from")
    until: str = "24:00"
    outside: bool = False
    country: str = Field(default="", max_length=120)
    subdivision: str = Field(default="", max_length=120)


class WhenIO(In):
    """What must hold of a ticket; of several values one is enough, and what is left out is not asked."""

    kind: list[str] = []
    topic: list[str] = []
    subtopic: list[str] = []
    service: list[UUID] = []
    site: list[UUID] = []
    priority: list[int] = []
    language: list[str] = []
    team: list[UUID] = Field(default=[], description="The own team that has taken the ticket.")
    words: list[str] = Field(default=[], description="In the title; a star at the end stands for any ending.")
    hours: HoursIO | None = None


class PersonIO(In):
    """Whom of the team: of those who fit, who holds fewest open tickets."""

    skill: UUID | None = None
    level: int = 1
    on_duty: bool = False
    language: bool = False


class ThenIO(In):
    """Where the ticket goes: the first team on duty; and whom of it. None leaves it with the team that has it."""

    teams: list[UUID] = []
    person: PersonIO | None = None
    note: str = ""


class RuleIO(In):
    """One rule. `id`: leave it out for a new one."""

    id: str = ""
    name: str
    when: WhenIO = WhenIO()
    then: ThenIO = ThenIO()

    def document(self) -> dict[str, Any]:
        """Return the rule as rules are read."""
        when = self.when.model_dump(mode="json", exclude={"hours"})
        if self.when.hours is not None:
            when["hours"] = self.when.hours.model_dump(mode="json", by_alias=True)
        then = self.then.model_dump(mode="json")
        return {"id": self.id, "name": self.name, "when": when, "then": then}


class RulesIn(In):
    """All rules of a draft, in their order."""

    rules: list[RuleIO]


class RuleSetOut(Out):
    """A version of a desk's rules."""

    id: UUID
    version: int
    state: str
    revision: int
    rules: list[RuleIO] = Field(alias="document")
    changed_at: datetime
    live_at: datetime | None


class RuleSetsOut(Out):
    """What is in force, and the draft."""

    live: RuleSetOut | None
    draft: RuleSetOut | None


class ReplayOut(Out):
    """A dry run. `result`: counts, once it is done; pairs of teams are by id, an empty one is no team."""

    id: UUID
    state: str
    progress_done: int
    progress_total: int
    message: str
    result: dict[str, Any]


class TextIn(In):
    """What a new ticket says, and at whose desk it is to be opened: an engagement's client's, or the own."""

    title: str = Field(max_length=200)
    text: str = Field(default="", max_length=20_000)
    engagement_id: UUID | None = None


class SuggestionOut(Out):
    """A value, and how often it was right of the held-out tickets for which it was suggested."""

    value: str
    label: str
    percent: int
    counted: int


class AlikeOut(Out):
    """A ticket like the one that was asked about."""

    id: UUID
    reference: str
    title: str
    percent: int


class SuggestionsOut(Out):
    """What past tickets suggest; `tickets`: from how many it was learned, 0 where nothing was."""

    topics: list[SuggestionOut]
    teams: list[SuggestionOut]
    similar: list[AlikeOut]
    tickets: int


class WhyOut(Out):
    """Why rules sent a ticket where they did, in sentences; empty where none did."""

    head: str = ""
    lines: list[str] = []
