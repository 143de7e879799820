"""Who of a team is on duty at an instant, by its shifts. Follow-the-sun is shifts of several teams in zones of their own.

Not here: where shifts are kept (`models.duty`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cosource.calendars.rules.weekly import WeeklyHours


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of a week in which somebody is on duty. `person`: an id as hex; empty for the whole team."""

    hours: WeeklyHours
    person: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """A team's duty at an instant. `kept`: it keeps a roster at all. `people`: who is named; `whole_team`: everybody is."""

    kept: bool = False
    whole_team: bool = False
    people: frozenset[str] = frozenset()

    @property
    def on_duty(self) -> bool | None:
        """Tell whether anybody is on duty; None where no roster is kept."""
        return (self.whole_team or bool(self.people)) if self.kept else None

    def has(self, person: str) -> bool | None:
        """Tell whether one of the team's people is on duty; None where no roster is kept."""
        return (self.whole_team or person in self.people) if self.kept else None


def duty_at(shifts: Iterable[Shift], at: datetime) -> Duty:
    """Return who is on duty at an aware instant in UTC.

    >>> from datetime import UTC
    >>> day = WeeklyHours("Asia/Tokyo", ("mon", "tue", "wed", "thu", "fri"), 9 * 60, 17 * 60)
    >>> monday = datetime(2026, 3, 2, 1, tzinfo=UTC)  # ten in the morning in Tokyo
    >>> duty_at([Shift(day)], monday).on_duty, duty_at([Shift(day)], monday.replace(hour=9)).on_duty
    (True, False)
    >>> duty_at([], monday).on_duty is None
    True
    """
    kept = list(shifts)
    holding = [shift for shift in kept if shift.hours.holds(at)]
    return Duty(
        kept=bool(kept),
        whole_team=any(not shift.person for shift in holding),
        people=frozenset(shift.person for shift in holding if shift.person),
    )
