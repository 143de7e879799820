"""What every page's door does alike: it lets in who is signed in, and knows who that is.

Not here: how somebody signs in and becomes an actor (parties), how a refusal looks (shell), the doors for programs
(`foundation.api`).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django_htmx.middleware import HtmxDetails

from cosource.foundation.errors import NotAllowed
from cosource.foundation.sight import Actor


class PageRequest(HttpRequest):
    """A request by somebody who is signed in, as views see it behind `signed_in`. For annotations only."""

    actor: Actor
    htmx: HtmxDetails


def actor_of(request: HttpRequest) -> Actor:
    """Return who makes this request. Raises: NotAllowed when nobody is signed in."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise NotAllowed("Sign in first.", code="not_signed_in")
    return actor


def signed_in[**P](
    view: Callable[Concatenate[PageRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let a view be reached by signed-in people only; others are sent to sign in and come back afterwards.

    The page is kept in no cache: the next request of somebody whose access ended must not be answered by one.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if getattr(request, "actor", None) is None:
            return _to_sign_in(request)
        if getattr(request.user, "must_change_password", False):
            return _elsewhere(request, reverse("account_change_password"))
        response = view(cast(PageRequest, request), *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    # Architecture tests find the unguarded views by its absence.
    guarded.__dict__["needs_sign_in"] = True
    return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", guarded)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if is_fragment(request):
        # A fragment cannot show the sign-in page; the page around it goes there.
        return _elsewhere(request, resolve_url(settings.LOGIN_URL))
    back = request.get_full_path() if request.method == "GET" else "/"
    return redirect_to_login(back, resolve_url(settings.LOGIN_URL))


def _elsewhere(request: HttpRequest, url: str) -> HttpResponse:
    if is_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def is_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of a page (a boosted change of the whole page is not one)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted
