"""The steps of an import from its page: check, bring in, stop, give up, put back. Each is a POST that answers with a redirect."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cosource.bridges.services.staging import import_ask, import_cancel, import_drop, import_undo_ask
from cosource.bridges.web.pages import LISTS
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, Invalid, StaleVersion

PARTY = "party-"


def _step[**P](
    view: Callable[Concatenate[PageRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let a signed-in person take a step by POST; what the present state does not allow is said on the page."""

    @wraps(view)
    def taken(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (Conflict, Invalid, StaleVersion) as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(reverse("imports:detail", kwargs={"import_id": kwargs["import_id"]}))

    return require_POST(signed_in(taken))


@_step
def check(request: PageRequest, import_id: UUID) -> HttpResponse:
    """Read the file without writing anything, with the parties chosen."""
    return _ask(request, import_id, dry_run=True)


@_step
def start(request: PageRequest, import_id: UUID) -> HttpResponse:
    """Bring the file in, or go on with it."""
    return _ask(request, import_id, dry_run=False)


def _ask(request: PageRequest, import_id: UUID, *, dry_run: bool) -> HttpResponse:
    chosen = {
        name.removeprefix(PARTY): request.POST[name]
        for name in request.POST
        if name.startswith(PARTY) and request.POST[name]
    }
    import_ask(
        import_id=import_id, actor=request.actor, at=clock.now(), dry_run=dry_run, parties=chosen or None
    )
    return _page(import_id)


@_step
def stop(request: PageRequest, import_id: UUID) -> HttpResponse:
    """Stop after the batch in hand."""
    import_cancel(import_id=import_id, actor=request.actor, at=clock.now())
    messages.info(request, _("It stops after the rows in hand. What is in stays."))
    return _page(import_id)


@_step
def drop(request: PageRequest, import_id: UUID) -> HttpResponse:
    """Give a file up of which nothing is in."""
    of = import_drop(import_id=import_id, actor=request.actor, at=clock.now())
    messages.success(request, _("The file is gone; nothing of it was brought in."))
    return HttpResponseRedirect(reverse(LISTS[of]))


@_step
def undo(request: PageRequest, import_id: UUID) -> HttpResponse:
    """Put an import of assets back, or go on with that."""
    import_undo_ask(import_id=import_id, actor=request.actor, at=clock.now())
    return _page(import_id)


def _page(import_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("imports:detail", args=[import_id]))
