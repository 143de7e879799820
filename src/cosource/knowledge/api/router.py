"""The article endpoints: parse, call one service or query, answer.

A token reads what is published where it reaches; it writes only where somebody gave it that right on its own desk.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates, edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.sight import Actor
from cosource.knowledge.api.schemas import ArticleChangeIn, ArticleIn, ArticleListOut, ArticleOut
from cosource.knowledge.queries.article_page import article_get
from cosource.knowledge.queries.articles import ArticleFilter, ArticleRow, article_list
from cosource.knowledge.services.articles import (
    article_archive,
    article_change,
    article_publish,
    article_validate,
    article_write,
)

router = room_router(tag="articles")


@router.get("/articles", response=ArticleListOut, summary="List articles in sight")
def articles_list(  # noqa: PLR0917 - each is a query parameter of its own
    request: HttpRequest,
    view: str = "published",
    text: str = "",
    topic: str = "",
    cursor: str = "",
    limit: int = 50,
) -> dict[str, Any]:
    """Return one page of articles, the newest first; with `text` what helped most often, at most fifty."""
    filters = ArticleFilter(view=view, text=text, topic=topic)
    page = article_list(actor_of(request), filters, at=clock.now(), cursor=cursor, limit=limit)
    return {"items": [_row(row) for row in page.rows], "next_cursor": page.next_cursor or None}


@router.post("/articles", response={201: ArticleOut}, summary="Write an article")
@creates
def article_create(request: HttpRequest, response: HttpResponse, body: ArticleIn) -> Status[dict[str, Any]]:
    """Write an article as a draft of the caller's organization."""
    actor = actor_of(request)
    made = article_write(actor=actor, at=clock.now(), **body.dict())
    response["Location"] = f"/api/v1/articles/{made.id}"
    return Status(201, _shown(response, made.id, actor))


@router.get("/articles/{uuid:article_id}", response=ArticleOut, summary="Read an article")
def article_read(request: HttpRequest, response: HttpResponse, article_id: UUID) -> dict[str, Any]:
    """Return an article with its newest text and its version as ETag."""
    return _shown(response, article_id, actor_of(request))


@router.patch("/articles/{uuid:article_id}", response=ArticleOut, summary="Change an article")
@edits
def article_update(
    request: HttpRequest, response: HttpResponse, article_id: UUID, body: ArticleChangeIn
) -> dict[str, Any]:
    """Change what it says, what it is about or who reads it; another text is another version."""
    return _stepped(request, response, article_id, article_change, changes=body.dict(exclude_unset=True))


@router.post("/articles/{uuid:article_id}/publish", response=ArticleOut, summary="Publish an article")
@edits
def article_publish_create(request: HttpRequest, response: HttpResponse, article_id: UUID) -> dict[str, Any]:
    """Publish a draft, or again what was archived."""
    return _stepped(request, response, article_id, article_publish)


@router.post("/articles/{uuid:article_id}/archive", response=ArticleOut, summary="Archive an article")
@edits
def article_archive_create(request: HttpRequest, response: HttpResponse, article_id: UUID) -> dict[str, Any]:
    """Put an article away: nobody is offered it any more."""
    return _stepped(request, response, article_id, article_archive)


@router.post("/articles/{uuid:article_id}/validate", response=ArticleOut, summary="Say that an article holds")
@edits
def article_validate_create(request: HttpRequest, response: HttpResponse, article_id: UUID) -> dict[str, Any]:
    """Say that what is published still holds."""
    return _stepped(request, response, article_id, article_validate)


def _stepped(
    request: HttpRequest, response: HttpResponse, article_id: UUID, step: Callable[..., object], **given: Any
) -> dict[str, Any]:
    """Take one step if the article still is as the caller saw it, and answer with the article as it is then."""
    actor = actor_of(request)
    step(
        article_id=article_id,
        actor=actor,
        at=clock.now(),
        expected_version=expected_version(request),
        **given,
    )
    return _shown(response, article_id, actor)


def _shown(response: HttpResponse, article_id: UUID, actor: Actor) -> dict[str, Any]:
    found = article_get(article_id, actor, at=clock.now())
    stamp(response, found.version)
    return {
        **_row(found.row),
        "version": found.version,
        "number": found.shown.number,
        "text": found.text,
        "digest": found.shown.digest,
        "service_id": found.service_id,
        "shown_in": sorted(found.shown_in),
    }


def _row(row: ArticleRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "topic": row.topic,
        "state": row.state,
        "owner_id": row.owner_id,
        "engagement_id": row.engagement_id,
        "for_requesters": row.for_requesters,
        "updated_at": row.updated_at,
        "validated_at": row.validated_at,
        "last_helped_at": row.use.last_at if row.use else None,
        "times_helped": row.use.times if row.use else 0,
    }
