"""Clocks of a ticket, and the steps of the ladder that they reached.

Whether a clock is met is derived each time it is read; what is kept beside its start and end is for lists and for the worker.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.agreements.models import AgreementVersion
from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person
from cosource.tickets.models.participation import Participation
from cosource.tickets.models.tickets import Ticket


class Clock(models.Model):
    """A target of one agreement version running on one ticket, until it is met or stopped.

    `engagement` null: the owner's own desk. `owed_by`: the party that has to act. `round`: which one of its kind, from 1.
    `first_due_at`: when it would be due had nothing paused it.
    `met_at`: when what it waits for happened; `stopped_at`: since when it waits for nothing. `elsewhere`: stretches in which it
    stood still because the ticket was with others, as pairs of instants. `late_at`, `late_from_minutes`: when a longer target
    came late in the window, and what it was before.
    Kept for lists and the worker: `due_at`; `paused`: it stands still now; `next_step_at`: when the next step of the ladder
    comes, none for those ahead while it stands still or has ended; `raised`: which steps came, bit by number, which guards each
    claim.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    owed_by = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10)
    round = models.PositiveIntegerField(default=1, db_default=1)
    priority = models.PositiveSmallIntegerField(default=3, db_default=3)
    target_minutes = models.PositiveIntegerField()
    calendar = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    first_due_at = models.DateTimeField()
    due_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    elsewhere = models.JSONField(default=list)
    late_at = models.DateTimeField(null=True)
    late_from_minutes = models.PositiveIntegerField(null=True)
    paused = models.BooleanField(default=False, db_default=False)
    next_step_at = models.DateTimeField(null=True)
    raised = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket", "engagement", "kind", "round"],
                condition=Q(engagement__isnull=False),
                name="clock_once",
            ),
            models.UniqueConstraint(
                fields=["ticket", "kind", "round"],
                condition=Q(engagement__isnull=True),
                name="owner_clock_once",
            ),
        ]
        indexes: ClassVar = [
            # Neither constraint covers all clocks, so neither finds those of a ticket.
            models.Index(fields=["ticket"], name="clock_of_ticket"),
            models.Index(
                fields=["next_step_at", "id"], name="clock_next_step", condition=Q(next_step_at__isnull=False)
            ),
        ]


class EscalationQuerySet(models.QuerySet["Escalation"]):
    """Steps that were raised, each read by the party that was told, and by the other where it was told too."""

    def visible_to(self, actor: Actor) -> "EscalationQuerySet":
        """Return the raised steps that concern the actor's organization, on tickets in its sight."""
        party = actor.sight.organization_id
        return self.filter(
            Q(party_id=party) | Q(other_party_id=party),
            state=Escalation.State.RAISED,
            ticket_id__in=Participation.objects.visible_to(actor).values("ticket_id"),
        )


class Escalation(models.Model):
    """A step of the ladder that a clock reached; never a second time.

    `step`: its number in the agreement version that the clock runs by. `due_at`: when it was to come; `raised_at`: when the
    worker claimed it. `state`: raised; spared, since the party had acknowledged; or past its hours, where the agreement has it
    at other hours only. `party`: who is told; `other_party`: the counterpart that reads it as well. `told`: the people.
    `is_warning`: it came before the due time. `entry_id`: its ledger entry.
    """

    class State(models.TextChoices):
        RAISED = "raised"
        SPARED = "spared"
        OFF_HOURS = "off_hours"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="escalations", db_index=False)
    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="escalations", db_index=False)
    step = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.RAISED)
    notify = models.CharField(max_length=12)
    is_warning = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    party = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    other_party = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    audience_id = models.UUIDField(null=True)
    entry_id = models.UUIDField(null=True)
    told = models.JSONField(default=list)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    objects: ClassVar[EscalationQuerySet] = EscalationQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clock", "step"], name="escalation_step_once")
        ]
        indexes: ClassVar = [models.Index(fields=["ticket", "raised_at", "id"], name="escalation_of_ticket")]
