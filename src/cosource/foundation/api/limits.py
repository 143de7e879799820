"""How many requests one token may make in a minute.

Counted in this process's cache: with several web processes the limit holds for each, which is enough to keep one runaway
program from starving the others.
"""

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest

from cosource.foundation import clock
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import TooMany

_MINUTE = 60


def check_rate(request: HttpRequest) -> None:
    """Count a request of whoever makes it. Raises: TooMany beyond `API_PER_MINUTE`, with the seconds to wait."""
    at = clock.now()
    if _count(f"api:{actor_of(request).id}:{int(at.timestamp()) // _MINUTE}") > settings.API_PER_MINUTE:
        raise TooMany(
            f"More than {settings.API_PER_MINUTE} requests in a minute.", retry_seconds=_MINUTE - at.second
        )


def _count(key: str) -> int:
    cache = caches["process"]
    cache.add(key, 0, timeout=2 * _MINUTE)
    try:
        return int(cache.incr(key))
    except ValueError:  # dropped between the two lines
        return 1
