"""What people do with work in the background: stop it, or try again what was parked.

Not here: doing it (`duework`).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict
from cosource.foundation.models import DueWork
from cosource.foundation.queries.duework import work_get
from cosource.foundation.sight import Actor


def work_cancel(*, work_id: UUID, at: datetime) -> bool:
    """Ask work to stop: what waits or is parked stops at once, what runs at its next progress. Return whether it was open."""
    open_ = DueWork.objects.filter(id=work_id)
    if open_.filter(state__in=(DueWork.State.QUEUED, DueWork.State.PARKED)).update(
        state=DueWork.State.CANCELLED, finished_at=at
    ):
        return True
    return bool(open_.filter(state=DueWork.State.RUNNING).update(cancel_requested=True))


def work_replay(*, work_id: UUID, at: datetime) -> bool:
    """Queue parked work once more from its first attempt; return whether it was parked."""
    return bool(
        DueWork.objects.filter(id=work_id, state=DueWork.State.PARKED).update(
            state=DueWork.State.QUEUED, attempts=0, due_at=at, message="", finished_at=None
        )
    )


@transaction.atomic
def parked_replay(*, work_id: UUID, actor: Actor, at: datetime) -> None:
    """Try parked work of the actor's organization again. Raises: NotFound, Conflict when it is not parked."""
    work_get(actor=actor, work_id=work_id)
    if not work_replay(work_id=work_id, at=at):
        raise Conflict(_("This is not parked any more."), code="not_parked")


@transaction.atomic
def parked_cancel(*, work_id: UUID, actor: Actor, at: datetime) -> None:
    """Give up parked work of the actor's organization. Raises: NotFound, Conflict when it is not parked."""
    work = work_get(actor=actor, work_id=work_id)
    if work.state != DueWork.State.PARKED or not work_cancel(work_id=work_id, at=at):
        raise Conflict(_("This is not parked any more."), code="not_parked")
