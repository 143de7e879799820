"""A small foreign log for the world of two clients and three partners, and a run of an import as a door would do it."""

from pathlib import Path

from cosource.bridges.models import Import
from cosource.bridges.reading.tickets import survey
from cosource.bridges.services.import_run import import_run, import_start
from cosource.bridges.services.preparing import import_plan
from cosource.foundation.sight import Actor

MAPPING = """
[source]
kind = "event-log"
name = "Old desk"
missing = ["?"]
dates = ["%Y-%m-%d %H:%M"]
zone = "UTC"

[columns]
ticket = "id"
state = "state"
event_time = "at"
sequence = "seq"
opened = "opened"
closed = "closed"
group = "group"
assignee = "who"
author = "by"
requester = "caller"
priority = "prio"
category = "topic"
service = "service"
site = "site"
title = ["title"]
stated_resolved = "resolved"
stated_reassignments = "hops"
stated_sla = "sla"
keep = ["code"]
people = ["closer"]

[states.New]
category = "new"
[states.Active]
category = "open"
[states."Awaiting caller"]
category = "paused"
turn = "requester"
reason = "An answer"
[states."Awaiting vendor"]
category = "paused"
turn = "vendor"
reason = "A spare part"
[states.Resolved]
category = "resolved"
[states.Closed]
category = "closed"

[priorities]
high = 1
low = 4

[parties.house]
name = "Alder Hospitals"
role = "client"
[parties.cedar]
name = "Cedar Desk"
role = "partner"
[parties.dogwood]
name = "Dogwood Networks"
role = "partner"

[groups]
default = "house"
default_team = "Other ({group})"
[[groups.rules]]
party = "house"
team = "Old desk"
names = ["Desk"]
[[groups.rules]]
party = "cedar"
team = "Old workplace {group}"
names = ["W1", "W2"]
[[groups.rules]]
party = "dogwood"
team = "Old network"
names = ["N1"]
"""
COLUMNS = [
    "id",
    "state",
    "at",
    "seq",
    "opened",
    "closed",
    "group",
    "who",
    "by",
    "caller",
    "prio",
    "topic",
    "service",
    "site",
    "title",
    "resolved",
    "hops",
    "sla",
    "code",
    "closer",
]
HEADING = ",".join(COLUMNS) + "\n"


def line(**cells: str | int) -> str:
    """One line of the log; what is not said is missing, but for an opening on 1 March at 08:00."""
    unknown = set(cells) - set(COLUMNS)
    assert not unknown, unknown
    values = {"opened": "2024-03-01 08:00", "title": "Printer is silent", "topic": "Printing", **cells}
    return ",".join(str(values.get(name, "?")) for name in COLUMNS) + "\n"


def story(key: str, groups: str, *, state: str = "Closed", month: str = "03", closed: bool = True) -> str:
    """A ticket that went through groups, one an hour, and is closed by the last line."""
    path = groups.split()
    rows = [
        line(
            id=key,
            state="Active",
            at=f"2024-{month}-01 {8 + number:02}:00",
            opened=f"2024-{month}-01 08:00",
            seq=number,
            group="?" if group == "-" else group,
            who=f"hand of {group}",
            by=f"author at {group}",
            caller="Ms Caller",
        )
        for number, group in enumerate(path)
    ]
    if closed:
        rows.append(
            line(
                id=key,
                state=state,
                at=f"2024-{month}-01 {8 + len(path):02}:30",
                opened=f"2024-{month}-01 08:00",
                closed=f"2024-{month}-01 {8 + len(path):02}:30",
                seq=len(path),
                group="?" if path[-1] == "-" else path[-1],
                closer="Mr Closer",
                code="fixed",
            )
        )
    return "".join(rows)


def quiet(progress):
    """Says nothing."""


def bring_in(
    directory: Path,
    text: str | bytes,
    actor: Actor,
    at,
    *,
    name: str = "log.csv",
    mapping: str = MAPPING,
    resume: bool = False,
    tell=quiet,
) -> Import:
    """Bring a text in as a file, recorded at `at`."""
    path = directory / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return bring_in_file(path, actor, at, mapping=mapping, resume=resume, tell=tell)


def bring_in_file(
    path: Path, actor: Actor, at, *, mapping: str = MAPPING, resume: bool = False, tell=quiet
) -> Import:
    """Bring a file in, recorded at `at`."""
    plan = import_plan(actor=actor, mapping_text=mapping, mapping_name="old-desk")
    found = survey(path, plan.mapping)
    row = import_start(plan=plan, survey=found, file_name=path.name, actor=actor, at=at, resume=resume)
    return import_run(
        row=row,
        plan=plan,
        survey=found,
        path=path,
        spool_directory=path.parent,
        actor=actor,
        clock=lambda: at,
        tell=tell,
    )
