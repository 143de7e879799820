"""A name for every request, and problem+json for what fails before an endpoint is reached."""

import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

import structlog
from django.http import Http404, HttpRequest, HttpResponse

from cosource.foundation.api.problems import MEDIA_TYPE, UNAVAILABLE, problem, problem_of

ROOT = "/api/"
_REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_THE_BODY = frozenset({"Content-Type", "Content-Length", "Content-Language"})
_DETAILS = {
    400: ("bad_request", "The request cannot be read."),
    405: ("method_not_allowed", "This method is not offered here; Allow names those that are."),
    413: ("too_large", "The request is too large."),
    503: ("unavailable", UNAVAILABLE),
}


class RequestIdMiddleware:
    """Sets `request.request_id` and answers with it; a proxy's own UUID is taken over."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Name the request, in the answer and in every log line on the way."""
        given = request.headers.get("X-Request-Id", "").lower()
        request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid4())
        request.__dict__["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            if request.path.startswith(ROOT):
                response = _as_problem(request, response)
        response["X-Request-Id"] = request_id
        return response


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    kind = response.get("Content-Type", "")
    if response.status_code < HTTPStatus.BAD_REQUEST or kind.startswith(MEDIA_TYPE):
        return response
    if response.status_code == HTTPStatus.NOT_FOUND:
        told = problem_of(request, Http404())
    else:
        code, detail = _DETAILS.get(response.status_code, ("refused", "The request was refused."))
        told = problem(request, status=response.status_code, code=code, detail=detail)
    for name, value in response.items():
        # What the guards put on the answer stays on it.
        if name not in _OF_THE_BODY:
            told[name] = value
    if "Allow" in told:
        told["Allow"] = ", ".join(sorted(told["Allow"].split(", ")))
    return told
