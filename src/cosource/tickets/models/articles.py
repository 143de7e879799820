"""Which articles helped with a ticket, as the parties say so, each for itself and for those who may read the article."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.foundation.models import AudienceReader
from cosource.foundation.sight import REQUESTER, Actor
from cosource.knowledge.models import Article
from cosource.parties.models import Organization, Person
from cosource.tickets.models.participation import Participation


class TicketArticleQuerySet(models.QuerySet["TicketArticle"]):
    """Reads of links, always within sight of both ends."""

    def visible_to(self, actor: Actor) -> "TicketArticleQuerySet":
        """Return the links that were told to the actor's party, between a ticket and an article that the actor sees.

        So a link shows neither a ticket nor an article to anybody, however their audiences change.
        """
        told = AudienceReader.objects.filter(organization_id=actor.reads_as)
        if actor.sight.roles == {REQUESTER}:
            told = told.filter(audience__with_requester=True)
        return self.filter(
            removed_at__isnull=True,
            audience_id__in=told.values("audience_id"),
            ticket_id__in=Participation.objects.visible_to(actor).values("ticket_id"),
            article__in=Article.objects.visible_to(actor),
        )


class TicketArticle(models.Model):
    """An article that helped with a ticket, as the entry with the same id says. `linked_for`: the party that says so."""

    id = models.UUIDField(primary_key=True, editable=False)
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.CASCADE, related_name="articles")
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="+", db_index=False)
    audience_id = models.UUIDField()
    linked_for = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    linked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[TicketArticleQuerySet] = TicketArticleQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["article", "ticket", "linked_for"],
                condition=Q(removed_at__isnull=True),
                name="article_linked_once_by_a_party",
            )
        ]

    def __str__(self) -> str:
        return f"{self.article_id} helped {self.ticket_id}"
