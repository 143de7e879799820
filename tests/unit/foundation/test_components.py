"""The components as markup: exact, escaped, and speaking for those who do not see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import timezone, translation

from cosource.foundation.pages import PartyBadge
from cosource.foundation.templatetags import cosource_ui as ui
from cosource.tickets.rules.wording import Phrase, gettext_lazy

HARBOUR = PartyBadge(1, "HH", "Harbour & Health")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Bar:
    """A clock bar as a rule would compute it."""

    state: str
    fill_percent: float
    tick_percent: float | None
    label: str | Phrase
    sentence: str | Phrase


@pytest.fixture
def noon() -> Iterator[None]:
    """The clock stands still at noon of 24 November 2026."""
    with time_machine.travel(NOON, tick=False):
        yield


def test_a_badge_is_escaped_and_named() -> None:
    assert ui.party_badge(HARBOUR) == '<abbr class="pb p1" title="Harbour &amp; Health">HH</abbr>'
    assert ui.party_badge(HARBOUR, named=True) == (
        '<span class="pt"><span class="pb p1" aria-hidden="true">HH</span>Harbour &amp; Health</span>'
    )


def test_a_party_out_of_sight_has_no_name_and_no_colour() -> None:
    assert ui.party_badge(None) == '<abbr class="pb p0" title="Another party">–</abbr>'
    assert ui.party_badge(PartyBadge(9, "XX", "Ninth")) == '<abbr class="pb p0" title="Ninth">XX</abbr>'
    assert ui.badge_of({}, 1) is None


def test_the_clock_bar_turns_red_after_its_tick() -> None:
    drawn = ui.clock_bar(Bar("over", 100.0, 82.0, "−25 m", "Resolve: overdue by 25 m"))

    assert 'class="ck is-over"' in drawn
    assert 'aria-label="Resolve: overdue by 25 m"' in drawn
    assert '<rect class="ok" width="82.0%"' in drawn
    assert '<rect class="over" x="82.0%" width="18.0%"' in drawn


def test_a_met_clock_is_written_in_the_readers_language() -> None:
    words = gettext_lazy("met, %(spent)s of %(target)s", spent="5 m", target="9 m")
    with translation.override("de"):
        drawn = ui.clock_bar(Bar("met", 100.0, None, words, words))
    assert drawn.count("eingehalten, 5 m von 9 m") == 2


def test_the_clock_bar_is_hatched_only_while_paused() -> None:
    assert '<rect class="paused" width="62.5%"' in ui.clock_bar(Bar("paused", 62.5, None, "3 h", "x"))
    assert "paused" not in ui.clock_bar(Bar("soon", 62.5, None, "3 h", "x"))
    assert ui.clock_bar(None) == ""


def test_geometry_has_a_point_in_every_language() -> None:
    with translation.override("de"):
        assert 'width="49.2%"' in ui.clock_bar(Bar("ok", 49.2, None, "2 h", "x"))


@pytest.mark.usefixtures("noon")
def test_an_instant_is_shown_in_the_readers_zone_with_utc_on_hover() -> None:
    opened = datetime(2026, 11, 24, 6, 52, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        assert (
            ui.when(opened)
            == '<time datetime="2026-11-24T06:52:00Z" title="2026-11-24 06:52 UTC">07:52</time>'
        )
        assert ">24 Nov 2024</time>" in ui.when(opened.replace(year=2024))
        assert ">23 Nov, 07:52</time>" in ui.when(opened.replace(day=23))
        assert ">5 h</time>" in ui.when(opened, "age")
        assert ">5 h ago</time>" in ui.when(opened, "ago")
        assert ">just now</time>" in ui.when(NOON, "ago")
        assert ">Tue 24 Nov 2026, 07:52</time>" in ui.when(opened, "full")
    assert ui.when(None) == '<span class="mute">–</span>'


@pytest.mark.parametrize(("priority", "lit"), [(2, 3), (3, 2), (4, 1), (5, 0)])
def test_a_priority_lights_as_many_bars_as_it_weighs(priority: int, lit: int) -> None:
    drawn = ui.priority_mark(priority)

    assert drawn.count('class="on"') == lit
    assert f'aria-label="Priority {priority}"' in drawn


def test_the_highest_priority_is_a_mark_of_its_own() -> None:
    assert 'class="pr p1st"' in ui.priority_mark(1)


def test_readers_are_named_as_a_sentence_does() -> None:
    parties = [HARBOUR, PartyBadge(2, "BL", "Brightline"), PartyBadge(3, "KN", "Kestrel")]

    assert ui.party_words(parties[:1]) == "Harbour & Health"
    assert ui.party_words(parties) == "Harbour & Health, Brightline and Kestrel"
    assert ui.parties_counted(3) == "3 parties"
    assert 'class="au int"' in ui.audience_chip(parties[:1], "Harbour only", internal=True)


def test_a_hostile_filter_value_stays_text() -> None:
    assert "<script>" not in ui.filter_chip("title", "<script>alert(1)</script>", "?")
