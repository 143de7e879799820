"""What a record of an instance may hold, as tables: one reader and one schema are made from them.

A value that doesn't fit is a `Problem` that says where it stands, what is wrong and what to do. Not here: what the records are
(`records`), and what is done about a problem (`reading`).
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

_SHOWN = 60
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in an instance that can't be used. `line`: the line that is left out for it; None where it is about more."""

    where: str
    what: str
    remedy: str
    line: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Field:
    """One named value of a record.

    `kind`: text, number, whole, flag, texts, amounts (id → number), record or records (of `fields`). `refers`: the list whose ids
    the value, its items or its keys must be among. `above` is an open bound, `least` and `most` are closed ones.
    """

    name: str
    kind: str
    help: str
    required: bool = False
    default: Any = None
    refers: str = ""
    above: float | None = None
    least: float | None = None
    most: float | None = None
    options: tuple[str, ...] = ()
    fields: tuple["Field", ...] = ()


type Names = Mapping[str, Collection[str]]
type Note = Callable[[str, str, str], None]


def read_record(given: Any, fields: tuple[Field, ...], names: Names, note: Note) -> dict[str, Any]:
    """Return the values of a record by field name, defaults filled in; what doesn't fit is told to `note` and left out.

    `note` takes the place within the record, what is wrong, and the remedy.
    """
    if not isinstance(given, dict):
        note("", f"{shown(given)} is no object", "give the values by name, in braces")
        return {}
    known = {field.name for field in fields}
    for name in given:
        if name not in known:
            note(str(name)[:_SHOWN], "there is no such field", nearest(str(name), known))
    values: dict[str, Any] = {}
    for field in fields:
        found = given.get(field.name)
        if found is None:
            if field.required:
                note(field.name, "it is missing", f"give {_wanted(field)}: {field.help}")
            values[field.name] = field.default
            continue
        said: list[int] = []

        def tell(place: str, what: str, remedy: str, *, at: str = field.name, to: list[int] = said) -> None:
            to.append(1)
            note(f"{at}{place}", what, remedy)

        value = _READERS[field.kind](found, field, names, tell)
        values[field.name] = field.default if said and field.kind not in {"record", "records"} else value
    return values


def nearest(name: str, known: Collection[str]) -> str:
    """Say which of the known names may be meant.

    >>> nearest("netwrok", ["network", "database"])
    'did you mean "network"?'
    >>> nearest("x", ["network", "database"])
    'give one of database, network'
    """
    close = get_close_matches(name[:_SHOWN], known, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    some = sorted(known)
    return (
        f"give one of {', '.join(some[:12])}{' …' if len(some) > 12 else ''}" if some else "there is none yet"
    )


def shown(value: Any) -> str:
    """Write a value as it may stand in a sentence, cut where it is long."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _within(note: Note, part: str) -> Note:
    """Return where faults in a part of a value are told."""
    return lambda place, what, remedy: note(f"{part}{place}", what, remedy)


def _wanted(field: Field) -> str:
    return {
        "text": "a text",
        "number": "a number",
        "whole": "a whole number",
        "flag": "true or false",
        "texts": "a list of texts",
        "amounts": "numbers by id",
        "record": "an object",
        "records": "a list of objects",
    }[field.kind]


def _text(value: Any, field: Field, names: Names, note: Note) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        note("", f"{shown(value)} is no text of 1 to {LONGEST_TEXT} letters", "give a text in quotes")
        return None
    if field.options and value not in field.options:
        note("", f"{shown(value)} is not known here", nearest(value, field.options))
    if field.refers and value not in names[field.refers]:
        note("", f"{shown(value)} is not among the {field.refers}", nearest(value, names[field.refers]))
    return value


def _number(value: Any, field: Field, names: Names, note: Note) -> float | None:
    remedy = f"give a number{_bounds(field)}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        note("", f"{shown(value)} is no number", remedy)
        return None
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        note("", f"{shown(value)} is no finite number", remedy)
    elif (
        (field.above is not None and number <= field.above)
        or (field.least is not None and number < field.least)
        or (field.most is not None and number > field.most)
    ):
        note("", f"{value:g} is outside of what it may be", remedy)
    elif field.kind == "whole" and number != int(number):
        note("", f"{value:g} is no whole number", remedy)
    return number


def _bounds(field: Field) -> str:
    parts = [
        f"{word} {bound:g}"
        for word, bound in (("above", field.above), ("from", field.least), ("up to", field.most))
        if bound is not None
    ]
    return "".join(f" {part}" for part in parts)


def _whole(value: Any, field: Field, names: Names, note: Note) -> int | None:
    number = _number(value, field, names, note)
    return int(number) if number is not None and math.isfinite(number) else None


def _flag(value: Any, field: Field, names: Names, note: Note) -> bool:
    if not isinstance(value, bool):
        note("", f"{shown(value)} is neither true nor false", "give true or false, without quotes")
    return value is True


def _texts(value: Any, field: Field, names: Names, note: Note) -> tuple[str, ...]:
    if not isinstance(value, list):
        note("", f"{shown(value)} is no list", "give the texts in brackets")
        return ()
    for number, item in enumerate(value):
        _text(item, field, names, _within(note, f"[{number}]"))
    return tuple(dict.fromkeys(item for item in value if isinstance(item, str)))


def _amounts(value: Any, field: Field, names: Names, note: Note) -> dict[str, float]:
    if not isinstance(value, dict):
        note("", f"{shown(value)} is no object", "give the numbers by id, in braces")
        return {}
    amounts = {}
    for key, item in value.items():
        if key not in names[field.refers]:
            note("", f"{shown(key)} is not among the {field.refers}", nearest(key, names[field.refers]))
        number = _number(item, field, names, _within(note, f".{key}"))
        amounts[key] = number if number is not None else 0.0
    return amounts


def _record(value: Any, field: Field, names: Names, note: Note) -> dict[str, Any] | None:
    sound = True

    def tell(place: str, what: str, remedy: str) -> None:
        nonlocal sound
        sound = False
        note(f".{place}" if place else "", what, remedy)

    values = read_record(value, field.fields, names, tell)
    return values if sound else None


def _records(value: Any, field: Field, names: Names, note: Note) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list):
        note("", f"{shown(value)} is no list", "give objects in brackets")
        return ()
    found = []
    for number, item in enumerate(value):
        at = f"[{number}]"
        read = _record(item, field, names, _within(note, at))
        if read is not None:
            found.append({**read, "place": f"{field.name}{at}"})
    return tuple(found)


_READERS: dict[str, Callable[[Any, Field, Names, Note], Any]] = {
    "text": _text,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "texts": _texts,
    "amounts": _amounts,
    "record": _record,
    "records": _records,
}


def schema_of(field: Field) -> dict[str, Any]:
    """Return the JSON Schema of a field's value, without what only the whole instance can tell (which ids there are)."""
    text: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    number: dict[str, Any] = {"type": "integer" if field.kind == "whole" else "number"}
    bounds = (("exclusiveMinimum", field.above), ("minimum", field.least), ("maximum", field.most))
    number |= {word: bound for word, bound in bounds if bound is not None}
    if field.options:
        text = {"enum": list(field.options)}
    kinds: dict[str, dict[str, Any]] = {
        "text": text,
        "number": number,
        "whole": number,
        "flag": {"type": "boolean"},
        "texts": {"type": "array", "items": text},
        "amounts": {"type": "object", "additionalProperties": number},
    }
    if field.kind in kinds:
        found = dict(kinds[field.kind])
    else:
        one = schema_of_record(field.fields)
        found = one if field.kind == "record" else {"type": "array", "items": one}
    found["description"] = field.help
    if field.default is not None and not isinstance(field.default, tuple | dict):
        found["default"] = field.default
    return found


def schema_of_record(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return the JSON Schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": {field.name: schema_of(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }
