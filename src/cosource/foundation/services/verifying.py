"""Checking the ledger on demand: queued by a person, done by the worker, with progress and a result that stays readable."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.errors import NotFound
from cosource.foundation.ledger_sight import ReadableStream
from cosource.foundation.models import Seal
from cosource.foundation.queries.ledger import VERIFICATION
from cosource.foundation.queries.verification import heads_read, verify
from cosource.foundation.services.access_log import access_note
from cosource.foundation.services.duework import Task, register_work, work_enqueue
from cosource.foundation.sight import Actor

# A result names so many findings; more than these say nothing new.
FINDINGS_KEPT = 200


@transaction.atomic
def verification_ask(
    *, streams: list[ReadableStream], heads: dict[str, Any] | None, actor: Actor, at: datetime
) -> UUID:
    """Queue a check of these streams, against kept heads where some are given; return the work's id.

    Noted in the access log. Raises: Invalid for heads that are none, NotFound without a person or an organization.
    """
    if actor.organization_id is None or actor.id is None:
        raise NotFound
    if heads is not None:
        heads_read(heads)
    access_note(
        actor=actor,
        owner_organization_id=actor.organization_id,
        object_kind="ledger",
        object_id=actor.organization_id,
        at=at,
        reason="verification",
    )
    work_id = work_enqueue(
        kind=VERIFICATION,
        args={"streams": [s.id.hex for s in streams], "heads": heads},
        due_at=at,
        at=at,
        fair_key=actor.organization_id,
        owner_organization_id=actor.organization_id,
        owner_person_id=actor.id,
        max_attempts=3,
    )
    if work_id is None:
        raise RuntimeError("Work without a key is always enqueued.")
    return work_id


def _run(task: Task) -> dict[str, Any]:
    if task.owner_organization_id is None:
        raise NotFound
    stream_ids = [UUID(s) for s in task.args["streams"]]
    total = Seal.objects.filter(stream_id__in=stream_ids).count()
    task.progress(done=0, total=total)
    result = verify(
        task.owner_organization_id,
        task.args["heads"],
        stream_ids=stream_ids,
        tell=lambda done: task.progress(done=done, total=total),
    )
    task.progress(done=total, total=total)
    return {
        "checked_at": clock.now().isoformat(),
        "streams": result.streams,
        "entries": result.entries,
        "erased": result.erased,
        "stated": result.stated,
        "found": len(result.findings),
        "findings": [
            {"stream": f.stream_id.hex, "position": f.position, "what": f.what}
            for f in result.findings[:FINDINGS_KEPT]
        ],
    }


def register() -> None:
    """Make the worker able to check the ledger."""
    register_work(VERIFICATION, _run, long=True, label=gettext_lazy("Check of the record"))
