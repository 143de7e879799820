"""Who is on duty: of teams at an instant for those who decide by it, and as a roster for a team's own people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cosource.calendars.rules.weekly import WEEKDAYS, WeeklyHours, clock_time
from cosource.foundation.sight import Actor
from cosource.parties.models import DutyShift
from cosource.parties.models.scope import live_q
from cosource.parties.queries.people import team_get
from cosource.parties.rules.duty import Duty, Shift, duty_at

_DAY_MINUTES = 24 * 60
_every_day, _week = _("every day"), _("%(days)s %(begin)s–%(end)s, %(zone)s")
DAY_NAMES = dict(
    zip(WEEKDAYS, (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")), strict=True)
)


def days_in_words(days: Sequence[str]) -> str:
    """Return weekdays in words, three or more that follow each other as a stretch."""
    runs: list[list[str]] = []
    for place, day in enumerate(WEEKDAYS):
        if day not in days:
            continue
        if runs and runs[-1][-1] == WEEKDAYS[place - 1]:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = [
        f"{DAY_NAMES[run[0]]}–{DAY_NAMES[run[-1]]}"
        if len(run) > 2
        else ", ".join(str(DAY_NAMES[d]) for d in run)
        for run in runs
    ]
    return ", ".join(said)


def week_in_words(hours: WeeklyHours) -> str:
    """Return days and time of weekly hours in words, without whether they are meant or all others."""
    return _week % {
        "days": _every_day if len(hours.days) == len(WEEKDAYS) else days_in_words(hours.days),
        "begin": clock_time(hours.from_minute),
        "end": clock_time(hours.until_minute or _DAY_MINUTES),
        "zone": hours.zone,
    }


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """A shift as a page or program shows it; `name`: of the person, empty for the whole team; `is_now`: it holds now."""

    id: UUID
    person_id: UUID | None
    name: str
    day_keys: tuple[str, ...]
    begins: str
    ends: str
    zone: str
    is_now: bool

    @property
    def days(self) -> str:
        """Return the days in words."""
        return days_in_words(self.day_keys)


@dataclass(frozen=True, slots=True)
class Roster:
    """The shifts of one team, and who is on duty now: names, or the whole team."""

    shifts: list[ShiftLine]
    whole_team: bool
    names: list[str]

    @property
    def on_duty(self) -> bool:
        """Tell whether anybody is on duty now."""
        return self.whole_team or bool(self.names)


def shifts_of(team_ids: Collection[UUID], at: datetime) -> dict[UUID, tuple[Shift, ...]]:
    """Return the shifts of teams that are live at an instant. One statement."""
    found: dict[UUID, list[Shift]] = {}
    if not team_ids:
        return {}
    for row in DutyShift.objects.filter(live_q(at), team_id__in=team_ids).order_by("starts_at", "id"):
        found.setdefault(row.team_id, []).append(shift_of(row))
    return {team_id: tuple(shifts) for team_id, shifts in found.items()}


def duty_of(team_ids: Collection[UUID], at: datetime) -> dict[UUID, Duty]:
    """Return the duty of teams at an instant; a team that is not there keeps no roster. One statement."""
    return {team_id: duty_at(shifts, at) for team_id, shifts in shifts_of(team_ids, at).items()}


def shift_of(row: DutyShift) -> Shift:
    """Return a row as rules see it."""
    hours = WeeklyHours(row.zone, tuple(row.days), row.from_minute, row.until_minute)
    return Shift(hours, row.person_id.hex if row.person_id else "")


def roster_of(actor: Actor, team_id: UUID, *, at: datetime) -> Roster:
    """Return the roster of one of the actor's own teams. Raises: NotFound, also for the other party's team."""
    team_get(actor, team_id, at=at)
    rows = DutyShift.objects.filter(live_q(at), team_id=team_id).select_related("person")
    lines = [_line(row, at) for row in rows.order_by("zone", "from_minute", "id")]
    now = [line for line in lines if line.is_now]
    names = sorted({line.name for line in now if line.name})
    return Roster(lines, any(not line.name for line in now), names)


def _line(row: DutyShift, at: datetime) -> ShiftLine:
    return ShiftLine(
        row.id,
        row.person_id,
        row.person.name if row.person else "",
        tuple(row.days),
        clock_time(row.from_minute),
        clock_time(row.until_minute or _DAY_MINUTES),
        row.zone,
        shift_of(row).hours.holds(at),
    )
