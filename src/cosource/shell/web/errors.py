"""Error pages: what happened, what was kept, what to do next.

Name these as `handler400` … `handler500` and `CSRF_FAILURE_VIEW`; `refusal` draws any refusal of a service. The templates
hold the words. The pages of a server error and of a database that is away are drawn without context processors, as one of
them may be what failed.
"""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from cosource.foundation.errors import CosourceError
from cosource.foundation.outage import RETRY_SECONDS, is_outage

_DRAWN = {400, 403, 404, 429}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400: the request could not be read."""
    if is_outage(exception):
        # A session that could not be written looks to Django like one that somebody ended.
        return unavailable(request)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403: seen, but not allowed; says who can grant it."""
    if isinstance(exception, CosourceError):
        return refusal(request, exception)
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 for a form that was open too long or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404: the same page whether it never existed or is not the reader's."""
    return render(request, "404.html", status=404)


def too_many_requests(
    request: HttpRequest, exception: Exception | None = None, retry_seconds: int = 60
) -> HttpResponse:
    """Answer 429: too often in a short time; says when to come back."""
    response = render(request, "429.html", {"retry_seconds": retry_seconds}, status=429)
    response["Retry-After"] = str(retry_seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 where the database is away. Called while the exception is dealt with."""
    if is_outage(sys.exception()):
        return unavailable(request)
    return HttpResponse(render_to_string("500.html"), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503: the database does not answer at present; says when to come back."""
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def refusal(request: HttpRequest, error: CosourceError) -> HttpResponse:
    """Answer a refused action with the page of its status.

    Uses `error.details`: `action` (what was tried), `grantors` (names of those who can grant it), `retry_seconds`.
    """
    if error.status == 429:
        return too_many_requests(request, retry_seconds=int(error.details.get("retry_seconds", 60)))
    template = f"{error.status}.html" if error.status in _DRAWN else "refused.html"
    context = {
        "message": error.message,
        "action": error.details.get("action", ""),
        "grantors": error.details.get("grantors", ()),
    }
    return render(request, template, context, status=error.status)
