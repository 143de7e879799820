"""The worker's part of learning: once a day every desk, each as work of its own."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.schedules import schedule
from cosource.tickets.routing.services.learning import LEARN, desk_learn, desks_learn

LEARN_ALL = "routing.learn_all"
_STEPS = ("terms", "topic", "team")


def _learn(task: Task) -> dict[str, Any]:
    model = desk_learn(
        organization_id=UUID(task.args["organization"]),
        desk=UUID(task.args["desk"]),
        at=clock.now(),
        tell=lambda step: task.progress(done=_STEPS.index(step), total=len(_STEPS)),
    )
    return {"tickets": model.tickets, "measured": model.measured}


def _learn_all(task: Task) -> dict[str, Any]:
    return {"desks": desks_learn(at=clock.now())}


def register() -> None:
    """Let the worker learn."""
    register_work(LEARN, _learn, long=True, label=gettext_lazy("Learning from past tickets"))
    register_work(LEARN_ALL, _learn_all, label=gettext_lazy("Desks to be learned from"))
    schedule(LEARN_ALL, timedelta(days=1))
