"""Ways in which somebody reaches a desk without writing to it, and whom what was typed of a caller fits."""

from cosource.foundation.rules.telephone import last_digits
from cosource.tickets.rules.wording import gettext_noop

PHONE, WALK_UP, CHAT = "phone", "walk_up", "chat"
CHANNELS = {
    PHONE: gettext_noop("Phone"),
    WALK_UP: gettext_noop("At the desk"),
    CHAT: gettext_noop("Chat"),
}
# As a sentence of the record.
SAID = {
    PHONE: gettext_noop("Somebody called"),
    WALK_UP: gettext_noop("Somebody came to the desk"),
    CHAT: gettext_noop("Somebody wrote in the chat"),
}


def name_fits(typed: str, name: str) -> bool:
    """Tell whether each word that was typed begins a word of the name.

    >>> name_fits("ad lov", "Ada Lovelace"), name_fits("lace", "Ada Lovelace"), name_fits("", "Ada Lovelace")
    (True, False, False)
    """
    words = typed.casefold().split()
    parts = name.casefold().replace("-", " ").split()
    return bool(words) and all(any(part.startswith(word) for part in parts) for word in words)


def is_number(typed: str) -> bool:
    """Tell whether a telephone number was typed, rather than a name.

    >>> is_number("+49 30 123"), is_number("Ada 2")
    (True, False)
    """
    return bool(last_digits(typed))
