"""The tables of the ground floor: the ledger, and work in the background."""

from cosource.foundation.models.ledger import (
    Audience,
    AudienceReader,
    AudienceStream,
    Entry,
    Erasure,
    Payload,
    PendingEntry,
    Seal,
    Stream,
)
from cosource.foundation.models.search import SearchText
from cosource.foundation.models.work import AccessLog, DueWork, Lease, ReplayedRequest

__all__ = [
    "AccessLog",
    "Audience",
    "AudienceReader",
    "AudienceStream",
    "DueWork",
    "Entry",
    "Erasure",
    "Lease",
    "Payload",
    "PendingEntry",
    "ReplayedRequest",
    "Seal",
    "SearchText",
    "Stream",
]
