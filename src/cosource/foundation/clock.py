"""The one place that reads the wall clock.

Everything else is handed its `at`. Pure rules never come here.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant as an aware datetime in UTC."""
    return datetime.now(UTC)
