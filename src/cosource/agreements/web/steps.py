"""The steps that change a version from its page: confirm, table, take back; and the quick start.

Each is a POST that answers with a redirect; a step that the present state doesn't allow says so on the page.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cosource.agreements.models import AgreementVersion
from cosource.agreements.queries.agreements import version_home
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_table, version_withdraw
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, NotFound


def _step[**P](
    view: Callable[Concatenate[PageRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let a signed-in person take a step by POST; a conflict is said where they came from."""

    @wraps(view)
    def taken(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Conflict as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(_home(request, kwargs.get("version_id")))

    return require_POST(signed_in(taken))


@_step
def confirm(request: PageRequest, version_id: UUID) -> HttpResponse:
    """Give a party's word to the text whose digest the page carried."""
    version = version_confirm(
        version_id=version_id,
        digest=request.POST.get("digest", ""),
        actor=request.actor,
        at=clock.now(),
        organization_id=_organization(request),
    )
    if version.in_force_at is not None:
        messages.success(request, _("Every party has given its word: this version is in force."))
    else:
        messages.success(
            request, _("Your word is given. The version runs once the other party gives its own.")
        )
    return _to(version)


@_step
def table(request: PageRequest, version_id: UUID) -> HttpResponse:
    """Put a draft before the other party."""
    version = version_table(version_id=version_id, actor=request.actor, at=clock.now())
    messages.success(request, _("The version is on the table."))
    return _to(version)


@_step
def withdraw(request: PageRequest, version_id: UUID) -> HttpResponse:
    """Take back a draft or an offer."""
    version = version_withdraw(version_id=version_id, actor=request.actor, at=clock.now())
    messages.success(request, _("The version is taken back."))
    return _to(version)


@_step
def quick_start(request: PageRequest) -> HttpResponse:
    """Table the ready agreement, with the own party's word."""
    version = quick_start_agreement(
        engagement_id=_uuid(request.POST.get("engagement", "")), actor=request.actor, at=clock.now()
    )
    if version.in_force_at is not None:
        messages.success(request, _("The quick start agreement is in force. Change it whenever you like."))
    else:
        messages.success(request, _("The quick start agreement is tabled with your word."))
    return _to(version)


def _organization(request: HttpRequest) -> UUID | None:
    return _uuid(request.POST.get("organization", ""))


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound from None


def _to(version: AgreementVersion) -> HttpResponse:
    return HttpResponseRedirect(_page(version.agreement_id, version.id))


def _page(agreement_id: UUID, version_id: UUID) -> str:
    page = reverse("agreements:detail", args=[agreement_id])
    return f"{page}?{urlencode({'version': str(version_id)})}"


def _home(request: PageRequest, version_id: object) -> str:
    """Return the page of the version that a step was about, or the list."""
    if not isinstance(version_id, UUID):
        return reverse("agreements:list")
    return _page(version_home(version_id, request.actor), version_id)
