"""Every address of the product, as its own table of addresses has it: nothing is listed twice by hand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One address. `name` with its namespace; `template` with its parameters; `methods` that it answers."""

    name: str
    template: str
    parameters: tuple[str, ...]
    kinds: tuple[str, ...]
    methods: frozenset[str]
    is_api: bool
    needs_sign_in: bool
    module: str

    @property
    def path(self) -> str:
        return self.template

    def url(self, **values: Any) -> str:
        return _PARAMETER.sub(lambda m: str(values[m[2] or m[3]]), self.template)


@lru_cache(maxsize=1)
def routes() -> tuple[Route, ...]:
    """All addresses, API operations one by one, in the order in which they are matched."""
    found = _walk(get_resolver().url_patterns, "/", "")
    # An address with several operations stands in the table of addresses once for each of them.
    return tuple({(route.name, route.template): route for route in found}.values())


@lru_cache(maxsize=10_000)
def route_of(path: str) -> Route | None:
    """The address that answers a path; of an endpoint, one of its operations."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    named = [r for r in routes() if r.name == match.view_name]
    return named[0] if named else None


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield from _routes(pattern, path, namespace)


def _routes(pattern: URLPattern, path: str, namespace: str) -> Iterator[Route]:
    found = _PARAMETER.findall(path)
    view = pattern.callback
    is_api = path.startswith("/api/")
    common: dict[str, Any] = {
        "template": path,
        "parameters": tuple(name or other for _, name, other in found),
        "kinds": tuple(kind for kind, _, _ in found),
        "is_api": is_api,
        "needs_sign_in": bool(getattr(view, "needs_sign_in", False)),
        "module": view.__module__,
    }
    operations = _operations(view) if is_api else None
    if operations is None:
        yield Route(name=f"{namespace}{pattern.name}", methods=_methods(view), **common)
        return
    for name, methods in operations:
        yield Route(name=f"{namespace}{name}", methods=methods, **common)


def _operations(view: Any) -> list[tuple[str, frozenset[str]]] | None:
    """The operations behind one address of the API; None for an address that is not one."""
    path_view = getattr(view, "__self__", None) or next(
        (
            c.cell_contents
            for c in getattr(view, "__closure__", None) or ()
            if hasattr(c.cell_contents, "operations")
        ),
        None,
    )
    if path_view is None or not hasattr(path_view, "operations"):
        return None
    return [(o.view_func.__name__, frozenset(o.methods)) for o in path_view.operations]


def _methods(view: Any) -> frozenset[str]:
    """The methods that Django's decorators let through; all that a form may send where nothing limits them."""
    seen: list[Any] = [view]
    while seen:
        current = seen.pop()
        for cell in getattr(current, "__closure__", None) or ():
            value = cell.cell_contents
            if (
                isinstance(value, list | tuple)
                and value
                and all(isinstance(v, str) and v in (*METHODS, "HEAD", "OPTIONS") for v in value)
            ):
                return frozenset(value) & frozenset(METHODS)
            if callable(value):
                seen.append(value)
        wrapped = getattr(current, "__wrapped__", None)
        if wrapped is not None:
            seen.append(wrapped)
        view_class = getattr(current, "view_class", None)
        if view_class is not None:
            return frozenset(
                m.upper() for m in view_class.http_method_names if hasattr(view_class, m)
            ) & frozenset(METHODS)
    return frozenset({"GET", "POST"})
