"""The editor: a new article, one written from something such as a ticket, and another version of one.

`step` of what is sent says what becomes of it: preview, draft (kept) or publish. What is refused comes back as it was written.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.web.once import taken_once
from cosource.knowledge.models import Article, State
from cosource.knowledge.queries.article_page import ArticleView, article_get
from cosource.knowledge.queries.articles import topics_of
from cosource.knowledge.queries.choices import choices_for
from cosource.knowledge.queries.markup import article_html
from cosource.knowledge.queries.origins import Beginning, origins
from cosource.knowledge.rules.rights import works
from cosource.knowledge.services.articles import article_change, article_publish, article_write
from cosource.knowledge.web.forms import OWN, ArticleForm

PREVIEW, DRAFT, PUBLISH = "preview", "draft", "publish"


@dataclass(frozen=True, slots=True)
class _From:
    """What a new article is written from: the parameter's name, its id, and what it begins with."""

    name: str
    id: UUID
    beginning: Beginning


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: PageRequest) -> HttpResponse:
    """Show the editor, or write an article. `?ticket=` and the like: what it is written from."""
    if not works(request.actor):
        raise NotAllowed(_("Your role writes no articles."), action=_("write an article"))
    origin = _origin(request)
    if request.method != "POST":
        begun = {"title": origin.beginning.title, "text": origin.beginning.text} if origin else {}
        topic = origin.beginning.topic if origin else ""
        return _draw(
            request, _form(request, None, initial={**begun, "topic": topic, "audience": OWN}), None, origin
        )
    form = _form(request, None, data=request.POST)
    return _sent(request, form, None, origin)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def edit(request: PageRequest, article_id: UUID) -> HttpResponse:
    """Show the editor with the newest version, or write the next one."""
    found = article_get(article_id, request.actor, at=clock.now())
    if not found.may_write:
        raise NotAllowed(_("You may read this article, but not change it."), action=_("change this article"))
    if request.method != "POST":
        initial = {
            "title": found.row.title,
            "text": found.text,
            "topic": found.row.topic,
            "service_id": found.service_id,
            "audience": found.row.engagement_id or OWN,
            "shown_in": list(found.shown_in),
            "for_requesters": found.row.for_requesters,
        }
        return _draw(request, _form(request, found, initial=initial), found, None)
    return _sent(request, _form(request, found, data=request.POST), found, None)


def _origin(request: PageRequest) -> _From | None:
    """Return what the article is written from. Raises: NotFound out of sight."""
    for name, origin in origins().items():
        given = request.GET.get(name, "")
        if given:
            try:
                which = UUID(given)
            except ValueError:
                raise NotFound from None
            return _From(name, which, origin.begin(request.actor, which))
    return None


def _form(request: PageRequest, found: ArticleView | None, **given: Any) -> ArticleForm:
    actor = request.actor
    choices = choices_for(actor, clock.now())
    return ArticleForm(
        choices=choices,
        topics=topics_of(actor),
        may_share=found is None or found.may_share,
        may_open=found is None
        or found.row.engagement_id is None
        or found.row.engagement_id in choices.clients,
        with_note=found is not None and found.row.state == State.PUBLISHED,
        **given,
    )


def _sent(
    request: PageRequest, form: ArticleForm, found: ArticleView | None, origin: _From | None
) -> HttpResponse:
    step = request.POST.get("step", DRAFT)
    if step == PREVIEW:
        return _draw(request, form, found, origin, preview=request.POST.get("text", "")[:40_000])
    if not form.is_valid():
        return _draw(request, form, found, origin, status=422)
    try:
        with taken_once(request, at=clock.now()) as taking:
            if taking.before is not None:
                return HttpResponseRedirect(reverse("knowledge:article", args=[taking.before]), status=303)
            article = _write(request, form.values(), found, origin, publish=step == PUBLISH)
            taking.result = str(article.id)
    except (Invalid, Conflict, StaleVersion) as refused:
        _explain(form, refused)
        return _draw(request, form, found, origin, status=refused.status)
    said = {
        State.DRAFT: _("The draft is kept for your own organization."),
        State.PUBLISHED: _("The article is published."),
    }
    messages.success(request, said.get(State(article.state), _("The article is kept.")))
    return HttpResponseRedirect(reverse("knowledge:article", args=[article.id]), status=303)


@transaction.atomic
def _write(
    request: PageRequest,
    values: dict[str, Any],
    found: ArticleView | None,
    origin: _From | None,
    *,
    publish: bool,
) -> Article:
    actor, at = request.actor, clock.now()
    if found is None:
        article = article_write(actor=actor, at=at, **values)
        if origin is not None:
            origins()[origin.name].written(actor, origin.id, article.id, at)
    else:
        article = article_change(
            article_id=found.id, changes=values, actor=actor, at=at, expected_version=_version(request)
        )
    if publish and article.state != State.PUBLISHED:
        article = article_publish(article_id=article.id, actor=actor, at=at)
    return article


def _version(request: PageRequest) -> int:
    given = request.POST.get("version", "")
    if not given.isdecimal() or len(given) > 9:
        raise StaleVersion
    return int(given)


def _explain(form: ArticleForm, refused: CosourceError) -> None:
    """Put a refusal beside the fields that it is about, or above all of them."""
    fields: dict[str, Any] = refused.details.get("fields", {})
    for name, said in fields.items():
        shown = "audience" if name == "engagement_id" else name
        form.add_error(shown if shown in form.fields else None, said)
    if not fields:
        form.add_error(None, refused.message)


def _draw(
    request: PageRequest,
    form: ArticleForm,
    found: ArticleView | None,
    origin: _From | None,
    *,
    preview: str | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "article": found,
        "beginning": origin.beginning if origin else None,
        "preview": article_html(preview) if preview is not None else None,
        "version": request.POST.get("version") or (found.version if found else ""),
        "is_draft": found is None or found.row.state == State.DRAFT,
    }
    if preview is not None and is_fragment(request):
        return render(request, "knowledge/_preview.html", context)
    return render(request, "knowledge/edit.html", context, status=status)
