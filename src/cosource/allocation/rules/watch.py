"""Progress, cancelling and the limit of time, as one value that the long computations ask."""

import time
from collections.abc import Callable

type Progress = Callable[[str, float], None]


class Cancelled(Exception):
    """Whoever asked for the plan no longer wants it."""


class Watch:
    """What a long computation asks on its way.

    `progress` is told the step and how far the whole is, 0 to 1. `cancelled` is asked often. `seconds`: when to stop and give
    the best there is; None for never.
    """

    def __init__(
        self,
        *,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        seconds: float | None = None,
    ) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._end = None if seconds is None else time.monotonic() + seconds

    def part(self, share: float) -> "Watch":
        """Return a watch that ends after a share of the time that is left."""
        seconds = None if self._end is None else self.left * share
        return Watch(progress=self._progress, cancelled=self._cancelled, seconds=seconds)

    def step(self, name: str, done: float) -> None:
        """Tell how far it is. Raises: Cancelled."""
        self.look()
        if self._progress is not None:
            self._progress(name, done)

    def look(self) -> None:
        """Raises: Cancelled."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled

    @property
    def left(self) -> float:
        """Seconds until the limit; infinite without one, never below zero."""
        return float("inf") if self._end is None else max(0.0, self._end - time.monotonic())

    @property
    def stopped(self) -> bool:
        """Tell whether somebody cancelled or the limit of time is reached."""
        return self.left <= 0 or (self._cancelled is not None and self._cancelled())
