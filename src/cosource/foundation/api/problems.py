"""Every refusal of the API as problem+json (RFC 9457).

`type` is a stable name for programs, `detail` a sentence for people, `fields` names each value that does not fit. An answer
never holds a stack trace, a statement or a path of the server. What is not in the reader's sight and what never existed get
the same bytes: there `instance` is left out, since it would repeat the id that was asked for.
"""

import json
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja.errors import AuthenticationError, HttpError, ValidationError

from cosource.foundation.errors import CosourceError, NotFound
from cosource.foundation.outage import RETRY_SECONDS, is_outage

MEDIA_TYPE = "application/problem+json"
UNAVAILABLE = (
    "The database does not answer at present. Try again; with the same Idempotency-Key it happens once."
)
log = structlog.get_logger(__name__)

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": "A stable name: urn:cosource:problem:CODE.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "instance": {
            "type": "string",
            "format": "uri",
            "description": "urn:uuid of the request, as in X-Request-Id.",
        },
        "fields": {
            "type": "object",
            "description": "What does not fit, by the name of the field; dots lead into nested values.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def problem(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    detail: str,
    fields: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """Return one problem. `instance` names the request, so that it can be found in the log."""
    body: dict[str, Any] = {
        "type": f"urn:cosource:problem:{code.replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    request_id = getattr(request, "request_id", "")
    if request_id and status != HTTPStatus.NOT_FOUND:
        body["instance"] = f"urn:uuid:{request_id}"
    if fields:
        body["fields"] = fields
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def problem_of(request: HttpRequest, trouble: Exception | type[Exception]) -> HttpResponse:
    """Return the problem that stands for any exception; one that nobody foresaw is logged and says nothing of itself."""
    if isinstance(trouble, HttpError) and isinstance(trouble.__cause__, CosourceError):
        trouble = trouble.__cause__
    if isinstance(trouble, CosourceError):
        return _refusal(request, trouble)
    if isinstance(trouble, Http404):
        return _refusal(request, NotFound())
    if isinstance(trouble, ValidationError):
        return problem(
            request,
            status=400,
            code="invalid_request",
            detail="The request does not fit the schema; `fields` says where.",
            fields=_fields_of(trouble),
        )
    if isinstance(trouble, AuthenticationError):
        return problem(
            request,
            status=401,
            code="not_authenticated",
            detail="Send a live token: Authorization: Bearer TOKEN. Cookies are not accepted here.",
            headers={"WWW-Authenticate": 'Bearer realm="cosource"'},
        )
    if isinstance(trouble, HttpError):
        # The parser's words for a body that is not JSON, and the like; nothing of the server is in them.
        return problem(
            request, status=trouble.status_code, code="bad_request", detail="The request cannot be read."
        )
    if isinstance(trouble, RequestDataTooBig | TooManyFieldsSent):
        return problem(request, status=413, code="too_large", detail="The request is too large.")
    if isinstance(trouble, MultiPartParserError):
        return problem(request, status=400, code="bad_request", detail="The request cannot be read.")
    return _accident(request, trouble)


def _accident(request: HttpRequest, trouble: Exception | type[Exception]) -> HttpResponse:
    if isinstance(trouble, Exception) and is_outage(trouble):
        log.warning("api.unavailable", request_id=getattr(request, "request_id", ""), reason=str(trouble))
        return problem(
            request,
            status=503,
            code="unavailable",
            detail=UNAVAILABLE,
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    log.error("api.accident", request_id=getattr(request, "request_id", ""), exc_info=trouble)
    return problem(
        request,
        status=500,
        code="accident",
        detail="Something went wrong here; nothing was changed. Try again, and name the request id if it stays.",
    )


def _refusal(request: HttpRequest, error: CosourceError) -> HttpResponse:
    headers = {}
    if "retry_seconds" in error.details:
        headers["Retry-After"] = str(error.details["retry_seconds"])
    fields = error.details.get("fields")
    return problem(
        request,
        status=error.status,
        code=error.code,
        detail=error.message,
        fields={name: [str(m) for m in _as_list(said)] for name, said in fields.items()} if fields else None,
        headers=headers,
    )


def _as_list(said: Any) -> list[Any]:
    return list(said) if isinstance(said, list | tuple) else [said]


def _fields_of(trouble: ValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for error in trouble.errors:
        source, *where = error["loc"]
        if source == "body" and len(where) > 1:
            where = where[1:]  # the parameter's name in our code is nobody's business
        elif source != "body":
            where = where[-1:]
        name = ".".join(str(part) for part in where) or "body"
        said = "there is no such field" if error["type"] == "extra_forbidden" else str(error["msg"])
        fields.setdefault(name, []).append(said)
    return fields
