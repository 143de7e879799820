"""The question that who asked for help is asked once a ticket is resolved, and whether a desk asks it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.foundation.models import AudienceReader
from cosource.foundation.sight import WORKERS, Actor
from cosource.parties.models import Organization, Person
from cosource.tickets.models.participation import Participation
from cosource.tickets.models.tickets import Ticket
from cosource.tickets.rules.sight import READS_DESKS


class SurveySettingsQuerySet(models.QuerySet["SurveySettings"]):
    """An organization's own settings, for whoever works there."""

    def visible_to(self, actor: Actor) -> "SurveySettingsQuerySet":
        """Return the settings of the actor's organization."""
        sight = actor.sight
        if sight.organization_id is None or not sight.roles_on(None) & WORKERS:
            return self.none()
        return self.filter(organization_id=sight.organization_id)


class SurveySettings(models.Model):
    """Whether a desk asks how well its tickets were solved. `every_days`: nobody is asked more often.

    `own_only`: the party that solved it does not read the answers. `version` rises with every change.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    active = models.BooleanField(default=False)
    every_days = models.PositiveSmallIntegerField(default=30)
    own_only = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[SurveySettingsQuerySet] = SurveySettingsQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class SurveyQuerySet(models.QuerySet["Survey"]):
    """Questions on tickets in sight, for the parties that read the answers and for who is asked."""

    def visible_to(self, actor: Actor) -> "SurveyQuerySet":
        """Return those that the actor may know of."""
        sight = actor.sight
        if sight.organization_id is None:
            return self.none()
        told = AudienceReader.objects.filter(organization_id=sight.organization_id)
        reach = Q(audience_id__in=told.values("audience_id"))
        if not sight.roles & READS_DESKS and sight.person_id is not None:
            reach = Q(person_id=sight.person_id)
        return self.filter(reach, ticket_id__in=Participation.objects.visible_to(actor).values("ticket_id"))


class Survey(models.Model):
    """One question on a ticket, once, as the entry with the same id says.

    `audience_id`: who reads the answer, as the form says. `score`: 1 to 5, or none yet.
    What was written with it stands in the conversation.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="survey")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    audience_id = models.UUIDField()
    asked_at = models.DateTimeField()
    score = models.PositiveSmallIntegerField(null=True)
    answered_at = models.DateTimeField(null=True)

    objects: ClassVar[SurveyQuerySet] = SurveyQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "person", "asked_at"], name="survey_of_person")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=1, score__lte=5), name="survey_score_one_to_five"
            )
        ]
