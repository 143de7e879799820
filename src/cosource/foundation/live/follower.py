"""The one reader of a web process: follows the streams of everybody who is connected, and says what each may know.

Every fifth of a second it asks for what was sealed since, once for all. Rights come first: whatever an entry may have changed is
read again before anything is decided, and everybody's at least once a minute. A stream whose session or whose person's place
here has ended is closed. Nothing is polled while nobody is connected.

Not here: writing to browsers (`outlets`), and who may know of what (`registry`, and the rooms).
"""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from django.db import Error, close_old_connections, connection

from cosource.foundation import clock
from cosource.foundation.live.outlets import Outlet
from cosource.foundation.live.registry import LiveEntry, live_kinds, may_change_rights
from cosource.foundation.queries.sealed import SealedEntry, sealed_after, streams_of
from cosource.foundation.queries.streams import stream_head
from cosource.foundation.services.audience import audience_readers
from cosource.foundation.sight import Sight

ROUND_SECONDS = 0.2
SESSIONS_SECONDS = 1.0
RIGHTS_SECONDS = 60.0
# A page that was drawn just before its stream began is told what happened meanwhile.
RECENT_SECONDS = 10.0
RECENT_MOST = 2_000
AFTER_TROUBLE_SECONDS = 1.0
# More at once from a stream than this is left to the next round; the order between streams is lost then.
SEALED_AT_ONCE = 5_000
STREAMS_OF_ONE_SESSION = 20

# Given session keys, and whether to look into each as a request would: those that still stand.
type Sessions = Callable[[Collection[str], datetime, bool], set[str]]

log = structlog.get_logger(__name__)


class TooManyStreams(Exception):
    """One session has more streams open than browsers open by themselves, or all of them together have."""


@dataclass(eq=False, slots=True)
class Seat:
    """Somebody who is connected.

    `who`: equal for seats with the same rights; `rights` finds these for an instant, None for nobody's any more.
    `organization_ids`: whose records tell of them; `session_key`: the session that must stand.
    """

    outlet: Outlet
    who: Hashable
    person_id: UUID
    organization_ids: frozenset[UUID]
    session_key: str
    rights: Callable[[datetime], Sight | None]
    sight: Sight | None = None
    looked_at: float = field(default=float("-inf"))


class Follower:
    """Keeps the seats, at most `most`, and runs the thread while there are any. `standing`: says which sessions still are."""

    def __init__(self, *, standing: Sessions, most: int) -> None:
        self.standing = standing
        self.most = most
        self._lock = threading.Lock()
        self._seats: set[Seat] = set()
        self._thread: threading.Thread | None = None

    def join(self, seat: Seat) -> None:
        """Take somebody in, and begin to follow for the first. Raises: TooManyStreams."""
        with self._lock:
            own = sum(other.session_key == seat.session_key for other in self._seats)
            if own >= STREAMS_OF_ONE_SESSION or len(self._seats) >= self.most:
                raise TooManyStreams
            self._seats.add(seat)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()

    def leave(self, seat: Seat) -> None:
        """Let somebody go; a second time is harmless."""
        with self._lock:
            self._seats.discard(seat)

    def _run(self) -> None:
        rounds = Rounds(self.standing)
        try:
            while True:
                with self._lock:
                    seats = list(self._seats)
                    if not seats:
                        self._thread = None
                        return
                began = time.monotonic()
                try:
                    close_old_connections()
                    rounds.take(seats, at=clock.now(), now=began)
                except Error as trouble:
                    log.warning("live.postponed", reason=str(trouble))
                    connection.close()
                    time.sleep(AFTER_TROUBLE_SECONDS)
                time.sleep(max(0.0, ROUND_SECONDS - (time.monotonic() - began)))
        except BaseException:
            # Whoever comes next starts anew; those who are here come back by themselves.
            with self._lock:
                self._thread = None
                left, self._seats = self._seats, set()
            for seat in left:
                _close(seat)
            raise
        finally:
            connection.close()


class Rounds:
    """What is known from one round to the next. Used by one thread."""

    def __init__(self, standing: Sessions) -> None:
        self.standing = standing
        self.kinds = live_kinds()
        self.tellers = {kind: named.teller() for kind, named in self.kinds.items()}
        self.followed: frozenset[UUID] = frozenset()
        self.heads: dict[UUID, int] = {}
        self.recent: deque[tuple[float, LiveEntry]] = deque(maxlen=RECENT_MOST)
        self.sessions_at = self.streams_at = float("-inf")

    def take(self, seats: Sequence[Seat], *, at: datetime, now: float) -> None:
        """Look once: `at` for what is live, `now` in seconds of a clock that only goes on.

        Raises: django.db.Error; the next round then sees what this one did not tell.
        """
        self._follow(frozenset[UUID]().union(*(s.organization_ids for s in seats)), now=now)
        sealed = sealed_after(self.heads, limit=SEALED_AT_ONCE)
        entries = _as_entries(sealed)
        touching = [e for e in entries if may_change_rights(e)]
        if touching:
            self.streams_at = float("-inf")
        seats = self._with_sessions(seats, at=at, now=now)
        fresh = [s for s in seats if s.sight is None]
        seats = _with_rights(seats, touching, at=at, now=now, anew=len(sealed) >= SEALED_AT_ONCE)
        told = self._decide(entries, seats)
        told += self._decide([e for then, e in self.recent if now - then < RECENT_SECONDS], fresh)
        self.recent.extend((now, e) for e in entries)
        self.heads.update(_heads_of(sealed))
        _deliver(told)

    def _follow(self, organization_ids: frozenset[UUID], *, now: float) -> None:
        if organization_ids == self.followed and now - self.streams_at < RIGHTS_SECONDS:
            return
        streams = streams_of(organization_ids)
        self.heads = {i: self.heads[i] if i in self.heads else stream_head(i)[0] for i in streams}
        for gone in self.followed - organization_ids:
            for teller in self.tellers.values():
                teller.forget(gone)
        self.followed, self.streams_at = organization_ids, now

    def _with_sessions(self, seats: Sequence[Seat], *, at: datetime, now: float) -> list[Seat]:
        """Return the seats whose session stands; close the others."""
        if now - self.sessions_at < SESSIONS_SECONDS:
            return list(seats)
        old = {s.session_key for s in seats if now - s.looked_at >= RIGHTS_SECONDS}
        others = {s.session_key for s in seats} - old
        standing = self.standing(others, at, False) if others else set()
        standing |= self.standing(old, at, True) if old else set()
        self.sessions_at = now
        return _keep(seats, lambda seat: seat.session_key in standing)

    def _decide(
        self, entries: Sequence[LiveEntry], seats: Sequence[Seat]
    ) -> list[tuple[Seat, str, set[UUID]]]:
        told = []
        for kind, teller in self.tellers.items():
            about = [e for e in entries if e.subject_kind == kind]
            if about and seats:
                # Streams of one person share their rights, and so their answer.
                by_who = {s.who: s.sight for s in seats if s.sight is not None}
                answers = dict(zip(by_who, teller(about, list(by_who.values())), strict=True))
                name = self.kinds[kind].name
                told += [(s, name, answers[s.who]) for s in seats if answers.get(s.who)]
        return told


def _as_entries(sealed: Iterable[SealedEntry]) -> list[LiveEntry]:
    seen: dict[UUID, LiveEntry] = {}
    for row in sealed:
        if row.entry_id not in seen:
            named = row.facts.get("person")
            readers, with_requester = audience_readers(row.audience_id)
            seen[row.entry_id] = LiveEntry(
                kind=row.kind,
                subject_kind=row.subject_kind,
                subject_id=row.subject_id,
                readers=readers,
                with_requester=with_requester,
                person_id=row.subject_id if row.subject_kind == "person" else UUID(named) if named else None,
            )
    return list(seen.values())


def _heads_of(sealed: Iterable[SealedEntry]) -> dict[UUID, int]:
    heads: dict[UUID, int] = defaultdict(int)
    for row in sealed:
        heads[row.stream_id] = max(heads[row.stream_id], row.position)
    return heads


def _with_rights(
    seats: Sequence[Seat], touching: Sequence[LiveEntry], *, at: datetime, now: float, anew: bool
) -> list[Seat]:
    """Return the seats with rights that hold now; close those of people who are nobody here any more."""
    found: dict[Hashable, Sight | None] = {}

    def holds(seat: Seat) -> bool:
        if anew or now - seat.looked_at >= RIGHTS_SECONDS or any(_concerns(e, seat) for e in touching):
            if seat.who not in found:
                found[seat.who] = seat.rights(at)
            seat.sight, seat.looked_at = found[seat.who], now
        return seat.sight is not None

    return _keep(seats, holds)


def _concerns(entry: LiveEntry, seat: Seat) -> bool:
    if entry.person_id is not None:
        return entry.person_id == seat.person_id
    return bool(entry.readers & seat.organization_ids)


def _keep(seats: Iterable[Seat], stays: Callable[[Seat], bool]) -> list[Seat]:
    kept = []
    for seat in seats:
        if stays(seat):
            kept.append(seat)
        else:
            _close(seat)
    return kept


def _close(seat: Seat) -> None:
    seat.outlet.loop.call_soon_threadsafe(seat.outlet.close)


def _deliver(told: Sequence[tuple[Seat, str, set[UUID]]]) -> None:
    """Hand everything over to the event loop at once: waking it for each browser would cost more than the rest."""

    def put(mine: Sequence[tuple[Seat, str, set[UUID]]]) -> None:
        for seat, name, ids in mine:
            seat.outlet.put(name, ids)

    by_loop = defaultdict(list)
    for one in told:
        by_loop[one[0].outlet.loop].append(one)
    for loop, mine in by_loop.items():
        loop.call_soon_threadsafe(partial(put, mine))
