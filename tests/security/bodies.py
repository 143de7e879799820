"""Bodies that fit an operation's schema, made from its own description."""

from typing import Any
from uuid import UUID

from ninja import NinjaAPI

from tests.access.routes import Route

# Values that must be among choices which the schema does not list.
FITTING = {
    ("api:handover_create", "reason"): "skill",
    ("api:handover_decline_create", "reason"): "no_capacity",
    ("api:ticket_move_create", "to_state"): "in_progress",
}
_descriptions: dict[int, dict[str, Any]] = {}


def description(api: NinjaAPI) -> dict[str, Any]:
    """The OpenAPI description, made once."""
    if id(api) not in _descriptions:
        _descriptions[id(api)] = dict(api.get_openapi_schema())
    return _descriptions[id(api)]


def operation_of(api: NinjaAPI, route: Route) -> dict[str, Any]:
    """An operation as it is described; nothing for the description's own addresses."""
    name = route.name.partition(":")[2]
    for path in description(api)["paths"].values():
        for operation in path.values():
            if operation["operationId"] == name:
                found: dict[str, Any] = operation
                return found
    return {}


def example_body(api: NinjaAPI, route: Route, some_id: UUID) -> dict[str, Any]:
    """The smallest body that fits; `some_id` stands wherever an id is wanted."""
    content = operation_of(api, route).get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    value = _example(api, schema, some_id)
    return {n: FITTING.get((route.name, n), v) for n, v in value.items()} if isinstance(value, dict) else {}


def fields_of(api: NinjaAPI, route: Route) -> set[str]:
    """The fields that an operation's body is meant to have."""
    content = operation_of(api, route).get("requestBody", {}).get("content", {})
    named = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    return set(description(api)["components"]["schemas"].get(named, {}).get("properties", ()))


def _example(api: NinjaAPI, schema: dict[str, Any], some_id: UUID) -> Any:
    if "$ref" in schema:
        named = schema["$ref"].rpartition("/")[2]
        return _example(api, description(api)["components"]["schemas"][named], some_id)
    for choice in schema.get("anyOf", ()):
        return _example(api, choice, some_id)
    kind = schema.get("type")
    if kind == "object":
        return {
            name: _example(api, schema["properties"][name], some_id) for name in schema.get("required", ())
        }
    if kind == "string":
        fitting = {"uuid": str(some_id), "date": "2026-03-02"}
        return fitting.get(schema.get("format", ""), "x" * max(schema.get("minLength", 1), 1))
    return {"integer": schema.get("minimum", 1), "number": 1, "boolean": False, "array": []}.get(str(kind))
