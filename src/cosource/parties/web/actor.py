"""Who makes this request, for which organization, in whose time zone and language.

Resolved afresh for every request, so that an employment, placement or grant that ended is felt by the very next one.
Not here: signing in (`signin`), and what an actor sees (`parties.queries.sight`).
"""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import NotFound
from cosource.parties.models import Person
from cosource.parties.queries.sight import Hat, actor_under_hat, hats_of, hats_under
from cosource.parties.web.sessions import SIGNED_IN_BY

SESSION_KEY = "acting_for"
# Programs come with a token, never with a browser's session.
API_ROOT = "/api/"
_YEAR_SECONDS = 365 * 24 * 60 * 60


class ActorMiddleware:
    """Sets `request.actor` and `request.hats` for a signed-in person; ends the session of one who may act for nobody.

    Without a signed-in person there is no such attribute.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Resolve who acts, then answer."""
        person = request.user
        if not isinstance(person, Person) or request.path.startswith(API_ROOT):
            return self.get_response(request)
        at = clock.now()
        hats = hats_under(request.session.get(SIGNED_IN_BY, ""), hats_of(person.id, at))
        if not hats:
            return _show_out(request)
        hat = _chosen_hat(request, hats)
        request.__dict__["hats"] = hats
        request.__dict__["hat"] = hat
        request.__dict__["actor"] = actor_under_hat(person, hat, at=at)
        with _at_home(request, person, hat):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response


def _show_out(request: HttpRequest) -> HttpResponse:
    # The leaver's account may stay, for another employer; this session may not.
    logout(request)
    url = reverse(settings.LOGIN_URL)
    if is_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    messages.error(request, _("You are signed out: no organization lists you as its own at present."))
    return HttpResponseRedirect(url)


def _chosen_hat(request: HttpRequest, hats: list[Hat]) -> Hat:
    """Return the hat worn in this session, the one worn last in this browser, or the first."""
    for wish in (request.session.get(SESSION_KEY), request.COOKIES.get(settings.HAT_COOKIE_NAME)):
        for hat in hats:
            if hat.organization_id.hex == wish:
                return hat
    return hats[0]


class _at_home:  # noqa: N801 - a context manager that reads as a phrase
    """The person's zone and language for the time of one request; where they chose none, the organization's zone."""

    def __init__(self, request: HttpRequest, person: Person, hat: Hat) -> None:
        self.request = request
        self.zone = person.time_zone or hat.time_zone
        self.language = person.locale if person.locale in dict(settings.LANGUAGES) else ""

    def __enter__(self) -> None:
        try:
            timezone.activate(ZoneInfo(self.zone))
        except (ZoneInfoNotFoundError, ValueError):
            timezone.deactivate()
        if self.language:
            translation.activate(self.language)
            self.request.__dict__["LANGUAGE_CODE"] = self.language

    def __exit__(self, *exc: object) -> None:
        # The thread serves somebody else next. LocaleMiddleware sets the language of each request anew.
        timezone.deactivate()


@require_POST
@signed_in
def acting_for(request: PageRequest) -> HttpResponse:
    """Change the organization that the person acts for, in this session and for the next one in this browser."""
    hats: list[Hat] = request.__dict__["hats"]
    hat = next((h for h in hats if h.organization_id == _uuid(request.POST.get("organization", ""))), None)
    if hat is None:
        raise NotFound
    request.session[SESSION_KEY] = hat.organization_id.hex
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = HttpResponseRedirect(back)
    response.set_cookie(
        settings.HAT_COOKIE_NAME,
        hat.organization_id.hex,
        max_age=_YEAR_SECONDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
