"""A desk's recurring tickets: what there is, which calendars there are to name, and when one opens next."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cosource.agreements.queries.terms import terms_in_force
from cosource.calendars.rules.laying_out import is_shut
from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization
from cosource.tickets.models import RecurringTicket
from cosource.tickets.rules.recurrence import Rule, next_dates, reach, rule_read

SHOWN = 300
# Closed days of years to come are known for about so long; a rule that comes more rarely is looked for longer.
_HORIZON = timedelta(days=366 * 3)


def recurring_tickets(actor: Actor) -> list[RecurringTicket]:
    """Return the recurring tickets of the actor's desk, the next one first. One query."""
    found = RecurringTicket.objects.visible_to(actor).filter(ended_at__isnull=True)
    rows = found.select_related("template", "engagement__client").order_by("next_at", "name", "id")
    return list(rows[:SHOWN])


def recurring_get(recurring_id: UUID, actor: Actor) -> RecurringTicket:
    """Return one in sight, also one that was taken away. Raises: NotFound."""
    found = RecurringTicket.objects.visible_to(actor).filter(id=recurring_id)
    row = found.select_related("template", "engagement__client", "organization").first()
    if row is None:
        raise NotFound
    return row


def calendar_names(organization_id: UUID, at: datetime) -> list[str]:
    """Return the calendars that the organization's own agreement in force names. One small query."""
    terms = terms_in_force(engagement_id=None, owner_id=organization_id, at=at)
    return sorted(terms.calendars) if terms else []


def own_zone(organization_id: UUID) -> str:
    """Return the time zone that a desk's rules begin with."""
    kept = Organization.objects.filter(id=organization_id).values_list("time_zone", flat=True).first()
    return kept or "UTC"


def holidays_of(organization_id: UUID, name: str, at: datetime) -> Callable[[date], bool] | None:
    """Return the test of a day by a calendar of the desk; None where no calendar is named, or it is named no more."""
    if not name:
        return None
    terms = terms_in_force(engagement_id=None, owner_id=organization_id, at=at)
    calendar = terms.calendars.get(name) if terms else None
    return partial(is_shut, calendar) if calendar else None


def dates_after(row: RecurringTicket, after: datetime, at: datetime, *, count: int = 5) -> list[datetime]:
    """Return when a recurring ticket opens after an instant; what its calendar says is that of the terms in force at `at`."""
    is_holiday = holidays_of(row.organization_id, row.calendar, at)
    more = () if is_holiday is None else (row.on_holidays, is_holiday)
    rule = rule_read(row.rule)
    found = next_dates(rule, row.zone, after, row.first_on, *more, count=count)
    begins = datetime.combine(row.first_on, time(), UTC)
    return [instant for instant in found if instant <= max(after, at, begins) + max(_HORIZON, reach(rule))]


def rule_words(rule: Rule) -> str:
    """Say a rule in the reader's language."""
    values = {"time": f"{rule.at:%H:%M}", "n": rule.each, "day": rule.month_day}
    values["days"] = _(" and ").join(str(WEEKDAYS[day]) for day in rule.days) or _("working day")
    places = {
        1: pgettext("of a month", "first"),
        2: pgettext("of a month", "second"),
        3: pgettext("of a month", "third"),
        4: pgettext("of a month", "fourth"),
        -1: pgettext("of a month", "last"),
    }
    values["place"] = places.get(rule.place, "")
    if rule.working and not rule.place:
        return _("every working day at %(time)s") % values
    once = rule.each == 1
    if rule.unit == "day":
        return (_("every day at %(time)s") if once else _("every %(n)d days at %(time)s")) % values
    if rule.unit == "week":
        said = _("every %(days)s at %(time)s") if once else _("every %(n)d weeks on %(days)s at %(time)s")
    elif rule.month_day:
        said = (
            _("every month on day %(day)d at %(time)s")
            if once
            else _("every %(n)d months on day %(day)d at %(time)s")
        )
    else:
        said = (
            _("every %(place)s %(days)s of the month at %(time)s")
            if once
            else _("every %(n)d months on the %(place)s %(days)s at %(time)s")
        )
    return said % values
