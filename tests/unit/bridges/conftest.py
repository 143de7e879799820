"""A small mapping and a way to read a text under it."""

from pathlib import Path

import pytest

from cosource.bridges.reading.tickets import read_tickets, survey
from cosource.bridges.rules.events import TicketReading
from cosource.bridges.rules.mapping_parse import parse_mapping
from cosource.bridges.rules.problems import Problem

MAPPING = """
[source]
kind = "event-log"
name = "Small log"
missing = ["?"]
dates = ["%d.%m.%Y %H:%M"]
zone = "Europe/Berlin"

[columns]
ticket = "id"
state = "state"
event_time = "at"
sequence = "seq"
group = "group"
priority = "prio"
opened = "opened"

[states.Open]
category = "open"
[states."On hold"]
category = "paused"
turn = "requester"
reason = "an answer"
[states.Done]
category = "resolved"
[states.Closed]
category = "closed"

[priorities]
high = 1

[parties.us]
name = "Us"
role = "client"
[parties.them]
name = "Them"
role = "partner"

[groups]
default = "us"
[[groups.rules]]
party = "us"
names = ["Desk"]
[[groups.rules]]
party = "them"
team = "Net ({group})"
pattern = "N[0-9]+"
"""
HEADING = "id,state,at,seq,group,prio,opened\n"


class Reader:
    """Reads bytes as a file under the small mapping, possibly altered."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def items(self, data: bytes | str, mapping: str = MAPPING, name: str = "log.csv", **limits):
        from cosource.bridges.reading.source import Limits

        path = self.directory / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        parsed = parse_mapping(mapping)
        bounds = Limits(**limits)
        found = survey(path, parsed, bounds)
        return found, list(read_tickets(path, parsed, found, self.directory / "spool", bounds))

    def __call__(self, data: bytes | str, mapping: str = MAPPING, name: str = "log.csv", **limits):
        """Return the events by ticket and all problems as (row, column, code)."""
        _, items = self.items(data, mapping, name, **limits)
        events = {item.ticket_key: item.events for item in items if isinstance(item, TicketReading)}
        problems = [item for item in items if isinstance(item, Problem)]
        for item in items:
            problems += item.problems if isinstance(item, TicketReading) else ()
        return events, sorted((p.row or 0, p.column, p.code) for p in problems)


@pytest.fixture
def read(tmp_path):
    return Reader(tmp_path)


@pytest.fixture
def mapping_text():
    return MAPPING


@pytest.fixture
def heading():
    return HEADING
