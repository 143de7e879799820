"""The kinds of links between two tickets, as data: what the other ticket is, and what this one is to it.

Not here: rights and rows (`services.links`).
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

from cosource.tickets.rules.wording import gettext_noop

PARENT, CHILD = "parent", "child"
MERGED_INTO, MERGED_HERE = "merged_into", "merged_here"
SPLIT_FROM, SPLIT_OFF = "split_from", "split_off"
# Under this name a ticket's first entry keeps of which messages it is made, so that erasing one erases it there too.
MADE_OF = "made_of"


@dataclass(frozen=True, slots=True)
class LinkKind:
    """What the other ticket is to this one. `mirror`: what this one is to the other. `by_hand`: may be set and taken off.

    `label` heads the others in a list, `sentence` completes "This ticket …".
    """

    key: str
    mirror: str
    label: str
    sentence: str
    by_hand: bool = True


KINDS: dict[str, LinkKind] = {
    kind.key: kind
    for kind in (
        LinkKind(PARENT, CHILD, gettext_noop("Part of"), gettext_noop("is part of")),
        LinkKind(CHILD, PARENT, gettext_noop("Parts"), gettext_noop("has as a part")),
        LinkKind(
            "duplicate_of",
            "duplicated_by",
            gettext_noop("Duplicate of"),
            gettext_noop("is a duplicate of"),
        ),
        LinkKind(
            "duplicated_by",
            "duplicate_of",
            gettext_noop("Duplicates"),
            gettext_noop("has as a duplicate"),
        ),
        LinkKind("caused_by", "causes", gettext_noop("Caused by"), gettext_noop("is caused by")),
        LinkKind("causes", "caused_by", gettext_noop("Causes"), gettext_noop("causes")),
        LinkKind("fixed_by", "fixes", gettext_noop("Fixed by"), gettext_noop("is fixed by")),
        LinkKind("fixes", "fixed_by", gettext_noop("Fixes"), gettext_noop("fixes")),
        LinkKind("related", "related", gettext_noop("Related"), gettext_noop("is related to")),
        LinkKind(MERGED_INTO, MERGED_HERE, gettext_noop("Goes on in"), "", by_hand=False),
        LinkKind(MERGED_HERE, MERGED_INTO, gettext_noop("Merged into this"), "", by_hand=False),
        LinkKind(SPLIT_FROM, SPLIT_OFF, gettext_noop("Split off from"), "", by_hand=False),
        LinkKind(SPLIT_OFF, SPLIT_FROM, gettext_noop("Split off"), "", by_hand=False),
    )
}
BY_HAND = tuple(kind for kind in KINDS.values() if kind.by_hand)


def closes_a_circle[T: Hashable](child: T, parent: T, parents: Mapping[T, T]) -> bool:
    """Tell whether putting `child` under `parent` would make a ticket part of itself. `parents`: who is under whom so far.

    >>> closes_a_circle("a", "c", {"c": "b", "b": "a"}), closes_a_circle("d", "c", {"c": "b", "b": "a"})
    (True, False)
    """
    seen: set[T] = set()
    above: T | None = parent
    while above is not None and above not in seen:
        if above == child:
            return True
        seen.add(above)
        above = parents.get(above)
    return False


def shared_desks[T: Hashable](one: Collection[T], other: Collection[T]) -> list[T]:
    """Return what takes part in both tickets, in the order of the first.

    >>> shared_desks(["c1", "c1p1", "c1p2"], ["c1p2", "c1"])
    ['c1', 'c1p2']
    """
    both = set(other)
    return [desk for desk in one if desk in both]
