"""The one place that reads the wall clock.

Everything else is handed its `at`. Pure rules never come here. Processes that share a database server go by its clock where
their machine's is wrong (`services.timekeeping`).
"""

from datetime import UTC, datetime, timedelta

_ahead = timedelta(0)


def now() -> datetime:
    """Return the present instant as an aware datetime in UTC."""
    return here() - _ahead


def here() -> datetime:
    """Return the present instant as this machine's clock has it, right or wrong."""
    return datetime.now(UTC)


def correct_by(ahead: timedelta) -> None:
    """Take this machine's clock to be ahead by so much, from now on and in this process."""
    global _ahead  # noqa: PLW0603 - a process has one clock
    _ahead = ahead
