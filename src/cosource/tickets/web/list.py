"""The page of tickets: list, filters, preview and the counts of views. Each reads an address and asks one query.

Everything about what is shown stands in the address, so that a page can be kept, sent and gone back to.
Not here: saved views (`list_views`), and the page of one ticket (`ticket`).
"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.tickets.queries.desks import may_open
from cosource.tickets.queries.filter_words import filter_offers, filters_typed
from cosource.tickets.queries.filters import TicketFilter, filter_from
from cosource.tickets.queries.list_choices import (
    KEY_LABELS,
    ORDER_LABELS,
    ORDER_WORDS,
    Chip,
    chips_of,
    choices_for,
)
from cosource.tickets.queries.list_ranges import asks_only, reads_tickets
from cosource.tickets.queries.list_rows import TicketRow
from cosource.tickets.queries.lists import TicketPage, ticket_counts, ticket_list
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.queries.views import ListView, saved_views, standing_views
from cosource.tickets.web.list_lines import lines_of, parties_of

# How much of a conversation a preview shows.
MESSAGES = 3


@require_safe
@signed_in
def tickets(request: PageRequest) -> HttpResponse:
    """Show a page of tickets; `?ticket=` names the one that is previewed beside it."""
    try:
        filters = asked(request)
        meant = filters_typed(request.actor, filters) if not is_fragment(request) else filters
        if meant != filters or "field_is" in request.GET:
            return HttpResponseRedirect(f"{reverse('tickets:list')}?{meant.query()}")
        chips = chips_of(request.actor, filters)
        page = ticket_list(
            actor=request.actor, filters=filters, at=clock.now(), cursor=request.GET.get("cursor", "")
        )
        chosen = _chosen(request, page)
    except Invalid as refusal:
        return refused(request, refusal)
    return render(request, "tickets/list.html", _context(request, filters, chips, page, chosen))


def asked(request: PageRequest) -> TicketFilter:
    """Return the filters of an address, or of the form of all filters. Who only asks reads the newest first. Raises: Invalid."""
    given = request.GET.dict()
    if (said := given.pop("field_is", "").strip()) and (field := given.get("field", "")):
        given["field"] = f"{field.partition(':')[0]}:{said}"
    filters = filter_from(given)
    if asks_only(request.actor) and filters.order == "due":
        filters = filters.but(order="newest")
    return filters


def refused(request: PageRequest, refusal: Invalid) -> HttpResponse:
    """Show which filter was not understood, and how to go on; a status of 400 in every case."""
    problems = [
        (_(KEY_LABELS[key]) if key in KEY_LABELS else key, request.GET.get(key, ""), _(str(what)))
        for key, what in refusal.details.get("fields", {}).items()
    ]
    context = {"message": refusal.message, "problems": problems, "room": "tickets"}
    return render(request, "tickets/list_refused.html", context, status=400)


def _context(
    request: PageRequest, filters: TicketFilter, chips: list[Chip], page: TicketPage, chosen: UUID | None
) -> dict[str, Any]:
    actor = request.actor
    views, current = _views(actor, filters, request.__dict__["hat"].organization_name)
    prefix = _prefix(page.rows)
    preview = {"ticket": _preview(actor, chosen)} if chosen else {}
    return {
        **preview,
        "page": page,
        "filters": filters,
        "query": filters.query(),
        "chips": chips,
        "chosen": chosen,
        "prefix": prefix,
        "lines": lines_of(
            page,
            base=reverse("tickets:list"),
            query=filters.query(),
            prefix=prefix,
            chosen=chosen,
            shows_states=asks_only(actor),
        ),
        "parties": parties_of(page.rows),
        "orders": _orders(actor, filters),
        "order_label": _(ORDER_LABELS[filters.order]),
        "order_words": _(ORDER_WORDS[filters.order]),
        "current": current,
        "side_views": views,
        "is_later_page": bool(request.GET.get("cursor")),
        "is_standing": current is not None and current.key == "open",
        "first_url": f"?{filters.query()}",
        "wider_url": f"?{TicketFilter(state='all', text=filters.text, order='newest').query()}",
        "may_open": may_open(actor),
        "may_read": reads_tickets(actor),
        "asks_only": asks_only(actor),
        "room": "tickets",
        "page_keys": [
            {"keys": "F", "label": _("All filters")},
            {"keys": "X", "label": _("Choose the row for a step with several; with ⇧ all since the last")},
            {"keys": "Esc", "label": _("Leave the filter")},
        ],
    }


def _chosen(request: PageRequest, page: TicketPage) -> UUID | None:
    """Return the ticket to preview, if it is on this page. Raises: Invalid for what is no id."""
    if not (text := request.GET.get("ticket", "")):
        return None
    try:
        wanted = UUID(text)
    except ValueError:
        raise Invalid(_("That is no ticket."), fields={"ticket": _("An id is expected here.")}) from None
    return wanted if any(row.id == wanted for row in page.rows) else None


def _prefix(rows: list[TicketRow]) -> str:
    """Return what all references begin with, up to the last dash; empty where they differ."""
    found = {row.reference.rpartition("-")[0] for row in rows}
    return f"{found.pop()}-" if len(found) == 1 and all("-" in row.reference for row in rows) else ""


def _orders(actor: Actor, filters: TicketFilter) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "label": _(label),
            "query": filters.but(order=key).query(),
            "is_current": key == filters.order,
        }
        for key, label in ORDER_LABELS.items()
        if key != "due" or not asks_only(actor)
    ]


def _views(
    actor: Actor, filters: TicketFilter, own_name: str
) -> tuple[list[dict[str, Any]], ListView | None]:
    """Return the groups of the side bar, and the view that these very filters are."""
    standing, saved = standing_views(actor, own_name), saved_views(actor)
    current = next((v for v in (*saved, *standing) if v.filters == filters), None)
    groups = [
        (_("Views"), standing),
        (_("Saved by you"), [v for v in saved if v.shared == "me"]),
        (_("Shared in your team"), [v for v in saved if v.shared == "team"]),
        (_("Shared among you"), [v for v in saved if v.shared == "own"]),
        (_("Shared by both parties"), [v for v in saved if v.shared == "both"]),
    ]
    base = reverse("tickets:list")
    return [
        {
            "label": label,
            "views": [
                {
                    "label": view.label,
                    "url": f"{base}?{view.query}" if view.query else base,
                    "count_id": f"n-{view.key}",
                    "is_current": view is current,
                }
                for view in views
                if view.filters is not None
            ],
        }
        for label, views in groups
        if views
    ], current


@require_safe
@signed_in
def counts(request: PageRequest) -> HttpResponse:
    """Give the counts of all views, and of the list that is shown, for their places on the page."""
    try:
        filters = asked(request)
    except Invalid as refusal:
        return refused(request, refusal)
    actor = request.actor
    # Words have no count, and whoever keeps views may use every filter that a view can have.
    views = [
        v for v in (*standing_views(actor, "…"), *saved_views(actor)) if v.filters and not v.filters.text
    ]
    wanted = [*(v.filters for v in views if v.filters), *([] if filters.text else [filters])]
    found = ticket_counts(actor=actor, filters=wanted, at=clock.now())
    context = {
        "counts": zip(views, found, strict=False),
        "shown": None if filters.text else found[-1],
    }
    return render(request, "tickets/list_counts.html", context)


@require_safe
@signed_in
def preview(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Show one ticket beside the list: as a part of the page, or without JavaScript as the ticket's own page."""
    if not is_fragment(request):
        return HttpResponse(status=303, headers={"Location": reverse("tickets:ticket", args=[ticket_id])})
    return render(request, "tickets/list_preview.html", {"ticket": _preview(request.actor, ticket_id)})


def _preview(actor: Actor, ticket_id: UUID) -> dict[str, Any]:
    view = ticket_get(actor=actor, ticket_id=ticket_id, at=clock.now())
    messages = [line for line in view.conversation.lines if line.is_message]
    return {"view": view, "messages": messages[-MESSAGES:][::-1]}


@require_safe
@signed_in
def offers(request: PageRequest) -> HttpResponse:
    """Give the filters that the last word in the search field may mean, as links to the list with them."""
    try:
        now = asked(request)
        found = filter_offers(request.actor, now, now.text)
    except Invalid as refusal:
        return refused(request, refusal)
    return render(request, "tickets/_offers.html", {"offers": found})


@require_safe
@signed_in
def filters(request: PageRequest) -> HttpResponse:
    """Show all that can be filtered by: as a part of the page, or as a page of its own."""
    try:
        now = asked(request)
        chips_of(request.actor, now)
    except Invalid as refusal:
        return refused(request, refusal)
    choices = choices_for(request.actor, now)
    chosen = next((c.chosen for c in choices if c.key == "field"), "")
    context = {
        "choices": choices,
        "field_is": now.field.partition(":")[2] if chosen != now.field else "",
        "orders": _orders(request.actor, now),
        "filters": now,
        "frame": "tickets/list_part.html" if is_fragment(request) else "base.html",
        "room": "tickets",
    }
    return render(request, "tickets/list_filters.html", context)
