"""Telling a database or a disk that cannot do its part at present from a fault of ours, so that doors can say when to try again.

Not here: what the answers look like (`api.problems` and the shell's error pages).
"""

import errno

from django.db import DatabaseError, InterfaceError, OperationalError

RETRY_SECONDS = 5
# SQLite's name for a statement that is wrong, or meets another schema; its other names say what the file or the disk lacks.
_A_FAULT = "SQLITE_ERROR"
# What it makes of pages that the disk did not give, or gave wrongly.
_UNREADABLE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def is_outage(trouble: BaseException | None) -> bool:
    """Tell whether a database that is away, full or busy, or a disk that is full, led to this: a later attempt may do better.

    What was raised while such trouble was dealt with counts too.
    """
    while trouble is not None:
        name = getattr(trouble.__cause__, "sqlite_errorname", "")
        if isinstance(trouble, OperationalError | InterfaceError):
            return name != _A_FAULT
        if isinstance(trouble, DatabaseError) and name.startswith(_UNREADABLE):
            return True
        if isinstance(trouble, OSError) and trouble.errno in _OF_THE_DISK:
            return True
        trouble = trouble.__cause__ or trouble.__context__
    return False
