"""A worker on a machine whose clock is wrong: `python -m tests.faults.worker_with_clock FILE`; FILE has the seconds it is ahead.

The clock is that of this process alone, and is set while it runs by writing another number. What only goes on, goes on.
"""

import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path


class WrongClock(datetime):
    """What the product takes for the machine's clock."""

    kept_in: Path

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        right = datetime.now(tz)  # noqa: TID251 - this is the clock
        return right + timedelta(seconds=float(cls.kept_in.read_text() or 0))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "cosource.config.settings"
    import django

    django.setup()
    from cosource.foundation import clock

    WrongClock.kept_in = Path(sys.argv[1])
    vars(clock)["datetime"] = WrongClock
    from cosource.config.processes import run_worker

    run_worker(with_parent=False)
