"""The articles of an export as rows, found by their words again."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import models

from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.ids import new_id
from cosource.foundation.models import Entry
from cosource.knowledge.models import Article, ArticleVersion, Showing
from cosource.knowledge.queries import exporting as taken
from cosource.knowledge.services.telling import KIND, article_index
from cosource.parties.services.intake import strangers_add


def _take_in(incoming: Incoming) -> None:
    people: set[UUID] = set()
    organizations: set[UUID] = set()
    for record in incoming.records("articles"):
        versions = record["versions"]
        named = [record["created_by_id"], record["validated_by_id"], *(v["saved_by_id"] for v in versions)]
        people.update(UUID(i) for i in named if i)
        parties = [record["owner_id"], record["validated_for_id"], *(v["saved_for_id"] for v in versions)]
        organizations.update(UUID(i) for i in parties if i)
    strangers_add(incoming, organizations=organizations, people=people)
    insert_in_turn(row_of(Article, record, taken.ARTICLE) for record in incoming.records("articles"))
    insert_in_turn(_parts(incoming))
    _index(incoming)


def _parts(incoming: Incoming) -> Iterator[models.Model]:
    for record in incoming.records("articles"):
        article_id = UUID(record["id"])
        for place, version in enumerate(record["versions"], 1):
            yield row_of(ArticleVersion, version, taken.VERSION, article_id=article_id, place=place)
        for showing in record["shown_in"]:
            yield row_of(Showing, showing, taken.SHOWING, id=new_id(), article_id=article_id)


def _index(incoming: Incoming) -> None:
    last: dict[UUID, UUID] = {}
    entries: Any = Entry.objects.filter(subject_kind=KIND).order_by("occurred_at", "id")
    last.update(entries.values_list("subject_id", "id"))
    rows = Article.objects.select_related(
        "owner__kept_by", "engagement__client", "engagement__partner"
    ).order_by("pk")
    for article in rows.iterator(chunk_size=500):
        text = (
            ArticleVersion.objects.filter(article=article).order_by("-place").values_list("text", flat=True)
        )
        article_index(article, text[0], last.get(article.id))


def register() -> None:
    """Let them be taken in."""
    register_intake(Layer.KNOWLEDGE, _take_in)
