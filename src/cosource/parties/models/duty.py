"""Duty rosters: the hours of a week in which a team, or one of its people, is on duty; and when people are away."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models.organizations import Organization
from cosource.parties.models.people import Person, Team
from cosource.parties.models.scope import is_staff


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


class AbsenceQuerySet(models.QuerySet["Absence"]):
    """Absences, known to those who work for the organization; to the other party of an engagement never."""

    def visible_to(self, actor: Actor) -> "AbsenceQuerySet":
        """Return the absences of the actor's organization."""
        if actor.sight.organization_id is None or actor.sight.as_host or not is_staff(actor.sight):
            return self.none()
        return self.filter(organization_id=actor.sight.organization_id)


class Absence(models.Model):
    """A half-open range of time in which somebody who works for an organization cannot be asked; why is nobody's business.

    One that was called off ends when it was; before its start it is then of no length.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects: ClassVar[AbsenceQuerySet] = AbsenceQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "ends_at"], name="absence_of_organization")]
