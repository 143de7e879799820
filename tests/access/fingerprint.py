"""Whether anything changed: a digest of every row of every table, but for what a visit alone may write."""

import hashlib

from django.apps import apps
from django.db import connection

# Written by looking, not by doing: sessions and what they are remembered by, and counts of attempts.
BY_LOOKING = frozenset(
    {
        "django_session",
        "usersessions_usersession",
        "axes_accesslog",
        "axes_accessattempt",
        "foundation_sharedvalue",
        "parties_presence",
    }
)


def fingerprint() -> dict[str, str]:
    """The digest of each table, by name."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table in BY_LOOKING or model._meta.proxy or not model._meta.managed:
                continue
            columns = [
                f.column
                for f in model._meta.concrete_fields
                if f.column not in ("last_used_at", "last_login")
            ]
            quoted = ", ".join(f'"{c}"' for c in columns if c)
            cursor.execute(f'SELECT {quoted} FROM "{table}"')
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
