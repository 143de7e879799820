"""Reading YAML into values that know their lines, and nothing that could surprise.

Every scalar stays text, so that no is no and 1:30 is 1:30. Anchors, aliases, tags, further documents, repeated keys and deep
nesting are refused: an agreement needs none of them, and a small file with them can grow without bound. Not here: what the
keys mean.
"""

from dataclasses import dataclass, field

import yaml

from cosource.agreements.rules.problems import BadAgreement, Problem, gettext_noop, shortened

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
# The parser looks ahead to the end of a line, and takes the square of its length for it where brackets pile up.
MAX_LINE = 500


@dataclass(slots=True)
class Node:
    """A value and the line it is written on: text, a list, or a mapping. A value under a key has the key's line."""

    line: int
    value: "str | list[Node] | dict[str, Node]"


@dataclass(slots=True)
class _Open:
    """A list or mapping that isn't complete yet; `key` is the key whose value comes next, `line` where it stands."""

    node: Node
    key: str | None = None
    line: int = 0


@dataclass(slots=True)
class _Reading:
    root: Node | None = None
    stack: list[_Open] = field(default_factory=list)

    def place(self, node: Node) -> None:
        """Put a value where it belongs: at the root, into the list, or under the key before it."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif isinstance(top.node.value, dict) and top.key is not None:
            node.line = top.line
            top.node.value[top.key] = node
            top.key = None
        elif isinstance(node.value, str):
            self.name(top, node)
        else:
            raise _refusal(node.line, gettext_noop("a key must be a plain word"))

    def name(self, top: _Open, node: Node) -> None:
        """Take a scalar as the next key of a mapping."""
        key = str(node.value)
        if key in top.node.value:
            raise _refusal(node.line, gettext_noop("the key “%(key)s” is given twice"), key=shortened(key))
        top.key, top.line = key, node.line


def read_yaml(text: str) -> Node:
    """Read one YAML document.

    Raises: BadAgreement with the one fault that stopped the reading.

    >>> read_yaml("name: Desk")
    Node(line=1, value={'name': Node(line=1, value='Desk')})
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise _refusal(1, gettext_noop("the text is larger than %(limit)s KiB"), limit=MAX_BYTES // 1024)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise _refusal(
                number, gettext_noop("the line is longer than %(limit)s characters"), limit=MAX_LINE
            )
    reading = _Reading()
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            _take(event, reading)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.line + 1 if mark else 1
        raise _refusal(
            at, gettext_noop("this is not YAML: %(reason)s"), reason=error.problem or str(error)
        ) from None
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, error.position) + 1
        raise _refusal(at, gettext_noop("this holds a character that no text needs")) from None
    if reading.root is None:
        raise _refusal(1, gettext_noop("the text is empty"))
    return reading.root


def _take(event: yaml.Event, reading: _Reading) -> None:
    line = event.start_mark.line + 1 if event.start_mark else 1
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise _refusal(
            line, gettext_noop("anchors and aliases (& and *) are not used here; write the value out")
        )
    if getattr(event, "tag", None) is not None:
        raise _refusal(line, gettext_noop("tags (!) are not used here; write the plain value"))
    if isinstance(event, yaml.DocumentStartEvent) and reading.root is not None:
        raise _refusal(line, gettext_noop("only one document is read; remove the line ---"))
    if isinstance(event, yaml.ScalarEvent):
        reading.place(Node(line, event.value))
    elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
        node = Node(line, [] if isinstance(event, yaml.SequenceStartEvent) else {})
        reading.place(node)
        if len(reading.stack) >= MAX_DEPTH:
            raise _refusal(line, gettext_noop("this is nested deeper than %(limit)s levels"), limit=MAX_DEPTH)
        reading.stack.append(_Open(node))
    elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
        reading.stack.pop()


def _refusal(line: int, pattern: str, **values: str | int) -> BadAgreement:
    return BadAgreement([Problem(line, "", pattern, tuple(values.items()))])
