"""The tables of the ground floor: the ledger, files, work in the background, notices."""

from cosource.foundation.models.files import StoredFile
from cosource.foundation.models.hiding import Hiding
from cosource.foundation.models.keeping import Restoration
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
from cosource.foundation.models.notices import (
    Gateway,
    Notice,
    NoticeChoices,
    PushSubscription,
    WebhookDelivery,
    WebhookEndpoint,
)
from cosource.foundation.models.search import SearchText
from cosource.foundation.models.work import AccessLog, DueWork, Lease, ReplayedRequest, SharedValue

__all__ = [
    "AccessLog",
    "Audience",
    "AudienceReader",
    "AudienceStream",
    "DueWork",
    "Entry",
    "Erasure",
    "Gateway",
    "Hiding",
    "Lease",
    "Notice",
    "NoticeChoices",
    "Payload",
    "PendingEntry",
    "PushSubscription",
    "ReplayedRequest",
    "Restoration",
    "Seal",
    "SearchText",
    "SharedValue",
    "StoredFile",
    "Stream",
    "WebhookDelivery",
    "WebhookEndpoint",
]
