"""Forms that are taken once: sent again after an answer that never came, or by two clicks, they change nothing more.

A page puts a key of its own into each such form (`{% form_key %}`). It is claimed in the transaction of what the form does, so
one that was refused, or cut off half-way, can be sent again. Keys are kept for two days, as those of the API are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.doors import PageRequest
from cosource.foundation.services.replays import Answer, replay_claim, replay_keep

FIELD = "once"


@dataclass(slots=True)
class Taking:
    """One time that a form was sent. `before`: what came of the first time, None at the first; `result`: what comes of it now."""

    before: str | None = None
    result: str = ""


@contextmanager
def taken_once(request: PageRequest, *, at: datetime) -> Iterator[Taking]:
    """Open the transaction of what a form does. Where `before` is not None it has been done, and nothing is to be done.

    A form without a key, as a program may send it, is taken each time.
    """
    try:
        key: UUID | None = UUID(request.POST.get(FIELD, ""))
    except ValueError:
        key = None
    with transaction.atomic():
        if key is None or request.actor.id is None:
            yield Taking()
            return
        # Whatever else the form says now: what matters is that it is the same form.
        claim = replay_claim(actor_id=request.actor.id, key=f"form:{key.hex}", request_digest=key.hex, at=at)
        if isinstance(claim, Answer):
            yield Taking(before=claim.text)
            return
        taking = Taking()
        yield taking
        replay_keep(claim=claim, status=303, text=taking.result, headers={})
