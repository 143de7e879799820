"""How much an article has in common with some words: counted, never learned, so that anybody can check it."""

from collections.abc import Sequence

from cosource.foundation.rules.words import words_of

# A word in the title tells more of what an article is about than one somewhere in its text.
_TITLE, _TOPIC, _TEXT = 3, 2, 1


def likeness(asked: Sequence[str], *, title: str, topic: str, text: str) -> int:
    """Return how much of what is asked an article has; each word counts once, where it counts most.

    >>> likeness(["printer", "wards"], title="Printer is silent", topic="", text="On wards …")
    4
    """
    in_title, in_topic, in_text = (set(words_of(part)) for part in (title, topic, text))
    return sum(
        _TITLE if word in in_title else _TOPIC if word in in_topic else _TEXT if word in in_text else 0
        for word in asked
    )
