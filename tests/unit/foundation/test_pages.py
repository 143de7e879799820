"""The page kit: what rooms register, one actor finds again in order and within their rights."""

from uuid import UUID

import pytest

from cosource.foundation import pages
from cosource.foundation.pages import Command, Identity, NavigationItem, PartyBadge
from cosource.foundation.sight import Actor, system_actor

ACTOR = system_actor(reason="test of the page kit")
HARBOUR = UUID(int=1)


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test sees only what it registers."""
    fresh: dict[str, object] = {
        "_navigation": {},
        "_commands": {},
        "_panels": {},
        "_badge_sources": [],
        "_identity_sources": [],
    }
    for name, value in fresh.items():
        monkeypatch.setattr(pages, name, value)


def _item(key: str, order: int, **more: object) -> NavigationItem:
    return NavigationItem(key=key, label=key.title(), url_name="health", icon="ticket", order=order, **more)  # type: ignore[arg-type]  # keywords pass through


def test_the_menu_is_ordered_and_leaves_out_what_is_not_visible() -> None:
    pages.register_navigation(_item("tickets", 2, count=lambda _: 1200))
    pages.register_navigation(_item("today", 1, count=lambda _: 0, short_label="Now"))
    pages.register_navigation(_item("audit", 3, visible=lambda _: False))

    menu = pages.navigation_for(ACTOR)

    assert [(entry.key, entry.url, entry.count_text, entry.short_label) for entry in menu] == [
        ("today", "/health", "", "Now"),
        ("tickets", "/health", "999+", "Tickets"),
    ]


def test_the_same_item_twice_is_harmless_and_another_under_its_key_is_refused() -> None:
    item = _item("today", 1)
    pages.register_navigation(item)
    pages.register_navigation(item)

    with pytest.raises(pages.AlreadyRegistered, match="today"):
        pages.register_navigation(_item("today", 2))

    assert len(pages.navigation_for(ACTOR)) == 1


def test_commands_follow_their_order_and_rights() -> None:
    pages.register_command(Command("find", "Search", "health", "search", order=2, query_parameter="q"))
    pages.register_command(Command("new", "New ticket", "health", "ticket", order=1, key_hint="c"))
    pages.register_command(Command("import", "Import", "health", "file", visible=lambda _: False))

    assert [(c.key, c.url, c.key_hint, c.query_parameter) for c in pages.commands_for(ACTOR)] == [
        ("new", "/health", "c", ""),
        ("find", "/health", "", "q"),
    ]


def test_a_panel_stays_away_from_a_subject_it_has_nothing_for() -> None:
    pages.register_panel("ticket.side", "b.html", lambda _, subject: {"n": subject}, order=2)
    pages.register_panel(
        "ticket.side", "a.html", lambda _, subject: {"n": subject} if subject > 1 else None, order=1
    )

    assert [panel.template for panel in pages.panels_for("ticket.side", ACTOR, 1)] == ["b.html"]
    assert [(panel.template, panel.context) for panel in pages.panels_for("ticket.side", ACTOR, 2)] == [
        ("a.html", {"n": 2}),
        ("b.html", {"n": 2}),
    ]
    assert pages.panels_for("asset.side", ACTOR, 2) == []


def test_badges_and_identity_come_from_whoever_knows_them() -> None:
    assert pages.party_badges_for(ACTOR) == {}
    assert pages.identity_for(ACTOR) is None
    badge = PartyBadge(1, "HH", "Harbour Health")

    def nobody(_actor: Actor) -> Identity | None:
        return None

    pages.register_party_badges(lambda _: {HARBOUR: badge})
    pages.register_identity(nobody)
    pages.register_identity(lambda _: Identity("Ruth Adler", "RA", badge))

    assert pages.party_badges_for(ACTOR) == {HARBOUR: badge}
    assert pages.identity_for(ACTOR) == Identity("Ruth Adler", "RA", badge)
