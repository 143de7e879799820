"""Filters by typing: `turn:ours`, `team:print`, or the beginning of a name, in the reader's language or as addresses have it.

What is typed is only ever a way to the filters of the address; not here: those (`filters`) and their names (`list_choices`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from cosource.foundation.rules.words import words_of
from cosource.foundation.sight import Actor
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_choices import Choice, choices_for

OFFERED = 8
# A single letter begins nearly everything.
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Offer:
    """A filter that may be meant. `query`: the list with it, without the word that stood for it."""

    key: str
    label: str
    value: str
    query: str


def filter_offers(actor: Actor, filters: TicketFilter, typed: str) -> list[Offer]:
    """Return the filters that the last word typed may mean, those whose name begins with it first. At most eight queries."""
    before, _, word = typed.rpartition(" ")
    if len(word.replace(":", "")) < _SHORTEST and ":" not in word:
        return []
    found = list(_fitting(choices_for(actor, filters, fields_apart=True), word))
    found.sort(key=lambda one: one[0])
    return [
        Offer(
            choice.key, choice.label, label, filters.but(**{choice.key: value}, text=before.strip()).query()
        )
        for _rank, choice, value, label in found[:OFFERED]
    ]


def filters_typed(actor: Actor, filters: TicketFilter) -> TicketFilter:
    """Return the filters with every word of the form `name:value` that means exactly one filter put in its place.

    What means none, or several, stays among the words, where it is seen. No query where there is no such word.
    """
    if ":" not in filters.text:
        return filters
    choices = choices_for(actor, filters, fields_apart=True)
    kept = []
    for word in filters.text.split():
        fitting = list(_fitting(choices, word)) if ":" in word.strip(":") else []
        best = [one for one in fitting if one[0] == min(f[0] for f in fitting)]
        if len(best) == 1:
            filters = filters.but(**{best[0][1].key: best[0][2]})
        else:
            kept.append(word)
    return filters.but(text=" ".join(kept))


def _fitting(choices: list[Choice], word: str) -> Iterator[tuple[int, Choice, str, str]]:
    """Yield how well each choice fits a word, 0 best: the very value, its beginning, the beginning of a word of it."""
    name, colon, wanted = word.partition(":")
    if not colon:
        name, wanted = "", word
    asked = " ".join(words_of(wanted.replace("_", " ")))
    for choice in choices:
        if name and not _begins(name, choice):
            continue
        if choice.free and wanted and "".join(words_of(name)) == "".join(words_of(choice.label)):
            yield 1, choice, choice.free + wanted[:200], wanted
            continue
        for value, label in choice.options:
            if value == choice.chosen or (choice.key, value) == ("state", "all"):
                continue
            rank = _rank(asked, value, label)
            if rank is not None:
                yield rank, choice, value, label


def _begins(name: str, choice: Choice) -> bool:
    plain = "".join(words_of(name))
    return bool(plain) and any("".join(words_of(of)).startswith(plain) for of in (choice.key, choice.label))


def _rank(asked: str, value: str, label: str) -> int | None:
    words = words_of(label)
    plain = " ".join(words)
    # An id is nothing that anybody types.
    raw = "" if _is_id(value.partition(".")[0]) else value.replace("_", " ")
    if asked and asked in (plain, raw):
        return 0
    if plain.startswith(asked) or (raw and raw.startswith(asked)):
        return 1
    return 2 if any(w.startswith(asked) for w in words) else None


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
