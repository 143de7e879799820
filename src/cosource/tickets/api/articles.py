"""The endpoints for articles that helped with a ticket: parse, call one service or query, answer."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import In, Out, creates
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.tickets.queries.articles import UsedArticle, articles_used
from cosource.tickets.queries.record import load
from cosource.tickets.services.articles import article_unuse, article_use

router = room_router(tag="tickets")


class UsedArticleOut(Out):
    """An article that helped. `linked_for_id`: the party that says so, the caller's own where both do."""

    id: UUID
    title: str
    state: str
    linked_for_id: UUID
    at: datetime


class UsedArticleIn(In):
    """An article that helped."""

    article_id: UUID


@router.get(
    "/tickets/{uuid:ticket_id}/articles", response=list[UsedArticleOut], summary="Read which articles helped"
)
def ticket_articles_list(request: HttpRequest, ticket_id: UUID) -> list[UsedArticle]:
    """Return the articles in the caller's sight that are said to have helped."""
    actor = actor_of(request)
    # A list, since two of a tuple would be read as a status and its answer.
    return list(articles_used(load(ticket_id, actor).ticket.id, actor))


@router.post(
    "/tickets/{uuid:ticket_id}/articles", response={201: UsedArticleOut}, summary="Say that an article helped"
)
@creates
def ticket_article_create(request: HttpRequest, ticket_id: UUID, body: UsedArticleIn) -> Status[UsedArticle]:
    """Say it for the caller's party; said before, it stands."""
    actor = actor_of(request)
    article_use(ticket_id=ticket_id, article_id=body.article_id, actor=actor, at=clock.now())
    used = next(u for u in articles_used(ticket_id, actor) if u.id == body.article_id)
    return Status(201, used)


@router.delete(
    "/tickets/{uuid:ticket_id}/articles/{uuid:article_id}",
    response={204: None},
    summary="Take back that an article helped",
)
def ticket_article_delete(request: HttpRequest, ticket_id: UUID, article_id: UUID) -> Status[None]:
    """Take back what the caller's party said."""
    article_unuse(ticket_id=ticket_id, article_id=article_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)
