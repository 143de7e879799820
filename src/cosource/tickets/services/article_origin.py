"""Writing an article from a ticket: what it begins with, and that it helped with the ticket it was written from."""

from datetime import datetime
from uuid import UUID

from django.urls import reverse

from cosource.foundation.sight import Actor
from cosource.knowledge.queries.origins import Beginning, Origin, register_origin
from cosource.knowledge.queries.uses import register_uses
from cosource.tickets.queries.articles import text_to_begin_with, uses_in_tickets
from cosource.tickets.services.articles import article_use


def _begin(actor: Actor, ticket_id: UUID) -> Beginning:
    reference, title, topic, text = text_to_begin_with(ticket_id, actor)
    return Beginning(
        title=title,
        text=text[:40_000],
        topic=topic,
        label=reference,
        url=reverse("tickets:ticket", args=[ticket_id]),
    )


def _written(actor: Actor, ticket_id: UUID, article_id: UUID, at: datetime) -> None:
    article_use(ticket_id=ticket_id, article_id=article_id, actor=actor, at=at)


def register() -> None:
    """Let articles be written from tickets, and tell what they helped with."""
    register_origin("ticket", Origin(_begin, _written))
    register_uses(uses_in_tickets)
