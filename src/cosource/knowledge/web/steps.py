"""The steps of an article's life, taken from its page: publish, put away, say that it holds.

Each is a POST that answers with a redirect; what the present state does not allow is said on the page.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, StaleVersion
from cosource.knowledge.services.articles import article_archive, article_publish, article_validate


def _step(take: Callable[..., Any], said: Promise) -> Callable[..., HttpResponseBase]:
    """Make a view of a step; `said`: what the page says when it was taken."""

    def view(request: PageRequest, article_id: UUID) -> HttpResponse:
        given = request.POST.get("version", "")
        try:
            version = int(given) if given.isdecimal() and len(given) < 10 else -1
            take(article_id=article_id, actor=request.actor, at=clock.now(), expected_version=version)
        except (Conflict, StaleVersion) as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, str(said))
        return HttpResponseRedirect(reverse("knowledge:article", args=[article_id]), status=303)

    guarded: Callable[[HttpRequest, UUID], HttpResponseBase] = require_POST(signed_in(view))
    return guarded


publish = _step(article_publish, gettext_lazy("The article is published."))
archive = _step(article_archive, gettext_lazy("The article is archived."))
validate = _step(article_validate, gettext_lazy("You said that it holds."))
