"""From which data business time is computed: the versions to keep with a result, so that it can be computed again."""

import zoneinfo
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

_ASKED = "UTC"
_UNKNOWN = "unknown"
_LONGEST = 40


class Sources(NamedTuple):
    """The versions of the data. `zones`: of the time zone database, such as 2026a; `holidays`: of the package of that name."""

    zones: str
    holidays: str


@cache
def computed_with() -> dict[str, dict[str, str]]:
    """Give the versions as a fact to keep with an entry whose step computed due times."""
    return {"computed_with": sources()._asdict()}


@cache
def sources() -> Sources:
    """Give the versions that this process computes with: where the system has zones they come first, as in every lookup."""
    return Sources(_zones(), version("holidays"))


def zones_brought() -> str | None:
    """Give the version of the time zones that lie on this machine by now; None where this process computes with them.

    A process keeps the zones that it has read until it ends.
    """
    there = _zones()
    return None if there == sources().zones else there


def _zones() -> str:
    for place in map(Path, zoneinfo.TZPATH):
        if (place / _ASKED).is_file():
            return _stated(place)
    return version_of_package()


def version_of_package() -> str:
    """Give the version of the time zone database that was installed as a package."""
    return str(import_module("tzdata").IANA_VERSION)


def _stated(place: Path) -> str:
    """Read what a directory of zones says of itself; not every system lets it say anything."""
    for name in ("+VERSION", "tzdata.zi"):
        try:
            with (place / name).open(encoding="ascii") as file:
                return file.readline(_LONGEST).removeprefix("# version").strip() or _UNKNOWN
        except (OSError, UnicodeDecodeError):
            continue
    return _UNKNOWN
