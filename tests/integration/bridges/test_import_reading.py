"""Reading in a process of its own gives what reading in place gives, and ends with it."""

import pytest
from tests.integration.bridges.log import HEADING, MAPPING, line, story

from cosource.bridges.reading.apart import APART_FROM_ROWS, ReaderEnded, read_apart
from cosource.bridges.reading.source import LIMITS, Limits
from cosource.bridges.reading.tickets import read_tickets, survey
from cosource.bridges.rules.mapping_parse import parse_mapping
from cosource.bridges.rules.problems import UnreadableSource


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "log.csv"
    odd = line(id="ODD", state="Odd", at="2024-03-01 09:00")
    path.write_text(
        HEADING + "".join(story(f"T{n:05}", "Desk W1 N1") + odd for n in range(APART_FROM_ROWS // 5 + 1))
    )
    return path


def test_it_is_the_same_apart_and_in_place(many, tmp_path):
    mapping = parse_mapping(MAPPING)
    found = survey(many, mapping)
    assert found.rows > APART_FROM_ROWS
    apart = list(read_apart(many, mapping, found, tmp_path, LIMITS))
    assert apart == list(read_tickets(many, mapping, found, tmp_path, LIMITS))
    assert len(apart) == APART_FROM_ROWS // 5 + 2


def test_what_cannot_be_read_is_said_by_the_one_who_asked(many, tmp_path):
    mapping = parse_mapping(MAPPING)
    found = survey(many, mapping)
    with pytest.raises(UnreadableSource, match="larger than 10000 bytes"):
        list(read_apart(many, mapping, found, tmp_path, Limits(max_bytes=10_000)))


def test_a_reader_that_ends_too_early_is_no_end_of_the_file(many, tmp_path):
    mapping = parse_mapping(MAPPING)
    found = survey(many, mapping)
    many.unlink()
    many.mkdir()
    with pytest.raises((ReaderEnded, UnreadableSource)):
        list(read_apart(many, mapping, found, tmp_path, LIMITS))


def test_the_process_is_gone_when_nobody_reads_on(many, tmp_path):
    import psutil

    mapping = parse_mapping(MAPPING)
    before = set(psutil.Process().children())
    items = read_apart(many, mapping, survey(many, mapping), tmp_path, LIMITS)
    next(items)
    # Which one is the reader is told by when it began: a reader already done shows no command line any more.
    [reader] = set(psutil.Process().children()) - before
    items.close()
    assert not reader.is_running()
