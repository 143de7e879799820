"""Phrases that pages translate."""

from datetime import UTC, datetime

import pytest

from cosource.tickets.rules.wording import gettext_lazy, gettext_noop, name_list, ngettext_lazy

GERMAN = {
    "%(count)s handover until %(at)s": "%(count)s Übergabe bis %(at)s",
    "%(count)s handovers until %(at)s": "%(count)s Übergaben bis %(at)s",
    "%(left)s and %(right)s": "%(left)s und %(right)s",
    "100 % sure": "100 % sicher",
}


def german(message: str, plural: str | None, count: int) -> str:
    key = message if plural is None or count == 1 else plural
    return GERMAN.get(key, key)


def test_a_phrase_is_written_in_the_readers_language_and_zone() -> None:
    at = datetime(2026, 3, 2, 7, 52, tzinfo=UTC)
    one, two = (
        ngettext_lazy("%(count)s handover until %(at)s", "%(count)s handovers until %(at)s", n, at=at)
        for n in (1, 2)
    )
    assert str(one) == "1 handover until 2026-03-02 07:52 UTC"
    assert str(two) == "2 handovers until 2026-03-02 07:52 UTC"
    assert two.text(german, lambda instant: instant.strftime("%H.%M Uhr")) == "2 Übergaben bis 07.52 Uhr"


def test_nested_phrases_are_translated_too() -> None:
    assert name_list(["A", "B"]).text(german) == "A und B"
    assert str(name_list(["A"])) == "A"
    assert str(name_list([gettext_lazy("the requester")])) == "the requester"
    assert gettext_lazy(gettext_noop("100 % sure")).text(german) == "100 % sicher"


def test_a_list_of_no_names_is_refused() -> None:
    with pytest.raises(ValueError, match="a list of names needs at least one name"):
        name_list([])
