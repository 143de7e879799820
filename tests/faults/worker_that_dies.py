"""A worker that kills itself at a named moment: `python -m tests.faults.worker_that_dies before|after REGEX`.

The moment is the first statement to the database that fits, as the worker's own connection is about to send it or has had its
answer. It is found by Django's own hooks, so the product knows nothing of it.
"""

import os
import re
import signal
import sys
from collections.abc import Callable
from typing import Any


def die_at(when: str, fits: re.Pattern[str]) -> None:
    """Arrange that this process is killed at that moment."""
    from django.db.backends.signals import connection_created

    def around(run: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        named = fits.search(sql if many else f"{sql} {params}")
        if named and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = run(sql, params, many, context)
        if named:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    def made(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(around)

    connection_created.connect(made, weak=False)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "cosource.config.settings"
    import django

    django.setup()
    die_at(sys.argv[1], re.compile(sys.argv[2], re.DOTALL))
    from cosource.config.processes import run_worker

    run_worker(with_parent=False)
