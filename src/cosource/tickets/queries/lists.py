"""Lists of tickets: keys from index ranges of participations, then one read for the rows that are shown.

The order is total and paged by key, never by offset. What a list costs does not grow with the number of tickets: named filters
are ranges of an index; any other filter looks at no more than `SCAN_LIMIT` keys at a time and says so when it stopped there, with
a cursor to go on from. Counts are capped.

Not here: where a list looks (`list_ranges`), and what a row shows (`list_rows`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Exists, F, IntegerField, Q, QuerySet, Subquery
from django.db.models.fields.tuple_lookups import (
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
)

from cosource.foundation.errors import Invalid
from cosource.foundation.prepared import BySight
from cosource.foundation.queries.search import matching_subjects
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization
from cosource.tickets.models import NEVER, Participation, TicketReference
from cosource.tickets.models.participation import Kind, ParticipationQuerySet
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_ranges import (
    Ranges,
    asks_only,
    has_steady_ranges,
    ranges_of,
    refuse_unreadable,
    rows_among,
)
from cosource.tickets.queries.list_rows import TicketRow, rows_for

__all__ = [
    "TicketCount",
    "TicketPage",
    "TicketRow",
    "rows_for",
    "ticket_count",
    "ticket_counts",
    "ticket_list",
]

PAGE = 50
SCAN_LIMIT = 10_000
COUNT_LIMIT = 1_000

# So many ranges are read by a query each.
SINGLE_READS = 2
_LONGEST_NUMBER = 9
_SALT = "cosource.tickets.list"
_KEYS = ("next_due_at", "priority", "opened_at", "id")
# The fields of an order, as positions in _KEYS; an order goes up through all of them or down.
_DUE, _PRIORITY, _NEWEST = (0, 3), (1, 0, 3), (2, 3)
# What may be a reference: one word with a digit at its end.
_REFERENCE = re.compile(r"[^\s]{0,79}\d")

type Key = tuple[Any, ...]
type KeyRows = QuerySet[Participation, Key]


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of rows by fields of their key."""

    places: tuple[int, ...]
    goes_down: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names to order by."""
        return tuple(f"{'-' if self.goes_down else ''}{_KEYS[i]}" for i in self.places)

    def pick(self, key: Key) -> Key:
        """Return what of a key decides its place."""
        return tuple(key[i] for i in self.places)

    def after(self, key: Key) -> Q:
        """Return the condition for the rows after a key; an index begins there."""
        return Q((TupleLessThan if self.goes_down else TupleGreaterThan)(self._names, self.pick(key)))

    def up_to(self, key: Key) -> Q:
        """Return the condition for the rows up to a key and that row itself; an index ends there."""
        beyond = TupleGreaterThanOrEqual if self.goes_down else TupleLessThanOrEqual
        return Q(beyond(self._names, self.pick(key)))

    @property
    def _names(self) -> tuple[F, ...]:
        return tuple(F(_KEYS[i]) for i in self.places)

    def first(self, keys: Sequence[Key]) -> Key:
        """Return the key that comes first."""
        return (max if self.goes_down else min)(keys, key=self.pick)

    def sort(self, keys: list[Key]) -> list[Key]:
        """Return keys in this order."""
        return sorted(keys, key=self.pick, reverse=self.goes_down)


_ORDERS = {"due": Order(_DUE), "priority": Order(_PRIORITY), "newest": Order(_NEWEST, goes_down=True)}


@dataclass(slots=True)
class TicketPage:
    """A page of a list.

    `stopped_after`: how many keys were looked at when the search stopped before its end, else None; `next_cursor` then goes on
    from there. `by_reference`: the words were the name of these very tickets, and no other filter was applied.
    """

    rows: list[TicketRow] = field(default_factory=list)
    next_cursor: str = ""
    stopped_after: int | None = None
    several_clients: bool = False
    by_reference: bool = False


@dataclass(frozen=True, slots=True)
class TicketCount:
    """How many tickets match; `is_more`: at least so many, it was not counted further."""

    number: int
    is_more: bool = False

    @property
    def text(self) -> str:
        """Return the count as it is shown."""
        if self.number >= COUNT_LIMIT:
            return f"{COUNT_LIMIT - 1}+"
        return f"{self.number}+" if self.is_more else str(self.number)


def ticket_list(
    *,
    actor: Actor,
    filters: TicketFilter,
    at: datetime,
    cursor: str = "",
    limit: int = PAGE,
    scan_limit: int = SCAN_LIMIT,
) -> TicketPage:
    """Return one page of the tickets in the actor's sight.

    `cursor`: from the page before. `scan_limit`: how many keys to look at for filters that no index answers. Words that are a
    reference of the reader's own, or of its source for the owner, find just that ticket.
    Raises: Invalid for a cursor that is not ours and for a filter that the actor may not use.
    """
    order = order_of(actor, filters)
    after = _read_cursor(cursor, filters)
    refuse_unreadable(actor, filters)
    page = TicketPage()
    if not after and has_steady_ranges(filters):
        keys = _first_page(actor, filters, limit + 1)
    elif filters.text and (named := _by_reference(actor, filters.text)):
        keys, page.by_reference = named, True
    elif filters.text:
        rows, page.stopped_after = _with_words(actor, filters, at)
        rows = rows.filter(order.after(after)) if after else rows
        keys = _first_keys([rows], order, limit + 1)
    else:
        keys, reached = _by_range(ranges_of(actor, filters, at), order, after, limit + 1, scan_limit)
        if reached is not None and len(keys) <= limit:
            page.stopped_after, page.next_cursor = scan_limit, _write_cursor(reached, filters)
    shown = keys[:limit]
    page.rows = rows_for([k[-1] for k in shown], actor=actor, at=at)
    if len(keys) > limit:
        page.next_cursor = _write_cursor(shown[-1], filters)
    page.several_clients = len({r.client_id for r in page.rows}) > 1
    return page


def order_of(actor: Actor, filters: TicketFilter) -> Order:
    """Return the order of a list. Due times are the desk's business: who only asks reads the newest first instead."""
    return _ORDERS["newest" if asks_only(actor) and filters.order == "due" else filters.order]


def ticket_counts(*, actor: Actor, filters: Sequence[TicketFilter], at: datetime) -> list[TicketCount]:
    """Return how many tickets match each filter set, counted no further than `COUNT_LIMIT`; all in one query.

    Words are not counted: a filter set with words counts as if it had none. Raises: Invalid as `ticket_list`.
    """
    if not filters:
        return []
    wanted: dict[str, Any] = {}
    sizes = []
    for i, one in enumerate(filters):
        ranges = ranges_of(actor, one, at)
        sizes.append(len(ranges.parts))
        for j, part in enumerate(ranges.parts):
            wanted[f"n{i}_{j}"] = _CappedCount(_counted(part, ranges.rest))
            if not ranges.is_exact:
                wanted[f"more{i}_{j}"] = Exists(part.values("id")[SCAN_LIMIT : SCAN_LIMIT + 1])
    row: dict[str, Any] = dict(Organization.objects.filter(pk=actor.reads_as).values(**wanted).first() or {})
    return [
        TicketCount(
            min(sum(row.get(f"n{i}_{j}", 0) for j in range(size)), COUNT_LIMIT),
            any(bool(row.get(f"more{i}_{j}")) for j in range(size)),
        )
        for i, size in enumerate(sizes)
    ]


def ticket_count(*, actor: Actor, filters: TicketFilter, at: datetime) -> int:
    """Return how many tickets match, counted no further than `COUNT_LIMIT`."""
    return ticket_counts(actor=actor, filters=[filters], at=at)[0].number


class _CappedCount(Subquery):
    """How many rows a limited query has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()
    empty_result_set_value = 0


def _counted(part: ParticipationQuerySet, rest: Q) -> "QuerySet[Participation, Any]":
    if not rest:
        return part.order_by().values("id")[:COUNT_LIMIT]
    near = part.order_by().values("id")[:SCAN_LIMIT]
    return Participation.objects.filter(rest, id__in=near).order_by().values("id")[:COUNT_LIMIT]


def _first_of(actor: Actor, filters: TicketFilter, limit: int) -> KeyRows:
    order = order_of(actor, filters)
    parts = [p.order_by(*order.fields)[:limit] for p in ranges_of(actor, filters, NEVER).parts]
    if not parts:
        return Participation.objects.none().values_list(*_KEYS)
    return parts[0].values_list(*_KEYS) if len(parts) == 1 else _union(parts, order, limit)


# The page that is opened over and over: its statement is kept.
_first_page = BySight[Key](_first_of)


def _by_range(
    ranges: Ranges, order: Order, after: Key | None, limit: int, scan_limit: int
) -> tuple[list[Key], Key | None]:
    """Return the first keys of a list, and where the search stopped if it did before the end of the ranges."""
    parts = [p.filter(order.after(after)) if after else p for p in ranges.parts]
    if ranges.is_exact:
        return _first_keys(parts, order, limit), None
    reached = _keys_at(parts, order, scan_limit - 1)
    stop = order.first(reached) if reached else None
    looked_at = ranges.rest & order.up_to(stop) if stop is not None else ranges.rest
    return _first_keys([p.filter(looked_at) for p in parts], order, limit), stop


def _first_keys(parts: Sequence[ParticipationQuerySet], order: Order, limit: int) -> list[Key]:
    return _merged([p.order_by(*order.fields)[:limit] for p in parts], order, limit)


def _keys_at(parts: Sequence[ParticipationQuerySet], order: Order, offset: int) -> list[Key]:
    """Return of each range the key at a position, where it is that long."""
    return _merged([p.order_by(*order.fields)[offset : offset + 1] for p in parts], order, len(parts))


def _merged(parts: "Sequence[QuerySet[Participation]]", order: Order, limit: int) -> list[Key]:
    """Read limited ranges: a few one by one, which costs least, more of them in one query."""
    if len(parts) <= SINGLE_READS:
        keys = [key for part in parts for key in part.values_list(*_KEYS)]
        return order.sort(keys)[:limit] if len(parts) > 1 else keys
    return list(_union(parts, order, limit))


def _union(parts: "Sequence[QuerySet[Participation]]", order: Order, limit: int) -> KeyRows:
    # SQLite takes no limit inside a union; as a condition on the id it does.
    named = [
        Participation.objects.filter(id__in=p.values("id")).order_by().values_list(*_KEYS) for p in parts
    ]
    merged: KeyRows = named[0].union(*named[1:], all=True)
    return merged.order_by(*order.fields)[:limit]


def _with_words(
    actor: Actor, filters: TicketFilter, at: datetime
) -> tuple[ParticipationQuerySet, int | None]:
    """Return what has the words in a text that the actor reads, or bears the text as its number; and where the search stopped."""
    text = filters.text
    found, is_all = matching_subjects(text, actor=actor, limit=SCAN_LIMIT)
    if text.isdecimal() and len(text) < _LONGEST_NUMBER:
        found = [*found, *_by_number(actor, int(text))]
    return rows_among(actor, filters, at, found), None if is_all else SCAN_LIMIT


def _by_number(actor: Actor, number: int) -> list[UUID]:
    """Return the tickets that have a number in a series of the actor's desks; whether they are in sight is the caller's."""
    desks = {g.engagement_id or actor.reads_as for g in actor.sight.grants}
    return list(
        TicketReference.objects.filter(series_id__in=desks, number=number).values_list("ticket_id", flat=True)
    )


def _by_reference(actor: Actor, text: str) -> list[Key]:
    """Return the keys of the tickets that bear the text as their name: in the reader's series, or for the owner at the source."""
    if not _REFERENCE.fullmatch(text):
        return []
    names = sorted({text, text.upper()})
    rows = Participation.objects.visible_to(actor).order_by("-opened_at", "-id")
    found = list(rows.filter(reference__in=names).values_list(*_KEYS)[:PAGE])
    if found:
        return found
    source = rows.filter(kind=Kind.OWNER, ticket__owner_id=actor.reads_as, ticket__source_key__in=names)
    return list(source.values_list(*_KEYS)[:PAGE])


def _write_cursor(key: Key, filters: TicketFilter) -> str:
    due, priority, opened, last = key
    return signing.dumps(
        [due.isoformat(), priority, opened.isoformat(), last.hex, filters.query()], salt=_SALT, compress=True
    )


def _read_cursor(cursor: str, filters: TicketFilter) -> Key | None:
    if not cursor:
        return None
    try:
        due, priority, opened, last, query = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        raise Invalid(
            "The page marker is not ours.", fields={"cursor": "Start from the first page."}
        ) from None
    if query != filters.query():
        raise Invalid(
            "The page marker belongs to other filters.", fields={"cursor": "Start from the first page."}
        )
    return datetime.fromisoformat(due), int(priority), datetime.fromisoformat(opened), UUID(last)
