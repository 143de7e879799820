"""A ticket, its names in each series, and what its source stated of it.

A ticket belongs to its owner and is worked under none, one or several engagements. What each party sees and sorts by stands in
`Participation` (its own module). Texts are payloads of the ledger; `title` is kept here as well, since lists show it.
"""

from typing import ClassVar

from django.db import models

from cosource.agreements.models import AgreementVersion
from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person, Service, Site, Team
from cosource.tickets.models.participation import Participation
from cosource.tickets.rules.sight import READS_DESKS


class TicketQuerySet(models.QuerySet["Ticket"]):
    """The choke point of every read: see `tickets.queries.scope`."""

    def visible_to(self, actor: Actor) -> "TicketQuerySet":
        """Return the tickets that the actor's organization takes part in and that a live grant reaches."""
        return self.filter(id__in=Participation.objects.visible_to(actor).values("ticket_id"))


class Ticket(models.Model):
    """One incident, service request, problem or change, worked by one or several parties in one record.

    `kind` decides by which machine `state` moves. `state` is a key of the state machine and `category` its category.
    `holder_*`: who has it now; a null organization is unknown possession, which only imported history may have. `turn`: whose
    move it is, with `turn_organization` where that is a party. `internal`: never shared with a partner. `version` rises with
    every change (If-Match). `import_id` marks imported history, `demo` sample tickets.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    kind = models.CharField(max_length=20, default="incident")
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=20)
    category = models.CharField(max_length=10)
    stated_state = models.CharField(max_length=80, blank=True)
    impact = models.PositiveSmallIntegerField()
    urgency = models.PositiveSmallIntegerField()
    priority = models.PositiveSmallIntegerField()
    topic = models.CharField(
        max_length=120, blank=True, help_text="The category in the field's sense, such as Printing."
    )
    subtopic = models.CharField(max_length=120, blank=True)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    asset_name = models.CharField(max_length=120, blank=True)
    requester = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    requester_name = models.CharField(max_length=120, blank=True)
    holder_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    holder_team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    assignee = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    named_owner = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    turn = models.CharField(max_length=12)
    turn_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    handovers = models.PositiveSmallIntegerField(default=0)
    returns = models.PositiveSmallIntegerField(default=0)
    internal = models.BooleanField(default=False)
    demo = models.BooleanField(default=False)
    import_id = models.UUIDField(null=True)
    source_key = models.CharField(max_length=80, blank=True)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[TicketQuerySet] = TicketQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "source_key"], name="ticket_of_source")]


class SeriesCounter(models.Model):
    """The last number given in a series: an organization's own desk, or an engagement."""

    series_id = models.UUIDField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class TicketReference(models.Model):
    """A ticket's name in one series, given when it is first shared there.

    Two parties' names for one ticket differ, so neither a gap nor the height of a number tells what else there is.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="references")
    series_id = models.UUIDField()
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series_id", "number"], name="reference_number_per_series"),
            models.UniqueConstraint(fields=["series_id", "text"], name="reference_text_per_series"),
        ]


class StatedFigures(models.Model):
    """What the source stated of a ticket, kept as stated beside what its events show.

    `kept`: further columns that the mapping kept, by column name, from the last line in file order.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="stated")
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reassignments = models.PositiveIntegerField(null=True)
    reopens = models.PositiveIntegerField(null=True)
    sla_met = models.BooleanField(null=True)
    knowledge = models.BooleanField(null=True)
    kept = models.JSONField(default=dict)


class Possession(models.Model):
    """A stretch of time in which one team held the ticket; a null organization is unknown possession.

    The stretches of a ticket tile its life from opening to closing without gap or overlap.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="possessions", db_index=False)
    sequence = models.PositiveIntegerField()
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "sequence"], name="possession_in_order")
        ]


class Pause(models.Model):
    """A stretch of time in which the ticket waited: for whose answer, for what reason, under which agreement version.

    A null `version` is a pause that a source stated; it stops no clock of ours. `asked_by_id`: the party that asked.
    `challenge_until`: until then the asker may say that the answer that ended the pause was none; empty where it accepted it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="pauses", db_index=False)
    sequence = models.PositiveIntegerField()
    turn = models.CharField(max_length=12)
    turn_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=80)
    version = models.ForeignKey(
        AgreementVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    asked_by_id = models.UUIDField(null=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    challenge_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "sequence"], name="pause_in_order")
        ]


class Handover(models.Model):
    """A ticket offered by the team that holds it to another, which accepts or declines. Possession moves on acceptance."""

    class State(models.TextChoices):
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="handover_rows")
    entry_id = models.UUIDField(help_text="The ledger entry whose payload holds the note.")
    from_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    from_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    to_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    to_team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    is_return = models.BooleanField(default=False)
    named_owner = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    offered_at = models.DateTimeField()
    offered_by_id = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)
    decline_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(state="offered"), name="one_open_handover_per_ticket"
            )
        ]


class Message(models.Model):
    """A piece of the conversation. Its text is the payload of the ledger entry with the same id; erasing that blanks it."""

    id = models.UUIDField(primary_key=True, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    audience_id = models.UUIDField()
    kind = models.CharField(max_length=12, default="message")
    author_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    author = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ticket", "at", "id"], name="message_of_ticket")]


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Saved views: one's own, those shared with a team, within the organization, or by both parties of an engagement."""

    def visible_to(self, actor: Actor) -> "SavedViewQuerySet":
        """Return the views that a person may open; who only asks, and a token, has none."""
        sight = actor.sight
        if sight.person_id is None or sight.organization_id is None or not sight.roles & READS_DESKS:
            return self.none()
        own = models.Q(organization_id=sight.organization_id)
        return self.filter(
            (own & models.Q(shared=SavedView.Shared.ME, person_id=sight.person_id))
            | (own & models.Q(shared=SavedView.Shared.ORGANIZATION))
            | (
                own
                & models.Q(shared=SavedView.Shared.TEAM)
                & (models.Q(team_id__in=sorted(sight.team_ids)) | models.Q(person_id=sight.person_id))
            )
            | models.Q(
                shared=SavedView.Shared.ENGAGEMENT, engagement__in=Engagement.objects.visible_to(actor)
            )
        )


class SavedView(models.Model):
    """A named set of filters and an order; re-evaluated for whoever opens it, so that sharing it shares no sight.

    `organization`, `person`: who saved it. `team`: of the organization, with whose members it is shared. `engagement`: with whose
    two parties it is shared.
    """

    class Shared(models.TextChoices):
        ME = "me"
        TEAM = "team"
        ORGANIZATION = "own"
        ENGAGEMENT = "both"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    shared = models.CharField(max_length=10, default=Shared.ME)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=400)
    created_at = models.DateTimeField()

    objects: ClassVar[SavedViewQuerySet] = SavedViewQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager
