"""The choice of light, dark or system, for browsers without JavaScript; with it the page sets the same cookie itself."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from cosource.shell.web.context import THEME_COOKIE, THEMES

_YEAR_SECONDS = 365 * 24 * 60 * 60


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie and go back to the page it was chosen on."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        return HttpResponseBadRequest()
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        back = "/"
    response = HttpResponseRedirect(back)
    response.set_cookie(
        THEME_COOKIE, theme, max_age=_YEAR_SECONDS, secure=request.is_secure(), httponly=False, samesite="Lax"
    )
    return response
