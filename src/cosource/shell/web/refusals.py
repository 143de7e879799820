"""Draws the refusals that views raise: a designed page, or for a fragment its sentence.

Not here: the pages themselves (`errors`) and refusals of the API (`foundation.api.problems`).
"""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from cosource.foundation.doors import is_fragment
from cosource.foundation.errors import CosourceError
from cosource.shell.web.errors import refusal


class RefusalMiddleware:
    """Answers a `CosourceError`; the service's transaction is rolled back by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Draw a refusal; leave anything else to Django."""
        if not isinstance(exception, CosourceError):
            return None
        response = refusal(request, exception)
        if is_fragment(request):
            # The page stays as it is and shows the sentence beside what was written.
            response["HX-Trigger"] = json.dumps({"cosource:refused": {"message": exception.message}})
        return response
