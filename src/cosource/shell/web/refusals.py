"""Draws the refusals that views raise: a designed page, or for a fragment its sentence. Refuses what is too large unread, and
what holds a sign that no text may hold.

Not here: the pages themselves (`errors`) and refusals of the API (`foundation.api.problems`).
"""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from cosource.foundation.api.middleware import ROOT
from cosource.foundation.doors import is_fragment
from cosource.foundation.errors import CosourceError, Invalid, NotFound, TooLarge
from cosource.foundation.rules.nul import NUL, nul_places
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


def _require_no_nul(sent: QueryDict) -> None:
    """Raises: Invalid when an address or a form holds the sign that PostgreSQL keeps in no text."""
    if any(nul_places(dict(sent.lists()))):
        raise Invalid(_("What was sent holds a NUL character, which cannot be stored. Leave it out."))


class RefusalMiddleware:
    """Answers a `CosourceError`; the service's transaction is rolled back by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, unless the request says of itself that nothing here takes it: its body would be written to disk first."""
        try:
            _require_size(request)
            if NUL in request.path:
                raise NotFound  # nothing is called so
            if not request.path.startswith(ROOT):
                _require_no_nul(request.GET)
        except CosourceError as refused:
            return _drawn(request, refused)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Look at a form once it is known not to be forged; it has been read by then. Programs' bodies are read elsewhere."""
        if request.method == "POST" and not request.path.startswith(ROOT):
            try:
                _require_no_nul(request.POST)
            except Invalid as refused:
                return _drawn(request, refused)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Draw a refusal; leave anything else to Django."""
        if not isinstance(exception, CosourceError):
            return None
        return _drawn(request, exception)


def _drawn(request: HttpRequest, refused: CosourceError) -> HttpResponse:
    response = refusal(request, refused)
    if is_fragment(request):
        # The page stays as it is and shows the sentence beside what was written.
        response["HX-Trigger"] = json.dumps({"cosource:refused": {"message": refused.message}})
    return response
