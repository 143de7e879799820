"""The API kit: what every room's endpoints share.

    from cosource.foundation.api import In, Out, ListOut, creates, edits, expected_version, list_out, router, stamp

Everything is problem+json (RFC 9457) when it goes wrong, unknown fields are refused, creates and edits take an Idempotency-Key,
edits want If-Match. Not here: which routers there are (`config.api`), who holds a token (`parties.api.auth`).
"""

from cosource.foundation.api.creating import creates
from cosource.foundation.api.editing import edits, expected_version, stamp
from cosource.foundation.api.kit import CosourceAPI, router
from cosource.foundation.api.schemas import In, ListOut, Out, list_out

__all__ = [
    "CosourceAPI",
    "In",
    "ListOut",
    "Out",
    "creates",
    "edits",
    "expected_version",
    "list_out",
    "router",
    "stamp",
]
