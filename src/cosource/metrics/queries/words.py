"""How figures are written: exactly as they are printed everywhere, in the reader's language.

Not here: what they are (`rules.figure`).
"""

from datetime import date, timedelta

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import DECIMALS, Unit
from cosource.metrics.rules.periods import Period, month_of, quarter_of

_HOURS_OF_A_DAY = 24


def number_words(value: float | bool | None, unit: Unit) -> str:
    """Return a value without its unit; a share in percent, with as many decimals as it is printed with."""
    if value is None:
        return "–"
    decimals = DECIMALS[unit] - 2 if unit is Unit.SHARE else 0 if isinstance(value, int) else DECIMALS[unit]
    # Rounded first: Django cuts what is beyond the decimals off.
    said = round(100 * value if unit is Unit.SHARE else value, decimals)
    return number_format(said, decimal_pos=decimals, force_grouping=True)


def unit_words(unit: Unit) -> str:
    """Return the sign of a unit; nothing for what is merely counted."""
    return {Unit.SHARE: "%", Unit.HOURS: pgettext("unit", "h"), Unit.SECONDS: pgettext("unit", "s")}.get(
        unit, ""
    )


def value_words(value: float | bool | None, unit: Unit) -> str:
    """Return a value with its unit, such as `40.59 %`."""
    return f"{number_words(value, unit)} {unit_words(unit)}".rstrip() if value is not None else "–"


def rough_words(figure: Figure) -> str:
    """Return about how long a duration is, in days; nothing for less than two days, or for what is no duration."""
    if figure.unit is not Unit.HOURS or not figure.value or figure.value < 2 * _HOURS_OF_A_DAY:
        return ""
    return _("%(days)s days") % {
        "days": number_format(round(figure.value / _HOURS_OF_A_DAY, 1), decimal_pos=1, force_grouping=True)
    }


def month_words(on: date) -> str:
    """Return the name of a month."""
    return date_format(on, pgettext("date format", "F Y"))


def day_words(on: date) -> str:
    """Return a day."""
    return date_format(on, pgettext("date format", "j M Y"))


def period_words(period: Period) -> str:
    """Return what a period is called: a month, a quarter, days, or all time."""
    first, until = period.from_on, period.until_on
    if first is None and until is None:
        return _("all time")
    if first is not None and period == month_of(first):
        return month_words(first)
    if first is not None and period == quarter_of(first):
        return _("quarter %(n)s of %(year)s") % {"n": (first.month + 2) // 3, "year": first.year}
    if until is None:
        return _("since %(day)s") % {"day": day_words(first) if first else ""}
    last = day_words(until - timedelta(days=1))
    return f"{day_words(first)} – {last}" if first else _("up to %(day)s") % {"day": last}
