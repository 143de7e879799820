"""Business time: evaluations a second, one by one and many at once, beside plain subtraction in the same run.

The desk works office hours with a break, by the holidays of Bavaria; tickets are opened at any second of six years. Tables are
laid out before the measurement, as they are in a process that has worked for a while.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from benchmarks.measuring import Figure, hand_in, repeat

ONE_BY_ONE = 50_000
AT_ONCE = 2_000_000
THOUSAND, MILLION = 1_000, 1_000_000
LIMIT_ONE_BY_ONE = 200 * THOUSAND
LIMIT_AT_ONCE = 20 * MILLION
SEED = 20_260_101


def figure(name: str, count: int, action: Callable[[], Any], limit: float | None = None) -> Figure:
    """Measure how many evaluations one core does in a second."""
    rate = count * 1000 / repeat(action, times=7, warm=1).median_processor
    unit, word = (MILLION, "million/s") if count == AT_ONCE else (THOUSAND, "thousand/s")
    return Figure(name, float(f"{rate / unit:.3g}"), word, limit and limit / unit, at_least=True)


def main() -> None:
    from cosource.calendars.rules.business_time import Calendar, Region, due, elapsed

    desk = Calendar("Europe/Berlin", (((480, 720), (780, 1020)),) * 5 + ((), ()), holidays=Region("DE", "BY"))
    random = Random(SEED)
    first = datetime(2021, 1, 1, tzinfo=UTC)
    starts = [first + timedelta(seconds=random.randrange(6 * 365 * 86_400)) for _ in range(ONE_BY_ONE)]
    ends = [start + timedelta(seconds=random.randrange(20 * 86_400)) for start in starts]
    minutes = [random.randrange(1, 3000) for _ in starts]
    pauses = [[(start + timedelta(hours=5), start + timedelta(hours=31))] for start in starts]
    both = list(zip(starts, ends, strict=True))
    wanted = list(zip(starts, minutes, strict=True))
    paused = list(zip(starts, ends, minutes, pauses, strict=True))
    limit = LIMIT_ONE_BY_ONE
    figures = [
        figure("plain subtraction, one by one", ONE_BY_ONE, lambda: [e - s for s, e in both]),
        figure("elapsed", ONE_BY_ONE, lambda: [elapsed(s, e, desk) for s, e in both], limit),
        figure(
            "elapsed, one pause", ONE_BY_ONE, lambda: [elapsed(s, e, desk, p) for s, e, _, p in paused], limit
        ),
        figure("due", ONE_BY_ONE, lambda: [due(s, m, desk) for s, m in wanted], limit),
        figure("due, one pause", ONE_BY_ONE, lambda: [due(s, m, desk, p) for s, _, m, p in paused], limit),
        *_at_once(desk),
    ]
    hand_in(figures)


def _at_once(desk: Any) -> list[Figure]:
    import numpy as np

    from cosource.calendars.rules.many import Pauses, due_many, elapsed_many

    random = np.random.default_rng(SEED)
    first = np.datetime64("2021-01-01", "us").astype(np.int64)
    day = 86_400_000_000
    starts = first + random.integers(0, 6 * 365 * day, AT_ONCE)
    ends = starts + random.integers(0, 20 * day, AT_ONCE)
    minutes = random.integers(1, 3000, AT_ONCE)
    pauses = Pauses(np.arange(AT_ONCE + 1), starts + day // 5, starts + day)
    return [
        figure("plain subtraction, at once", AT_ONCE, lambda: ends - starts),
        figure("elapsed, at once", AT_ONCE, lambda: elapsed_many(starts, ends, desk), LIMIT_AT_ONCE),
        figure("elapsed, one pause, at once", AT_ONCE, lambda: elapsed_many(starts, ends, desk, pauses)),
        figure("due, at once", AT_ONCE, lambda: due_many(starts, minutes, desk)),
        figure("due, one pause, at once", AT_ONCE, lambda: due_many(starts, minutes, desk, pauses)),
    ]


if __name__ == "__main__":
    main()
