"""The articles that somebody may take out: each with the versions that they read, as they were written."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cosource.foundation.exports import register_export
from cosource.foundation.sight import Actor
from cosource.knowledge.models import Article, Showing
from cosource.knowledge.queries.articles import versions_readable

ARTICLE = (
    "id",
    "owner_id",
    "engagement_id",
    "state",
    "for_requesters",
    "title",
    "topic",
    "service_id",
    "last_number",
    "shared_from",
    "created_by_id",
    "created_at",
    "updated_at",
    "published_at",
    "archived_at",
    "validated_at",
    "validated_by_id",
    "validated_for_id",
)
VERSION = ("id", "number", "title", "text", "note", "digest", "saved_by_id", "saved_for_id", "saved_at")
SHOWING = ("engagement_id", "from_number", "since")


def _articles(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    for article in Article.objects.visible_to(actor).order_by("pk").iterator(chunk_size=500):
        own = article.owner_id == actor.organization_id
        showings: Any = Showing.objects.filter(article=article)
        if not own:
            showings = showings.filter(engagement__client_id=actor.organization_id)
        yield {
            **{name: getattr(article, name) for name in ARTICLE},
            # When its owner began to write it is the owner's own.
            "created_at": article.created_at if own else article.published_at,
            "created_by_id": article.created_by_id if own else None,
            "versions": list(versions_readable(article, actor).order_by("place").values(*VERSION)),
            "shown_in": list(showings.order_by("engagement_id").values(*SHOWING)),
        }


def register() -> None:
    """Let them be taken out."""
    register_export("articles", _articles)
