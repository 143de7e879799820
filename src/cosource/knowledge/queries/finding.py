"""Articles for the command palette. Not here: their list (`articles`)."""

from collections.abc import Sequence

from django.urls import reverse

from cosource.foundation import clock
from cosource.foundation.finding import Found, register_finder
from cosource.foundation.sight import Actor
from cosource.knowledge.queries.articles import ArticleFilter, article_list
from cosource.knowledge.rules.rights import reads


def _articles(actor: Actor, words: str, limit: int) -> Sequence[Found]:
    if not reads(actor):
        return ()
    page = article_list(actor, ArticleFilter(text=words), at=clock.now())
    return [
        Found(
            key=f"article-{row.id.hex}",
            label=row.title,
            detail=row.topic,
            url=reverse("knowledge:article", args=[row.id]),
            icon="book-2",
        )
        for row in page.rows[:limit]
    ]


def register() -> None:
    """Let the palette find articles."""
    register_finder("articles", _articles, order=20)
