"""Participation: which organization takes part in a ticket, with the keys that its lists filter and sort by.

One row per ticket and organization. A team's queue is one index range of this table however many tickets there are. The keys
repeat what the ticket says, as this organization sees it; the services write both in one transaction.

The indexes of lists lead with organization and desk. Those over open tickets hold nothing else, so they stay small beside a
long history, and those that a list may read far into carry the other keys at their end, so that a row is passed over without
being read.
"""

from datetime import UTC, datetime
from enum import IntFlag
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from cosource.agreements.models import AgreementVersion
from cosource.foundation.ids import new_id
from cosource.foundation.sight import REQUESTER, TECHNICIAN, Actor, GrantFact, Sight
from cosource.parties.models import Engagement, Organization
from cosource.tickets.rules.sight import OWNER, READ_IN_SCOPE, READS_DESKS, WORKER

# Sorts after every real due time, so that "none" needs no second range.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class Kind(models.TextChoices):
    """Why an organization takes part: it owns the ticket, works (or worked) on it, or its engagement covers it."""

    OWNER = OWNER
    WORKER = WORKER
    SCOPE = "scope"


class Turn(models.IntegerChoices):
    """Whose turn it is, from this organization's seat."""

    MINE = 1
    CLIENT = 2
    PARTNER = 3
    REQUESTER = 4
    THIRD_PARTY = 5
    NOBODY = 6


class Beside(IntFlag):
    """What may stand beside a ticket for one of its parties."""

    LINKS = 1
    EFFORT = 2
    FOLLOWED = 4
    CHECKLIST = 8
    SURVEY = 16


# What lists filter by besides their range.
_FLAGS = ("unanswered", "came_back")
_NAMED = ("turn", "team_id", "assignee_id", *_FLAGS)


class ParticipationQuerySet(models.QuerySet["Participation"]):
    """Reads of participations, always within sight."""

    def visible_to(self, actor: Actor) -> "ParticipationQuerySet":
        """Return the rows of the actor's organization that a live grant reaches; `rules.sight` says the same of values."""
        sight = actor.sight
        if sight.organization_id is None:
            return self.none()
        reach = [q for grant in sight.grants if (q := _reach(grant, sight)) is not None]
        if not reach:
            return self.none()
        condition = reach[0]
        for more in reach[1:]:
            condition |= more
        return self.filter(condition, organization_id=sight.organization_id)


def _reach(grant: GrantFact, sight: Sight) -> Q | None:
    """Return the condition for the rows that one grant reaches, or None when its role reads no tickets."""
    own_desk = grant.engagement_id is None
    if grant.role == REQUESTER:
        return Q(kind=Kind.OWNER, requester_id=sight.person_id) if own_desk and sight.person_id else None
    if grant.role not in READS_DESKS:
        return None
    condition = Q(desk=grant.engagement_id or sight.organization_id)
    mine = Q(team_id__in=sight.team_ids) | Q(offered_team_id__in=sight.team_ids)
    if sight.person_id is not None:
        mine |= Q(assignee_id=sight.person_id)
    if grant.role == TECHNICIAN and own_desk:
        # The desk's own people see all of it but what is internal and not theirs.
        condition &= Q(internal=False) | mine
    elif grant.role == TECHNICIAN:
        condition &= Q() if READ_IN_SCOPE in grant.rights else (Q(kind=Kind.WORKER) & mine)
    if grant.service_ids:
        condition &= Q(service_id__in=grant.service_ids)
    if grant.site_ids:
        condition &= Q(site_id__in=grant.site_ids)
    if grant.history_from is not None:
        condition &= Q(opened_at__gte=grant.history_from)
    if grant.history_until is not None:
        condition &= Q(opened_at__lt=grant.history_until)
    return condition


class Participation(models.Model):
    """An organization's part in a ticket.

    `desk`: the engagement under which it takes part, or the organization itself for its own desk; a grant reaches one desk.
    `team_id`, `assignee_id`: this organization's team and person on it; they stay when the ticket moves on.
    `offered_team_id`: its team that is to answer an offered handover, and `team` too, unless the organization holds the ticket
    itself. `holds`: it is with this organization now.
    `unanswered`: a handover waits for this organization's answer. `joint`: the other joint parties know of it. `next_due_at`:
    the earliest open due time that concerns this organization, `NEVER` for none. `agreement_version`: pinned when the ticket
    was first shared here. `asked_at`: when this party was first asked to work on it, from which its clocks run; none while it
    only covers the ticket. `about`: the ticket's kind. `to_approve`: it waits for this party's approval. `revision` rises
    with whatever this party learns of the ticket (If-Match), not with what others say among themselves. `beside`: what is rarely
    there and this party may read beside the ticket, as bits of `Beside`; null for nothing, so that a page asks for none of it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(
        "tickets.Ticket", on_delete=models.CASCADE, related_name="participations", db_index=False
    )
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    desk = models.GeneratedField(
        expression=Coalesce("engagement", "organization", output_field=models.UUIDField()),
        output_field=models.UUIDField(),
        db_persist=True,
    )
    kind = models.CharField(max_length=6, choices=Kind)
    reference = models.CharField(max_length=40)
    about = models.CharField(max_length=8, default="incident", db_default="incident")
    agreement_version = models.ForeignKey(
        AgreementVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    owner_id = models.UUIDField()
    service_id = models.UUIDField(null=True)
    site_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    offered_team_id = models.UUIDField(null=True)
    assignee_id = models.UUIDField(null=True)
    requester_id = models.UUIDField(null=True)
    internal = models.BooleanField(default=False)
    holds = models.BooleanField(default=False)
    unanswered = models.BooleanField(default=False)
    came_back = models.BooleanField(default=False)
    to_approve = models.BooleanField(default=False, db_default=False)
    joint = models.BooleanField(default=False)
    open = models.BooleanField(default=True)
    category = models.CharField(max_length=10)
    turn = models.PositiveSmallIntegerField(choices=Turn)
    priority = models.PositiveSmallIntegerField()
    next_due_at = models.DateTimeField(default=NEVER)
    asked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1, db_default=1)
    beside = models.PositiveSmallIntegerField(null=True)

    objects: ClassVar[ParticipationQuerySet] = ParticipationQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "organization"], name="participation_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "desk", "next_due_at", "id"], name="open_due", condition=Q(open=True)
            ),
            models.Index(
                fields=["organization", "desk", "priority", "next_due_at", "id", *_NAMED],
                name="open_priority",
                condition=Q(open=True),
            ),
            models.Index(
                fields=["organization", "desk", "opened_at", "id", "priority", "next_due_at", *_NAMED],
                name="open_newest",
                condition=Q(open=True),
            ),
            models.Index(
                fields=["organization", "desk", "turn", "next_due_at", "id", "priority", *_FLAGS],
                name="open_turn",
                condition=Q(open=True),
            ),
            models.Index(
                fields=["organization", "desk", "team_id", "next_due_at", "id", "priority", "turn", *_FLAGS],
                name="open_team",
                condition=Q(open=True),
            ),
            models.Index(
                fields=[
                    "organization",
                    "desk",
                    "assignee_id",
                    "next_due_at",
                    "id",
                    "priority",
                    "turn",
                    "team_id",
                    *_FLAGS,
                ],
                name="open_assignee",
                condition=Q(open=True),
            ),
            # Few rows among many: with the flag in front as well, SQLite too prefers them to a long way through another order.
            *(
                models.Index(
                    fields=["organization", "desk", flag, *order, "id"],
                    name=f"open_{flag}_{name}",
                    condition=Q(open=True) & Q((flag, True)),
                )
                for flag in ("unanswered", "came_back", "to_approve")
                for name, order in (
                    ("due", ["next_due_at"]),
                    ("prio", ["priority", "next_due_at"]),
                    ("new", ["opened_at"]),
                )
            ),
            models.Index(
                fields=["organization", "desk", "offered_team_id", "holds", "next_due_at", "id"],
                name="open_offered",
                condition=Q(open=True, unanswered=True),
            ),
            models.Index(
                fields=["organization", "desk", "about", "next_due_at", "id"],
                name="open_about",
                condition=Q(open=True),
            ),
            models.Index(
                fields=["organization", "desk", "next_due_at", "id"], name="over_due", condition=Q(open=False)
            ),
            models.Index(
                fields=["organization", "desk", "priority", "next_due_at", "id"],
                name="over_priority",
                condition=Q(open=False),
            ),
            models.Index(
                fields=["organization", "desk", "opened_at", "id"],
                name="over_newest",
                condition=Q(open=False),
            ),
            models.Index(fields=["requester_id", "opened_at", "id"], name="part_requester"),
            models.Index(fields=["organization", "reference"], name="part_reference"),
        ]

    def has_beside(self, what: Beside) -> bool:
        """Tell whether something of this kind stands beside the ticket for this party."""
        return bool((self.beside or 0) & what)
