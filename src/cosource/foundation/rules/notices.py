"""When and by which ways a notice reaches somebody, as plain functions on plain values.

Not here: sending (`services`), and who is told what (each room).
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from cosource.foundation.rules.erasing import without

MAIL: Final = "mail"
PUSH: Final = "push"
SMS: Final = "sms"
VOICE: Final = "voice"
CHANNELS: Final = (MAIL, PUSH, SMS, VOICE)
DIGESTS: Final = ("", "hourly", "daily")
SHAPES: Final = ("plain", "teams", "slack")
MORNING: Final = time(8, 0)


class Words(Protocol):
    """A sentence that is not translated yet: an English pattern and its values, as rules compose them."""

    @property
    def message(self) -> str: ...
    @property
    def values(self) -> tuple[tuple[str, Any], ...]: ...
    @property
    def plural(self) -> str | None: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Said:
    """The simplest words: a pattern and pairs of name and value."""

    message: str
    values: tuple[tuple[str, Any], ...] = ()
    plural: str | None = None
    count: int = 1


def effect_digest(effect_key: str) -> str:
    """Return an effect's key in the length in which it is kept."""
    return hashlib.sha256(effect_key.encode()).hexdigest()


def words_kept(words: Words) -> dict[str, Any]:
    """Return words as JSON holds them.

    >>> words_kept(Said("%(who)s wrote", (("who", "Ada"),)))
    {'m': '%(who)s wrote', 'v': {'who': 'Ada'}}
    """
    kept: dict[str, Any] = {"m": str(words.message), "v": {n: _value_kept(v) for n, v in words.values}}
    if words.plural is not None:
        kept |= {"p": str(words.plural), "n": words.count}
    return kept


def _value_kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, str | int):
        return value
    return words_kept(value)


def words_blank(kept: Mapping[str, Any], texts: Collection[str]) -> dict[str, Any]:
    """Return kept words without the erased texts; patterns are no text of anybody's.

    >>> words_blank({"m": "%(who)s wrote", "v": {"who": "Ada"}}, {"Ada", "wrote"})
    {'m': '%(who)s wrote', 'v': {'who': '–'}}
    """
    values = {
        name: words_blank(value, texts)
        if isinstance(value, Mapping) and "m" in value
        else without(value, texts)
        for name, value in kept["v"].items()
    }
    return {**kept, "v": values}


def words_written(
    kept: Mapping[str, Any],
    translate: Callable[[str, str | None, int], str],
    write_instant: Callable[[datetime], str],
) -> str:
    """Write kept words in a reader's language and zone.

    >>> words_written({"m": "%(who)s wrote", "v": {"who": "Ada"}}, lambda m, p, n: m, str)
    'Ada wrote'
    """
    pattern = translate(kept["m"], kept.get("p"), kept.get("n", 1))
    filled: dict[str, Any] = {}
    for name, value in kept["v"].items():
        if isinstance(value, Mapping):
            at = value.get("at")
            filled[name] = (
                write_instant(datetime.fromisoformat(at))
                if at
                else words_written(value, translate, write_instant)
            )
        else:
            filled[name] = value
    return pattern % filled if filled else pattern


@dataclass(frozen=True, slots=True)
class Choices:
    """How one person wants to be told.

    `ways`: by kind of notice, the ways besides the list in the app; a kind that is not named goes by `usual`. `quiet_from`,
    `quiet_until`: hours of the person's own day in which nothing but the list is used, over midnight if the first is later.
    `urgent_passes`: what is urgent comes in quiet hours too. `digest`: mails that are not urgent come together.
    """

    ways: Mapping[str, frozenset[str]] = field(default_factory=dict)
    usual: frozenset[str] = frozenset({MAIL, PUSH})
    quiet_from: time | None = None
    quiet_until: time | None = None
    urgent_passes: bool = True
    digest: str = ""
    digest_at: time = MORNING


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way at one instant; `in_digest`: together with others that are due then."""

    way: str
    due_at: datetime
    in_digest: bool = False


def deliveries(
    choices: Choices, *, kind: str, urgent: bool, acknowledge: bool, at: datetime, zone: ZoneInfo
) -> list[Delivery]:
    """Return by which ways and when a notice goes out, in the order of `CHANNELS`.

    What is urgent or wants an answer is never held for a digest; in quiet hours only what is urgent comes through, if it may.

    >>> from datetime import UTC
    >>> night = Choices(quiet_from=time(22), quiet_until=time(6))
    >>> late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    >>> [d.due_at.hour for d in deliveries(night, kind="k", urgent=False, acknowledge=False, at=late, zone=ZoneInfo("UTC"))]
    [6, 6]
    """
    ways = choices.ways.get(kind, choices.usual)
    passes = urgent and choices.urgent_passes
    found = []
    for way in CHANNELS:
        if way not in ways:
            continue
        held = way == MAIL and bool(choices.digest) and not (urgent or acknowledge)
        due_at = digest_end(choices.digest, choices.digest_at, at, zone) if held else at
        found.append(Delivery(way, due_at if passes else quiet_end(choices, due_at, zone), in_digest=held))
    return found


def quiet_end(choices: Choices, at: datetime, zone: ZoneInfo) -> datetime:
    """Return `at`, or when the quiet hours end that it falls into."""
    begin, end = choices.quiet_from, choices.quiet_until
    if begin is None or end is None or begin == end:
        return at
    here = at.astimezone(zone)
    clock = here.time()
    quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    return _next(here, end, at) if quiet else at


def digest_end(digest: str, digest_at: time, at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the digest goes out that takes up what happens at `at`: on the hour, or at the chosen time of day."""
    here = at.astimezone(zone)
    if digest == "hourly":
        # By what has passed, not by the clock's face: where an hour comes twice, each has a digest of its own.
        return at - timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond) + _HOUR
    return _next(here, digest_at, at)


_HOUR = timedelta(hours=1)


def _next(here: datetime, wanted: time, at: datetime) -> datetime:
    """Return the next instant after `at` at which clocks there show `wanted`."""
    for days in range(3):
        day = (here + timedelta(days=days)).date()
        found = datetime.combine(day, wanted, tzinfo=here.tzinfo).astimezone(at.tzinfo)
        if found > at:
            return found
    raise ValueError(f"No {wanted} after {at}.")  # pragma: no cover - no zone leaves out two days
