"""What people see while their organization's own sign-in server is away: the way in by password, and a word on why."""

from collections.abc import Callable

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from requests import RequestException

_OF_A_SERVER = frozenset({"openid_connect_login", "openid_connect_callback"})
log = structlog.get_logger(__name__)


class SignInServerAwayMiddleware:
    """Takes people back to the sign-in page where somebody else's server could not be asked; the library knows some of these."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, trouble: Exception) -> HttpResponse | None:
        """Answer for a server that does not; what else went wrong is not for here."""
        match = request.resolver_match
        if match is None or match.url_name not in _OF_A_SERVER or not isinstance(trouble, RequestException):
            return None
        log.warning("signin.server_away", reason=str(trouble))
        messages.error(
            request,
            _(
                "Your organization’s sign-in does not answer at present. Try again later, or sign in with your password."
            ),
        )
        return HttpResponseRedirect(reverse("account_login"))
