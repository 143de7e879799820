"""Keeping a restored installation from speaking to the outside until somebody releases it.

A copy that wakes up with mail to send, webhooks to call and telephones to ring would tell people twice, or of what is long
over. So what leaves the house waits (`services.duework`), and `outward.post` refuses as a second line.
"""

from datetime import datetime

from django.db import transaction

from cosource.foundation.models import DueWork, Restoration
from cosource.foundation.models.work import HELD

# So long until held work is looked at again; a release does not wait for that.
HELD_SECONDS = 300

_may_be_held = False


def restore_broken_off() -> bool:
    """Return whether a restore began here and did not come to its end."""
    return Restoration.objects.filter(finished_at=None).exists()


def outward_held() -> bool:
    """Return whether nothing may leave the house."""
    return Restoration.objects.filter(released_at=None).exists()


def held_look() -> bool:
    """Find out as a web process begins whether its pages must say so; from then on `held_shown` knows."""
    global _may_be_held  # noqa: PLW0603 - once a process; a restore needs an installation that is at rest
    _may_be_held = outward_held()
    return _may_be_held


def held_shown() -> bool:
    """Return whether pages say that nothing is sent. Asks the database only where the process began like that."""
    return _may_be_held and held_look()


def outward_release(*, at: datetime) -> int | None:
    """Let out what was held back, and return how much work waits for it; None when nothing was held."""
    with transaction.atomic():
        if not Restoration.objects.filter(released_at=None, finished_at__isnull=False).update(released_at=at):
            return None
        return DueWork.objects.filter(state=DueWork.State.QUEUED, message=HELD).update(due_at=at, message="")
