"""Edits that cannot overwrite what their author never saw.

A thing that may be edited is read with an ETag, its version. An edit sends it back as If-Match: without it the edit is asked
for it (428), with an old one it is refused (412, by the service's compare-and-set). With an `Idempotency-Key` besides, a repeat
of an edit that was done gets its answer again instead of that refusal.
"""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from cosource.foundation.api.creating import once
from cosource.foundation.errors import CosourceError, Invalid

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')


class PreconditionRequired(CosourceError):
    """Say which version you edit: send the ETag you read as If-Match."""

    status = 428
    code = "if_match_missing"


def edits[F: Callable[..., Any]](view: F) -> F:
    """Mark an operation that wants If-Match, asked for by `expected_version`; put it directly under the router's decorator."""
    marked = once(view, always=False)
    marked.__dict__["wants_if_match"] = True
    return marked


def expected_version(request: HttpRequest) -> int:
    """Return the version that the client edits, for the service's `version`.

    Raises: PreconditionRequired without If-Match, Invalid for one that no answer of ours carried.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise PreconditionRequired
    match = _TAG.fullmatch(given)
    if match is None:
        raise Invalid('If-Match is one ETag as it was read, such as "7".', code="bad_if_match")
    return int(match[1])


def stamp(response: HttpResponse, version: int) -> None:
    """Put the version on an answer as its ETag."""
    response["ETag"] = f'"{version}"'
