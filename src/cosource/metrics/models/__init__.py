"""Questions about figures, and who has them mailed. The figures are in no table: they are made of facts (`queries`)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.agreements.rules.rights import Level, house_level, partner_level
from cosource.foundation.ids import NIL, new_id
from cosource.foundation.models import Entry
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization
from cosource.parties.models.scope import engagements_q


class FigureQuestionQuerySet(models.QuerySet["FigureQuestion"]):
    """Reads of questions, always within sight."""

    def visible_to(self, actor: Actor) -> "FigureQuestionQuerySet":
        """Return the questions between the actor's organization and another one, for who reads what the two agree."""
        organization_id = actor.organization_id
        if organization_id is None:
            return self.none()
        as_client = Q(engagement__client_id=organization_id)
        as_partner = Q(engagement__partner_id=organization_id)
        reach = Q(pk__in=[])
        # NIL is no engagement: what is left are the grants on the own desk, which hold for all engagements in sight.
        for engagement_id in (None, *sorted(actor.sight.engagement_ids)):
            there = (
                engagements_q(actor.sight, "engagement__")
                if engagement_id is None
                else Q(engagement_id=engagement_id)
            )
            if house_level(actor, engagement_id or NIL) >= Level.READ:
                reach |= there & as_client
            if partner_level(actor, engagement_id or NIL) >= Level.READ:
                reach |= there & as_partner
        return self.filter(reach)


class FigureQuestion(models.Model):
    """What one party of an engagement asks the other about a figure of their desk, and the answer.

    `figure`, `from_on`, `until_on`, `by`, `by_value`: which figure, as an address has it. `value`, `n`: what it said when it was
    asked, exactly as printed; empty: nothing was counted. What was written, and the name of the group, are in the payloads of the
    two entries, so that they can be erased.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="figure_questions")
    figure = models.CharField(max_length=60)
    from_on = models.DateField(null=True)
    until_on = models.DateField(null=True)
    by = models.CharField(max_length=80, blank=True)
    by_value = models.CharField(max_length=200, null=True)  # noqa: DJ001 - no value and a group without one are two things
    value = models.CharField(max_length=40, blank=True)
    n = models.PositiveIntegerField()
    asked_by_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    asked_by_id = models.UUIDField()
    asked_at = models.DateTimeField()
    asked_entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    answered_by_id = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", null=True)

    objects: ClassVar[FigureQuestionQuerySet] = FigureQuestionQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["engagement", "-asked_at", "-id"], name="question_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.figure}, {self.asked_at:%Y-%m-%d}"


class BoardMailQuerySet(models.QuerySet["BoardMail"]):
    """Monthly mails, each seen by the one person who asked for it, acting for the same organization."""

    def visible_to(self, actor: Actor) -> "BoardMailQuerySet":
        """Return the actor's own that are not ended."""
        sight = actor.sight
        if sight.person_id is None or sight.organization_id is None:
            return self.none()
        return self.filter(
            person_id=sight.person_id, organization_id=sight.organization_id, ended_at__isnull=True
        )


class BoardMail(models.Model):
    """Somebody has the page of a desk mailed each month.

    `desk`: an engagement, or the organization itself. `since`: when it was asked for last; `ended_at`: since when it is not
    wanted, or its reader may not read it any more. `mailed_month`: the first day of the last month that was given to the worker.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person_id = models.UUIDField()
    organization_id = models.UUIDField()
    desk = models.UUIDField()
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    mailed_month = models.DateField(null=True)

    objects: ClassVar[BoardMailQuerySet] = BoardMailQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person_id", "organization_id", "desk"], name="board_mail_once")
        ]
