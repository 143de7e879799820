"""Keeping the answers to requests that carried an idempotency key, for two days.

Not here: the protocol around it (`api.creating`). An answer may repeat texts of the thing that was made: they go from it
when they are erased, and it goes as a whole with the sweep. Its row is no record of anything.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosource.foundation.bulk import insert_new, update_all
from cosource.foundation.errors import Invalid
from cosource.foundation.ids import new_id
from cosource.foundation.models import ReplayedRequest
from cosource.foundation.rules.erasing import without

KEPT_HOURS = 48


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a key for the first time, within the present transaction."""

    id: UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    text: str
    headers: dict[str, str]


def replay_claim(*, actor_id: UUID, key: str, request_digest: str, at: datetime) -> Claim | Answer:
    """Claim a key inside the caller's transaction, or return the answer that was given to it.

    While another transaction holds the key this waits for its end. Raises: Invalid when the key belongs to another request.
    """
    claim = Claim(new_id())
    row = ReplayedRequest(
        id=claim.id, actor_id=actor_id, key=key, request_digest=request_digest, status=0, created_at=at
    )
    if insert_new(row):
        return claim
    kept = ReplayedRequest.objects.get(actor_id=actor_id, key=key)
    if kept.request_digest != request_digest:
        raise Invalid("This key was used for another request; take a new one.", code="key_reused")
    return Answer(kept.status, kept.body["text"], kept.headers)


def replay_keep(*, claim: Claim, status: int, text: str, headers: dict[str, str]) -> None:
    """Keep the answer to a claimed key; stands or falls with the caller's transaction."""
    # As text: a database that stores JSON its own way would give other bytes back.
    kept = ReplayedRequest(id=claim.id, status=status, body={"text": text}, headers=headers)
    update_all([kept], ("status", "body", "headers"))


def answers_blank(*, about: UUID, texts: Collection[str]) -> None:
    """Take erased texts out of the kept answers that speak of a subject; who repeats the request gets a dash for them."""
    for kept in ReplayedRequest.objects.filter(body__icontains=str(about)):
        said = json.loads(kept.body["text"])
        blank = without(said, texts)
        if blank != said:
            kept.body = {"text": json.dumps(blank, ensure_ascii=False)}
            kept.save(update_fields=["body"])


def replays_sweep(*, at: datetime) -> int:
    """Remove answers older than two days; return how many went."""
    removed, _ = ReplayedRequest.objects.filter(created_at__lt=at - timedelta(hours=KEPT_HOURS)).delete()
    return removed
