"""The page kit: what rooms tell the page frame, without knowing it.

Rooms register navigation items, commands, panels for the slots of other rooms' pages, party badges and the reader's identity,
normally in their app's `ready()`. The frame in `shell` renders what is registered; a lower room's page offers a slot and
higher rooms fill it.

Not here: markup (`templatetags/cosource_ui.py`, `templates/ui/`) and the frame itself (`shell`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.urls import get_script_prefix, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language

from cosource.foundation.sight import Actor

type Text = str | Promise

COUNT_CAP: Final = 999
PARTY_SLOTS: Final = 8


def _everybody(_actor: Actor) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One room in the side bar.

    `url_name`: reversible without arguments. `order`: small comes first; the first four also make the narrow layout's tabs.
    `count`: work that waits there, or None for nothing to say; it may stop counting above `COUNT_CAP`. `visible`: false keeps
    an empty or forbidden room out of the menu. `go_key`: the key that opens it after `g`. `short_label`: for the tabs.
    """

    key: str
    label: Text
    url_name: str
    icon: str
    order: int
    count: Callable[[Actor], int | None] | None = None
    visible: Callable[[Actor], bool] = _everybody
    go_key: str = ""
    short_label: Text = ""

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A navigation item as one actor finds it: resolved address and count; `is_counted`: whether it has one to be asked for."""

    key: str
    label: str
    short_label: str
    url: str
    icon: str
    go_key: str
    count: int | None
    is_counted: bool = False

    @property
    def count_text(self) -> str:
        """Return the count as shown."""
        return count_text(self.count)


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done or opened by name from the command palette.

    `key_hint`: a single key that does it from any page, such as "c". `query_parameter`: when set, the palette offers the
    typed words to this address under that parameter (a search).
    """

    key: str
    label: Text
    url_name: str
    icon: str
    order: int = 100
    visible: Callable[[Actor], bool] = _everybody
    key_hint: str = ""
    query_parameter: str = ""

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command as one actor finds it, with its address."""

    key: str
    label: str
    url: str
    icon: str
    key_hint: str
    query_parameter: str


@dataclass(frozen=True, slots=True)
class Bell:
    """The mark at the top of every page that says how much there is to read; `count` stops above `COUNT_CAP`."""

    label: Text
    url_name: str
    icon: str
    count: Callable[[Actor], int]


@dataclass(frozen=True, slots=True)
class PartyBadge:
    """How a party is drawn: colour slot, initials and name, the same for every reader.

    `slot`: 1 to 8; 0 is the neutral badge of a party that the reader may not see, or of unknown possession.
    """

    slot: int
    initials: str
    name: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the reader is, as the frame shows it: name, initials, and for which organization they act."""

    name: str
    initials: str
    badge: PartyBadge | None = None
    caption: Text = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel resolved for one actor and one subject: a template and its context."""

    key: str
    template: str
    context: Mapping[str, Any]


# What a room puts into a slot: given actor and subject, the template's context, or None to stay away.
type PanelContext = Callable[[Actor, Any], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class _PanelItem:
    key: str
    template: str
    context: PanelContext
    order: int


class AlreadyRegistered(ValueError):
    """Two rooms claim one key."""


_navigation: dict[str, NavigationItem] = {}
_commands: dict[str, Command] = {}
_panels: dict[str, dict[str, _PanelItem]] = {}
_bells: list[Bell] = []
_badge_sources: list[Callable[[Actor], Mapping[UUID, PartyBadge]]] = []
_identity_sources: list[Callable[[Actor], Identity | None]] = []


def _put[T](registry: dict[str, T], key: str, item: T) -> None:
    """Keep the item; the same one twice is harmless, a different one under the same key is an error."""
    if registry.setdefault(key, item) != item:
        raise AlreadyRegistered(key)


def register_navigation(item: NavigationItem) -> None:
    """Add a room to the menu. Raises: AlreadyRegistered."""
    _put(_navigation, item.key, item)


def register_command(command: Command) -> None:
    """Add a command to the palette and the keyboard. Raises: AlreadyRegistered."""
    _put(_commands, command.key, command)


def register_panel(
    slot: str, template: str, context: PanelContext, *, key: str = "", order: int = 100
) -> None:
    """Offer a panel to a slot such as "ticket.side".

    `context`: called with actor and subject; returns the template's context, or None to stay away. Panels follow `order`.
    `key`: defaults to the template's name. Raises: AlreadyRegistered.
    """
    item = _PanelItem(key=key or template, template=template, context=context, order=order)
    _put(_panels.setdefault(slot, {}), item.key, item)


def register_bell(bell: Bell) -> None:
    """Put the mark at the top of every page."""
    _bells[:] = [bell]


def bell() -> Bell | None:
    """Return the mark, where some room registered it."""
    return next(iter(_bells), None)


def count_text(count: int | None) -> str:
    """Return a count as shown: empty for nothing, "999+" above the cap."""
    if not count:
        return ""
    return f"{COUNT_CAP}+" if count > COUNT_CAP else str(count)


def register_party_badges(source: Callable[[Actor], Mapping[UUID, PartyBadge]]) -> None:
    """Name the function that knows the badges of the parties that an actor may see."""
    if source not in _badge_sources:
        _badge_sources.append(source)


def register_identity(source: Callable[[Actor], Identity | None]) -> None:
    """Name the function that knows how an actor is shown to themselves."""
    if source not in _identity_sources:
        _identity_sources.append(source)


def navigation_for(actor: Actor, *, counted: bool = True) -> list[NavigationEntry]:
    """Return the menu of this actor in order; rooms with nothing for them are left out.

    `counted` false leaves the counts open: they cost more than the rest of a page's frame, and the page asks for them later.
    """
    shown = [item for item in _in_order(_navigation) if item.visible(actor)]
    entries = [_entry_of(item, get_language(), get_script_prefix()) for item in shown]
    if not counted:
        return entries
    return [
        replace(entry, count=item.count(actor)) if item.count else entry
        for item, entry in zip(shown, entries, strict=True)
    ]


def commands_for(actor: Actor) -> list[CommandEntry]:
    """Return the commands that this actor may use, in order."""
    shown = [command for command in _in_order(_commands) if command.visible(actor)]
    return [_command_of(command, get_language(), get_script_prefix()) for command in shown]


def _in_order[T: (NavigationItem, Command)](registry: Mapping[str, T]) -> list[T]:
    return sorted(registry.values(), key=lambda item: (item.order, item.key))


# Who sees an entry is asked each time; how it reads is the same for all of one language.
@lru_cache(maxsize=1024)
def _entry_of(item: NavigationItem, _language: str | None, _prefix: str | None) -> NavigationEntry:
    return NavigationEntry(
        key=item.key,
        label=str(item.label),
        short_label=str(item.short_label or item.label),
        url=reverse(item.url_name),
        icon=item.icon,
        go_key=item.go_key,
        count=None,
        is_counted=item.count is not None,
    )


@lru_cache(maxsize=1024)
def _command_of(command: Command, _language: str | None, _prefix: str | None) -> CommandEntry:
    return CommandEntry(
        key=command.key,
        label=str(command.label),
        url=reverse(command.url_name),
        icon=command.icon,
        key_hint=command.key_hint,
        query_parameter=command.query_parameter,
    )


def panels_for(slot: str, actor: Actor, subject: Any) -> list[Panel]:
    """Return the panels that rooms put into this slot for this subject, in order."""
    panels = []
    for item in sorted(_panels.get(slot, {}).values(), key=lambda item: (item.order, item.key)):
        context = item.context(actor, subject)
        if context is not None:
            panels.append(Panel(key=item.key, template=item.template, context=context))
    return panels


def party_badges_for(actor: Actor) -> dict[UUID, PartyBadge]:
    """Return the badges of the parties that this actor may see, by organization id."""
    badges: dict[UUID, PartyBadge] = {}
    for source in _badge_sources:
        badges.update(source(actor))
    return badges


def identity_for(actor: Actor) -> Identity | None:
    """Return how the actor is shown to themselves; None where no room knows them."""
    for source in _identity_sources:
        identity = source(actor)
        if identity is not None:
            return identity
    return None
