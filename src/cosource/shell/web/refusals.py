"""Draws the refusals that views raise: a designed page, or for a fragment its sentence. Refuses what is too large unread.

Not here: the pages themselves (`errors`) and refusals of the API (`foundation.api.problems`).
"""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from cosource.foundation.doors import is_fragment
from cosource.foundation.errors import CosourceError, TooLarge
from cosource.shell.web.errors import refusal

# What a form holds besides its file.
_AROUND_A_FILE = 1024**2


def _require_size(request: HttpRequest) -> None:
    """Raises: TooLarge when the body is longer than the largest file that a page takes."""
    stated = request.META.get("CONTENT_LENGTH") or "0"
    if stated.isdigit() and int(stated) > settings.UPLOAD_MAX_BYTES + _AROUND_A_FILE:
        limit = settings.UPLOAD_MAX_BYTES // 1024**2
        raise TooLarge(
            _("The file is larger than %(limit)s MiB; bring it in by the command line.") % {"limit": limit}
        )


class RefusalMiddleware:
    """Answers a `CosourceError`; the service's transaction is rolled back by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, unless the request says of itself that nothing here takes it: its body would be written to disk first."""
        try:
            _require_size(request)
        except TooLarge as refused:
            return refusal(request, refused)
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
