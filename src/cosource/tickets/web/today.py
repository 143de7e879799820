"""Today: what waits for the reader, from every room, in order of due time. For who only asks for help: their requests.

Not here: what each room counts as waiting (`foundation.today` and its sources).
"""

from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.today import TodayItem, today_items
from cosource.tickets.queries.desks import may_open
from cosource.tickets.queries.list_rows import TicketRow
from cosource.tickets.queries.ticket_page import progress_of
from cosource.tickets.queries.today import is_requester_only, leads, requests_of, tickets_day
from cosource.tickets.rules.day import Due, grouped, quiet_until, strip_of


@require_safe
@signed_in
def today(request: PageRequest) -> HttpResponse:
    """Show what waits for the reader; `?whose=team` for all that waits for their teams."""
    at = clock.now()
    if is_requester_only(request.actor):
        rows = [(row, _progress(row)) for row in requests_of(request.actor, at)]
        return render(request, "tickets/requests.html", {"requests": rows, "room": "today"})
    for_teams = request.GET.get("whose") == "team"
    day = tickets_day(request.actor, at, for_teams=for_teams)
    items = today_items(request.actor, at, for_teams=for_teams, besides=day.waiting)
    now = at.astimezone(get_current_timezone())
    titles = {
        Due.OVERDUE: _("Overdue"),
        Due.HOUR: _("Within the hour"),
        Due.TODAY: _("Later today"),
        Due.WEEK: _("This week"),
        Due.LATER: _("When there is time"),
    }
    groups = grouped(items, now)
    context: dict[str, Any] = {
        "room": "today",
        "at": at,
        "for_teams": for_teams,
        "has_teams": bool(request.actor.sight.team_ids),
        "may_switch": bool(request.actor.sight.team_ids) or leads(request.actor),
        "groups": [(due, titles[due], found) for due, found in groups.items()],
        "items": items,
        "strip": strip_of(items, now),
        "said": said(items, groups, now, has_more=day.has_more),
        "has_more": day.has_more,
        "may_open": may_open(request.actor),
        "several_clients": len({item.client for item in items if item.client is not None}) > 1,
        "watched": day.watched,
    }
    return render(request, "tickets/today.html", context)


def _progress(row: TicketRow) -> int:
    return progress_of(row.state, row.category)


def said(
    items: list[TodayItem], groups: dict[Due, list[TodayItem]], now: datetime, *, has_more: bool
) -> dict[str, str]:
    """Say the day in a sentence of three parts: how much waits, what is overdue, and what follows."""
    count, over, soon = len(items), len(groups.get(Due.OVERDUE, ())), len(groups.get(Due.HOUR, ()))
    waits = ngettext("%(n)s thing waits for you.", "%(n)s things wait for you.", count) % {
        "n": _number(count)
    }
    if has_more:
        waits = _("More than %(n)s things wait for you.") % {"n": count}
    overdue = ngettext("%(n)s is overdue", "%(n)s are overdue", over) % {"n": _number(over)} if over else ""
    parts = []
    if soon:
        parts.append(
            ngettext("%(n)s is due within the hour", "%(n)s are due within the hour", soon)
            % {"n": apnumber(soon)}
        )
    until = quiet_until(items, now)
    if until is not None:
        hour = date_format(until.astimezone(now.tzinfo), pgettext("date format", "H:i"))
        parts.append(
            _("then it is quiet until %(hour)s") % {"hour": hour}
            if over or soon
            else _("nothing is due before %(hour)s") % {"hour": hour}
        )
    elif not parts and not over:
        parts.append(_("none of it is due today"))
    rest = ", ".join(parts)
    return {
        "waits": _capital(waits),
        "overdue": _capital(overdue),
        "rest": rest if overdue else _capital(rest),
    }


def _number(count: int) -> str:
    return str(apnumber(count))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
