"""Sentences that rules compose and pages translate.

A rule knows what has to be said but not the reader's language or time zone. It returns a `Phrase`: an English
pattern with its values. The builders carry the names that message extraction looks for, so that every
pattern reaches the catalogues. Not here: the catalogues, and how an instant is written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

type Value = str | int | datetime | Phrase
type Translate = Callable[[str, str | None, int], str]
type WriteInstant = Callable[[datetime], str]


def untranslated(message: str, plural: str | None, count: int) -> str:
    """Choose the English pattern for a count.

    >>> untranslated("%(count)s handover", "%(count)s handovers", 2)
    '%(count)s handovers'
    """
    return message if plural is None or count == 1 else plural


def write_utc(instant: datetime) -> str:
    """Write an instant so that it can be read without knowing a zone.

    >>> from datetime import UTC
    >>> write_utc(datetime(2026, 3, 2, 7, 52, tzinfo=UTC))
    '2026-03-02 07:52 UTC'
    """
    return instant.strftime("%Y-%m-%d %H:%M UTC")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern in English and the values that belong into it.

    `values` are pairs of name and text, number, aware UTC instant or a further phrase. `plural` is the
    pattern for any count but one.

    >>> str(gettext_lazy("%(name)s will read this.", name="Brightline"))
    'Brightline will read this.'
    """

    message: str
    values: tuple[tuple[str, Value], ...] = ()
    plural: str | None = None
    count: int = 1

    def text(self, translate: Translate = untranslated, write_instant: WriteInstant = write_utc) -> str:
        """Write the phrase in the reader's language and zone.

        `translate` takes pattern, plural pattern (or none) and count; `write_instant` takes an aware instant.
        """
        pattern = translate(self.message, self.plural, self.count)
        filled = {
            name: value.text(translate, write_instant)
            if isinstance(value, Phrase)
            else write_instant(value)
            if isinstance(value, datetime)
            else value
            for name, value in self.values
        }
        return pattern % filled if filled else pattern

    def __str__(self) -> str:
        return self.text()


def gettext_noop(message: str) -> str:
    """Mark a constant for translation and return it as it is.

    >>> gettext_noop("Resolved")
    'Resolved'
    """
    return message


def gettext_lazy(message: str, **values: Value) -> Phrase:
    """Compose a phrase whose pattern does not depend on a number.

    >>> str(gettext_lazy("due %(due)s", due="12:14"))
    'due 12:14'
    """
    return Phrase(message, tuple(values.items()))


def ngettext_lazy(singular: str, plural: str, count: int, **values: Value) -> Phrase:
    """Compose a phrase whose pattern depends on `count`, which is also a value of it.

    >>> str(ngettext_lazy("%(count)s handover", "%(count)s handovers", 3))
    '3 handovers'
    """
    return Phrase(singular, (("count", count), *values.items()), plural, count)


def name_list(names: Sequence[str | Phrase]) -> Phrase:
    """Join one or more names as a sentence does.

    Raises: ValueError if there is no name.

    >>> str(name_list(["Harbour Health", "Brightline", "Kestrel"]))
    'Harbour Health, Brightline and Kestrel'
    """
    if not names:
        raise ValueError("a list of names needs at least one name")
    *before, last = names
    if not before:
        return last if isinstance(last, Phrase) else gettext_lazy("%(name)s", name=last)
    left = before[0]
    for name in before[1:]:
        left = gettext_lazy("%(left)s, %(right)s", left=left, right=name)
    return gettext_lazy("%(left)s and %(right)s", left=left, right=last)
