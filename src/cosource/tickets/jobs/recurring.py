"""Recurring work: opening the tickets that a calendar rule has due, looked for twice a minute."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.schedules import schedule
from cosource.tickets.services.recurring import recurring_open_due

KIND, EVERY = "tickets.recurring", timedelta(seconds=30)


def _open_due(task: Task) -> dict[str, Any]:
    return {"opened": recurring_open_due(at=clock.now())}


def register() -> None:
    """Make the worker open what is due."""
    register_work(KIND, _open_due, label=gettext_lazy("Recurring tickets that are due"))
    schedule(KIND, EVERY)
