"""What a page's address asks: which desks, which period. The same address shows the same figures to whoever may read them.

    scope=ID (again for several) · period=all | 2016-04 | 2016-Q2 · or from=DAY and until=DAY, the last not included

Not here: the figures.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cosource.foundation.doors import PageRequest
from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.metrics.queries.scopes import OpenedScope, Scope, has_figures, scopes_opened
from cosource.metrics.rules.periods import Period, month_of, period_query, quarter_of

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Asking:
    """A question. `period` None: the one to begin with. `desk`: the scope where it is one alone."""

    scopes: tuple[Scope, ...]
    scope: OpenedScope
    period: Period | None

    @property
    def desk(self) -> Scope | None:
        return next((s for s in self.scopes if s.id == self.scope[0]), None) if len(self.scope) == 1 else None

    @property
    def asked(self) -> list[Scope]:
        """Return the scopes that are asked for."""
        return [s for s in self.scopes if s.id in self.scope]

    @property
    def is_limited(self) -> bool:
        """Tell whether the reader's grants leave something of it out."""
        return any(s.is_limited for s in self.asked)

    def with_scope(self, desk_ids: Sequence[UUID]) -> "Asking":
        """Return the same question of other desks, for an address."""
        return replace(self, scope=OpenedScope(desk_ids))

    def within(self, period: Period | None) -> "Asking":
        """Return the same question of another period."""
        return replace(self, period=period)

    def query(self, **more: str) -> str:
        """Return the address's question with more to it."""
        scope = [("scope", str(i)) for i in self.scope]
        return urlencode([*scope, *period_query(self.period).items(), *more.items()])


def asking(request: PageRequest, given: QueryDict | None = None) -> Asking:
    """Return what an address asks, or another one (`given`).

    Raises: NotAllowed where the reader has no figures; NotFound, Invalid.
    """
    given = request.GET if given is None else given
    if not has_figures(request.actor):
        raise NotAllowed(_("Your role does not include figures."))
    scopes, scope = scopes_opened(request.actor, _scope(given))
    return Asking(tuple(scopes), scope, period_of(given))


def _scope(given: QueryDict) -> list[UUID] | None:
    try:
        return [UUID(text) for text in given.getlist("scope") if text] or None
    except ValueError:
        raise NotFound from None


def period_of(given: Mapping[str, str]) -> Period | None:
    """Return the period that is asked for; None where nothing is said. Raises: Invalid."""
    named = given.get("period", "")
    first, until = (_day(given.get(name, ""), name) for name in ("from", "until"))
    if first or until:
        period = Period(first, until)
        if period.is_empty:
            raise Invalid(
                _("No day lies in this period: the second day is the first one after it."),
                fields={"until": _("give a day after the first")},
                code="empty_period",
            )
        return period
    if not named:
        return None
    if named == "all":
        return Period()
    try:
        if month := _MONTH.fullmatch(named):
            return month_of(date(int(month[1]), int(month[2]), 1))
        if quarter := _QUARTER.fullmatch(named):
            return quarter_of(date(int(quarter[1]), 3 * int(quarter[2]), 1))
    except (ValueError, OverflowError):
        pass
    raise Invalid(
        _("“%(given)s” is no period.") % {"given": named[:40]},
        fields={"period": _("give all, a month as 2016-04, or a quarter as 2016-Q2")},
        code="bad_period",
    )


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            _("“%(given)s” is no day.") % {"given": text[:40]},
            fields={name: _("give a day as 2016-04-01")},
            code="bad_day",
        ) from None


def neighbours(period: Period) -> tuple[Period, Period] | None:
    """Return the month or quarter before and after; None for what is neither."""
    first, until = period.from_on, period.until_on
    if first is None or until is None:
        return None
    for kind in (month_of, quarter_of):
        if period == kind(first) and first > date(2, 1, 1) and until < date(9998, 1, 1):
            return kind(first - timedelta(days=1)), kind(until)
    return None
