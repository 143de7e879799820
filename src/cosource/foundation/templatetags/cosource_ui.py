"""The components that every page is made of, as template tags.

Small marks that stand in list rows (icon, badge, clock bar, priority, time) are built in Python, as an include per row costs
far more; larger parts are inclusion tags over `templates/ui/`. All geometry is given as SVG attributes in percent, since the
content policy allows no inline style.

Not here: what the figures are. Clock bars and ribbons are computed by the pure rules of the rooms.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Protocol
from uuid import uuid4

from django import template
from django.forms import BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.markup import format_html
from cosource.foundation.pages import PARTY_SLOTS, PartyBadge, panels_for

register = template.Library()

_EMPTY = SafeString("")
_MINUTE_SECONDS = 60


class ClockBarLike(Protocol):
    """What a clock bar needs. `state`: ok, soon, over, paused, met or missed; percents are of the whole bar.

    `tick_percent`: where the due time lies once it is past, else None. `label`: short text beside the bar ("1 h 40").
    `sentence`: the whole meaning for those who do not see the bar.
    """

    @property
    def state(self) -> str: ...
    @property
    def fill_percent(self) -> float: ...
    @property
    def tick_percent(self) -> float | None: ...
    @property
    def label(self) -> object: ...
    @property
    def sentence(self) -> object: ...


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """Draw an icon of the sprite; with `label` it speaks, else it is decoration. `size`: "s", "l" or nothing."""
    if not label:
        return _silent_icon(name, size)
    return format_html(
        '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>',
        f"i {size}" if size else "i",
        label,
        f"{_sprite()}#{name}",
    )


@cache
def _silent_icon(name: str, size: str) -> SafeString:
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}"/></svg>',
        f"i {size}" if size else "i",
        f"{_sprite()}#{name}",
    )


@cache
def _sprite() -> str:
    # Asked for by every icon of a page; the address changes with a new version only.
    return static("shell/icons.svg")


@register.simple_tag
def form_key() -> SafeString:
    """Give a form a key of its own, by which it is taken once (`web.once`)."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid4().hex)


@register.simple_tag
def key_hint(keys: str) -> SafeString:
    """Show a keyboard hint, on wide pages only."""
    return format_html('<kbd class="wide-only" aria-hidden="true">{}</kbd>', keys)


def _local(instant: datetime) -> datetime:
    return instant.astimezone(get_current_timezone())


def _translate(message: str, plural: str | None, number: int) -> str:
    return ngettext(message, plural, number) if plural else _in_language(get_language(), message)


@lru_cache(maxsize=4096)
def _in_language(language: str | None, message: str) -> str:
    # The same few words stand in every row; `language` is the one that is on.
    return _(message)


def _write_instant(instant: datetime) -> str:
    return _moment(_local(instant), _local(clock.now()), "auto")


@register.filter
def say(words: Any) -> str:
    """Write a rule's phrase in the reader's language and zone; other values as they are."""
    text = getattr(words, "text", None)
    return str(text(_translate, _write_instant)) if callable(text) else str(words)


def _slot(badge: PartyBadge) -> int:
    return badge.slot if 0 <= badge.slot <= PARTY_SLOTS else 0


def _neutral() -> PartyBadge:
    return PartyBadge(slot=0, initials="–", name=_("Another party"))


@register.simple_tag
def party_badge(badge: PartyBadge | None, named: bool = False) -> SafeString:
    """Draw a party: colour, shape and initials, with its name beside it (`named`) or on hover.

    None draws the neutral badge of a party whose name the reader does not get.
    """
    badge = badge or _neutral()
    if named:
        return format_html(
            '<span class="pt"><span class="pb p{}" aria-hidden="true">{}</span>{}</span>',
            _slot(badge),
            badge.initials,
            badge.name,
        )
    return format_html('<abbr class="pb p{}" title="{}">{}</abbr>', _slot(badge), badge.name, badge.initials)


@register.simple_tag
def avatar(initials: str, badge: PartyBadge | None = None) -> SafeString:
    """Draw a person's initials in the soft colour of their party."""
    return format_html(
        '<span class="av p{}" aria-hidden="true">{}</span>', _slot(badge) if badge else 0, initials
    )


@register.simple_tag
def audience_chip(badges: Iterable[PartyBadge], words: str, internal: bool = False) -> SafeString:
    """Name the readers of an entry in words beside their badges; dashed with a lock when one party alone reads it."""
    marks = format_html_join(
        "",
        '<span class="pb p{}" aria-hidden="true">{}</span>',
        ((_slot(badge), badge.initials) for badge in badges),
    )
    return format_html(
        '<span class="{}">{}{} <span class="vh">{}</span>{}</span>',
        "au int" if internal else "au",
        icon("lock" if internal else "eye", "s"),
        marks,
        _("Readers:"),
        words,
    )


@register.simple_tag
def priority_mark(priority: int) -> SafeString:
    """Draw a priority from 1 (a box with an exclamation mark) to 5 (one faint bar)."""
    name = _("Priority %(priority)s") % {"priority": priority}
    if priority <= 1:
        return format_html(
            '<svg class="pr p1st" viewBox="0 0 16 16" role="img" aria-label="{}">'
            '<rect class="box" width="14" height="14" x="1" y="1" rx="3"/>'
            '<rect class="ex" x="7" y="4" width="2" height="5" rx=".5"/>'
            '<rect class="ex" x="7" y="10.4" width="2" height="2" rx=".5"/></svg>',
            name,
        )
    lit = 5 - priority
    return format_html(
        '<svg class="pr" viewBox="0 0 16 16" role="img" aria-label="{}">'
        '<rect class="{}" x="2" y="10" width="3" height="4" rx="1"/>'
        '<rect class="{}" x="6.4" y="6.5" width="3" height="7.5" rx="1"/>'
        '<rect class="{}" x="10.8" y="3" width="3" height="11" rx="1"/></svg>',
        name,
        *("on" if lit >= bar else "off" for bar in (1, 2, 3)),
    )


@register.simple_tag
def clock_bar(bar: ClockBarLike | None, wide: bool = False) -> SafeString:
    """Draw a clock as a thin bar that turns amber, then red; hatched while paused. None draws nothing.

    `wide`: fill the line instead of a fixed 64 px.
    """
    if bar is None:
        return _EMPTY
    css = f"ck is-{bar.state} wide" if wide else f"ck is-{bar.state}"
    if bar.state == "met":
        return format_html(
            '<span class="{}" title="{}">{}<span>{}</span></span>',
            css,
            say(bar.sentence),
            icon("checks", "s"),
            say(bar.label),
        )
    fill = f"{min(max(bar.fill_percent, 0.0), 100.0):.1f}%"
    if bar.tick_percent is not None:
        at = min(max(bar.tick_percent, 0.0), 100.0)
        tick = f"{at:.1f}%"
        shape = format_html(
            '<rect class="ok" width="{0}" height="6" rx="3"/><rect class="over" x="{0}" width="{1}" height="6"/>'
            '<rect class="due" x="{0}" y="-2" width="2" height="10"/>',
            tick,
            f"{100.0 - at:.1f}%",
        )
    elif bar.state == "paused":
        shape = format_html('<rect class="paused" width="{}" height="6" rx="3"/>', fill)
    else:
        shape = format_html('<rect class="{}" width="{}" height="6" rx="3"/>', bar.state, fill)
    return format_html(
        '<span class="{}"><svg role="img" aria-label="{}"><rect class="tr" width="100%" height="6" rx="3"/>{}</svg>'
        '<span aria-hidden="true">{}{}</span></span>',
        css,
        say(bar.sentence),
        shape,
        say(bar.label),
        icon("player-pause", "s") if bar.state == "paused" else "",
    )


def _age(seconds: int) -> str:
    minutes = max(seconds, 0) // 60
    if minutes < 60:
        return pgettext("age", "%(n)s m") % {"n": minutes}
    if minutes < 60 * 24:
        return pgettext("age", "%(n)s h") % {"n": minutes // 60}
    return pgettext("age", "%(n)s d") % {"n": minutes // (60 * 24)}


def _moment(local: datetime, today: datetime, style: str) -> str:
    hour = pgettext("date format", "H:i")
    if style == "clock":
        return date_format(local, hour)
    if style == "date":
        return date_format(local, pgettext("date format", "j M Y"))
    if style == "full":
        return date_format(local, pgettext("date format", "D j M Y, H:i"))
    if local.date() == today.date():
        return date_format(local, hour)
    if local.year == today.year:
        return date_format(local, pgettext("date format", "j M, H:i"))
    return date_format(local, pgettext("date format", "j M Y"))


@register.simple_tag
def when(value: datetime | None, style: str = "auto", css: str = "") -> SafeString:
    """Show an instant in the reader's zone, with UTC on hover. None draws a dash.

    `style`: "auto" (the clock today, else the day), "clock", "date", "full", "age" ("8 h") or "ago" ("8 h ago").
    """
    if value is None:
        return format_html('<span class="mute">{}</span>', "–")
    utc = value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    if style in {"age", "ago"}:
        seconds = int((clock.now() - value).total_seconds())
        text = _age(seconds)
        if style == "ago":
            text = _("%(age)s ago") % {"age": text} if seconds >= _MINUTE_SECONDS else _("just now")
    else:
        text = _moment(_local(value), _local(clock.now()), style)
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        f"{utc}Z",
        f"{utc[:10]} {utc[11:16]} UTC",
        format_html(' class="{}"', css) if css else "",
        text,
    )


@register.simple_tag
def filter_chip(key: str, value: str, remove_url: str = "") -> SafeString:
    """Show one filter that is on, with a link that takes it off."""
    cross = (
        format_html(
            '<a class="off" href="{}" aria-label="{}">{}</a>',
            remove_url,
            _("Remove %(filter)s") % {"filter": key},
            icon("x", "s"),
        )
        if remove_url
        else ""
    )
    return format_html('<span class="chip q"><span class="k">{}</span> <b>{}</b>{}</span>', key, value, cross)


@register.simple_tag
def count(value: int | None, cap: int = 999) -> SafeString:
    """Show a capped count ("999+"); nothing for None."""
    if value is None:
        return _EMPTY
    return format_html('<span class="n num">{}</span>', f"{cap}+" if value > cap else value)


@register.inclusion_tag("ui/ribbon.html")
def ribbon(ribbon: Any, short: bool = False, table_url: str = "") -> dict[str, Any]:
    """Draw the possession ribbon of a ticket; fields are named in `ui/ribbon.html`. `short`: low and without legend."""
    bar_height = 18 if short else 30
    low = 24 + bar_height
    return {
        "ribbon": ribbon,
        "short": short,
        "table_url": table_url,
        "height": 64 if short else 86,
        "bar_height": bar_height,
        "bar_low": low,
        "axis_y": low + 2,
        "text_y": low + 20,
        "label_y": 24 + bar_height // 2 + 4,
        "future_width": f"{100 - ribbon.future_from:.2f}" if ribbon.future_from is not None else "0",
    }


@register.filter
def axis_time(instant: datetime, with_day: bool = False) -> str:
    """Write an axis label in the reader's zone: the clock, or the day where a day begins."""
    local = _local(instant)
    return date_format(local, pgettext("date format", "j M") if with_day else pgettext("date format", "H:i"))


@register.inclusion_tag("ui/field.html")
def field(bound_field: BoundField) -> dict[str, Any]:
    """Draw a form field with label, help and errors."""
    return {"field": bound_field}


@register.inclusion_tag("ui/pager.html", takes_context=True)
def pager(
    context: template.Context, next_key: str = "", previous_key: str = "", summary: str = ""
) -> dict[str, Any]:
    """Draw links to the next and previous page of a keyset-paged list, keeping the filters of this address.

    The keys go into the parameters `after` and `before`. `summary`: what is shown, such as "50, next due first".
    """
    request = context["request"]

    def address(parameter: str, key: str) -> str:
        if not key:
            return ""
        query: QueryDict = request.GET.copy()
        query.pop("after", None)
        query.pop("before", None)
        query[parameter] = key
        return f"?{query.urlencode()}"

    return {
        "next_url": address("after", next_key),
        "previous_url": address("before", previous_key),
        "summary": summary,
    }


@register.simple_tag(takes_context=True)
def panels(context: template.Context, slot: str, subject: Any) -> SafeString:
    """Draw the panels that rooms registered for this slot and subject."""
    actor = context.get("actor")
    request: Any = context.get("request")
    if actor is None:
        return _EMPTY
    drawn = [
        render_to_string(
            panel.template, {**panel.context, "actor": actor, "subject": subject}, request=request
        )
        for panel in panels_for(slot, actor, subject)
    ]
    return format_html_join("\n", "{}", ((text,) for text in drawn))


@register.filter
def badge_of(badges: Mapping[Any, PartyBadge] | None, organization_id: Any) -> PartyBadge | None:
    """Find a party's badge by organization id; None (drawn neutral) for a party that the reader does not see."""
    return badges.get(organization_id) if badges else None


@register.filter
def party_words(badges: Iterable[PartyBadge]) -> str:
    """Join party names as a sentence does: "A", "A and B", "A, B and C"."""
    names = [badge.name for badge in badges]
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


@register.filter
def parties_counted(number: int) -> str:
    """Say how many parties: "1 party", "3 parties"."""
    return ngettext("%(n)s party", "%(n)s parties", number) % {"n": number}
