"""A party's part of the matrix from a document, as a program or a form gives it, and back. Each fault is named with its place.

A document is a list of lines:

    {"direction": "hierarchical", "level": 1, "kinds": ["incident"], "priorities": [1, 2], "by_phone": true,
     "hours": {"zone": "Europe/Berlin", "days": ["mon"], "from": "08:00", "until": "18:00"},
     "who": [{"is": "person", "id": "…"}, {"is": "duty", "id": "…"}, {"is": "contact", "name": "…", "phone": "+49…"}],
     "may": [{"what": "emergency_change"}, {"what": "spend", "amount": "5000", "currency": "EUR"}]}

Not here: whether there is such a person or team (`services.keeping`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any

from cosource.calendars.rules.weekly import WeeklyHours
from cosource.calendars.rules.weekly_text import BadHours, read_hours, write_hours
from cosource.tickets.matrix.rules.line import (
    AUTHORITIES,
    CONTACT,
    DIRECTIONS,
    FUNCTIONAL,
    KINDS,
    OTHER,
    PLACE_KINDS,
    SPEND,
    Authority,
    Line,
    Place,
)
from cosource.tickets.rules.priority import PRIORITIES
from cosource.tickets.rules.wording import Phrase, gettext_lazy, gettext_noop

MOST_LINES, MOST_PLACES, MOST_LEVEL = 100, 5, 9
_NAME_LIMIT, _TEXT_LIMIT, _MAIL_LIMIT = 120, 200, 254
_KEYS = {"id", "direction", "level", "kinds", "priorities", "hours", "by_phone", "who", "may"}
_HEX = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"[a-z0-9]{1,32}")
_PHONE = re.compile(r"\+[1-9][0-9]{5,14}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_MONEY = Decimal(10) ** 12


class BadLines(ValueError):
    """A document that cannot be read as lines; `place` and `fix` say where and what to do."""

    def __init__(self, place: str, fix: str | Phrase) -> None:
        super().__init__(f"{place}: {fix}")
        self.place = place
        self.fix = fix


def read_lines(document: object) -> tuple[Line, ...]:
    """Read lines in their order. Raises: BadLines.

    >>> contact = {"is": "contact", "name": "Duty desk", "phone": "+49 30 123456"}
    >>> read_lines([{"level": 1, "who": [contact]}])[0].who[0].phone
    '+4930123456'
    """
    if not isinstance(document, list):
        raise BadLines("lines", "give a list of lines")
    if len(document) > MOST_LINES:
        raise BadLines(
            "lines",
            gettext_lazy(
                "at most %(most)s lines; these are %(length)s", most=MOST_LINES, length=len(document)
            ),
        )
    taken = {str(value.get("id")) for value in document if isinstance(value, Mapping)}
    free = (own for number in count(1) if (own := f"l{number}") not in taken)
    lines = tuple(_line(f"line {n}", value, free) for n, value in enumerate(document, start=1))
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if line.id in seen:
            raise BadLines(f"line {number}, id", "another line has this id; leave it out for a new one")
        seen.add(line.id)
    return lines


def _line(place: str, value: object, free: Iterator[str]) -> Line:
    fields = _mapping(place, value, _KEYS)
    own = fields.get("id") or next(free)
    if not isinstance(own, str) or not _ID.fullmatch(own):
        raise BadLines(f"{place}, id", "small letters and digits, at most 32")
    level = fields.get("level", 1)
    if type(level) is not int or not 1 <= level <= MOST_LEVEL:
        raise BadLines(f"{place}, level", gettext_lazy("a level is 1 to %(most)s", most=MOST_LEVEL))
    by_phone = fields.get("by_phone", False)
    if not isinstance(by_phone, bool):
        raise BadLines(f"{place}, by_phone", "true or false")
    who = _listed(f"{place}, who", fields.get("who"), MOST_PLACES)
    if not who:
        raise BadLines(
            f"{place}, who", gettext_noop("Name somebody: a person, a team’s duty or lead, or a contact.")
        )
    return Line(
        id=own,
        direction=_one_of(f"{place}, direction", fields.get("direction", FUNCTIONAL), tuple(DIRECTIONS)),
        level=level,
        who=tuple(_place(f"{place}, who {n}", one) for n, one in enumerate(who, start=1)),
        kinds=frozenset(
            _one_of(f"{place}, kinds", one, KINDS)
            for one in _listed(f"{place}, kinds", fields.get("kinds"), 20)
        ),
        priorities=frozenset(
            _priority(f"{place}, priorities", one)
            for one in _listed(f"{place}, priorities", fields.get("priorities"), 20)
        ),
        hours=_hours(f"{place}, hours", fields.get("hours")),
        by_phone=by_phone,
        may=tuple(
            _authority(f"{place}, may {n}", one)
            for n, one in enumerate(_listed(f"{place}, may", fields.get("may"), 20), start=1)
        ),
    )


def _mapping(place: str, value: object, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadLines(place, "give keys with values")
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise BadLines(
            place,
            gettext_lazy(
                "“%(given)s” is unknown; the keys are %(choices)s",
                given=unknown[0][:80],
                choices=", ".join(sorted(known)),
            ),
        )
    return value


def _listed(place: str, value: object, most: int) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > most:
        raise BadLines(place, gettext_lazy("give a list of at most %(most)s", most=most))
    return value


def _one_of(place: str, value: object, known: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise BadLines(place, gettext_lazy("one of %(choices)s", choices=", ".join(known)))
    return value


def _priority(place: str, value: object) -> int:
    if type(value) is not int or value not in PRIORITIES:
        raise BadLines(place, "priorities are 1 to 5")
    return value


def _text(place: str, value: object, limit: int) -> str:
    if not isinstance(value, str):
        raise BadLines(place, "give a text")
    text = " ".join(value.split())
    if len(text) > limit or not text.isprintable():
        raise BadLines(place, gettext_lazy("at most %(limit)s characters that can be shown", limit=limit))
    return text


def _hours(place: str, value: object) -> WeeklyHours | None:
    if value is None:
        return None
    try:
        return read_hours(value)
    except BadHours as fault:
        raise BadLines(f"{place}, {fault.place}" if fault.place else place, fault.fix) from None


def _place(place: str, value: object) -> Place:
    fields = _mapping(place, value, {"is", "id", "name", "phone", "mail"})
    kind = _one_of(f"{place}, is", fields.get("is"), PLACE_KINDS)
    phone = re.sub(r"[\s()/.-]", "", _text(f"{place}, phone", fields.get("phone") or "", 40))
    mail = _text(f"{place}, mail", fields.get("mail") or "", _MAIL_LIMIT)
    if phone and not _PHONE.fullmatch(phone):
        raise BadLines(f"{place}, phone", gettext_noop("With the country, as in +49 30 1234567."))
    if mail and not _MAIL.fullmatch(mail):
        raise BadLines(f"{place}, mail", gettext_noop("This is not an e-mail address."))
    if kind == CONTACT:
        name = _text(f"{place}, name", fields.get("name") or "", _NAME_LIMIT)
        if not name:
            raise BadLines(f"{place}, name", gettext_noop("A contact has a name."))
        if not phone and not mail:
            raise BadLines(f"{place}, phone", gettext_noop("A contact has a telephone number or an address."))
        return Place(kind, name=name, phone=phone, mail=mail)
    found = str(fields.get("id") or "").lower().replace("-", "")
    if not _HEX.fullmatch(found):
        raise BadLines(f"{place}, id", "give the id of a person or team as the API lists it")
    return Place(kind, found, phone=phone, mail=mail)


def _authority(place: str, value: object) -> Authority:
    fields = _mapping(place, value, {"what", "amount", "currency", "text"})
    what = _one_of(f"{place}, what", fields.get("what"), tuple(AUTHORITIES))
    if what == SPEND:
        currency = str(fields.get("currency") or "")
        if not _CURRENCY.fullmatch(currency):
            raise BadLines(f"{place}, currency", gettext_noop("Three letters, such as EUR."))
        return Authority(what, _amount(f"{place}, amount", fields.get("amount")), currency)
    if what == OTHER:
        text = _text(f"{place}, text", fields.get("text") or "", _TEXT_LIMIT)
        if not text:
            raise BadLines(f"{place}, text", "say what they may decide")
        return Authority(what, text=text)
    return Authority(what)


def _amount(place: str, value: object) -> str:
    try:
        amount = (
            Decimal(str(value))
            if isinstance(value, str | int) and not isinstance(value, bool)
            else Decimal(0)
        )
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or not 0 < amount < _MOST_MONEY or amount != round(amount, 2):
        raise BadLines(place, gettext_noop("An amount such as 5000 or 99.50."))
    return f"{amount:f}"


def write_lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return lines as the document that `read_lines` reads to the same lines."""
    return [
        {
            "id": line.id,
            "direction": line.direction,
            "level": line.level,
            "kinds": [kind for kind in KINDS if kind in line.kinds],
            "priorities": sorted(line.priorities),
            "hours": write_hours(line.hours) if line.hours is not None else None,
            "by_phone": line.by_phone,
            "who": [_written(place) for place in line.who],
            "may": [_decides(authority) for authority in line.may],
        }
        for line in lines
    ]


def _written(place: Place) -> dict[str, str]:
    values = {"is": place.kind, "id": place.id, "name": place.name, "phone": place.phone, "mail": place.mail}
    return {key: value for key, value in values.items() if value}


def _decides(one: Authority) -> dict[str, str]:
    values = {"what": one.what, "amount": one.amount, "currency": one.currency, "text": one.text}
    return {key: value for key, value in values.items() if value}
