"""Duty rosters: the hours of a week in which a team, or one of its people, is on duty."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.parties.models.people import Person, Team


class DutyShift(models.Model):
    """A shift that comes back every week, over a half-open range of time. A team without any keeps no roster.

    `person`: who is on duty; empty for the whole team. `days`: of `calendars.rules.weekly.WEEKDAYS`, in `zone`. `from_minute`,
    `until_minute`: after local midnight; until before from goes on into the next day.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="shifts", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    zone = models.CharField(max_length=60)
    days = models.JSONField()
    from_minute = models.PositiveSmallIntegerField()
    until_minute = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["team", "starts_at"], name="shift_of_team")]
