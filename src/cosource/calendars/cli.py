"""Commands on business time: when something is due, how much time has passed, and by which data.

They need no database and no settings, so that either party can check a figure of the other with a file of a few lines. Questions
are read and answered one by one; a stream of any length takes the same memory.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

if TYPE_CHECKING:
    from cosource.calendars.rules.calendar import Calendar
    from cosource.calendars.rules.questions import Answer, Ask

clock_app = typer.Typer(
    help="Business time: questions on standard input, one JSON object a line.", no_args_is_help=True
)

CalendarFile = Annotated[Path, typer.Option("--calendar", help="The calendar, in YAML.", metavar="FILE")]
_REFUSED, _UNUSABLE = 1, 2
_LONGEST_LINE = 1024 * 1024
_TOO_LONG = f"the line is longer than {_LONGEST_LINE} bytes; ask with fewer pauses"
_LONGEST_FILE = 256 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(clock_app, name="clock")


@clock_app.command("due")
def clock_due(calendar: CalendarFile) -> None:
    """Say when {"start": INSTANT, "minutes": NUMBER, "pauses": [{"start": INSTANT, "end": INSTANT}]} is due."""
    from cosource.calendars.rules.questions import due_answer

    _answer_all(calendar, due_answer)


@clock_app.command("elapsed")
def clock_elapsed(calendar: CalendarFile) -> None:
    """Count the business minutes of {"start": INSTANT, "end": INSTANT, "pauses": [{"start": INSTANT, "end": INSTANT}]}."""
    from cosource.calendars.rules.questions import elapsed_answer

    _answer_all(calendar, elapsed_answer)


@clock_app.command("sources")
def clock_sources() -> None:
    """Name the versions of the time zone database and of the public holidays, to keep with what was computed."""
    from cosource.calendars.queries.sources import sources

    typer.echo(json.dumps(sources()._asdict()))


def _answer_all(file: Path, ask: "Ask") -> None:
    from cosource.calendars.rules.questions import answer

    calendar = _calendar(file)
    refused = False
    for number, line in enumerate(_lines(sys.stdin.buffer), start=1):
        found: Answer = answer(line, ask, calendar) if line is not None else {"error": _TOO_LONG}
        if "error" in found:
            refused = True
            found = {**found, "line": number}
        sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    if refused:
        raise typer.Exit(_REFUSED)


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Give line by line; None for one that is longer than any question, read past without being kept."""
    while line := stream.readline(_LONGEST_LINE):
        if line.endswith(b"\n") or len(line) < _LONGEST_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(_LONGEST_LINE)
        yield None


def _calendar(file: Path) -> "Calendar":
    from cosource.calendars.rules.calendar_text import read_calendar
    from cosource.calendars.rules.refusals import BadCalendar

    try:
        with file.open("rb") as opened:
            content = opened.read(_LONGEST_FILE + 1)
        if len(content) <= _LONGEST_FILE:
            return read_calendar(content.decode("utf-8-sig"))
        reason = f"the file is larger than {_LONGEST_FILE // 1024} KiB; give the path of a calendar in YAML"
    except OSError as error:
        reason = f"{error.strerror}; give the path of a calendar in YAML"
    except UnicodeDecodeError:
        reason = "this is not UTF-8 text; save the file as UTF-8"
    except BadCalendar as error:
        reason = str(error)
    typer.echo(f"cosource: {file}: {reason}", err=True)
    raise typer.Exit(_UNUSABLE)
