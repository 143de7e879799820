"""Whether an installation may be filled from outside: nothing in it that would be lost, and nobody at work."""

from datetime import datetime, timedelta

from django.db import connection

from cosource.foundation.models import DueWork, Lease
from cosource.foundation.queries.backup import tables_there

# A worker renews its claims more often than this.
_AT_REST = timedelta(seconds=15)
# Filled by the worker itself, before anybody works here.
_MAKE_THEMSELVES = frozenset({"foundation_lease", "foundation_duework"})


def worker_runs(at: datetime) -> bool:
    """Return whether a worker was here within the last seconds."""
    return Lease.objects.filter(name="sealer", until__gt=at - _AT_REST).exclude(holder="").exists()


def filled_table() -> str:
    """Return the name of a table that has rows; empty when there is none."""
    with connection.cursor() as cursor:
        for table in tables_there():
            if table.name in _MAKE_THEMSELVES:
                continue
            cursor.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1')  # noqa: S608 - names of our own tables
            if cursor.fetchone():
                return table.name
    recurring = DueWork.objects.filter(key__startswith="every:")
    return "foundation_duework" if DueWork.objects.exclude(pk__in=recurring.values("pk")).exists() else ""
