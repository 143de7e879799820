"""Articles: what the parties know, written down, with every version kept.

An article is its owner's own, or shared in an engagement, where both parties write. Its owner's know-how may be shown to clients,
who read it. Until it is published it is a draft that its owner alone reads. A version never changes: another text is another
version. Texts stand here; the ledger keeps their digests.
"""

from dataclasses import replace
from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from cosource.foundation.ids import new_id
from cosource.foundation.sight import AUDITOR, REQUESTER, WORKERS, Actor, GrantFact, Sight
from cosource.knowledge.rules.rights import is_let_write
from cosource.parties.models import Engagement, Organization, Person, Service
from cosource.parties.models.scope import reach_q


class State(models.TextChoices):
    """How far an article is."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    ARCHIVED = "archived", _("Archived")


class ArticleQuerySet(models.QuerySet["Article"]):
    """Reads of articles, always within sight."""

    def visible_to(self, actor: Actor) -> "ArticleQuerySet":
        """Return the articles that the actor may read.

        Who works for a party reads its own, drafts too, what is shared in the engagements it reaches, and what partners show it
        there. Auditors read what is published, but no partner's know-how; requesters what is published for them.
        """
        sight = actor.sight
        if sight.organization_id is None:
            return self.none()
        reach = Q(pk__in=[])
        for grant in sight.grants:
            reach |= _reach(grant, sight, reads_drafts=is_let_write(actor))
        return self.filter(reach)


def _reach(grant: GrantFact, sight: Sight, *, reads_drafts: bool) -> Q:
    """Return the condition for the articles that one grant reaches."""
    own = Q(owner_id=sight.organization_id)
    alone = Q(engagement__isnull=True)
    published = Q(last_number__gt=0)
    on_desk = grant.engagement_id is None
    if grant.role == REQUESTER:
        theirs = (own & alone) | Q(engagement__client_id=sight.organization_id)
        return (
            Q(state=State.PUBLISHED, for_requesters=True) & theirs
            if on_desk and sight.person_id
            else Q(pk__in=[])
        )
    if grant.role not in WORKERS | {AUDITOR}:
        return Q(pk__in=[])
    there = reach_q(replace(sight, grants=(grant,)), "engagement__")
    if on_desk:
        # Whoever works at a client's desk, a placed person and a program too, reads what the desk shares.
        there |= Q(engagement__client_id=sight.organization_id)
    if grant.role == AUDITOR:
        return ((there | (own & alone if on_desk else Q(pk__in=[]))) & published) & _limits(grant)
    state = published | own if reads_drafts else published
    # A partner shows its know-how to the client's own people.
    shown = Exists(
        Showing.objects.filter(
            reach_q(replace(sight, grants=(grant,)), "engagement__"),
            article_id=OuterRef("pk"),
            engagement__client_id=sight.organization_id if sight.person_id else None,
        )
    )
    limited = ((there & state) | (Q(shown) & published)) & _limits(grant)
    # What a party knows for itself is no client's to limit.
    return limited | (own & alone & state & (_limits(grant) if on_desk else Q()))


def _limits(grant: GrantFact) -> Q:
    """Return the limits of a grant: its services, and when the article was begun."""
    limits = Q()
    if grant.service_ids:
        limits &= Q(service__isnull=True) | Q(service_id__in=grant.service_ids)
    if grant.history_from is not None:
        limits &= Q(created_at__gte=grant.history_from)
    if grant.history_until is not None:
        limits &= Q(created_at__lt=grant.history_until)
    return limits


class Article(models.Model):
    """One thing worth knowing.

    `engagement`: where it is shared; none for the owner's own. `for_requesters`: who only asks for help reads it once it is
    published: the owner's people, or those of the engagement's client. `title`, `topic`, `service`: as the newest version has
    them. `last_number`: of the newest published version; drafts have none, so that no gap tells of them. `shared_from`: the first
    version that the other party reads. `validated_at`: when somebody last said that it holds. `updated_at`: of the newest
    version. `indexed_entry_id`: the entry with which its words were indexed. `version` rises with every change (If-Match).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="articles")
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, null=True, related_name="articles")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    for_requesters = models.BooleanField(default=False)
    title = models.CharField(max_length=200)
    topic = models.CharField(max_length=120, blank=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+")
    last_number = models.PositiveIntegerField(default=0)
    shared_from = models.PositiveIntegerField(null=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    validated_at = models.DateTimeField(null=True)
    validated_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    validated_for = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    indexed_entry_id = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[ArticleQuerySet] = ArticleQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "updated_at"], name="article_of_owner")]

    def __str__(self) -> str:
        return self.title


class ArticleVersion(models.Model):
    """One text, as written. `place`: its order; `number`: given when it was published; `digest`: SHA-256 of title and text.

    `note`: what was changed, in the writer's words.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions")
    place = models.PositiveIntegerField()
    number = models.PositiveIntegerField(null=True)
    title = models.CharField(max_length=200)
    text = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64)
    saved_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    saved_for = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "place"], name="article_version_in_order"),
            models.UniqueConstraint(fields=["article", "number"], name="article_version_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.number or 'draft'}"


class Showing(models.Model):
    """An owner's know-how, shown to the client of one of its engagements. `from_number`: the first version that it reads."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="showings")
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="+")
    from_number = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "engagement"], name="shown_once_in_an_engagement")
        ]

    def __str__(self) -> str:
        return f"{self.article_id} in {self.engagement_id}"
