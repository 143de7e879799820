"""Readers in words, and who is new among them."""

import pytest

from cosource.tickets.rules.audience import Audience, Widening, audience_words, widening, widening_words

pytestmark = pytest.mark.req("C14")


@pytest.mark.parametrize(
    ("names", "requester", "words"),
    [
        (["Harbour Health"], None, "Only Harbour Health will read this."),
        (["Harbour Health"], False, "Only Harbour Health will read this. The requester will not."),
        ([], True, "Only the requester will read this."),
        (
            ["Harbour Health", "Brightline"],
            False,
            "Harbour Health and Brightline will read this. The requester will not.",
        ),
        (
            ["Harbour Health", "Brightline"],
            True,
            "Harbour Health, Brightline and the requester will read this.",
        ),
    ],
)
def test_readers_are_named(names: list[str], requester: bool | None, words: str) -> None:
    assert " ".join(map(str, audience_words(names, requester_reads=requester))) == words


@pytest.mark.parametrize("requester", [None, False])
def test_an_entry_without_a_reader_is_refused(requester: bool | None) -> None:
    with pytest.raises(ValueError, match="an entry needs at least one reader"):
        audience_words([], requester_reads=requester)


def of(letters: str, *, requester: bool = False) -> Audience:
    return Audience(frozenset(letters), requester)


@pytest.mark.parametrize(
    ("audience", "earlier", "new", "requester_is_new"),
    [
        (of("AB", requester=True), [], "", False),
        (of("AB"), [of("AB")], "", False),
        (of("AB"), [of("A"), of("B")], "", False),
        (of("A"), [of("AB")], "", False),
        (of("ABC"), [of("A"), of("AB")], "C", False),
        (of("A", requester=True), [of("AB")], "", True),
        (of("AC", requester=True), [of("AB", requester=True)], "C", False),
    ],
)
def test_who_is_new(audience: Audience, earlier: list[Audience], new: str, requester_is_new: bool) -> None:
    found = widening(audience, earlier)
    assert found == Widening(frozenset(new), requester_is_new)
    assert found.is_wider is bool(new or requester_is_new)


def test_the_question_names_who_is_new() -> None:
    assert str(widening_words(["Kestrel"], requester_is_new=False)) == (
        "New to this ticket: Kestrel. Share this entry with them?"
    )
    assert str(widening_words(["Kestrel", "Brightline"], requester_is_new=True)) == (
        "New to this ticket: Kestrel, Brightline and the requester. Share this entry with them?"
    )
    with pytest.raises(ValueError, match="at least one name"):
        widening_words([], requester_is_new=False)
