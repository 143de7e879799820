"""A worker that ends or stops itself at a named moment: `python -m tests.faults.worker_that_dies before|after REGEX [SIGNAL]`.

The moment is the first statement to the database that fits, or a later one, as the process's own connection is about to send it
or has had its answer. It is found by Django's own hooks, so the product knows nothing of it. SIGNAL is SIGKILL, or SIGSTOP for
one that may be woken.
"""

import os
import re
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import Any


def die_at(when: str, fits: re.Pattern[str], sign: signal.Signals, nth: int = 1) -> None:
    """Arrange that this process is sent a signal at that moment, once: at the `nth` statement that fits."""
    from django.db.backends.signals import connection_created

    seen = count(1)

    def around(run: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        named = fits.search(sql if many else f"{sql} {params}") is not None and next(seen) == nth
        if named and when == "before":
            os.kill(os.getpid(), sign)
        answer = run(sql, params, many, context)
        if named and when == "after":
            os.kill(os.getpid(), sign)
        return answer

    def made(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(around)

    connection_created.connect(made, weak=False)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "cosource.config.settings"
    import django

    django.setup()
    die_at(sys.argv[1], re.compile(sys.argv[2], re.DOTALL), signal.Signals[(*sys.argv, "SIGKILL")[3]])
    from cosource.config.processes import run_worker

    run_worker(with_parent=False)
