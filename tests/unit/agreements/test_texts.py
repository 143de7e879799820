"""Reading an agreement's text: what it yields, and what limits it."""

from datetime import UTC, date, datetime
from itertools import starmap

import pytest
from tests.messages import catalog_of

from cosource.agreements.rules.agreement_text import parse_agreement, settled_text, text_digest
from cosource.agreements.rules.durations import BadDuration, minutes_of, minutes_text, working_day_minutes
from cosource.agreements.rules.problems import BadAgreement, Problem, not_among
from cosource.agreements.rules.quick_start import quick_start_text
from cosource.agreements.rules.sections import TargetText, name_unknown
from cosource.agreements.rules.terms import PauseTerm
from cosource.calendars.rules.business_time import Calendar

OFFICE = Calendar("UTC", ((((480, 1020),),) * 5) + ((), ()))


@pytest.mark.req("C8")
def test_the_quick_start_reads_back_exactly() -> None:
    read = parse_agreement(quick_start_text("Harbour Health – Brightline", date(2026, 1, 1), "Europe/Berlin"))

    assert (read.name, read.starts_on, read.time_zone) == (
        "Harbour Health – Brightline",
        date(2026, 1, 1),
        "Europe/Berlin",
    )
    assert read.starts_at == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert [(t.kind, t.priority, t.minutes, t.calendar) for t in read.targets] == [
        ("respond", 1, 15, "always"),
        ("respond", 2, 30, "always"),
        ("respond", 3, 120, "office"),
        ("respond", 4, 540, "office"),
        ("resolve", 1, 240, "always"),
        ("resolve", 2, 480, "always"),
        ("resolve", 3, 1080, "office"),
        ("resolve", 4, 2700, "office"),
    ]
    assert list(read.calendars) == ["always", "office"]
    assert read.calendars["always"].is_always_open
    assert read.calendars["office"].hours == ((((480, 1020),),) * 5) + ((), ())
    assert read.calendars["office"].zone == "Europe/Berlin"
    assert read.pause_reasons == (
        PauseTerm("requester_answer", "Waiting for the requester’s answer", "requester"),
        PauseTerm("client_access", "Waiting for access or approval by the client", "client"),
        PauseTerm("third_party_delivery", "Waiting for a third party’s delivery", "third_party"),
    )
    assert read.priority_matrix == ((1, 2, 3), (2, 3, 4), (3, 4, 4))
    assert (read.return_limit, read.warning_percent, read.accept_minutes) == (3, 75, 30)


@pytest.mark.parametrize(
    "name", ["A: b # c", 'He said "no"', "no", "– ü 😀", "{x}", "- item", "two\u2028lines"]
)
def test_any_name_survives_the_quick_start(name) -> None:
    assert parse_agreement(quick_start_text(name, date(2026, 1, 1), "UTC")).name == " ".join(name.split())


SHORT = """\
name: No
starts_on: 2026-03-29
calendars:
  north: {timezone: America/Santiago, hours: {mon: ["08:00-12:00"]}}
  south: {hours: {mon: ["08:00-12:00"]}}
targets:
  - {kind: resolve, priority: 5, within: 1d 1h 1m, calendar: north, site: North, service: Order entry}
"""


def test_what_is_left_out_has_its_ordinary_value() -> None:
    read = parse_agreement(SHORT)
    assert read.name == "No"  # a word, not a truth value
    assert read.time_zone == "UTC"
    assert read.starts_at == datetime(2026, 3, 29, tzinfo=UTC)
    assert read.pause_reasons == ()
    assert read.priority_matrix is None
    assert (read.return_limit, read.warning_percent, read.accept_minutes) == (3, 75, 30)
    assert (read.in_time_percent, read.allowed_misses) == (0, 0)
    assert (read.calendars["north"].zone, read.calendars["south"].zone) == ("America/Santiago", "UTC")
    assert read.targets == (TargetText(7, "targets.1", "resolve", 5, 301, "north", "North", "Order entry"),)


def test_a_first_day_begins_when_its_zone_says() -> None:
    # Cairo goes forward at midnight: the day begins at 01:00 local time.
    read = parse_agreement("timezone: Africa/Cairo\n" + SHORT.replace("2026-03-29", "2026-04-24"))
    assert read.starts_at == datetime(2026, 4, 23, 22, tzinfo=UTC)


def messages(text: str) -> list[str]:
    with pytest.raises(BadAgreement) as refused:
        parse_agreement(text)
    return [str(problem) for problem in refused.value.problems]


def test_all_faults_are_named_at_once_in_the_order_of_the_lines() -> None:
    text = SHORT.replace("2026-03-29", "soon").replace("priority: 5", "priority: 0").replace("resolve", "fix")
    assert messages(text) == [
        "line 2, starts_on: “soon” is not a date of the years 1970 to 2199; write it like 2026-12-24",
        "line 7, targets.1.kind: “fix” is not known here; allowed: respond, accept, update, restore, resolve, approval, access, answer",
        "line 7, targets.1.priority: “0” is not a whole number from 1 to 5",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: the text is empty"),
        ("# only a remark\n", "line 1: the text is empty"),
        ("just words", "line 1: expected keys with values"),
        ("- a\n- b\n", "line 1: expected keys with values"),
        ("x\n" * 32_769, "line 1: the text is larger than 64 KiB"),
        ("ü" * 32_769, "line 1: the text is larger than 64 KiB"),
        ("name: \ud800", "line 1: this holds a character that no text needs"),
        ("a: {" * 100, "line 1: this is nested deeper than 8 levels"),
        ("a: 1\n" + "[" * 501, "line 2: the line is longer than 500 characters"),
    ],
)
def test_what_is_no_agreement_at_all(text, expected) -> None:
    assert messages(text) == [expected]


def test_a_bomb_is_refused_at_once() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"] + [
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    assert messages("\n".join(lines)) == [
        "line 1: anchors and aliases (& and *) are not used here; write the value out"
    ]
    assert messages(("[" * 500 + "\n") * 100) == ["line 1: this is nested deeper than 8 levels"]


def many(what: str, count: int) -> str:
    hours = '{hours: {mon: ["08:00-12:00"]}}'
    calendars = "".join(f"  c{n}: {hours}\n" for n in range(count if what == "calendars" else 1))
    targets = "".join(
        f"  - {{kind: resolve, priority: 1, minutes: 5, calendar: c0, site: S{n}}}\n"
        for n in range(count if what == "targets" else 1)
    )
    reasons = "".join(
        f"  r{n}: {{label: L, turn: client}}\n" for n in range(count if what == "pause_reasons" else 1)
    )
    return (
        f"name: N\nstarts_on: 2026-01-01\ncalendars:\n{calendars}targets:\n{targets}pause_reasons:\n{reasons}"
    )


@pytest.mark.parametrize(("what", "limit"), [("calendars", 20), ("targets", 500), ("pause_reasons", 40)])
def test_as_many_as_fit(what, limit) -> None:
    parse_agreement(many(what, limit))
    [said] = messages(many(what, limit + 1))
    assert said.endswith(f", {what}: {limit + 1} are given, at most {limit} are allowed")


def test_an_unparsed_calendar_is_named_once_and_still_known_to_targets() -> None:
    text = SHORT.replace('["08:00-12:00"]}}\n  south', '["08-12"]}}\n  south')
    assert messages(text) == [
        "line 4, calendars.north.hours.mon: '08-12' is not a window; write it like 08:00-17:00"
    ]


def test_a_long_refusal_of_a_calendar_is_cut() -> None:
    [said] = messages(SHORT.replace("America/Santiago", "Z" * 400))
    assert len(said) < 300


def test_a_list_within_a_calendar_is_read_as_one() -> None:
    text = SHORT.replace("south: {", "south: {holidays: {dates: [2026-12-24]}, ")
    assert parse_agreement(text).calendars["south"].closed_dates == {date(2026, 12, 24)}


def test_a_section_that_must_be_there() -> None:
    text = SHORT.replace("calendars:\n", "").replace(
        '  north: {timezone: America/Santiago, hours: {mon: ["08:00-12:00"]}}\n', ""
    )
    text = text.replace('  south: {hours: {mon: ["08:00-12:00"]}}\n', "")
    assert messages(text) == [
        "line 1, calendars: is missing",
        "line 4, targets.1.calendar: “north” is not known here; there is none",
    ]


def test_a_mapping_where_a_list_key_is_expected() -> None:
    assert messages(SHORT.replace("name: No", "? {a: b}\n: No")) == ["line 1: a key must be a plain word"]
    assert messages(SHORT + "pause_reasons: {}\n") == ["line 8, pause_reasons: needs at least one"]
    assert messages(SHORT + "pause_reasons: soon\n") == ["line 8, pause_reasons: expected keys with values"]
    assert messages(SHORT + "priority_matrix: [[1, 2], [1, 2], [1, 2]]\n") == [
        "line 8, priority_matrix: expected 3 rows (impact) of 3 priorities (urgency)"
    ]
    assert messages(SHORT + "priority_matrix: [[1, 2, 3], [1, [2], 3], [1, 2, 3]]\n") == [
        "line 8, priority_matrix.2.2: “” is not a whole number from 1 to 5"
    ]


def test_line_ends_make_no_other_text() -> None:
    assert settled_text("\ufeffa: 1\r\nb: 2\r\r\n\n") == "a: 1\nb: 2\n"
    assert text_digest(settled_text("a: 1\r\n")) == text_digest(settled_text("a: 1"))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30m", 30), ("4h", 240), ("1h 30m", 90), ("1h30m", 90), ("2d", 1080), (" 1d 2h ", 660)],
)
def test_amounts(text, minutes) -> None:
    assert minutes_of(text, OFFICE) == minutes


@pytest.mark.parametrize("text", ["", "h", "4", "4 hours", "-1h", "1m 1h", "1.5h", "٣h", "9" * 30 + "m"])
def test_what_is_no_amount(text) -> None:
    with pytest.raises(BadDuration, match=r"^not an amount$"):
        minutes_of(text, OFFICE)


def test_a_day_needs_even_days() -> None:
    uneven = Calendar("UTC", (((480, 1020),), ((480, 720),), (), (), (), (), ()))
    assert (working_day_minutes(OFFICE), working_day_minutes(uneven)) == (540, None)
    assert minutes_of("3h", uneven) == 180
    with pytest.raises(BadDuration, match=r"^uneven days$"):
        minutes_of("1d", uneven)


def test_amounts_as_written_back() -> None:
    assert list(map(minutes_text, [0, 1, 59, 60, 61, 2700])) == [
        "0 m",
        "1 m",
        "59 m",
        "1 h",
        "1 h 1 m",
        "45 h",
    ]


def test_an_unknown_name_is_met_with_those_that_are_known() -> None:
    target = TargetText(9, "targets.2", "resolve", 1, 60, "always", service="Mial")
    assert str(name_unknown(target, "service", "Mial", ["Mail", "Print"])) == (
        "line 9, targets.2.service: “Mial” is not known here; allowed: Mail, Print; did you mean Mail?"
    )
    assert (
        str(name_unknown(target, "site", "North", []))
        == "line 9, targets.2.site: “North” is not known here; there is none"
    )
    long = list(starmap("{}{}".format, [("Site ", n) for n in range(20)]))
    assert str(not_among(1, "x", "?", long)).endswith("Site 14, Site 15, …")


def test_a_problem_carries_its_parts_for_translation() -> None:
    problem = Problem(4, "return_limit", "“%(value)s” is not known here; there is none", (("value", "x"),))
    assert (problem.message, str(problem)) == (
        "“x” is not known here; there is none",
        "line 4, return_limit: “x” is not known here; there is none",
    )


def test_a_problem_of_a_calendar_carries_its_parts_for_translation() -> None:
    text = SHORT.replace('["08:00-12:00"]}}\n  south', '["09:00-08:00"]}}\n  south')
    with pytest.raises(BadAgreement) as refused:
        parse_agreement(text)
    [problem] = refused.value.problems
    assert (problem.path, dict(problem.values)) == (
        "calendars.north.hours.mon",
        {"found": "'09:00-08:00'", "begin": "09:00", "end": "08:00"},
    )
    said = str(catalog_of("de")[problem.pattern].string) % dict(problem.values)
    assert said.startswith("'09:00-08:00' endet nicht nach seinem Beginn; teilen Sie")
