"""The list of articles, search first, and the page of one: its text, its history and what a version changed.

Not here: writing (`editing`) and the steps of an article's life (`steps`).
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotFound
from cosource.knowledge.queries.article_page import article_get
from cosource.knowledge.queries.articles import (
    VIEWS,
    ArticleFilter,
    article_list,
    is_reader_only,
    topics_of,
)
from cosource.knowledge.rules.rights import works


@require_safe
@signed_in
def articles(request: PageRequest) -> HttpResponse:
    """List the articles in sight. `?q=` finds by words, `?view=` and `?topic=` narrow."""
    actor, asked = request.actor, request.GET
    for_requester = is_reader_only(actor)
    view = asked.get("view", "published")
    filters = ArticleFilter(
        view=view if view in VIEWS and not for_requester else "published",
        text=asked.get("q", "")[:200],
        topic=asked.get("topic", "")[:120],
    )
    return render(
        request,
        "knowledge/list.html",
        {
            "page": article_list(actor, filters, at=clock.now(), cursor=asked.get("after", "")),
            "filters": filters,
            "topics": topics_of(actor),
            "for_requester": for_requester,
            "writes": works(actor),
        },
    )


@require_safe
@signed_in
def article(request: PageRequest, article_id: UUID) -> HttpResponse:
    """Show one article. `?version=` shows another version, `?against=` what it changes in that one."""
    found = article_get(
        article_id,
        request.actor,
        at=clock.now(),
        version_id=_id(request, "version"),
        against_id=_id(request, "against"),
    )
    return render(request, "knowledge/article.html", {"article": found})


def _id(request: HttpRequest, name: str) -> UUID | None:
    given = request.GET.get(name, "")
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise NotFound from None
