"""What a measurement is: figures with their limits, and how processor time and durations are taken.

Processor time is that of the whole process, all threads. It is what a request costs the server, and stays nearly the same on a
machine that does other things as well, which durations do not.
"""

import gc
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Figure:
    """One measured value. `limit` None: it stands beside others to compare with. `at_least`: the limit is a lower one."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    on: str = ""
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Tell whether the limit is kept; None where there is none."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass
class Costs:
    """What repeated runs of one thing cost, in milliseconds."""

    processor: list[float] = field(default_factory=list)
    elapsed: list[float] = field(default_factory=list)

    @property
    def median_processor(self) -> float:
        return statistics.median(self.processor)

    @property
    def median_elapsed(self) -> float:
        return statistics.median(self.elapsed)

    @property
    def p95_elapsed(self) -> float:
        return statistics.quantiles(self.elapsed, n=20)[-1]


def repeat(action: Callable[[], Any], *, times: int = 40, warm: int = 5) -> Costs:
    """Run something repeatedly, after some runs that are not counted."""
    for _ in range(warm):
        action()
    costs = Costs()
    with _undisturbed():
        for _ in range(times):
            elapsed, processor = time.perf_counter_ns(), time.process_time_ns()
            action()
            costs.processor.append((time.process_time_ns() - processor) / 1e6)
            costs.elapsed.append((time.perf_counter_ns() - elapsed) / 1e6)
    return costs


@contextmanager
def _undisturbed() -> Iterator[None]:
    # What the setting up left behind is not cleared away on the account of what is measured.
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def hand_in(figures: list[Figure]) -> None:
    """Print the figures as the last line, for the process that asked for them."""
    print(json.dumps([asdict(figure) for figure in figures]))


def taken_from(printed: str) -> list[Figure]:
    """Read the figures that a measuring process printed."""
    return [Figure(**given) for given in json.loads(printed.strip().splitlines()[-1])]


def yardstick() -> float:
    """Return the processor time in milliseconds of a fixed piece of plain Python, to compare machines by."""

    def work() -> int:
        table = {str(n): n for n in range(20_000)}
        return sum(table[str(n)] for n in range(20_000))

    return min(repeat(work, times=10, warm=2).processor)
