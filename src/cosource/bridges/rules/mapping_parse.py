"""From a mapping file to a checked `Mapping`.

Here: reading TOML, checking every key and value, and naming each fault with its key, the value, what is
allowed and what was probably meant. Not here: what a mapping means (`mapping`).
"""

import codecs
import difflib
import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as ReadOnly
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from cosource.bridges.rules.mapping import (
    Columns,
    GroupRule,
    Kind,
    Mapping,
    Party,
    SourceFormat,
    StateRule,
)

KINDS = ("event-log", "ticket-list", "xes")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-1", "ascii")
CATEGORIES = ("new", "open", "paused", "resolved", "closed", "cancelled")
PAUSE_TURNS = ("requester", "client", "partner", "vendor")
ROLES = ("client", "partner")
_WAITING = {
    "requester": "waiting_requester",
    "client": "waiting_client",
    "partner": "waiting_partner",
    "vendor": "waiting_partner",
}
_PLAIN_STATES = {
    "new": ("new", "open", "holder"),
    "open": ("in_progress", "open", "holder"),
    "resolved": ("resolved", "resolved", "requester"),
    "closed": ("closed", "closed", "nobody"),
    "cancelled": ("cancelled", "closed", "nobody"),
}
_MANY_COLUMNS = ("title", "description", "keep", "people")
_LONGEST_PATTERN = 200


class MappingError(ValueError):
    """The mapping cannot be used. `faults`: one sentence each, in the order of the file."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def parse_mapping(text: str) -> Mapping:
    """Read a mapping from TOML and check all of it.

    Raises: MappingError with every fault found, not only the first.
    """
    parser = Parser(mapping_document(text))
    mapping = parser.mapping()
    if parser.faults:
        raise MappingError(tuple(parser.faults))
    return mapping


def mapping_document(text: str) -> dict[str, Any]:
    """Read TOML. Raises: MappingError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError((f"The mapping is not valid TOML: {error}.",)) from error


class Parser:
    """Collects faults while it builds; whatever it returns is used only when there are none."""

    kinds: tuple[str, ...] = KINDS

    def __init__(self, document: ReadOnly[str, Any]) -> None:
        self.faults: list[str] = []
        self._document = document

    def mapping(self) -> Mapping:
        known = ("source", "columns", "states", "parties", "groups", "priorities", "impacts", "urgencies")
        self._only("", self._document, known)
        source = self._source(self._table("source"))
        columns = self._columns(self._table("columns"), source.kind)
        parties = self._parties(self._table("parties"))
        groups, default_party, default_team = self._groups(self._table("groups"), parties)
        return Mapping(
            source=source,
            columns=columns,
            states=self._states(self._table("states")),
            parties=parties,
            groups=groups,
            default_party=default_party,
            default_team=default_team,
            priorities=self._levels("priorities", 5),
            impacts=self._levels("impacts", 3),
            urgencies=self._levels("urgencies", 3),
        )

    def _source(self, table: ReadOnly[str, Any]) -> SourceFormat:
        names = [f.name for f in fields(SourceFormat) if not f.name.endswith("_words")]
        self._only("source", table, (*names, "true", "false"))
        kind = self._choice("source.kind", table.get("kind"), self.kinds)
        delimiter = self._text("source.delimiter", table.get("delimiter", ","))
        if len(delimiter) != 1 or delimiter in '"\r\n':
            self._fault("source.delimiter", delimiter, 'one character, such as "," ";" "|" or "\\t"')
        dates = self._texts("source.dates", table.get("dates", ["iso"]))
        for form in dates:
            self._date_form(form)
        fallback = table.get("fallback_encoding")
        return SourceFormat(
            kind=cast("Kind", kind),
            name=self._text("source.name", table.get("name")),
            delimiter=delimiter,
            encoding=self._encoding("source.encoding", table.get("encoding", "utf-8")),
            fallback_encoding=None
            if fallback is None
            else self._encoding("source.fallback_encoding", fallback),
            missing=frozenset({"", *self._texts("source.missing", table.get("missing", []), blank=True)}),
            dates=dates,
            zone=self._zone(table.get("zone", "UTC")),
            true_words=self._words("source.true", table.get("true", ["true", "yes", "1"])),
            false_words=self._words("source.false", table.get("false", ["false", "no", "0"])),
            sheet=None if "sheet" not in table else self._text("source.sheet", table["sheet"]),
        )

    def _columns(self, table: ReadOnly[str, Any], kind: str) -> Columns:
        names = tuple(field.name for field in fields(Columns))
        self._only("columns", table, names)
        needed = ["ticket", "state"] + (["event_time"] if kind != "ticket-list" else ["opened"])
        for name in needed:
            # What kind it is was asked for already.
            if name not in table and kind:
                self.faults.append(f"columns.{name} is missing: a mapping of kind {kind} needs it.")
        single: dict[str, Any] = {
            name: self._text(f"columns.{name}", table[name])
            for name in names
            if name in table and name not in _MANY_COLUMNS
        }
        many: dict[str, Any] = {
            name: self._texts(f"columns.{name}", table[name]) for name in _MANY_COLUMNS if name in table
        }
        single.setdefault("ticket", "")
        single.setdefault("state", "")
        return Columns(**(single | many))

    def _states(self, table: ReadOnly[str, Any]) -> dict[str, StateRule]:
        if not table:
            self.faults.append("[states] is missing: name every state of the source with its category.")
        return {
            source: self._state(f'states."{source}"', source, self._inner(f"states.{source}", rule))
            for source, rule in table.items()
        }

    def _state(self, key: str, source: str, rule: ReadOnly[str, Any]) -> StateRule:
        self._only(key, rule, ("category", "turn", "reason"))
        category = self._choice(f"{key}.category", rule.get("category"), CATEGORIES)
        if category != "paused":
            state, plain, turn = _PLAIN_STATES.get(category, ("", "", ""))
            if rule.get("turn", turn) != turn:
                self._fault(f"{key}.turn", rule["turn"], f'"{turn}" or nothing, as only a pause is on others')
            return StateRule(source, state, plain, turn, None)
        turn = self._choice(f"{key}.turn", rule.get("turn"), PAUSE_TURNS)
        return StateRule(
            source, _WAITING.get(turn, ""), "paused", turn, self._text(f"{key}.reason", rule.get("reason"))
        )

    def _parties(self, table: ReadOnly[str, Any]) -> dict[str, Party]:
        parties: dict[str, Party] = {}
        for key, entry in table.items():
            inner = self._inner(f"parties.{key}", entry)
            self._only(f"parties.{key}", inner, ("name", "role"))
            role = self._choice(f"parties.{key}.role", inner.get("role"), ROLES)
            # Whoever brings a file in is its client; a mapping for one client alone may say which.
            is_anybody = role == "client" and "name" not in inner
            name = "" if is_anybody else self._text(f"parties.{key}.name", inner.get("name"))
            parties[key] = Party(key, name, "client" if role == "client" else "partner")
        clients = sum(party.role == "client" for party in parties.values())
        if clients != 1:
            self.faults.append(f'[parties] has {clients} parties of role "client"; it needs exactly one.')
        return parties

    def _groups(
        self, table: ReadOnly[str, Any], parties: ReadOnly[str, Party]
    ) -> tuple[tuple[GroupRule, ...], str, str]:
        self._only("groups", table, ("default", "default_team", "rules"))
        entries = table.get("rules", [])
        if not isinstance(entries, list):
            self._fault("groups.rules", entries, "a list of tables, each written [[groups.rules]]")
            entries = []
        rules: list[GroupRule] = []
        owner: dict[str, int] = {}
        for number, entry in enumerate(entries, start=1):
            key = f"groups.rules[{number}]"
            rule = self._group_rule(key, self._inner(key, entry), parties)
            rules.append(rule)
            for name in sorted(rule.names):
                if name in owner:
                    self.faults.append(f'{key}.names: "{name}" is already in groups.rules[{owner[name]}].')
                owner.setdefault(name, number)
        default = self._choice("groups.default", table.get("default"), tuple(parties))
        return tuple(rules), default, self._text("groups.default_team", table.get("default_team", "{group}"))

    def _group_rule(self, key: str, rule: ReadOnly[str, Any], parties: ReadOnly[str, Party]) -> GroupRule:
        self._only(key, rule, ("party", "team", "names", "pattern"))
        if "names" not in rule and "pattern" not in rule:
            self.faults.append(f"{key} has neither names nor pattern; it needs one of them.")
        return GroupRule(
            party=self._choice(f"{key}.party", rule.get("party"), tuple(parties)),
            team=self._text(f"{key}.team", rule.get("team", "{group}")),
            names=frozenset(self._texts(f"{key}.names", rule.get("names", []))),
            pattern=self._pattern(f"{key}.pattern", rule["pattern"]) if "pattern" in rule else None,
        )

    def _pattern(self, key: str, value: object) -> re.Pattern[str] | None:
        text = self._text(key, value)
        if len(text) > _LONGEST_PATTERN:
            self._fault(key, text, f"a pattern of at most {_LONGEST_PATTERN} characters")
            return None
        try:
            return re.compile(text)
        except re.error as error:
            self.faults.append(f'{key} = "{text}" is not a pattern: {error}.')
            return None

    def _levels(self, name: str, lowest: int) -> dict[str, int]:
        levels: dict[str, int] = {}
        for word, value in self._table(name).items():
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= lowest:
                self._fault(f'{name}."{word}"', value, f"a whole number from 1 to {lowest}")
            else:
                levels[word] = value
        return levels

    def _date_form(self, form: str) -> None:
        if form == "iso":
            return
        sample = datetime(2021, 11, 23, 14, 35, tzinfo=UTC)
        try:
            read = datetime.strptime(sample.strftime(form), form).replace(tzinfo=UTC)
        except ValueError:
            read = None
        if read is None or read.date() != sample.date():
            self._fault(
                "source.dates", form, '"iso" or a form with day, month and year like "%d/%m/%Y %H:%M"'
            )

    def _zone(self, value: object) -> str:
        text = self._text("source.zone", value)
        try:
            ZoneInfo(text)
        except (LookupError, ValueError, OSError):
            self._fault("source.zone", text, 'an IANA zone such as "Europe/Berlin" or "UTC"')
            return "UTC"
        return text

    def _encoding(self, key: str, value: object) -> str:
        text = self._text(key, value)
        try:
            name = codecs.lookup(text).name
        except LookupError:
            name = ""
        allowed = {codecs.lookup(each).name: each for each in ENCODINGS}
        if name not in allowed:
            self._choice(key, text, ENCODINGS)
            return "utf-8"
        return allowed[name]

    def _table(self, name: str) -> ReadOnly[str, Any]:
        return self._inner(name, self._document.get(name, {}))

    def _inner(self, key: str, value: object) -> ReadOnly[str, Any]:
        if isinstance(value, dict):
            return value
        self._fault(key, value, "a table")
        return {}

    def _text(self, key: str, value: object) -> str:
        if isinstance(value, str) and value.strip("\ufeff ") != "":
            return value
        if value is None:
            self.faults.append(f"{key} is missing: it needs a text.")
        else:
            self._fault(key, value, "a text that is not blank")
        return ""

    def _texts(self, key: str, value: object, *, blank: bool = False) -> tuple[str, ...]:
        entries = [value] if isinstance(value, str) else value
        if not isinstance(entries, list) or not all(isinstance(e, str) and (blank or e) for e in entries):
            self._fault(key, value, "a text or a list of texts")
            return ()
        return tuple(entries)

    def _words(self, key: str, value: object) -> frozenset[str]:
        return frozenset(word.casefold() for word in self._texts(key, value))

    def _choice(self, key: str, value: object, allowed: Iterable[str]) -> str:
        options = tuple(allowed)
        if isinstance(value, str) and value in options:
            return value
        if not options:
            return ""  # what there is to choose from is missing itself, and was asked for
        if value is None:
            self.faults.append(f"{key} is missing; allowed: {', '.join(options)}.")
        else:
            self._fault(key, value, ", ".join(options), options)
        return ""

    def _only(self, key: str, table: ReadOnly[str, Any], allowed: Iterable[str]) -> None:
        options = tuple(allowed)
        for name in table:
            if name not in options:
                place = f"{key}.{name}" if key else name
                self.faults.append(
                    f"{place} is not known here; allowed: {', '.join(options)}.{_meant(name, options)}"
                )

    def _fault(self, key: str, value: object, allowed: str, options: tuple[str, ...] = ()) -> None:
        self.faults.append(f"{key} = {value!r} is not allowed; allowed: {allowed}.{_meant(value, options)}")


def _meant(value: object, options: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(str(value), options, n=1, cutoff=0.5)
    return f" Did you mean {close[0]}?" if close else ""
