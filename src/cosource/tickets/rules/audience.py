"""Who will read an entry, said in words, and who would be reading this ticket for the first time.

Not here: which parties a writer may choose (sight decides that), and the drawing of the chip.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from cosource.tickets.rules.wording import Phrase, gettext_lazy, name_list

type Key = UUID | str


@dataclass(frozen=True, slots=True)
class Audience:
    """The parties that read an entry, and whether the requester does."""

    party_ids: frozenset[Key]
    includes_requester: bool = False


@dataclass(frozen=True, slots=True)
class Widening:
    """Who would read of this ticket for the first time."""

    party_ids: frozenset[Key]
    includes_requester: bool

    @property
    def is_wider(self) -> bool:
        """Tell whether the writer must be asked."""
        return bool(self.party_ids) or self.includes_requester


def audience_words(party_names: Sequence[str], *, requester_reads: bool | None) -> tuple[Phrase, ...]:
    """Say who will read what is being written, in one or two sentences.

    `party_names` in the order of their badges. `requester_reads` is none where the ticket has no requester
    apart from these parties.
    Raises: ValueError if nobody would read it.

    >>> " ".join(map(str, audience_words(["Harbour Health", "Brightline"], requester_reads=False)))
    'Harbour Health and Brightline will read this. The requester will not.'
    """
    readers: list[str | Phrase] = list(party_names)
    if requester_reads:
        readers.append(gettext_lazy("the requester"))
    if not readers:
        raise ValueError("an entry needs at least one reader")
    names = name_list(readers)
    first = (
        gettext_lazy("Only %(names)s will read this.", names=names)
        if len(readers) == 1
        else gettext_lazy("%(names)s will read this.", names=names)
    )
    return (first, gettext_lazy("The requester will not.")) if requester_reads is False else (first,)


def widening(audience: Audience, earlier: Iterable[Audience]) -> Widening:
    """Find who is in this audience and in none of the earlier ones.

    `earlier`: the audiences of the entries that the writer can see, so that the question tells nothing of
    others. The first entry widens nothing.

    >>> found = widening(Audience(frozenset({"A", "B"})), [Audience(frozenset({"A"}))])
    >>> sorted(found.party_ids), found.is_wider
    (['B'], True)
    """
    before = list(earlier)
    if not before:
        return Widening(frozenset(), includes_requester=False)
    known = frozenset[Key]().union(*(entry.party_ids for entry in before))
    return Widening(
        party_ids=audience.party_ids - known,
        includes_requester=audience.includes_requester and not any(e.includes_requester for e in before),
    )


def widening_words(new_party_names: Sequence[str], *, requester_is_new: bool) -> Phrase:
    """Ask whether those who are new are meant to read along.

    Raises: ValueError if nobody is new.

    >>> str(widening_words(["Kestrel"], requester_is_new=True))
    'New to this ticket: Kestrel and the requester. Share this entry with them?'
    """
    new: list[str | Phrase] = list(new_party_names)
    if requester_is_new:
        new.append(gettext_lazy("the requester"))
    return gettext_lazy("New to this ticket: %(names)s. Share this entry with them?", names=name_list(new))
