"""Putting values into HTML, for marks that stand in every row of a list: Django's `format_html`, at a third of its cost.

Django's own looks at each value for a lazy text first, and wraps what it calls in a closure each time. A list of fifty rows puts
some two thousand values in their places.
"""

from html import escape
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


def format_html(pattern: str, *values: Any, **named: Any) -> SafeString:
    """Put values into the places of a pattern, each escaped unless it is safe already.

    >>> format_html("<b>{}</b>{tail}", "<&>", tail=SafeString("<hr>"))
    '<b>&lt;&amp;&gt;</b><hr>'
    """
    return SafeString(
        pattern.format(*map(_escaped, values), **{name: _escaped(value) for name, value in named.items()})
    )


def _escaped(value: Any) -> str:
    kind = type(value)
    if kind is SafeString:
        return value  # type: ignore[no-any-return]  # its type was just looked at
    if kind is str:
        return escape(value)
    if kind is int:
        return str(value)
    return conditional_escape(value)
