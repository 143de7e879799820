"""The rows of a list with their marks drawn, so that a template of fifty rows puts ready pieces one after the other.

What repeats from row to row (badges, priorities, turns) is drawn once a page. Not here: what the rows say (`queries.list_rows`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation.pages import PartyBadge
from cosource.foundation.templatetags.cosource_ui import clock_bar, icon, party_badge, priority_mark, when
from cosource.tickets.models.participation import Turn
from cosource.tickets.queries.list_rows import TicketRow


@dataclass(frozen=True, slots=True)
class Line:
    """A row and its drawn marks; `number`: the reference without what all rows begin with."""

    row: TicketRow
    number: str
    slot: int
    held: SafeString
    client: SafeString
    mark: SafeString
    back: SafeString
    turn: SafeString
    clock: SafeString
    age: SafeString


def lines_of(rows: list[TicketRow], *, prefix: str, several_clients: bool, shows_states: bool) -> list[Line]:
    """Draw the rows. `several_clients`: each says whose it is; `shows_states`: instead of clocks, as for who only asked."""
    drawn: dict[Any, SafeString] = {}

    def once(key: Any, draw: Callable[..., SafeString], *given: Any) -> SafeString:
        if key not in drawn:
            drawn[key] = draw(*given)
        return drawn[key]

    nothing = SafeString("")
    return [
        Line(
            row=row,
            number=row.reference[len(prefix) :],
            slot=row.holder.slot if row.holder is not None else 0,
            held=once(("held", row.holder, row.holder_known), _held, row),
            client=once(("client", row.client), party_badge, row.client, True)
            if several_clients
            else nothing,
            mark=once(("mark", row.priority), priority_mark, row.priority),
            back=once("back", _back) if row.came_back else nothing,
            turn=once(("turn", row.turn, row.turn_badge, row.verb), _turn, row),
            clock=_clock(row, once)
            if row.bar is not None
            else once(("clock", row.state_label, row.category), _state, row, shows_states),
            age=when(row.opened_at, "age"),
        )
        for row in rows
    ]


_MARKS = {
    "warned": ("bell", gettext_lazy("A warning was sent")),
    "escalated": ("urgent", gettext_lazy("Escalated")),
}


def _clock(row: TicketRow, once: Callable[..., SafeString]) -> SafeString:
    """Draw the bar, with a mark where its ladder told somebody."""
    bar = clock_bar(row.bar)
    return SafeString(bar + once(("told", row.mark), _mark, row.mark)) if row.mark in _MARKS else bar


def _mark(mark: str) -> SafeString:
    name, words = _MARKS[mark]
    return format_html('<span class="told {}" title="{}">{}</span>', mark, words, icon(name, "s", str(words)))


def _held(row: TicketRow) -> SafeString:
    if row.holder_known:
        return party_badge(row.holder)
    return format_html('<abbr class="pb p0" title="{}">?</abbr>', _("Unknown"))


def _back() -> SafeString:
    return format_html(
        '<span class="bk" title="{}">{}</span>', _("Came back"), icon("arrow-back-up", "s", _("Came back"))
    )


_OTHER_TURNS = {Turn.REQUESTER: "user", Turn.THIRD_PARTY: "briefcase"}


def _turn(row: TicketRow) -> SafeString:
    if row.turn_is_party:
        who = party_badge(row.turn_badge)
    elif row.turn in _OTHER_TURNS:
        name = _("The requester’s turn") if row.turn == Turn.REQUESTER else _("A third party’s turn")
        who = format_html(
            '<span class="pb req" title="{}">{}</span>', name, icon(_OTHER_TURNS[Turn(row.turn)], "s", name)
        )
    else:
        who = SafeString("")
    verb = (
        format_html("<span>{}</span>", _(row.verb))
        if row.verb
        else format_html('<span class="mute">{}</span>', "–")
    )
    return format_html(
        '<span class="{}">{}{}</span>', "pt tu mine" if row.turn == Turn.MINE else "pt tu", who, verb
    )


def _state(row: TicketRow, shows_states: bool) -> SafeString:
    if row.category == "open" and not shows_states:
        return format_html('<span class="mute small">{}</span>', "–")
    return format_html('<span class="mute small cut">{}</span>', _(row.state_label))


def parties_of(rows: list[TicketRow]) -> list[PartyBadge]:
    """Return the parties that the rows speak of, once each, as the legend names them."""
    badges = {b: None for row in rows for b in (row.client, row.holder, row.turn_badge) if b is not None}
    return sorted(badges, key=lambda b: (b.slot, b.name))
