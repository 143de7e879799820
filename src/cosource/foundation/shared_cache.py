"""What all processes must know alike for a few minutes: attempts that were counted, codes that were used.

A cache of Django's, kept in the database, so that a restart or another process is no new beginning for whoever guesses. Nothing
is dropped before its time, however much there is: otherwise whoever fills it would end a lock-out. Values are what JSON can hold.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction

from cosource.foundation import clock
from cosource.foundation.models import SharedValue

_LONGEST = timedelta(days=1)


class SharedCache(BaseCache):
    """What `CACHES` names. What is asked to be kept for ever is kept for a day."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value if there is none; of any number of processes that do so at once, one is told that it did."""
        row = self._row(key, value, timeout, version)
        SharedValue.objects.filter(key=row.key, until__lte=clock.now()).delete()
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or `default` where there is none or its time is over."""
        rows = SharedValue.objects.filter(key=self._digest(key, version), until__gt=clock.now())
        row = rows.first()
        return default if row is None else row.value

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value in place of what there was."""
        SharedValue.objects.bulk_create(
            [self._row(key, value, timeout, version)],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["value", "until"],
        )

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value that is there for longer; tell whether it was."""
        rows = SharedValue.objects.filter(key=self._digest(key, version), until__gt=clock.now())
        return bool(rows.update(until=self._until(timeout)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Drop a value; tell whether there was one."""
        return bool(SharedValue.objects.filter(key=self._digest(key, version)).delete()[0])

    def clear(self) -> None:
        """Drop everything."""
        SharedValue.objects.all().delete()

    def _row(self, key: Any, value: Any, timeout: Any, version: int | None) -> SharedValue:
        return SharedValue(key=self._digest(key, version), value=value, until=self._until(timeout))

    def _digest(self, key: Any, version: int | None) -> str:
        """Return what a key is kept under: keys name addresses and people, and some are of any length."""
        return hashlib.sha256(self.make_key(key, version).encode()).hexdigest()

    def _until(self, timeout: Any) -> datetime:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return clock.now() + (_LONGEST if seconds is None else timedelta(seconds=seconds))
