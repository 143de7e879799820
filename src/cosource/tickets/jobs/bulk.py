"""The worker's part of a step with many tickets: in the name of who asked for it, with the rights that they have by then."""

from typing import Any
from uuid import UUID

from django.utils import translation

from cosource.foundation import clock
from cosource.foundation.services.duework import Task, register_work
from cosource.tickets.models import BulkRun
from cosource.tickets.services.acting import acting_for
from cosource.tickets.services.bulk import WORK, bulk_go_on


def register() -> None:
    """Let the worker take steps with many tickets."""
    register_work(WORK, do_bulk, long=True, label=translation.gettext_lazy("Step with many tickets"))


def do_bulk(task: Task) -> dict[str, Any]:
    """Go on with a run where it was; one that is gone is done."""
    run = BulkRun.objects.filter(pk=UUID(task.args["run"])).first()
    if run is not None:
        starter = acting_for(
            by_id=run.by_id, by_token=run.by_token, organization_id=run.organization_id, at=clock.now()
        )
        bulk_go_on(
            run,
            actor=starter,
            at=clock.now,
            tell=lambda done, total: task.progress(done=done, total=total),
        )
    return {}
