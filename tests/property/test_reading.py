"""Whatever bytes arrive, reading either works or says why: nothing else is ever raised."""

import gzip
import lzma
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cosource.bridges.reading.shipped import shipped_mapping
from cosource.bridges.reading.tickets import read_tickets, survey
from cosource.bridges.rules.events import TicketReading
from cosource.bridges.rules.mapping_parse import MappingError, parse_mapping
from cosource.bridges.rules.problems import Problem, UnreadableSource
from cosource.bridges.rules.ticket_story import tell_story

MAPPING = shipped_mapping("servicenow-audit")
HEADING = (",".join(MAPPING.columns.needed) + "\n").encode()
HEADS = [b"", b"\xff\xfe", b"\x1f\x8b\x08\x00", b"\xfd7zXZ\x00", b"PK\x03\x04", b"<log>", HEADING]
WIDTH = len(MAPPING.columns.needed)


def raise_unless(said) -> None:
    assert said, "a refusal must say why"


def read(data: bytes):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "file")
        path.write_bytes(data)
        found = survey(path, MAPPING)
        return found, list(read_tickets(path, MAPPING, found, Path(name)))


def check(data: bytes) -> None:
    try:
        found, items = read(data)
    except UnreadableSource as refusal:
        raise_unless(str(refusal))
        return
    accounted = 0
    for item in items:
        if isinstance(item, Problem):
            assert str(item)
            accounted += item.outcome == "refused"
            continue
        assert len(item.events) + item.refused_rows == item.read_rows
        accounted += item.read_rows
        assert all(str(problem) for problem in item.problems)
        if item.events:
            assert tell_story(item.events).possessions
    assert accounted == found.rows


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(HEADS), st.binary(max_size=400))
def test_random_bytes(head, tail):
    check(head + tail)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([gzip.compress, lzma.compress]),
    st.integers(0, 400),
    st.binary(max_size=5),
)
def test_broken_archives(tail, pack, cut, junk):
    data = pack(HEADING + tail)
    check(data[:cut] + junk + data[cut + len(junk) :])
    check(data[:cut])


CELL = st.one_of(
    st.sampled_from(
        [
            "",
            "?",
            "New",
            "Closed",
            "1/3/2016 10:00",
            "31/2/2016 10:00",
            "INC1",
            "INC2",
            "3",
            "Group 70",
            "=1+1",
        ]
    ),
    st.text(st.characters(exclude_characters=',"\r\n', exclude_categories=["Cs"]), max_size=8),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, min_size=WIDTH, max_size=WIDTH), max_size=8))
def test_random_cells(rows):
    check(HEADING + "\n".join(",".join(row) for row in rows).encode())


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1+2", "=HYPERLINK(0)"]))
def test_formulas_stay_text(formula):
    cells = dict.fromkeys(MAPPING.columns.needed, "?") | {
        "number": "INC1", "incident_state": "New", "sys_updated_at": "1/3/2016 10:00", "caller_id": formula,
    }  # fmt: skip
    _, items = read(HEADING + ",".join(cells.values()).encode())
    assert [item.events[0].requester for item in items if isinstance(item, TicketReading)] == [formula]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(["source", "columns", "states", "parties", "groups", "priorities"]).flatmap(
            lambda key: st.sampled_from(
                [f"{key} = 1", f"[[{key}]]", f"[{key}]\nrules = [1]", f"[{key}]\na = {{}}", f"[{key}.x]"]
            )
        ),
    )
)
def test_random_mappings(text):
    try:
        parse_mapping(text)
    except MappingError as error:
        raise_unless(error.faults)
