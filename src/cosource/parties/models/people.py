"""People, whom they work for, where they are placed, and the teams they belong to.

`Person` is the user model. An employer is effective-dated: a leaver's access ends with the employment, whatever grants remain.
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models.engagements import Engagement
from cosource.parties.models.organizations import Organization, Site
from cosource.parties.models.scope import STAFF, is_staff, live_q, reach_q


class PersonQuerySet(models.QuerySet["Person"]):
    """People, each seen by their own organization; the other party gets a directory of names, never these rows."""

    def visible_to(self, actor: Actor) -> "PersonQuerySet":
        """Return the people who work or worked for the actor's organization or are placed with it; oneself at least."""
        sight = actor.sight
        if sight.person_id is None or sight.organization_id is None:
            return self.none()
        oneself = Q(id=sight.person_id)
        if not sight.roles & STAFF:
            return self.filter(oneself)
        employed = Employment.objects.filter(organization_id=sight.organization_id)
        placed = Placement.objects.filter(
            live_q(sight.resolved_at), host_id=sight.organization_id, agreed_by_host_at__isnull=False
        )
        return self.filter(
            oneself | Q(id__in=employed.values("person_id")) | Q(id__in=placed.values("person_id"))
        )


class PersonManager(BaseUserManager["Person"]):
    """Finds a person by the address they sign in with, compared without case; or within an actor's sight."""

    def get_queryset(self) -> PersonQuerySet:
        """Return a queryset that knows sight."""
        return PersonQuerySet(self.model, using=self._db)

    def visible_to(self, actor: Actor) -> PersonQuerySet:
        """Return the people that the actor may know of."""
        return self.get_queryset().visible_to(actor)

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person with this address."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody who signs in. No person is a superuser: nobody sees content without a grant.

    `time_zone`, `locale`, `theme`: how pages are shown to this person; empty follows the organization or the browser.
    `phone`: as `+` and digits, by which the own desk finds who calls; partners have it only where an
    escalation matrix names the person.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    locale = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    theme = models.CharField(max_length=6, blank=True)
    phone = models.CharField(max_length=16, blank=True, default="", db_default="")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """When a person was here last, and when they had left before they came back (`services.presence`); read by nobody else."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    seen_at = models.DateTimeField()
    away_from = models.DateTimeField(null=True)


class Employment(models.Model):
    """A person's employer over a half-open range of time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="employments")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="employments")
    title = models.CharField(max_length=120, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "starts_at"], name="employment_of_person")]


class PlacementQuerySet(models.QuerySet["Placement"]):
    """Placements, seen by employer and host, and by the person placed."""

    def visible_to(self, actor: Actor) -> "PlacementQuerySet":
        """Return the placements that the actor may know of."""
        sight = actor.sight
        if sight.person_id is None or sight.organization_id is None:
            return self.none()
        oneself = Q(person_id=sight.person_id)
        if not sight.roles & STAFF:
            return self.filter(oneself)
        both = Q(employer_id=sight.organization_id) | Q(host_id=sight.organization_id)
        return self.filter(oneself | both)


class Placement(models.Model):
    """A partner's person who works embedded at a host: sees as the host's teams do, and nothing of the employer's own there.

    Both sides record it: `agreed_by_host_at` is empty until the host accepts, and nothing is seen before.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="placements")
    employer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    host = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="placements")
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, null=True, related_name="placements")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="placements")
    works_on = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    agreed_by_host_at = models.DateTimeField(null=True)

    objects: ClassVar[PlacementQuerySet] = PlacementQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class TeamQuerySet(models.QuerySet["Team"]):
    """Teams: one's own, those of a kept stand-in, and those that the other side of an engagement offers there."""

    def visible_to(self, actor: Actor) -> "TeamQuerySet":
        """Return the teams that the actor may know of."""
        sight = actor.sight
        if sight.organization_id is None or not sight.roles & STAFF:
            return self.none()
        own = Q(organization_id=sight.organization_id)
        if sight.as_host:
            return self.filter(own)
        reached = reach_q(sight, "engagement__")
        at = sight.resolved_at
        offered = EngagementTeam.objects.filter(reached, live_q(at)).filter(live_q(at, "engagement__"))
        kept = Q(organization__kept_by_id=sight.organization_id, organization__stand_in=True)
        return self.filter(own | kept | Q(id__in=offered.values("team_id")))


class Team(models.Model):
    """A group of one organization that holds tickets. `mailbox`: the team's own address, shown to the other party."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    mailbox = models.EmailField(blank=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[TeamQuerySet] = TeamQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="team_name_per_owner")
        ]

    def __str__(self) -> str:
        return self.name


class EngagementTeam(models.Model):
    """A team that works under an engagement: the other party sees its name and may hand tickets to it.

    A partner of two clients so shows each of them only the teams that work for it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="offered_teams")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="offered_on")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)


class Membership(models.Model):
    """A person in a team over a half-open range of time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    leads = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)


class SkillQuerySet(models.QuerySet["Skill"]):
    """Skills, named by each organization for itself."""

    def visible_to(self, actor: Actor) -> "SkillQuerySet":
        """Return the skills of the actor's organization."""
        organization_id = actor.sight.organization_id
        if organization_id is None or not is_staff(actor.sight):
            return self.none()
        return self.filter(organization_id=organization_id)


class Skill(models.Model):
    """Something a person can do, named by the organization that needs it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="skills")
    name = models.CharField(max_length=80)

    objects: ClassVar[SkillQuerySet] = SkillQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="skill_name_per_owner")
        ]

    def __str__(self) -> str:
        return self.name


class PersonSkill(models.Model):
    """A person's skill, level 1 (learning) to 4 (teaches others)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="holders")
    level = models.PositiveSmallIntegerField(default=2)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "skill"], name="skill_once_per_person")
        ]
