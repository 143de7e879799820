"""From the rows of one ticket to its events.

Here: what each cell means under a mapping, which faults cost the cell and which the row, and the digest that
makes importing twice harmless. Not here: reading files (`reading`), what the events tell together
(`ticket_story`), and anything that writes.
"""

import difflib
from collections.abc import Callable, Sequence
from collections.abc import Mapping as ReadOnly
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from typing import NamedTuple

from cosource.bridges.rules.dates import DateReader
from cosource.bridges.rules.events import SourceEvent, SourceRow, Stated, TicketReading
from cosource.bridges.rules.mapping import Mapping, StateRule
from cosource.bridges.rules.problems import Problem, shown

LONGEST_TICKET_KEY = 80
# A count has as many as every database's whole numbers hold; a sequence only orders, and may be a time in nanoseconds.
MOST_DIGITS, MOST_DIGITS_OF_SEQUENCE = 9, 19
REMEMBERED_GROUPS = 10_000
_CELL, _PART = "\x1f", "\x1e"


class _About(NamedTuple):
    """What a line says of the ticket itself, named as in `SourceEvent`."""

    opened_at: datetime | None
    created_at: datetime | None
    requester: str | None
    priority: int | None
    impact: int | None
    urgency: int | None
    category_name: str | None
    subcategory: str | None
    service: str | None
    site: str | None
    asset: str | None
    channel: str | None
    title: str | None
    description: str | None
    stated: Stated
    kept: ReadOnly[str, str]


class Interpreter:
    """Will turn rows into events under one mapping; `file` is the name that its problems carry.

    One interpreter serves a whole file: it remembers the times and groups it has met. It keeps nothing of the
    rows themselves, so that its size does not grow with the file.
    """

    def __init__(self, mapping: Mapping, file: str) -> None:
        self._mapping = mapping
        self._file = file
        self._dates = DateReader(mapping.source.dates, mapping.source.zone)
        self._missing = mapping.source.missing
        self._groups: dict[str, tuple[str, str, bool]] = {}
        self._names: tuple[str, ...] = ()
        self._cells_of = _getter(())
        self._heading = sha256()
        self._problems: list[Problem] = []
        self._row = 0
        self._kept_columns = (*mapping.columns.keep, *mapping.columns.people)
        self._about_columns = mapping.columns.of_the_ticket
        self._about_cells = _getter(self._about_columns)
        self._last_cells: tuple[str, ...] = ()
        self._last_about: _About | None = None

    def ticket_key(self, row: SourceRow) -> str | None:
        """Return the ticket that the row belongs to, or None where the cell is missing."""
        key = row.values.get(self._mapping.columns.ticket, "")
        return None if key in self._missing else key

    def ticket(self, key: str, rows: Sequence[SourceRow]) -> TicketReading:
        """Interpret all rows of one ticket, in file order."""
        self._problems = []
        if len(key) > LONGEST_TICKET_KEY:
            self._row = rows[0].row_number
            self._report("long-ticket", self._mapping.columns.ticket, limit=LONGEST_TICKET_KEY)
            return TicketReading(key, (), tuple(self._problems), len(rows), len(rows))
        seen: dict[str, tuple[int, int]] = {}
        events: list[SourceEvent] = []
        for row in rows:
            self._row = row.row_number
            canonical = self._canonical(row.values)
            ordinal, first = seen.get(canonical, (0, row.row_number))
            seen[canonical] = (ordinal + 1, first)
            if ordinal:
                self._report("same-row", None, before=first)
            event = self._event(key, row, canonical, ordinal + 1)
            if event is not None:
                self._compare(events[-1] if events else None, event)
                events.append(event)
        return TicketReading(
            key, tuple(events), tuple(self._problems), len(rows), refused_rows=len(rows) - len(events)
        )

    def _event(self, key: str, row: SourceRow, canonical: str, ordinal: int) -> SourceEvent | None:
        """Build the event, or report why the row is refused and return None."""
        columns, values, cell = self._mapping.columns, row.values, self._cell
        state = self._state(cell(values, columns.state))
        about = self._about(values)
        occurred_at = self._occurred_at(values, about)
        if state is None or occurred_at is None:
            return None
        group = cell(values, columns.group)
        party, team = self._unheld() if group is None else self._owner(group)
        return SourceEvent(
            ticket_key=key,
            ordinal=ordinal,
            row_number=row.row_number,
            digest=self._digest(canonical, ordinal),
            occurred_at=occurred_at,
            source_seq=self._number(values, columns.sequence, MOST_DIGITS_OF_SEQUENCE) or 0,
            opened_at=about.opened_at,
            created_at=about.created_at,
            state=state.state,
            category=state.category,
            turn=state.turn,
            pause_reason=state.reason,
            source_state=state.source,
            group=group,
            party=party,
            team=team,
            assignee=cell(values, columns.assignee),
            requester=about.requester,
            author=cell(values, columns.author),
            priority=about.priority,
            impact=about.impact,
            urgency=about.urgency,
            category_name=about.category_name,
            subcategory=about.subcategory,
            service=about.service,
            site=about.site,
            asset=about.asset,
            channel=about.channel,
            title=about.title,
            description=about.description,
            stated=about.stated,
            kept=about.kept,
        )

    def _about(self, values: ReadOnly[str, str]) -> "_About":
        """Read the cells that say something of the ticket rather than of the change.

        They mostly repeat from line to line; then the last reading serves again, unless it had problems, for
        each row must report its own.
        """
        try:
            cells = self._about_cells(values)
        except KeyError:
            cells = tuple([values.get(name, "") for name in self._about_columns])
        if self._last_about is not None and cells == self._last_cells:
            return self._last_about
        problems = len(self._problems)
        about = self._read_about(values)
        self._last_cells = cells
        self._last_about = about if len(self._problems) == problems else None
        return about

    def _read_about(self, values: ReadOnly[str, str]) -> "_About":
        columns, cell, missing = self._mapping.columns, self._cell, self._missing
        return _About(
            opened_at=self._time(values, columns.opened),
            created_at=self._time(values, columns.created),
            requester=cell(values, columns.requester),
            priority=self._level(values, columns.priority, self._mapping.priorities, "priorities"),
            impact=self._level(values, columns.impact, self._mapping.impacts, "impacts"),
            urgency=self._level(values, columns.urgency, self._mapping.urgencies, "urgencies"),
            category_name=cell(values, columns.category),
            subcategory=cell(values, columns.subcategory),
            service=cell(values, columns.service),
            site=cell(values, columns.site),
            asset=cell(values, columns.asset),
            channel=cell(values, columns.channel),
            title=self._joined(values, columns.title, " · "),
            description=self._joined(values, columns.description, "\n"),
            stated=Stated(
                resolved_at=self._time(values, columns.stated_resolved),
                closed_at=self._time(values, columns.closed),
                reassignments=self._number(values, columns.stated_reassignments),
                reopens=self._number(values, columns.stated_reopens),
                sla_met=self._flag(values, columns.stated_sla),
                knowledge=self._flag(values, columns.stated_knowledge),
            ),
            kept={name: text for name in self._kept_columns if (text := values.get(name, "")) not in missing},
        )

    def _occurred_at(self, values: ReadOnly[str, str], about: "_About") -> datetime | None:
        """Return when the state came about; a list without a time of change has its latest milestone."""
        column = self._mapping.columns.event_time
        if column is not None:
            text = self._cell(values, column)
            if text is not None:
                return self._instant(text, column, "bad-time")
        if self._mapping.source.kind == "ticket-list":
            latest = about.stated.closed_at or about.stated.resolved_at or about.opened_at
            if latest is not None:
                return latest
            column = self._mapping.columns.opened
        self._report("no-time", column)
        return None

    def _state(self, text: str | None) -> StateRule | None:
        column = self._mapping.columns.state
        if text is None:
            self._report("no-state", column)
            return None
        rule = self._mapping.states.get(text)
        if rule is None:
            close = difflib.get_close_matches(text[:LONGEST_TICKET_KEY], self._mapping.states, n=1, cutoff=0)
            self._report("unknown-state", column, value=shown(text), nearest=close[0] if close else "")
        return rule

    def _unheld(self) -> tuple[None, None]:
        if self._mapping.columns.group is not None:
            self._report("no-group", self._mapping.columns.group)
        return None, None

    def _owner(self, group: str) -> tuple[str, str]:
        known = self._groups.get(group)
        if known is None:
            if len(self._groups) >= REMEMBERED_GROUPS:
                self._groups.clear()
            known = self._groups[group] = self._look_up_owner(group)
        party, team, is_known = known
        if not is_known:
            name = self._mapping.parties[party].name
            self._report("unknown-group", self._mapping.columns.group, value=shown(group), party=name)
        return party, team

    def _look_up_owner(self, group: str) -> tuple[str, str, bool]:
        for rule in self._mapping.groups:
            if rule.matches(group):
                return rule.party, rule.team_of(group), True
        return self._mapping.default_party, self._mapping.default_team.replace("{group}", group), False

    def _cell(self, values: ReadOnly[str, str], column: str | None) -> str | None:
        if column is None:
            return None
        text = values.get(column, "")
        return None if text in self._missing else text

    def _joined(self, values: ReadOnly[str, str], columns: tuple[str, ...], between: str) -> str | None:
        missing = self._missing
        return between.join([t for c in columns if (t := values.get(c, "")) not in missing]) or None

    def _time(self, values: ReadOnly[str, str], column: str | None) -> datetime | None:
        if column is None:
            return None
        text = values.get(column, "")
        return None if text in self._missing else self._instant(text, column, "bad-date")

    def _instant(self, text: str, column: str, code: str) -> datetime | None:
        instant, fault = self._dates.read(text)
        if fault is not None:
            source = self._mapping.source
            if instant is None:
                self._report(code, column, value=shown(text), formats=" / ".join(source.dates))
            else:
                self._report(fault, column, value=shown(text), zone=source.zone)
        return instant

    def _number(self, values: ReadOnly[str, str], column: str | None, most: int = MOST_DIGITS) -> int | None:
        if column is None:
            return None
        text = values.get(column, "")
        if text in self._missing:
            return None
        if text.isascii() and text.isdigit() and len(text) <= most:
            return int(text)
        self._report("bad-number", column, value=shown(text))
        return None

    def _flag(self, values: ReadOnly[str, str], column: str | None) -> bool | None:
        if column is None:
            return None
        text = values.get(column, "")
        if text in self._missing:
            return None
        word = text.casefold()
        if word in self._mapping.source.true_words:
            return True
        if word in self._mapping.source.false_words:
            return False
        self._report("bad-flag", column, value=shown(text))
        return None

    def _level(
        self, values: ReadOnly[str, str], column: str | None, levels: ReadOnly[str, int], table: str
    ) -> int | None:
        if column is None:
            return None
        text = values.get(column, "")
        if text in self._missing:
            return None
        level = levels.get(text)
        if level is None:
            self._report("unknown-level", column, value=shown(text), table=table)
        return level

    def _compare(self, before: SourceEvent | None, event: SourceEvent) -> None:
        """Note what is odd about the event's time beside the event before it in the file."""
        column = self._mapping.columns.event_time
        if before is not None:
            if event.occurred_at < before.occurred_at:
                self._report("time-back", column, before=before.row_number)
            elif (
                event.occurred_at == before.occurred_at
                and event.source_seq == before.source_seq
                and self._mapping.columns.sequence is not None
                and event.ordinal == 1
            ):
                self._report("same-moment", column, before=before.row_number)
        if event.opened_at is not None and event.occurred_at < event.opened_at:
            self._report("before-opening", column)

    def _canonical(self, values: ReadOnly[str, str]) -> str:
        """Return the row's cells in the order of their headings, so that moving a column changes nothing."""
        names = tuple(values)
        if names != self._names:
            ordered = sorted(names)
            self._names = names
            self._cells_of = _getter(ordered)
            self._heading = sha256(_CELL.join(ordered).encode("utf-8", "surrogatepass") + _PART.encode())
        cells = self._cells_of(values)
        text = _CELL.join(cells)
        # A cell that holds the separator would let two rows look alike; such rows are told apart by lengths.
        return text if text.count(_CELL) == len(cells) - 1 else f"{[len(c) for c in cells]}{text}"

    def _digest(self, canonical: str, ordinal: int) -> str:
        digest = self._heading.copy()
        digest.update(f"{canonical}{_PART}{ordinal}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def _report(self, code: str, column: str | None, **values: str | int) -> None:
        self._problems.append(Problem(self._file, self._row, column, code, values))


def _getter(names: Sequence[str]) -> Callable[[ReadOnly[str, str]], tuple[str, ...]]:
    """Return a function that takes these cells out of a row in one step, always as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)
