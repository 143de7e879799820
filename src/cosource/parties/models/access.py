"""Grants, integration tokens, invitations and sign-in providers: how somebody comes to see anything.

Not here: what a grant lets its holder see (`parties.queries.sight`) or do (policies of each room).
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.foundation.ids import new_id
from cosource.foundation.sight import ADMINISTRATOR, AUDITOR, SERVICE_OWNER, TECHNICIAN, Actor
from cosource.parties.models.engagements import Engagement
from cosource.parties.models.organizations import Organization
from cosource.parties.models.people import Person
from cosource.parties.models.scope import RIGHTS_READERS


class IntegrationTokenQuerySet(models.QuerySet["IntegrationToken"]):
    """Tokens of one's own organization; their secret is nowhere."""

    def visible_to(self, actor: Actor) -> "IntegrationTokenQuerySet":
        """Return the tokens that the actor may know of."""
        sight = actor.sight
        organization_id = sight.organization_id
        if sight.person_id is None or organization_id is None or sight.as_host:
            return self.none()
        if not sight.roles & RIGHTS_READERS:
            return self.none()
        return self.filter(organization_id=organization_id)


class IntegrationToken(models.Model):
    """A program's key, made by one organization for itself. Only its digest is kept; it is shown once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    may_write = models.BooleanField(default=False)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    objects: ClassVar[IntegrationTokenQuerySet] = IntegrationTokenQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class GrantQuerySet(models.QuerySet["Grant"]):
    """Rights: all of one's organization for those who answer for them, one's own for everybody else.

    The client side of an engagement also sees who of the partner holds rights on it.
    """

    def visible_to(self, actor: Actor) -> "GrantQuerySet":
        """Return the grants that the actor may know of."""
        sight = actor.sight
        organization_id = sight.organization_id
        if sight.person_id is None or organization_id is None:
            return self.none()
        reach = Q(person_id=sight.person_id, organization_id=organization_id)
        desk = sight.roles_on(None)
        if desk & RIGHTS_READERS:
            reach |= Q(organization_id=organization_id)
        if desk & {SERVICE_OWNER, TECHNICIAN, AUDITOR, ADMINISTRATOR} and not sight.as_host:
            reach |= Q(engagement__client_id=organization_id)
        answering = {
            g.engagement_id for g in sight.grants if g.engagement_id is not None and g.role in RIGHTS_READERS
        }
        reach |= Q(engagement_id__in=answering, organization_id=organization_id)
        reach |= Q(engagement_id__in=answering, engagement__client_id=organization_id)
        return self.filter(reach)


class Grant(models.Model):
    """A role for a person or a token, on the organization's own desk or on one engagement.

    Two time bounds: `starts_at`/`ends_at` say when the grant is live; `history_from`/`history_until` which objects it reaches,
    by when they were opened. `service_ids`, `site_ids`: empty means all that the engagement covers. `rights`: delegated rights.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="grants")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="grants")
    token = models.ForeignKey(IntegrationToken, on_delete=models.PROTECT, null=True, related_name="grants")
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, null=True, related_name="grants")
    role = models.CharField(max_length=20)
    service_ids = models.JSONField(default=list)
    site_ids = models.JSONField(default=list)
    rights = models.JSONField(default=list)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    history_from = models.DateTimeField(null=True)
    history_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    granted_by_id = models.UUIDField(null=True)

    objects: ClassVar[GrantQuerySet] = GrantQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, token__isnull=True)
                | Q(person__isnull=True, token__isnull=False),
                name="grant_has_one_holder",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["person", "organization"], name="grant_of_person")]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations into one's organization, or into a stand-in it keeps."""

    def visible_to(self, actor: Actor) -> "InvitationQuerySet":
        """Return the invitations that the actor may know of."""
        sight = actor.sight
        organization_id = sight.organization_id
        if sight.person_id is None or organization_id is None or sight.as_host:
            return self.none()
        if not sight.roles & RIGHTS_READERS:
            return self.none()
        own = Q(organization_id=organization_id, claims_stand_in=False)
        kept = Q(organization__kept_by_id=organization_id, claims_stand_in=True)
        return self.filter(own | kept)


class Invitation(models.Model):
    """A link that makes somebody a member of an organization, or lets an absent party claim its stand-in. Used once.

    `grants`: what the person will hold, as a list of mappings {"role", "engagement"}. `by_mail`: the link went to the address
    itself, so that using it proves the address.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    grants = models.JSONField(default=list)
    team_ids = models.JSONField(default=list)
    title = models.CharField(max_length=120, blank=True)
    claims_stand_in = models.BooleanField(default=False)
    by_mail = models.BooleanField(default=True)
    digest = models.CharField(max_length=64, unique=True)
    invited_by_id = models.UUIDField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class SignInProvider(models.Model):
    """An organization's own OIDC sign-in. It signs in that organization's people only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, related_name="sign_in_provider"
    )
    provider_id = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    server_url = models.URLField(max_length=300)
    client_id = models.CharField(max_length=200)
    client_secret = models.TextField(help_text="Encrypted with the installation's field key.")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
