"""Telephone numbers as they are kept and as people type them. Not here: which countries have which numbers."""

import re

_SPACES = re.compile(r"[\s()/.\u2010-\u2015-]")
# Country and number, no spaces, as telephone providers take it (E.164).
_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
_TYPED = re.compile(r"\+?[0-9]+")
# Fewer digits are an extension at best, and many people's number ends with them.
FEWEST_DIGITS = 4


def number_of(text: str) -> str | None:
    """Return a number with its country as `+` and digits, or None where it is none.

    >>> number_of("+49 (30) 1234-567"), number_of("0049 30 1234567"), number_of("030 1234567")
    ('+49301234567', '+49301234567', None)
    """
    plain = _SPACES.sub("", text)
    if plain.startswith("00"):
        plain = "+" + plain.removeprefix("00")
    return plain if _NUMBER.fullmatch(plain) else None


def last_digits(text: str) -> str:
    """Return the digits with which a kept number ends when this was typed of it, or nothing where it is no number.

    A number without its country begins with zeros that the kept one lacks.

    >>> last_digits("030 1234567"), last_digits("+49 30 12345"), last_digits("1 p.m."), last_digits("12")
    ('301234567', '493012345', '', '')
    """
    plain = _SPACES.sub("", text)
    if not _TYPED.fullmatch(plain):
        return ""
    digits = plain.lstrip("+0")
    return digits if len(digits) >= FEWEST_DIGITS else ""
