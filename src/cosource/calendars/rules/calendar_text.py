"""A calendar from the text of a YAML file.

Words stay words: NO is Norway, ON is Ontario, and 2026-12-24 is what is written. A key that is given twice is refused, since
one of the two would be lost without a word.
"""

from typing import cast

import yaml

from cosource.calendars.rules.calendar import Calendar
from cosource.calendars.rules.parsing import parse_calendar
from cosource.calendars.rules.refusals import BadCalendar

_NOTHING = frozenset({"", "~", "null"})
_DEPTH = 10


def read_calendar(text: str) -> Calendar:
    r"""Read a calendar.

    Raises: BadCalendar with the place, the value and the remedy.

    >>> read_calendar("timezone: Europe/Oslo\nhours: {mon: ['08:00-16:00']}\nholidays: {country: NO}").holidays
    Region(country='NO', subdivision='')
    """
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadCalendar(
            f"line {mark.line + 1 if mark else 1}",
            "this is not YAML: %(why)s",
            why=error.problem or error.context,
        ) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadCalendar(f"line {line}", "this holds a character that no text needs") from None
    except RecursionError:
        raise BadCalendar("line 1", "this is nested too deeply") from None
    value = None if root is None else _plain(root, {}, 0)
    if not isinstance(value, dict):
        raise BadCalendar("line 1", "expected timezone, hours and holidays as keys with values")
    return parse_calendar(value)


def _plain(node: yaml.Node, done: dict[int, object], depth: int) -> object:
    """Give what a node holds; a node that is used again through an alias is read once."""
    if depth > _DEPTH:
        raise BadCalendar(f"line {_line(node)}", "this is nested deeper than %(limit)s levels", limit=_DEPTH)
    if id(node) not in done:
        done[id(node)] = _read(node, done, depth)
    return done[id(node)]


def _read(node: yaml.Node, done: dict[int, object], depth: int) -> object:
    if isinstance(node, yaml.ScalarNode):
        text = cast("str", node.value)
        return None if node.style is None and text in _NOTHING else text
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, done, depth + 1) for item in node.value]
    found: dict[str, object] = {}
    for key, value in cast("yaml.MappingNode", node).value:
        if not isinstance(key, yaml.ScalarNode):
            raise BadCalendar(f"line {_line(key)}", "a key must be a plain word")
        if key.value in found:
            raise BadCalendar(
                f"line {_line(key)}",
                "the key %(key)s is given twice; keep one of the two",
                key=repr(key.value),
            )
        found[key.value] = _plain(value, done, depth + 1)
    return found


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
