"""Articles while a ticket is worked: finding one, and saying that it helped.

What is found is a page of its own, or for htmx the part beside the composer. Not here: the articles' own pages.
"""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import Conflict
from cosource.foundation.pages import register_panel
from cosource.foundation.sight import Actor
from cosource.knowledge.queries.article_page import ArticleView
from cosource.knowledge.rules.rights import works
from cosource.tickets.queries.articles import articles_offered, tickets_helped
from cosource.tickets.services.articles import article_unuse, article_use


@require_safe
@signed_in
def articles(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Find articles for a ticket: by words (`?q=`), or those that have most in common with it."""
    offered = articles_offered(ticket_id, request.GET.get("q", "")[:200], request.actor, at=clock.now())
    context = {
        "offered": offered,
        "site": settings.BASE_URL,
        "writes": works(request.actor),
        "room": "tickets",
    }
    template = "tickets/_articles_found.html" if is_fragment(request) else "tickets/articles.html"
    return render(request, template, context)


@require_POST
@signed_in
def use(request: PageRequest, ticket_id: UUID, article_id: UUID) -> HttpResponse:
    """Say that an article helped."""
    try:
        article_use(ticket_id=ticket_id, article_id=article_id, actor=request.actor, at=clock.now())
    except Conflict as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The article is noted as one that helped here."))
    return _back(ticket_id)


@require_POST
@signed_in
def unuse(request: PageRequest, ticket_id: UUID, article_id: UUID) -> HttpResponse:
    """Take that back."""
    article_unuse(ticket_id=ticket_id, article_id=article_id, actor=request.actor, at=clock.now())
    messages.success(request, _("The article is not noted here any more."))
    return _back(ticket_id)


def _back(ticket_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)


def _helped(actor: Actor, article: ArticleView) -> dict[str, object] | None:
    if article.row.use is None:
        return None
    return {"helped": tickets_helped(article.id, actor)}


def register() -> None:
    """Show on an article's page what it helped with."""
    register_panel("article.side", "tickets/_helped.html", _helped)
