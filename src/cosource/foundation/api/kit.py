"""The one API object's class: our refusals, our description, and the checks that no endpoint repeats."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from cosource.foundation.api.creating import HEADER, Replayed
from cosource.foundation.api.limits import check_rate
from cosource.foundation.api.problems import MEDIA_TYPE, PROBLEM_SCHEMA, problem_of
from cosource.foundation.api.reading import PlainParser
from cosource.foundation.errors import Invalid

_DESCRIBED = {
    400: "The request does not fit the schema",
    401: "No live token",
    403: "In sight, but not allowed",
    404: "Not in your sight, or nowhere",
    409: "The present state does not allow it",
    412: "Changed since it was read",
    422: "A value does not fit",
    428: "If-Match is missing",
    429: "Too many requests; see Retry-After",
    503: "The database is away; see Retry-After",
}
_ALWAYS = (400, 401, 403, 404, 422, 429, 503)


def router(*, tag: str) -> Router:
    """Return a room's router; `tag` groups its operations in the description."""
    return Router(tags=[tag])


class CosourceAPI(NinjaAPI):
    """All endpoints under one root. Routers are added first, then `seal` closes it."""

    def __init__(self, *, auth: Callable[..., Any], version: str, description: str) -> None:
        super().__init__(
            title="Cosource",
            version=version,
            description=description,
            auth=auth,
            docs_url=None,
            urls_namespace="api",
            parser=PlainParser(),
        )

    def set_default_exception_handlers(self) -> None:
        """Answer every exception with a problem."""
        self.add_exception_handler(Replayed, _replayed)
        self.add_exception_handler(Exception, problem_of)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the operation's name; it is unique over all rooms."""
        return operation.view_func.__name__

    def seal(self) -> None:
        """Guard all operations: the rate of requests, and parameters that are not declared. No router comes after this."""
        for operation in self._operations():
            operation.view_func = _guarded(operation)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the description, with the problems and headers that the kit adds to the operations."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        marks = {self.get_openapi_operation_id(o): o.view_func.__dict__ for o in self._operations()}
        for path in schema["paths"].values():
            for details in path.values():
                _complete(details, marks.get(details["operationId"], {}))
        return schema

    def _operations(self) -> Iterator[Operation]:
        # The bound copies are what serves; the library has no public way to them.
        for bound in self._get_bound_routers():
            for view in bound.path_operations.values():
                yield from view.operations


def _replayed(request: HttpRequest, exc: Any) -> HttpResponse:
    response: HttpResponse = exc.response
    return response


def _guarded(operation: Operation) -> Callable[..., Any]:
    known: set[str] = set()
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            known.update(_names(model))
    view = operation.view_func

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if operation.auth_callbacks:
            check_rate(request)
        unknown = sorted(set(request.GET) - known)
        if unknown:
            raise UnknownParameter(
                f"There is no parameter {', '.join(unknown)} here.",
                fields={name: ["there is no such parameter"] for name in unknown},
            )
        return view(request, *args, **kwargs)

    return checked


class UnknownParameter(Invalid):
    """A query parameter is not declared."""

    status = 400
    code = "unknown_parameter"


def _names(model: Any) -> Iterator[str]:
    for names in model.__ninja_flatten_map__:
        yield names if isinstance(names, str) else names[-1]


def _complete(details: dict[str, Any], marks: dict[str, Any]) -> None:
    statuses = set(_ALWAYS)
    if not details.get("security"):
        statuses -= {401, 403}
    if marks.get("takes_idempotency_key"):
        statuses.add(409)
        details["parameters"].append(
            {
                "in": "header",
                "name": HEADER,
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 120},
                "description": "The same key with the same request gets the first answer again, for two days.",
            }
        )
    if marks.get("wants_if_match"):
        statuses |= {409, 412, 428}
        details["parameters"].append(
            {
                "in": "header",
                "name": "If-Match",
                "required": True,
                "schema": {"type": "string"},
                "description": "The ETag of the version that is edited.",
            }
        )
    for status in sorted(statuses):
        details["responses"].setdefault(
            status,
            {
                "description": _DESCRIBED[status],
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
