"""What is wrong with a file is named by row and column, and the good rows are kept."""

import gzip
import lzma
import random
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from cosource.bridges.reading.source import file_digest
from cosource.bridges.reading.tickets import read_rows
from cosource.bridges.rules.events import TicketReading
from cosource.bridges.rules.mapping_parse import parse_mapping
from cosource.bridges.rules.problems import UnreadableSource

ROWS = "".join(f"T{n},Open,01.03.2024 10:00,0,Desk,high,01.03.2024 09:00\n" for n in range(300))


def refusal(read, *args, **kwargs):
    with pytest.raises(UnreadableSource) as caught:
        read(*args, **kwargs)
    return caught.value


def keys(events):
    return sorted((k for k, v in events.items() if v), key=lambda k: int(k[1:]))


def test_gz_xz_and_plain_say_the_same_whatever_their_name(read, heading):
    data = (heading + ROWS).encode()
    plain = read(data, name="a.xz")
    assert len(plain[0]) == 300
    assert plain[1] == []
    assert read(gzip.compress(data), name="b.csv") == plain
    assert read(lzma.compress(data), name="c.gz") == plain
    assert read(gzip.compress(data[:999]) + gzip.compress(data[999:]) + b"\0" * 64) == plain


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_truncated_file_keeps_its_rows_and_names_the_cut(read, heading, pack):
    noise = random.Random(7)
    rows = "".join(
        f"T{n},Open,01.03.2024 10:00,{noise.randrange(10**12)},N{noise.randrange(10**12)},high,\n"
        for n in range(3000)
    )
    whole, _ = read(heading + rows)
    packed = pack((heading + rows).encode())
    events, problems = read(packed[: len(packed) // 2])
    assert 500 < len(events) < 2500
    assert keys(events) == [f"T{n}" for n in range(len(events))]
    assert all(events[key] == whole[key] for key in events)
    assert problems == [(len(events) + 2, None, "truncated")]


def test_a_damaged_file_keeps_the_rows_before(read, heading):
    noise = random.Random(3)
    rows = "".join(f"T{n},Open,01.03.2024 10:00,{noise.randrange(10**15)},Desk,,\n" for n in range(20_000))
    packed = bytearray(gzip.compress((heading + rows).encode()))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = bytes(200)
    events, problems = read(bytes(packed))
    assert len(events) > 1000
    assert problems[-1][2] == "corrupt"


@pytest.mark.threat("S14")
def test_a_bomb_is_refused_by_ratio_and_by_size(read):
    bomb = gzip.compress(bytes(20_000_000))
    assert refusal(read, bomb, ratio_from_bytes=1_000_000).problem.code in {"bomb", "not-text"}
    text = gzip.compress(b"id,state,at,seq,group,prio,opened\n" + b"T1,Open,,,,,\n" * 300_000)
    assert refusal(read, text, ratio_from_bytes=1_000_000).problem.code == "bomb"
    assert refusal(read, text, max_bytes=1_000_000).problem.code == "too-big"


def test_a_wrong_delimiter_names_the_right_one(read, heading):
    problem = refusal(read, (heading + ROWS).replace(",", ";")).problem
    assert (problem.row, problem.code) == (1, "wrong-delimiter")
    assert (
        problem.message
        == 'The columns are not separated by "," (comma); with ";" (semicolon) the heading fits.'
    )


def test_missing_columns_name_the_nearest(read, heading):
    error = refusal(read, heading.replace("group", "Groups").replace("prio", "Priority") + ROWS)
    assert [(p.column, p.values["nearest"]) for p in error.problems] == [
        ("group", "Groups"),
        ("prio", "Priority"),
    ]
    assert str(error).startswith(
        "log.csv, row 1, column group: The heading has no such column; the nearest is Groups."
    )


def test_other_refusals(read, heading, mapping_text, tmp_path):
    assert refusal(read, "").problem.code == "empty"
    assert refusal(read, heading.replace("\n", ",id\n")).problem.code == "doubled-column"
    assert refusal(read, (heading + ROWS).encode("utf-16-le")).problem.code == "looks-utf-16"
    assert refusal(read, bytes(range(256)) + bytes(999)).problem.code == "not-text"
    assert refusal(read, "<log/>").problem.code == "wrong-format"
    assert refusal(read, heading, mapping_text.replace("event-log", "xes")).problem.code == "wrong-format"
    with pytest.raises(UnreadableSource) as caught:
        file_digest(tmp_path / "nowhere.csv")
    assert caught.value.problem.code == "not-found"


def test_ragged_rows_and_an_open_quote_are_refused_one_by_one(read, heading):
    text = heading + "T1,Open\n\nT2,Open,01.03.2024 10:00,0,Desk,high,,extra\n" + ROWS + 'T9,"Open\nmore\n'
    events, problems = read(text)
    assert len(events) == 300
    assert problems == [(2, None, "short-row"), (4, None, "long-row"), (305, None, "open-quote")]


@pytest.mark.threat("S11")
def test_a_line_without_end_is_skipped_in_bounded_memory(read, heading):
    text = heading + "x" * 5_000_000 + "\n" + ROWS
    events, problems = read(text, line_characters=1000)
    assert (len(events), problems) == (300, [(2, None, "long-line")])


def test_encodings(read, heading, mapping_text):
    row = "T1,Open,01.03.2024 10:00,0,Desk,high,\n"
    mapping = mapping_text.replace(
        'category = "open"', 'category = "open"\n[states."Läuft"]\ncategory = "open"'
    )
    german = heading + row.replace("Open", "Läuft")
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert len(read(german.encode(encoding), mapping)[0]["T1"]) == 1
    events, problems = read(german.encode("cp1252"), mapping)
    assert events == {"T1": ()}
    assert problems == [(2, "state", "undecodable"), (2, "state", "unknown-state")]
    fallback = mapping.replace("[source]", '[source]\nfallback_encoding = "cp1252"')
    events, problems = read(german.encode("cp1252"), fallback)
    assert events["T1"][0].source_state == "Läuft"
    assert problems == [(2, "state", "fallback-encoding")]
    events, problems = read(heading + row.replace("Desk", "De\0sk"))
    assert (events["T1"][0].group, problems) == ("Desk", [(2, "group", "control-character")])


def test_scattered_tickets_are_gathered_and_leave_no_file(read, heading, tmp_path):
    lines = [f"T{n % 7},Open,01.03.2024 10:{n % 60:02},{n},Desk,high," for n in range(100)]
    found, items = read.items(heading + "\n".join(lines))
    assert not found.is_side_by_side
    readings = [item for item in items if isinstance(item, TicketReading)]
    assert [item.ticket_key for item in readings] == [f"T{n}" for n in range(7)]
    assert [event.row_number for event in readings[1].events] == list(range(3, 102, 7))
    assert list((tmp_path / "spool").iterdir()) == []
    together, _ = read(heading + "\n".join(sorted(lines, key=lambda line: line[:2])))
    assert {k: {e.digest for e in v} for k, v in together.items()} == {
        item.ticket_key: {event.digest for event in item.events} for item in readings
    }


def test_a_crowded_ticket_is_cut(read, heading):
    rows = "T1,Open,01.03.2024 10:00,0,Desk,high,\n" * 12
    events, problems = read(heading + rows, rows_per_ticket=10)
    assert len(events["T1"]) == 10
    assert problems[-2:] == [(12, "id", "crowded-ticket"), (13, "id", "crowded-ticket")]


def workbook(path: Path, rows) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path.read_bytes()


def test_a_workbook_is_read_as_text_and_no_formula_is_evaluated(read, heading, tmp_path):
    rows = [
        heading.strip().split(","),
        ["T1", "Open", datetime(2024, 3, 1, 10), 3, "=1+1", "high", None],  # noqa: DTZ001 - workbooks have no zones
        [],
        ["T2", "Open", "01.03.2024 10:00", 4.0, '=HYPERLINK("http://x")', "high", None],
    ]
    events, problems = read(workbook(tmp_path / "made.xlsx", rows))
    assert events["T1"][0].group == "=1+1"
    assert events["T1"][0].occurred_at == datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert (events["T2"][0].group, events["T2"][0].source_seq) == ('=HYPERLINK("http://x")', 4)
    assert problems == [(r, "group", c) for r in (2, 4) for c in ("formula", "unknown-group")]


def repacked(data: bytes, tmp_path, change) -> bytes:
    old, new = tmp_path / "old.xlsx", tmp_path / "new.xlsx"
    old.write_bytes(data)
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            target.writestr(part.filename, change(part.filename, source.read(part)))
    return new.read_bytes()


@pytest.mark.threat("S12")
def test_unsafe_workbooks_are_refused(read, heading, tmp_path):
    good = workbook(tmp_path / "made.xlsx", [heading.strip().split(",")])
    entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for padding in (b"", b"<!--" + b"x" * 9000 + b"-->"):

        def plant(name, data, padding=padding):
            return padding + entity + data if name.endswith("sheet1.xml") else data

        assert refusal(read, repacked(good, tmp_path, plant)).problem.code in {
            "xml-entities",
            "broken-workbook",
        }
    big = repacked(good, tmp_path, lambda _name, data: data + b" " * 9_000_000)
    assert refusal(read, big, ratio_from_bytes=1_000_000).problem.code == "bomb"
    assert refusal(read, good[:-40]).problem.code == "broken-workbook"
    assert refusal(read, b"PK\x03\x04" + bytes(500)).problem.code == "broken-workbook"


def test_memory_does_not_grow_with_the_file(read, heading, mapping_text):
    def peak(rows: int) -> int:
        path = read.directory / "big.csv"
        with path.open("w") as out:
            out.write(heading)
            for n in range(rows):
                out.write(f"T{n // 3},Open,01.03.2024 10:00,{n},Desk,high,\n")
        mapping = parse_mapping(mapping_text)
        tracemalloc.start()
        assert sum(1 for _ in read_rows(path, mapping)) == rows
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(40_000) < peak(4_000) + 200_000
