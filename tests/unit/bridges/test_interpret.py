"""What cells mean, which faults cost a cell and which a row, and the story that the lines tell."""

import re
from datetime import UTC, datetime

import pytest

from cosource.bridges.rules import dates, interpret
from cosource.bridges.rules.dates import DateReader
from cosource.bridges.rules.labels import LABELS
from cosource.bridges.rules.mapping_parse import MappingError, parse_mapping
from cosource.bridges.rules.problems import Problem, UnreadableSource, shown
from cosource.bridges.rules.ticket_story import tell_story
from cosource.bridges.rules.wordings import WORDINGS


def at(day, hour, minute=0, month=3):
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


def line(ticket="T1", state="Open", when="01.03.2024 10:00", seq="0", group="Desk", prio="high", opened=""):
    return f"{ticket},{state},{when},{seq},{group},{prio},{opened}\n"


def test_a_bad_cell_is_left_out_and_a_bad_row_refused(read, heading):
    events, problems = read(
        heading
        + line(ticket="?")
        + line(state="Opem")
        + line(when="yesterday")
        + line(when="?")
        + line(seq="4x", prio="huge", opened="32.01.2024 00:00", group="Nobody")
        + line(seq="5", group="?")
    )
    assert problems == [
        (2, "id", "no-ticket"),
        (3, "state", "unknown-state"),
        (4, "at", "bad-time"),
        (5, "at", "no-time"),
        (6, "group", "unknown-group"),
        (6, "opened", "bad-date"),
        (6, "prio", "unknown-level"),
        (6, "seq", "bad-number"),
        (7, "group", "no-group"),
    ]
    repaired, unknown = events["T1"]
    assert (repaired.source_seq, repaired.priority, repaired.opened_at) == (0, None, None)
    assert (repaired.group, repaired.party, repaired.team) == ("Nobody", "us", "Nobody")
    assert (unknown.group, unknown.party, unknown.team) == (None, None, None)


def test_repeated_faults_are_reported_for_every_row(read, heading):
    _, problems = read(heading + line(prio="huge") + line(prio="huge", seq="1"))
    assert problems == [(2, "prio", "unknown-level"), (3, "prio", "unknown-level")]


def test_local_times_at_the_change_of_the_clock(read, heading):
    events, problems = read(
        heading
        + line(when="31.03.2024 02:30")
        + line(when="27.10.2024 02:30", seq="1")
        + line(when="27.10.2024 03:30", seq="2")
    )
    assert [event.occurred_at for event in events["T1"]] == [
        at(31, 1, 30),
        at(27, 0, 30, 10),
        at(27, 2, 30, 10),
    ]
    assert problems == [(2, "at", "time-skipped"), (3, "at", "time-twice")]


def test_a_repeated_row_has_its_own_digest_and_a_moved_column_changes_none(read, heading):
    events, problems = read(heading + line() + line())
    first, second = events["T1"]
    assert (first.ordinal, second.ordinal) == (1, 2)
    assert first.digest != second.digest
    assert problems == [(3, None, "same-row")]
    moved, _ = read("state,id,at,seq,group,prio,opened\nOpen,T1,01.03.2024 10:00,0,Desk,high,\n")
    assert moved["T1"][0].digest == first.digest
    other, _ = read(heading + line(prio=""))
    assert other["T1"][0].digest != first.digest


def test_times_that_step_back_are_kept_and_facts_ordered(read, heading):
    events, problems = read(
        heading
        + line(when="01.03.2024 12:00", seq="2", group="N1")
        + line(when="01.03.2024 11:00", seq="1")
        + line(when="01.03.2024 12:00", seq="1", group="N2", state="Done")
    )
    assert problems == [(3, "at", "time-back")]
    story = tell_story(events["T1"])
    assert [fact.row_number for fact in story.facts] == [3, 4, 2]
    assert story.steps_back == 1
    assert (story.final.row_number, story.final.group) == (4, "N2")


@pytest.mark.req("C10")
def test_the_story_of_a_ticket_that_went_to_and_fro(read, heading):
    opened = "01.03.2024 09:00"
    events, _ = read(
        heading
        + line(when="01.03.2024 10:00", seq="0", opened=opened)
        + line(when="01.03.2024 11:00", seq="1", group="N1", opened=opened)
        + line(when="01.03.2024 12:00", seq="2", group="?", state="On hold", opened=opened)
        + line(when="01.03.2024 13:00", seq="3", group="N2", opened=opened)
        + line(when="01.03.2024 14:00", seq="4", state="Done", opened=opened)
        + line(when="01.03.2024 15:00", seq="5", group="N2", opened=opened)
        + line(when="01.03.2024 16:00", seq="6", group="N2", state="Done", opened=opened)
        + line(when="02.03.2024 16:00", seq="7", group="N2", state="Closed", opened=opened)
    )
    story = tell_story(events["T1"])
    assert [(p.group, p.party, p.from_at, p.until_at) for p in story.possessions] == [
        ("Desk", "us", at(1, 8), at(1, 10)),
        ("N1", "them", at(1, 10), at(1, 11)),
        (None, None, at(1, 11), at(1, 12)),
        ("N2", "them", at(1, 12), at(1, 13)),
        ("Desk", "us", at(1, 13), at(1, 14)),
        ("N2", "them", at(1, 14), at(2, 15)),
    ]
    assert [(p.turn, p.reason, p.from_at, p.until_at) for p in story.pauses] == [
        ("requester", "an answer", at(1, 11), at(1, 12))
    ]
    assert [(h.from_group, h.to_group, h.between_parties, h.is_return) for h in story.handovers] == [
        ("Desk", "N1", True, False),
        ("N1", "N2", False, False),
        ("N2", "Desk", True, True),
        ("Desk", "N2", True, True),
    ]
    assert (story.returns, story.direct_returns, story.mutual_pairs) == (2, 1, (("Desk", "N2"),))
    assert (story.party_handovers, story.party_returns, story.party_direct_returns) == (3, 2, 2)
    assert story.party_mutual_pairs == (("them", "us"),)
    assert story.reopened_at == (at(1, 14),)
    assert (story.resolved_at, story.closed_at) == (at(1, 15), at(2, 15))
    assert story.parties == ("us", "them")


def test_what_came_before_the_first_line_is_unknown(read, heading):
    events, _ = read(heading + line(seq="7", opened="01.03.2024 08:00"))
    story = tell_story(events["T1"])
    assert [(p.group, p.from_at, p.until_at) for p in story.possessions] == [
        (None, at(1, 7), at(1, 9)),
        ("Desk", at(1, 9), None),
    ]
    assert [(p.state, p.from_at, p.until_at) for p in story.phases] == [
        ("new", at(1, 7), at(1, 9)),
        ("in_progress", at(1, 9), None),
    ]


def test_a_ticket_list_tells_by_its_milestones(read, heading, mapping_text):
    mapping = (
        mapping_text.replace("event-log", "ticket-list")
        .replace('event_time = "at"', 'stated_resolved = "at"\nclosed = "seq"')
        .replace('sequence = "seq"', "")
    )
    events, problems = read(
        heading + line(state="Closed", seq="02.03.2024 10:00", opened="01.03.2024 09:00"), mapping
    )
    assert problems == []
    story = tell_story(events["T1"], "ticket-list")
    assert story.final.occurred_at == at(2, 9)
    assert [(p.state, p.from_at, p.until_at) for p in story.phases] == [
        ("new", at(1, 8), at(1, 9)),
        ("resolved", at(1, 9), at(2, 9)),
    ]
    assert [(p.group, p.from_at, p.until_at) for p in story.possessions] == [("Desk", at(1, 8), at(2, 9))]


XES_MAPPING = (
    ('kind = "event-log"', 'kind = "xes"'),
    ('dates = ["%d.%m.%Y %H:%M"]', ""),
    ('"id"', '"case:concept:name"'),
    ('"at"', '"time:timestamp"'),
    ('"group"', '"org:group"'),
    ('"prio"', '"case:prio"'),
    ('sequence = "seq"', ""),
    ('opened = "opened"', ""),
)


def xes_mapping(text):
    for old, new in XES_MAPPING:
        text = text.replace(old, new)
    return text


def test_xes(read, mapping_text):
    event = '<event><string key="state" value="{}"/><date key="time:timestamp" value="{}"/></event>'
    log = (
        '<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/"><global scope="event"/>'
        '<trace><string key="concept:name" value="A"/><string key="prio" value="high"/>'
        + event.format("Open", "2024-03-01T10:00:00.000+01:00")
        + event.format("Closed", "2024-03-01T11:00:00Z")
        + '</trace><trace><string key="concept:name" value="B"/>'
        + event.format("Open", "2024-03-01T10:00:00Z")
    )
    events, problems = read(log + "</trace></log>", xes_mapping(mapping_text))
    assert [(e.state, e.occurred_at, e.priority) for e in events["A"]] == [
        ("in_progress", at(1, 9), 1),
        ("closed", at(1, 11), 1),
    ]
    assert events["B"][0].priority is None
    unheld = [(row, "org:group", "no-group") for row in (1, 2, 3)]
    assert problems == unheld
    events, problems = read(log, xes_mapping(mapping_text))
    assert (list(events), problems) == (["A", "B"], [*unheld, (4, None, "corrupt")])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE log [<!ENTITY a "b">]><log/>', "xml-entities"),
        ("<logs/>", "not-xes"),
        ("<log>" + "<a>" * 100, "xml-shape"),
        ("<log>" + "x" * 9_000_000 + "</log>", "xml-shape"),
        ("<log></log>", "empty"),
        ("<log", "not-text"),
    ],
)
def test_unsafe_xes_is_refused(read, mapping_text, text, code):
    with pytest.raises(UnreadableSource) as caught:
        read(text, xes_mapping(mapping_text))
    assert caught.value.problem.code == code


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '"event-log"',
            '"event-lgo"',
            "source.kind = 'event-lgo' is not allowed; allowed: event-log, ticket-list, xes. Did you mean event-log?",
        ),
        (
            "missing =",
            "mising =",
            "source.mising is not known here; allowed: kind, name, delimiter, encoding, fallback_encoding, missing, dates, zone, sheet, true, false. Did you mean missing?",
        ),
        (
            'turn = "requester"',
            'turn = "holder"',
            "states.\"On hold\".turn = 'holder' is not allowed; allowed: requester, client, partner, vendor.",
        ),
        (
            "Europe/Berlin",
            "Europe/Berlni",
            'source.zone = \'Europe/Berlni\' is not allowed; allowed: an IANA zone such as "Europe/Berlin" or "UTC".',
        ),
        (
            'default = "us"',
            'default = "uss"',
            "groups.default = 'uss' is not allowed; allowed: us, them. Did you mean us?",
        ),
        (
            "high = 1",
            "high = 9",
            'priorities."high" = 9 is not allowed; allowed: a whole number from 1 to 5.',
        ),
        (
            "N[0-9]+",
            "N[0-9+",
            'groups.rules[2].pattern = "N[0-9+" is not a pattern: unterminated character set at position 1.',
        ),
        ('event_time = "at"', "", "columns.event_time is missing: a mapping of kind event-log needs it."),
        (
            'role = "partner"',
            'role = "client"',
            '[parties] has 2 parties of role "client"; it needs exactly one.',
        ),
        (
            "%d.%m.%Y %H:%M",
            "%d %H:%M",
            'source.dates = \'%d %H:%M\' is not allowed; allowed: "iso" or a form with day, month and year like "%d/%m/%Y %H:%M".',
        ),
        (
            "[source]",
            "[source",
            "The mapping is not valid TOML: Expected ']' at the end of a table declaration (at line 2, column 8).",
        ),
    ],
)
def test_a_faulty_mapping_names_key_value_and_what_was_meant(mapping_text, old, new, fault):
    assert old in mapping_text
    with pytest.raises(MappingError) as caught:
        parse_mapping(mapping_text.replace(old, new))
    assert caught.value.faults == (fault,)


def test_what_hangs_on_something_that_is_missing_is_not_asked_for_as_well(mapping_text):
    unknown = mapping_text.replace('kind = "event-log"', 'kind = "log"').replace('event_time = "at"', "")
    with pytest.raises(MappingError) as caught:
        parse_mapping(unknown)
    (fault,) = caught.value.faults
    assert fault.startswith("source.kind = 'log' is not allowed; allowed: ")
    without_parties = re.sub(r"\[parties[^\[]*", "", mapping_text)
    with pytest.raises(MappingError) as caught:
        parse_mapping(without_parties)
    assert caught.value.faults == ('[parties] has 0 parties of role "client"; it needs exactly one.',)


def test_dates_outside_the_calendar_or_the_centuries_are_no_dates():
    reader = DateReader(("%d/%m/%Y", "%d %b %Y"), "UTC")
    assert reader.read("31/02/2024") == (None, "bad-date")
    assert reader.read("1/1/1812") == (None, "bad-date")
    assert reader.read("1 Mar 2024") == (at(1, 0), None)
    assert reader.read("2024-03-01T00:00:00+02:00") == (datetime(2024, 2, 29, 22, tzinfo=UTC), None)
    assert DateReader(("iso",), "UTC").read("9999-12-31T00:00") == (None, "bad-date")


def test_times_and_groups_are_not_remembered_without_end(read, heading, monkeypatch):
    monkeypatch.setattr(dates, "REMEMBERED", 1)
    monkeypatch.setattr(interpret, "REMEMBERED_GROUPS", 1)
    events, _ = read(heading + line() + line(when="01.03.2024 11:00", group="N1") + line(seq="1"))
    assert [(e.group, e.party) for e in events["T1"]] == [("Desk", "us"), ("N1", "them"), ("Desk", "us")]


def test_an_endless_ticket_number_and_the_same_moment_are_named(read, heading):
    events, problems = read(heading + line(ticket="T" * 201) + line() + line(prio="") + line(state="?"))
    assert events["T" * 201] == ()
    assert problems == [(2, "id", "long-ticket"), (4, "at", "same-moment"), (5, "state", "no-state")]


def test_separators_inside_cells_do_not_make_rows_alike(read, heading):
    first, _ = read(heading + line(group="a\x1fb", prio="c"))
    second, _ = read(heading + line(group="a", prio="b\x1fc"))
    assert first["T1"][0].digest != second["T1"][0].digest


def test_a_listed_ticket_that_was_reassigned_was_with_someone_unknown(read, heading, mapping_text):
    mapping = (
        mapping_text.replace("event-log", "ticket-list")
        .replace('sequence = "seq"', 'stated_reassignments = "seq"\nstated_sla = "prio"')
        .replace('priority = "prio"', "")
    )
    row = line(seq="2", opened="01.03.2024 09:00", prio="yes")
    events, _ = read(heading + row, mapping)
    story = tell_story(events["T1"], "ticket-list")
    assert [(p.group, p.from_at) for p in story.possessions] == [(None, at(1, 8)), ("Desk", at(1, 9))]
    assert (story.stated_reassignments, story.final.stated.sla_met) == (2, True)
    events, problems = read(heading + row.replace("yes", "no").replace("01.03.2024 10:00", ""), mapping)
    assert (events["T1"][0].occurred_at, events["T1"][0].stated.sla_met) == (at(1, 8), False)
    events, problems = read(heading + line(when="", opened="", prio="maybe"), mapping)
    assert problems == [(2, "opened", "no-time"), (2, "prio", "bad-flag")]


def test_a_ticket_without_length_still_has_a_holder(read, heading):
    events, _ = read(heading + line(state="Closed"))
    story = tell_story(events["T1"])
    assert [(p.group, p.from_at, p.until_at) for p in story.possessions] == [("Desk", at(1, 9), at(1, 9))]
    assert story.resolved_at is None


def test_problems_read_as_sentences():
    problem = Problem("f.csv", 3, "prio", "bad-number", {"value": "x"})
    assert (
        str(problem)
        == "f.csv, row 3, column prio: “x” is not a whole number of at most nine digits; the cell was left out. "
        "Correct the cell."
    )
    assert (problem.outcome, problem.fix_id) == ("repaired", "Correct the cell.")
    assert shown("x" * 100) == "x" * 80 + "…"


def test_every_kind_of_problem_has_a_few_words_of_its_own():
    assert set(LABELS) == set(WORDINGS)
    assert len(set(LABELS.values())) == len(LABELS)
