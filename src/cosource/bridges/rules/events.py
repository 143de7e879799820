"""What one line of a foreign record says, in this product's own words.

Here: the values that `interpret` produces and that an import writes. Not here: how they are found
(`interpret`), and what the lines of one ticket tell together (`ticket_story`).

What is made once per line is a named tuple: a frozen dataclass of this size takes four times as long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cosource.bridges.rules.problems import Problem


class SourceRow(NamedTuple):
    """One record of a foreign file, before it is understood.

    `row_number` counts records from 1 with the heading as row 1 (so the first line of data is row 2); in XES,
    which has no heading, events count from 1. `values` maps every heading to its cell as text, stripped of
    surrounding blanks and otherwise literally: a formula stays the text of the formula.
    """

    row_number: int
    values: Mapping[str, str]


class Stated(NamedTuple):
    """What the source claims of the ticket on this line, kept as claimed and never recomputed.

    None means that the source has no such column or left it blank. `sla_met` is the source's own verdict.
    """

    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    reassignments: int | None = None
    reopens: int | None = None
    sla_met: bool | None = None
    knowledge: bool | None = None


class SourceEvent(NamedTuple):
    """What one line says about one ticket at one moment.

    - `digest`: 64 hexadecimal characters over the row and its ordinal; importing the same row twice gives the
      same digest, so it serves as the idempotency key of the ledger entry. It depends on no mapping.
    - `ordinal`: 1 for a row that occurs once; the second of two identical rows has 2.
    - `occurred_at`: aware UTC. `source_seq`: the source's own sequence number, or 0 where it has none.
    - `state`: new, in_progress, waiting_requester, waiting_client, waiting_partner, resolved, closed,
      cancelled. `category`: open, paused, resolved, closed. `turn`: holder, requester, client, partner,
      vendor, nobody: who has to act next. `pause_reason`: set when the category is paused.
      `source_state`: the word in the file.
    - `group`: the source's group; None is a blank cell, which means unknown possession, not "no one".
      `party` and `team` are set exactly when `group` is: the party's key in the mapping and a team's name.
    - `priority` 1 (highest) to 5, `impact` and `urgency` 1 to 3; None where missing.
    - `kept`: the further columns that the mapping keeps, those that name people included, as text, without
      the missing ones.
    """

    ticket_key: str
    ordinal: int
    row_number: int
    digest: str
    occurred_at: datetime
    source_seq: int
    opened_at: datetime | None
    created_at: datetime | None
    state: str
    category: str
    turn: str
    pause_reason: str | None
    source_state: str
    group: str | None
    party: str | None
    team: str | None
    assignee: str | None
    requester: str | None
    author: str | None
    priority: int | None
    impact: int | None
    urgency: int | None
    category_name: str | None
    subcategory: str | None
    service: str | None
    site: str | None
    asset: str | None
    channel: str | None
    title: str | None
    description: str | None
    stated: Stated
    kept: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TicketReading:
    """All that a file says about one ticket: its events in file order, and what was wrong on the way.

    `refused_rows` of `read_rows` rows were left out; each has its problem. `events` may be empty.
    """

    ticket_key: str
    events: tuple[SourceEvent, ...]
    problems: tuple[Problem, ...]
    read_rows: int
    refused_rows: int
