"""Django's own task interface over due work: `@task` functions run by this product's workers.

`enqueue` writes a row within the caller's transaction; arguments and results are JSON. A task that fails is tried again with
back-off, and counts as failed when it is parked; each failure is kept among the result's errors. Options: `max_attempts`.

Not here: the engine (`services.duework`).
"""

import traceback
from typing import Any
from uuid import UUID

from django.tasks import Task as DjangoTask
from django.tasks import TaskContext, TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import TaskError
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.utils.json import normalize_json
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.models import DueWork
from cosource.foundation.services.duework import Task, register_work, work_enqueue

KIND = "foundation.task"

_STATUS = {
    DueWork.State.QUEUED: TaskResultStatus.READY,
    DueWork.State.RUNNING: TaskResultStatus.RUNNING,
    DueWork.State.DONE: TaskResultStatus.SUCCESSFUL,
    DueWork.State.PARKED: TaskResultStatus.FAILED,
    DueWork.State.CANCELLED: TaskResultStatus.FAILED,
}


class DueWorkBackend(BaseTaskBackend):
    """Enqueues tasks as due work. Defers, orders by priority, runs coroutines, and gives results to any process."""

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> "TaskResult[Any, Any]":
        """Queue the call. Raises: InvalidTask, TypeError for arguments that are no JSON."""
        self.validate_task(task)
        at = clock.now()
        work_id = work_enqueue(
            kind=KIND,
            args={
                "func": task.module_path,
                "args": normalize_json(args),
                "kwargs": normalize_json(kwargs),
                "backend": self.alias,
                "queue": task.queue_name,
            },
            due_at=task.run_after or at,
            at=at,
            urgency=-task.priority,
            max_attempts=self.options.get("max_attempts", 8),
        )
        result = self.get_result(str(work_id))
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> "TaskResult[Any, Any]":
        """Return how a call stands. Raises: TaskResultDoesNotExist."""
        try:
            row = DueWork.objects.get(id=UUID(str(result_id)), kind=KIND, args__backend=self.alias)
        except (ValueError, DueWork.DoesNotExist):
            raise TaskResultDoesNotExist(result_id) from None
        return _result(row)


def _result(row: DueWork) -> "TaskResult[Any, Any]":
    said = row.args
    task: DjangoTask[Any, Any] = import_string(said["func"])
    given = {"priority": -row.urgency, "queue_name": said["queue"], "backend": said["backend"]}
    waits = row.due_at if row.due_at > row.created_at else None
    result: TaskResult[Any, Any] = TaskResult(
        task=task.using(**given, run_after=waits),
        id=str(row.id),
        status=_STATUS[DueWork.State(row.state)],
        enqueued_at=row.created_at,
        started_at=row.claimed_at,
        finished_at=row.finished_at,
        last_attempted_at=row.claimed_at,
        args=said["args"],
        kwargs=said["kwargs"],
        backend=said["backend"],
        errors=[TaskError(exception_class_path=e["class"], traceback=e["said"]) for e in _errors(row)],
        # Of earlier attempts only their number is kept.
        worker_ids=[row.claimed_by] * row.attempts,
    )
    if row.state == DueWork.State.DONE:
        object.__setattr__(result, "_return_value", row.result.get("value"))
    return result


def _errors(row: DueWork) -> list[dict[str, str]]:
    found: list[dict[str, str]] = row.result.get("errors", [])
    return found


def _run(work: Task) -> dict[str, Any]:
    row = DueWork.objects.get(id=work.id)
    result = _result(row)
    task = result.task
    task_started.send(type(task.get_backend()), task_result=result)
    given: list[Any] = [TaskContext(task_result=result)] if task.takes_context else []
    outcome = TaskResultStatus.FAILED
    try:
        value = normalize_json(task.call(*given, *result.args, **result.kwargs))
        outcome = TaskResultStatus.SUCCESSFUL
    except Exception as failure:
        kind = type(failure)
        error = {
            "class": f"{kind.__module__}.{kind.__qualname__}",
            "said": "".join(traceback.format_exception(failure))[-8_000:],
        }
        DueWork.objects.filter(id=work.id, fence=work.fence).update(result={"errors": [*_errors(row), error]})
        raise
    finally:
        object.__setattr__(result, "status", outcome)  # as Django's own backends do: a result is frozen
        task_finished.send(type(task.get_backend()), task_result=result)
    return {"value": value, "errors": _errors(row)}


def register() -> None:
    """Make the worker able to run tasks."""
    register_work(KIND, _run, label=gettext_lazy("Task"))
