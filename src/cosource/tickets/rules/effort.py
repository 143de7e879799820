"""Time and cost of work on a ticket: kinds of activity, reading what somebody typed, and adding up. Nothing here ranks people.

Not here: who reads what of it (`models.effort`, `queries.effort`).
"""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from cosource.tickets.rules.wording import gettext_noop

ACTIVITIES = {
    "remote": gettext_noop("Remote work"),
    "on_site": gettext_noop("Work on site"),
    "travel": gettext_noop("Travel"),
    "coordination": gettext_noop("Coordination"),
    "other": gettext_noop("Other"),
}
MOST_MINUTES = 24 * 60
MOST_COST = Decimal(10_000_000)
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
_CURRENCY = re.compile(r"[A-Z]{3}")


def minutes_of(text: str) -> int | None:
    """Read a duration: minutes, or hours and minutes with a colon; None for anything else, or more than a day.

    >>> minutes_of("90"), minutes_of("1:30"), minutes_of("0"), minutes_of("25:00"), minutes_of("1:5")
    (90, 90, None, None, None)
    """
    wanted = text.strip()
    clock = _CLOCK.fullmatch(wanted)
    if clock:
        minutes = int(clock[1]) * 60 + int(clock[2])
    elif wanted.isascii() and wanted.isdecimal() and len(wanted) <= 4:
        minutes = int(wanted)
    else:
        return None
    return minutes if 1 <= minutes <= MOST_MINUTES else None


def duration_text(minutes: int) -> str:
    """Write minutes as hours and minutes.

    >>> duration_text(95), duration_text(5)
    ('1:35', '0:05')
    """
    return f"{minutes // 60}:{minutes % 60:02d}"


def cost_of(amount: str, currency: str) -> tuple[Decimal, str] | None:
    """Read an amount with two decimals at most and the three letters of its currency; None for anything else.

    >>> cost_of("12.50", "eur"), cost_of("12,5", "EUR"), cost_of("-1", "EUR"), cost_of("1", "Euro")
    ((Decimal('12.50'), 'EUR'), (Decimal('12.50'), 'EUR'), None, None)
    """
    code = currency.strip().upper()
    try:
        value = Decimal(amount.strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 <= value <= MOST_COST or not _CURRENCY.fullmatch(code):
        return None
    exact = value.quantize(Decimal("0.01"))
    return (exact, code) if exact == value else None


def costs_summed(costs: Iterable[tuple[Decimal, str]]) -> dict[str, Decimal]:
    """Add amounts up, each currency by itself.

    >>> costs_summed([(Decimal("1.50"), "EUR"), (Decimal("2.00"), "CHF"), (Decimal("1.50"), "EUR")])
    {'CHF': Decimal('2.00'), 'EUR': Decimal('3.00')}
    """
    found: dict[str, Decimal] = {}
    for amount, currency in costs:
        found[currency] = found.get(currency, Decimal(0)) + amount
    return dict(sorted(found.items()))
