"""Telling a database that cannot answer at present from a fault of ours, so that doors can say when to try again.

Not here: what the answers look like (`api.problems` and the shell's error pages).
"""

from django.db import InterfaceError, OperationalError

RETRY_SECONDS = 5
# SQLite's name for a statement that is wrong, or meets another schema; its other names say what the file or the disk lacks.
_A_FAULT = "SQLITE_ERROR"


def is_outage(trouble: BaseException | None) -> bool:
    """Tell whether the database being away, full or busy led to this: a later attempt may do better.

    What was raised while such trouble was dealt with counts too.
    """
    while trouble is not None:
        if isinstance(trouble, OperationalError | InterfaceError):
            return getattr(trouble.__cause__, "sqlite_errorname", "") != _A_FAULT
        trouble = trouble.__cause__ or trouble.__context__
    return False
