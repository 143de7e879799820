"""Questions about business time as lines of JSON, and their answers.

A question names all it needs, so that any program can ask and any other can check the answer. Not here: where the lines
come from.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import isfinite

from cosource.calendars.rules.business_time import Calendar, Pause, due, elapsed
from cosource.calendars.rules.coverage import gap

type Answer = dict[str, object]
type Ask = Callable[[Mapping[str, object], Calendar], Answer]

_MINUTE = timedelta(minutes=1)
_PAUSE_KEYS = ("start", "end")
_SHOWN = 60


class BadQuestion(ValueError):
    """The line is no question that has an answer; the message says why."""


def due_answer(question: Mapping[str, object], calendar: Calendar) -> Answer:
    """Answer when an amount of business time is reached.

    Raises: ValueError with the place, the value and what is expected.

    >>> always = Calendar("UTC", (((0, 1440),),) * 7)
    >>> due_answer({"start": "2026-03-02T08:00:00+01:00", "minutes": 90}, always)
    {'due': '2026-03-02T08:30:00+00:00'}
    """
    _refuse_unknown(question, ("start", "minutes", "pauses"), "")
    start = _instant(question, "start")
    minutes = question.get("minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        raise BadQuestion(f"minutes: expected a number of minutes such as 240, found {_shown(minutes)}")
    found = due(start, minutes, calendar, _pauses(question, None))
    return {"due": found.isoformat(), **_warning(calendar, start, found)}


def elapsed_answer(question: Mapping[str, object], calendar: Calendar) -> Answer:
    """Answer how many business minutes lie between two instants. A pause without an end lasts as long as the question.

    Raises: as `due_answer`.

    >>> always = Calendar("UTC", (((0, 1440),),) * 7)
    >>> elapsed_answer({"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:30:30Z"}, always)
    {'minutes': 90.5}
    """
    _refuse_unknown(question, ("start", "end", "pauses"), "")
    start, end = _instant(question, "start"), _instant(question, "end")
    worked = elapsed(start, end, calendar, _pauses(question, end))
    whole, rest = divmod(worked, _MINUTE)
    return {"minutes": worked / _MINUTE if rest else whole, **_warning(calendar, start, end)}


def _warning(calendar: Calendar, start: datetime, end: datetime) -> Answer:
    """Say where an answer rests on years whose holidays are not known."""
    found = gap(calendar, start, end)
    if found is None:
        return {}
    return {
        "warning": f"holidays.country: the public holidays of {found.region} are known from {found.known_from} to"
        f" {found.known_until}; in {found.years_text} no day is closed for them: list those days under holidays.dates"
    }


def answer(line: bytes, ask: Ask, calendar: Calendar) -> Answer:
    """Answer one line, or say under `error` why it can't be answered.

    >>> answer(b"7", due_answer, Calendar("UTC", (((0, 1440),),) * 7))
    {'error': 'expected one JSON object, found 7'}
    """
    try:
        return ask(_question(line), calendar)
    except ValueError as refused:
        return {"error": str(refused)}


def _question(line: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(
            line.decode(), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_number
        )
    except UnicodeDecodeError:
        raise BadQuestion("this is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise BadQuestion(f"this is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise BadQuestion("this is nested too deeply") from None
    if not isinstance(found, dict):
        raise BadQuestion(f"expected one JSON object, found {_shown(found)}")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadQuestion(f"{_shown(twice)} is given twice")
    return found


def _no_number(word: str) -> float:
    raise BadQuestion(f"{word} is not a number")


def _number(digits: str) -> float:
    value = float(digits)
    return value if isfinite(value) else _no_number(digits[:_SHOWN])


def _refuse_unknown(found: Mapping[str, object], allowed: tuple[str, ...], where: str) -> None:
    for key in found:
        if key not in allowed:
            raise BadQuestion(f"{where}{_shown(key)} is not known here; allowed: {', '.join(allowed)}")


def _instant(found: Mapping[str, object], key: str, where: str = "") -> datetime:
    value = found.get(key)
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None:
        raise BadQuestion(
            f"{where}{key}: expected an instant such as 2026-03-02T08:00:00+01:00, "
            + (f"found {_shown(value)}" if key in found else "which is missing")
        )
    if instant.tzinfo is None:
        raise BadQuestion(
            f"{where}{key}: {_shown(value)} has no time zone; add Z or an offset such as +01:00"
        )
    return instant


def _pauses(question: Mapping[str, object], until: datetime | None) -> list[Pause]:
    given = question.get("pauses")
    if given is None:
        return []
    if not isinstance(given, list):
        raise BadQuestion(f"pauses: expected a list, found {_shown(given)}")
    return [_pause(pause, f"pauses.{number}", until) for number, pause in enumerate(given, start=1)]


def _pause(given: object, where: str, until: datetime | None) -> Pause:
    if not isinstance(given, dict):
        raise BadQuestion(f"{where}: expected an object with start and end, found {_shown(given)}")
    _refuse_unknown(given, _PAUSE_KEYS, f"{where}: ")
    start = _instant(given, "start", f"{where}.")
    if given.get("end") is not None:
        return start, _instant(given, "end", f"{where}.")
    if until is None:
        raise BadQuestion(f"{where}.end: missing; while a pause has no end, nothing can be said to be due")
    return start, max(start, until)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
