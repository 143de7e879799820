"""A text inside a JSON column, by keys of any letters, alike on both databases.

Django writes a key into a path with its letters escaped, and SQLite then finds no key that stands unescaped in the column.
"""

from typing import Any

from django.db.models import Func, TextField, Value


class JsonText(Func):
    """The text at `outer` and then `inner` of a JSON object; null where there is none."""

    # PostgreSQL's own name of it.
    function = "jsonb_extract_path_text"
    output_field = TextField()

    def __init__(self, column: Any, outer: str, inner: str) -> None:
        super().__init__(column, Value(outer), Value(inner))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the expression of SQLite, which compares keys as texts."""
        column, outer, inner = (compiler.compile(one) for one in self.get_source_expressions())
        # Of expressions that were compiled with their values apart.
        sql = "(SELECT j.value FROM json_each({}, '$.' || {}) AS j WHERE j.key = {})"
        return sql.format(column[0], outer[0], inner[0]), (*column[1], *outer[1], *inner[1])
