"""`cosource clock`, as another program meets it: lines in, lines out, an exit code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from cosource.calendars.cli import register
from cosource.calendars.queries.sources import sources
from cosource.calendars.rules.public_holidays import Region, known_years

DESK = """
timezone: Europe/Berlin
hours:
  mon: &day ["08:00-12:00", "13:00-17:00"]
  tue: *day
  wed: *day
  thu: *day
  fri: ["08:00-12:00", "13:00-24:00"]
holidays:
  country: DE
  subdivision: BY
  dates: [2026-12-24]
  open: [2026-11-01, 2026-12-25]
"""


def written(calendar: str | Path, where: Path) -> str:
    if isinstance(calendar, Path):
        return str(calendar)
    (where / "desk.yaml").write_text(calendar, encoding="utf-8")
    return str(where / "desk.yaml")


def clock(*arguments: str, calendar: str | Path, lines: str | bytes = "", where: Path) -> Result:
    """Run the command in this process, which takes a tenth of the time."""
    app = Typer()
    register(app)
    return CliRunner().invoke(app, ["clock", *arguments, "--calendar", written(calendar, where)], input=lines)


def answers(done: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def asked(*questions: object) -> str:
    return "".join(json.dumps(question) + "\n" for question in questions)


@pytest.mark.req("C8")
def test_due_over_nights_holidays_and_pauses(tmp_path: Path) -> None:
    done = clock(
        "due",
        calendar=DESK,
        where=tmp_path,
        lines=asked(
            {"start": "2026-03-02T08:00:00+01:00", "minutes": 240},
            {"start": "2026-03-02T08:00:00+01:00", "minutes": 240.5},
            {"start": "2026-12-23T16:00:00Z", "minutes": 1},  # 24 closed, 25 re-opened, a Friday
            {"start": "2026-01-05T16:00:00Z", "minutes": 1},  # Epiphany is kept in Bavaria
            {
                "start": "2026-03-02T07:00:00Z",
                "minutes": 60,
                "pauses": [{"start": "2026-03-02T07:30:00Z", "end": "2026-03-02T08:00:00.000001Z"}],
            },
            {"start": "2026-03-02T07:00:00+00:00", "minutes": 0, "pauses": None},
        ),
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert answers(done) == [
        {"due": "2026-03-02T11:00:00+00:00"},
        {"due": "2026-03-02T12:00:30+00:00"},
        {"due": "2026-12-25T07:01:00+00:00"},
        {"due": "2026-01-07T07:01:00+00:00"},
        {"due": "2026-03-02T08:30:00.000001+00:00"},
        {"due": "2026-03-02T07:00:00+00:00"},
    ]


@pytest.mark.req("C8", "X3")
def test_elapsed_with_pauses_that_ended_and_one_that_has_not(tmp_path: Path) -> None:
    day = {"start": "2026-03-02T00:00:00+01:00", "end": "2026-03-03T00:00:00+01:00"}
    done = clock(
        "elapsed",
        calendar=DESK,
        where=tmp_path,
        lines=asked(
            day,
            {"start": "2026-03-02T07:00:00Z", "end": "2026-03-02T07:00:30Z"},
            {**day, "pauses": [{"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z"}]},
            {**day, "pauses": [{"start": "2026-03-02T09:00:00Z"}]},
            {**day, "pauses": [{"start": "2026-03-09T09:00:00Z", "end": None}]},
        ),
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        '{"minutes": 480}',
        '{"minutes": 0.5}',
        '{"minutes": 420}',
        '{"minutes": 120}',
        '{"minutes": 480}',
    ]


BAD = [
    ("", "this is not JSON: Expecting value at character 2"),
    ("{", "this is not JSON: Expecting property name enclosed in double quotes at character 3"),
    ("[" * 100_000, "this is nested too deeply"),
    ("[1]", "expected one JSON object, found [1]"),
    ('{"start": 5, "minutes": 1}', "start: expected an instant such as 2026-03-02T08:00:00+01:00, found 5"),
    ('{"minutes": 1}', "start: expected an instant such as 2026-03-02T08:00:00+01:00, which is missing"),
    (
        '{"start": "2026-02-30T00:00:00Z", "minutes": 1}',
        'start: expected an instant such as 2026-03-02T08:00:00+01:00, found "2026-02-30T00:00:00Z"',
    ),
    (
        '{"start": "2026-03-02T08:00:00", "minutes": 1}',
        'start: "2026-03-02T08:00:00" has no time zone; add Z or an offset such as +01:00',
    ),
    (
        '{"start": "2026-03-02T08:00:00Z"}',
        "minutes: expected a number of minutes such as 240, found null",
    ),
    (
        '{"start": "2026-03-02T08:00:00Z", "minutes": true}',
        "minutes: expected a number of minutes such as 240, found true",
    ),
    (
        '{"start": "2026-03-02T08:00:00Z", "minutes": -1}',
        "-1 minutes: an amount of time can't be negative",
    ),
    ('{"start": "2026-03-02T08:00:00Z", "minutes": NaN}', "NaN is not a number"),
    ('{"start": "2026-03-02T08:00:00Z", "minutes": 1e999}', "1e999 is not a number"),
    ('{"start": "2026-03-02T08:00:00Z", "minutes": 1e99}', "not due before the end of 2399"),
    (
        '{"start": "1899-12-31T08:00:00Z", "minutes": 1}',
        "business time is computed for the years 1900 to 2399, not 1899",
    ),
    (
        '{"start": "0001-01-01T00:00:00+14:00", "minutes": 1}',
        "business time is computed for the years 1900 to 2399, not 1",
    ),
    ('{"minutes": 1, "minutes": 2}', '"minutes" is given twice'),
    ('{"pause": []}', '"pause" is not known here; allowed: start, minutes, pauses'),
    (
        '{"start": "2026-03-02T08:00:00Z", "minutes": 1, "pauses": {}}',
        "pauses: expected a list, found {}",
    ),
    (
        '{"start": "2026-03-02T08:00:00Z", "minutes": 1, "pauses": [7]}',
        "pauses.1: expected an object with start and end, found 7",
    ),
    (
        '{"start": "2026-03-02T08:00:00Z", "minutes": 1, "pauses": [{"start": "2026-03-02T09:00:00Z"}]}',
        "pauses.1.end: missing; while a pause has no end, nothing can be said to be due",
    ),
    (
        '{"start": "2026-03-02T08:00:00Z", "minutes": 1, "pauses": [{"from": 1}]}',
        'pauses.1: "from" is not known here; allowed: start, end',
    ),
    (
        (
            '{"start": "2026-03-02T08:00:00Z", "minutes": 1, '
            '"pauses": [{"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T08:00:00Z"}]}'
        ),
        "the pause from 2026-03-02T09:00:00+00:00 ends before that, at 2026-03-02T08:00:00+00:00",
    ),
    (" " * 1_200_000, "the line is longer than 1048576 bytes; ask with fewer pauses"),
]


def test_a_bad_line_is_answered_in_its_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = '{"start": "2026-03-02T08:00:00+01:00", "minutes": 240}'
    lines = [line for bad, _ in BAD for line in (bad, good)]
    done = clock("due", calendar=DESK, where=tmp_path, lines="\n".join(lines))  # the last line has no end
    assert (done.exit_code, done.stderr) == (1, "")
    expected: list[dict[str, object]] = []
    for number, (_, reason) in enumerate(BAD):
        expected += [{"error": reason, "line": 2 * number + 1}, {"due": "2026-03-02T11:00:00+00:00"}]
    assert answers(done) == expected


def test_other_bad_lines(tmp_path: Path) -> None:
    done = clock(
        "elapsed",
        calendar=DESK,
        where=tmp_path,
        lines=b'\xff\n{"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T07:59:59Z"}\n',
    )
    assert done.exit_code == 1
    assert answers(done) == [
        {"error": "this is not UTF-8 text", "line": 1},
        {"error": "end 2026-03-02T07:59:59+00:00 is before start 2026-03-02T08:00:00+00:00", "line": 2},
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected timezone, hours and holidays as keys with values"),
        ("timezone: [", "line 1: this is not YAML: expected the node content, but found '<stream end>'"),
        (
            "timezone: UTC\nhours: {mon: ['08:00-12:00']}\ntimezone: UTC\n",
            "line 3: the key 'timezone' is given twice; keep one of the two",
        ),
        ("timezone: UTC\nhours: &a {mon: *a}", "line 2: this is nested deeper than 10 levels"),
        ("[" * 3000, "line 1: this is nested too deeply"),
        ("timezone: UTC\nhours: {? [1]}", "line 2: a key must be a plain word"),
        ("timezone: \x07", "line 1: this holds a character that no text needs"),
        (
            "timezone: Europe/Berlni\nhours: {mon: ['08:00-12:00']}",
            "timezone: 'Europe/Berlni' is not a zone of the time zone database; write it like Europe/Berlin",
        ),
        (
            "timezone: UTC\nhours: {mon: [], tue: }",
            "hours: no weekday has a working minute, so that nothing would ever be due",
        ),
        (
            "timezone: UTC\nhours: {mon: ['22:00-06:00']}",
            (
                "hours.mon: '22:00-06:00' doesn't end after it begins; split a window over midnight into "
                "22:00-24:00 and, on the next day, 00:00-06:00"
            ),
        ),
        (
            "timezone: UTC\nhours: {mon: ['08:00-12:00']}\nholidays: {country: Germani}",
            (
                "holidays.country: 'Germani' is not a country whose holidays are known; "
                "did you mean DE (Germany), RO (Romania), NG (Nigeria)?"
            ),
        ),
    ],
)
def test_a_bad_calendar_is_one_line_and_nothing_is_answered(tmp_path: Path, text: str, message: str) -> None:
    good = '{"start": "2026-03-02T08:00:00+01:00", "minutes": 240}\n'
    done = clock("due", calendar=text, where=tmp_path, lines=good)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"cosource: {tmp_path / 'desk.yaml'}: {message}\n"


def test_a_calendar_that_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"timezone: \xfc")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * 300_000)
    for path, message in (
        (missing, "No such file or directory; give the path of a calendar in YAML"),
        (latin, "this is not UTF-8 text; save the file as UTF-8"),
        (large, "the file is larger than 256 KiB; give the path of a calendar in YAML"),
    ):
        done = clock("due", calendar=path, where=tmp_path)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == f"cosource: {path}: {message}\n"


def test_norway_needs_no_quotes(tmp_path: Path) -> None:
    calendar = "timezone: Europe/Oslo\nhours: {sun: ['00:00-24:00']}\nholidays: {country: NO}\n"
    question = {"start": "2026-05-16T22:00:00Z", "end": "2026-05-24T22:00:00Z"}  # 17 May and Whit Sunday
    assert answers(clock("elapsed", calendar=calendar, where=tmp_path, lines=asked(question))) == [
        {"minutes": 0}
    ]


def test_the_command_needs_no_database_and_no_settings(tmp_path: Path) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COSOURCE_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "cosource", "clock", "due", "--calendar", written(DESK, tmp_path)],
        input='{"start": "2026-03-02T07:00Z", "minutes": 240}\n7\n',
        env={**clean, "COSOURCE_BIND": "nonsense", "COSOURCE_DATABASE_URL": "nonsense"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        '{"due": "2026-03-02T11:00:00+00:00"}\n{"error": "expected one JSON object, found 7", "line": 2}\n'
    )
    assert [path.name for path in tmp_path.iterdir()] == ["desk.yaml"]


def test_the_how_to_says_what_happens(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/check-a-due-time.md").read_text(encoding="utf-8")
    blocks = [dedent(block) for block in re.findall(r"(?:^ {4}.*\n)+", page, re.MULTILINE)]
    calendar, questions, _, expected = blocks[:4]
    done = clock("due", calendar=calendar, where=tmp_path, lines=questions)
    assert (done.exit_code, done.stdout) == (1, expected)


@pytest.mark.req("C8")
def test_a_year_whose_holidays_are_not_known_is_told_with_the_answer(tmp_path: Path) -> None:
    """The answer stands, and says on what it rests; a year of which the calendar lists a day itself is known."""
    known_from, known_until = known_years(Region("LK"))
    after = known_until + 1
    desk = 'timezone: UTC\nhours: {mon: &d ["08:00-12:00"], tue: *d, wed: *d, thu: *d, fri: *d, sat: *d, sun: *d}\n'
    days = ["holidays:", "  country: LK", f"  dates: [{after + 1}-01-14]"]
    questions = asked(
        {"start": f"{known_until}-06-01T08:00:00Z", "minutes": 60},
        {"start": f"{known_until}-12-31T12:00:00Z", "minutes": 60},
        {"start": f"{after + 1}-03-02T08:00:00Z", "minutes": 60},
    )
    warning = (
        f"holidays.country: the public holidays of LK are known from {known_from} to {known_until}; in {after} no day"
        " is closed for them: list those days under holidays.dates"
    )
    done = clock("due", calendar=desk + "\n".join(days), where=tmp_path, lines=questions)
    assert (done.exit_code, answers(done)) == (
        0,
        [
            {"due": f"{known_until}-06-01T09:00:00+00:00"},
            {"due": f"{after}-01-01T09:00:00+00:00", "warning": warning},
            {"due": f"{after + 1}-03-02T09:00:00+00:00"},
        ],
    )
    spans = asked({"start": f"{known_until}-12-31T00:00:00Z", "end": f"{after}-01-01T12:00:00Z"})
    [told] = answers(clock("elapsed", calendar=desk + "\n".join(days), where=tmp_path, lines=spans))
    assert told["warning"] == warning
    none = clock("due", calendar=desk, where=tmp_path, lines=questions)
    assert "warning" not in none.stdout


def test_sources_are_one_line() -> None:
    app = Typer()
    register(app)
    done = CliRunner().invoke(app, ["clock", "sources"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, sources()._asdict())
