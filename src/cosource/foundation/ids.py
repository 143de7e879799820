"""Identifiers: time-ordered UUIDs (version 7), made in the application.

Not here: human ticket references; those are counted per series in the tickets room.
"""

from uuid import UUID

import uuid_utils.compat

NIL = UUID(int=0)


def new_id() -> UUID:
    """Return a new time-ordered identifier, so that rows written together lie together in an index."""
    return uuid_utils.compat.uuid7()
