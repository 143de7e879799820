"""How a foreign file is to be read: the mapping as a value.

Here: what a mapping holds, and its description in words. Not here: reading it from TOML (`mapping_parse`)
and applying it to rows (`interpret`).
"""

import re
from collections.abc import Mapping as ReadOnly
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, Protocol

type Kind = Literal["event-log", "ticket-list", "xes", "asset-list", "netbox"]

_OF_THE_CHANGE = frozenset({"ticket", "state", "event_time", "sequence", "group", "assignee", "author"})


@dataclass(frozen=True, slots=True)
class SourceFormat:
    """The outside of the file. `missing`: cells that mean "nothing here" (blank always does).

    `dates`: patterns in the notation of `strptime`, or "iso"; tried in order. `zone`: the IANA zone of times
    that carry none. `fallback_encoding`: for single rows that are not in `encoding`; None refuses to guess.
    `sheet`: the worksheet's name; None takes the first.
    """

    kind: Kind
    name: str
    delimiter: str = ","
    encoding: str = "utf-8"
    fallback_encoding: str | None = None
    missing: frozenset[str] = frozenset({""})
    dates: tuple[str, ...] = ("iso",)
    zone: str = "UTC"
    true_words: frozenset[str] = frozenset({"true", "yes", "1"})
    false_words: frozenset[str] = frozenset({"false", "no", "0"})
    sheet: str | None = None


class Headings(Protocol):
    """The headings that a mapping speaks of."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Return those that a file must have."""


class TableMapping(Protocol):
    """What a reader of tables wants of a mapping, whatever its rows are about."""

    @property
    def source(self) -> SourceFormat:
        """Return the outside of the file."""

    @property
    def columns(self) -> Headings:
        """Return its headings."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which heading holds what; None where the file has no such column.

    `title` and `description` may join several columns. `keep`: further columns kept as they stand. `people`:
    further columns kept that name people, and so are kept where they can be erased.
    """

    ticket: str
    state: str
    event_time: str | None = None
    sequence: str | None = None
    opened: str | None = None
    created: str | None = None
    closed: str | None = None
    group: str | None = None
    assignee: str | None = None
    requester: str | None = None
    author: str | None = None
    priority: str | None = None
    impact: str | None = None
    urgency: str | None = None
    category: str | None = None
    subcategory: str | None = None
    service: str | None = None
    site: str | None = None
    asset: str | None = None
    channel: str | None = None
    title: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    stated_resolved: str | None = None
    stated_reassignments: str | None = None
    stated_reopens: str | None = None
    stated_sla: str | None = None
    stated_knowledge: str | None = None
    keep: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The headings that a file must have, each once, in the order of the fields."""
        return self._headings([field.name for field in fields(self)])

    @property
    def of_the_ticket(self) -> tuple[str, ...]:
        """The headings that say something of the ticket itself rather than of one change to it."""
        return self._headings([field.name for field in fields(self) if field.name not in _OF_THE_CHANGE])

    def _headings(self, field_names: Sequence[str]) -> tuple[str, ...]:
        named = [getattr(self, name) for name in field_names]
        flat = [name for value in named if value for name in ([value] if isinstance(value, str) else value)]
        return tuple(dict.fromkeys(flat))


@dataclass(frozen=True, slots=True)
class StateRule:
    """What a state of the source means here. `source`: its name in the file."""

    source: str
    state: str
    category: str
    turn: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """A party that the mapping speaks of. `key` is used inside the mapping; `name` names the organization.

    A client without a name is whoever brings the file in.
    """

    key: str
    name: str
    role: Literal["client", "partner"]


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Groups that belong to one party: by list, by pattern, or both. `team` may contain `{group}`."""

    party: str
    team: str
    names: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None

    def matches(self, group: str) -> bool:
        """Tell whether the group is one of these; a pattern must fit the whole name."""
        return group in self.names or (self.pattern is not None and self.pattern.fullmatch(group) is not None)

    def team_of(self, group: str) -> str:
        """Return the team's name for this group."""
        return self.team.replace("{group}", group)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one kind of foreign file is read. Made by `mapping_parse.parse_mapping`, which has checked it.

    `states`, `priorities`, `impacts` and `urgencies` are keyed by the source's own words. `groups` are tried
    in order; a group that none fits goes to `default_party` with `default_team`, and is reported.
    """

    source: SourceFormat
    columns: Columns
    states: ReadOnly[str, StateRule]
    parties: ReadOnly[str, Party]
    groups: tuple[GroupRule, ...]
    default_party: str
    default_team: str
    priorities: ReadOnly[str, int]
    impacts: ReadOnly[str, int]
    urgencies: ReadOnly[str, int]

    @property
    def client(self) -> Party:
        """The one party whose tickets these are."""
        return next(party for party in self.parties.values() if party.role == "client")

    @property
    def partners(self) -> tuple[Party, ...]:
        """The client's partners, in the order of the mapping."""
        return tuple(party for party in self.parties.values() if party.role == "partner")
