"""Recurring work: looking daily over the matrices for time in which nobody can be reached."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.notices import register_notice_kind
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.schedules import schedule
from cosource.tickets.matrix.services.checking import NOTICE, gaps_tell

KIND = "tickets.matrix_check"
EVERY = timedelta(days=1)


def _check(task: Task) -> dict[str, Any]:
    gaps, told = gaps_tell(at=clock.now())
    return {"gaps": gaps, "told": told}


def register() -> None:
    """Make the worker look once a day, and let keepers choose how they are told."""
    register_notice_kind(NOTICE, gettext_lazy("A gap in an escalation matrix"))
    register_work(KIND, _check, long=True, label=gettext_lazy("Check of escalation matrices"))
    schedule(KIND, EVERY)
