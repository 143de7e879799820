"""The rows of a list, drawn in one go for the template that frames them.

What repeats from row to row (badges, priorities, turns) is drawn once a page. Not here: what the rows say (`queries.list_rows`).
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation.markup import format_html
from cosource.foundation.pages import PartyBadge
from cosource.foundation.templatetags.cosource_ui import clock_bar, icon, party_badge, priority_mark, when
from cosource.tickets.models.participation import Turn
from cosource.tickets.queries.list_rows import TicketRow
from cosource.tickets.queries.lists import TicketPage
from cosource.tickets.queries.ticket_page import KIND_ICONS
from cosource.tickets.rules.states import KIND_LABELS, TicketKind

# One line of the list: fifty times a page, so that what a template engine adds to each mark would cost most of the page.
_LINE = (
    '<tr class="q-row{cur}" data-row data-id="{id}" hx-get="{base}preview/{id}/" hx-trigger="preview delay:90ms">'
    '<td class="ho{slot} hold">{pick}<span class="vh">{held_by} </span>{held}</td><td class="prc">{mark}</td>'
    '<td class="num mute keyc"><a class="see" href="?{query}&amp;ticket={id}#preview" tabindex="-1" data-see>'
    '<span class="vh">{see} {prefix}</span>{number}</a></td>'
    '<td class="ttc"><a href="{base}{id}/" class="cutx" data-row-link>{client}'
    '{kind}<span class="ti">{title}</span>{back}{place}</a></td>'
    '<td class="tuc">{turn}</td><td class="ckc">{clock}</td><td class="num mute small r age">{age}</td></tr>\n'
)
# What marks a row for a step with several: in the form of the bar under the list.
_PICK = '<input class="pick" type="checkbox" name="id" value="{id}" form="bulk" aria-label="{choose} {name}">'
_NOTHING = SafeString("")


def lines_of(
    page: TicketPage, *, base: str, query: str, prefix: str, chosen: UUID | None, shows_states: bool
) -> SafeString:
    """Draw the rows of a page, whose client each names where there are several.

    `base`: the address of the list; `query`: its filters; `prefix`: what all references begin with, and is left out; `chosen`:
    the ticket in the preview; `shows_states`: instead of clocks, as for who only asked.
    """
    drawn: dict[Any, SafeString] = {}

    def once(key: Any, draw: Callable[..., SafeString], *given: Any) -> SafeString:
        if key not in drawn:
            drawn[key] = draw(*given)
        return drawn[key]

    # Escaped once for all lines.
    same = {name: escape(text) for name, text in (("base", base), ("query", query), ("prefix", prefix))}
    same |= {"choose": escape(_("Choose")), "held_by": escape(_("Held by")), "see": escape(_("Preview"))}
    lines = [
        format_html(
            _LINE,
            **same,
            id=row.id,
            cur=" cur" if row.id == chosen else "",
            slot=row.holder.slot if row.holder is not None else 0,
            pick=_NOTHING
            if shows_states
            else format_html(_PICK, id=row.id, choose=same["choose"], name=row.reference),
            held=once(("held", row.holder, row.holder_known), _held, row),
            mark=once(("mark", row.priority), priority_mark, row.priority),
            number=row.reference[len(prefix) :],
            client=once(("client", row.client), _client, row) if page.several_clients else _NOTHING,
            kind=_NOTHING if row.kind == TicketKind.INCIDENT else once(("kind", row.kind), _kind, row.kind),
            title=row.title,
            back=once("back", _back) if row.came_back else _NOTHING,
            place=once(("place", row.place), _place, row.place) if row.place else _NOTHING,
            turn=once(("turn", row.turn, row.turn_badge, row.verb), _turn, row),
            clock=_clock(row, once)
            if row.bar is not None
            else once(("clock", row.state_label, row.category), _state, row, shows_states),
            age=when(row.opened_at, "age"),
        )
        for row in page.rows
    ]
    return SafeString("".join(lines))


def _client(row: TicketRow) -> SafeString:
    return format_html('<span class="clm">{}</span>', party_badge(row.client, True))


def _kind(kind: str) -> SafeString:
    label = _(KIND_LABELS[TicketKind(kind)])
    return format_html(
        '<span class="kd" title="{}">{}</span>', label, icon(KIND_ICONS[TicketKind(kind)], "s", label)
    )


def _place(place: str) -> SafeString:
    return format_html('<span class="mute pl">{}</span>', place)


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
