"""Recurring work on clocks: raising steps that are due, proving that none was missed, and looking at the time zones.

Each leaves a heartbeat that `/healthz` shows; the proof leaves it only when all holds.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.models import Lease
from cosource.foundation.notices import register_notice_kind
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.leases import heartbeat
from cosource.foundation.services.schedules import schedule
from cosource.tickets.queries.escalation_audit import escalations_audit
from cosource.tickets.services import recomputing
from cosource.tickets.services.escalation import escalations_sweep
from cosource.tickets.services.escalation_telling import KIND as TELL
from cosource.tickets.services.escalation_telling import NOTICE, escalations_tell

SWEEP, AUDIT = "tickets.escalations", "tickets.escalations_audit"
SWEEP_EVERY, AUDIT_EVERY = timedelta(seconds=15), timedelta(hours=1)
SWEEP_BEAT, AUDIT_BEAT = "escalations", "escalations audit"
# Of the clocks that run, so many are looked at each hour, in turn; those that ended are all looked at.
AUDITED_AT_ONCE = 20_000
_MOST_SAID = 20

log = structlog.get_logger(__name__)


def _sweep(task: Task) -> dict[str, Any]:
    at = clock.now()
    came = escalations_sweep(at=at)
    heartbeat(SWEEP_BEAT, at=at, seconds=90)
    return {"steps": came}


def _audit(task: Task) -> dict[str, Any]:
    at = clock.now()
    kept = Lease.objects.filter(name=f"beat:{AUDIT_BEAT}").values_list("holder", flat=True).first()
    found = escalations_audit(
        at=at, since=at - 2 * AUDIT_EVERY, after=UUID(kept) if kept else None, limit=AUDITED_AT_ONCE
    )
    for finding in found.findings[:_MOST_SAID]:
        log.error("escalations.audit", clock=str(finding.clock_id), step=finding.step, found=finding.what)
    if not found.findings:
        mark = found.last_id.hex if found.last_id else ""
        heartbeat(AUDIT_BEAT, at=at, seconds=int(2 * AUDIT_EVERY.total_seconds()), mark=mark)
    return {"clocks": found.clocks, "steps": found.steps, "findings": len(found.findings)}


def register() -> None:
    """Make the worker raise steps every quarter of a minute, and look hourly whether any was missed."""
    register_notice_kind(NOTICE, gettext_lazy("An agreed time is nearly over, or passed"))
    register_work(TELL, escalations_tell, label=gettext_lazy("Telling of escalations"))
    recomputing.register()
    register_work(SWEEP, _sweep, label=gettext_lazy("Escalations that are due"))
    schedule(SWEEP, SWEEP_EVERY)
    register_work(AUDIT, _audit, long=True, label=gettext_lazy("Proof that no escalation was missed"))
    schedule(AUDIT, AUDIT_EVERY)
