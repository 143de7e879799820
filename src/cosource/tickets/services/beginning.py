"""Opening a ticket with what its opener's own desk puts beside it from the first moment, as one step.

Not here: what a ticket itself needs (`services.opening`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cosource.foundation.sight import Actor
from cosource.tickets.services.checklists import checklist_begin
from cosource.tickets.services.fields import Answers, fields_begin
from cosource.tickets.services.opening import record_open
from cosource.tickets.services.record import Record


@transaction.atomic
def ticket_begin(
    *,
    actor: Actor,
    at: datetime,
    checklist: Sequence[str] = (),
    fields: Answers | None = None,
    must: bool = True,
    **opening: Any,
) -> Record:
    """Open a ticket as `record_open` does, with the own party's checklist and the answers to fields; all of it or nothing.

    `fields`: by set and key. `must`: what is starred has to be answered; otherwise wrong answers are left out.
    Raises: as `record_open`; Invalid naming what is wrong with the checklist, and answers as `set.key`.
    """
    record = record_open(actor=actor, at=at, **opening)
    fields_begin(record, fields or {}, must=must, actor=actor, at=at)
    checklist_begin(record, checklist, actor=actor, at=at)
    return record
