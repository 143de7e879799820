"""The terms of one version, as values that clocks and pages ask.

Not here: which version is in force (a query), the text that the terms were read from (`agreement_text`), and clocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from cosource.calendars.rules.business_time import Calendar

type TargetKindKey = Literal[
    "respond", "accept", "update", "restore", "resolve", "approval", "access", "answer"
]

RESPOND: TargetKindKey = "respond"
ACCEPT: TargetKindKey = "accept"
UPDATE: TargetKindKey = "update"
RESTORE: TargetKindKey = "restore"
RESOLVE: TargetKindKey = "resolve"
APPROVAL: TargetKindKey = "approval"
ACCESS: TargetKindKey = "access"
ANSWER: TargetKindKey = "answer"
# What the client owes while work waits for it; a pause reason says which of them it asks for.
OBLIGATIONS: tuple[TargetKindKey, ...] = (APPROVAL, ACCESS, ANSWER)
TARGET_KINDS: tuple[TargetKindKey, ...] = (RESPOND, ACCEPT, UPDATE, RESTORE, RESOLVE, *OBLIGATIONS)

TEAM = "team"
MANAGER = "manager"
DEPUTY = "deputy"
OTHER_PARTY = "other_party"
NOTIFIED = (TEAM, MANAGER, DEPUTY, OTHER_PARTY)

REQUESTER = "requester"
CLIENT = "client"
PARTNER = "partner"
THIRD_PARTY = "third_party"
TURNS = (REQUESTER, CLIENT, PARTNER, THIRD_PARTY)

# A party's own turn never stops its own clock; to the requester, client and partners are one house.
_STOPS_OWNER = frozenset({REQUESTER})
_STOPS_PARTNER = frozenset({REQUESTER, CLIENT, THIRD_PARTY})


@dataclass(frozen=True, slots=True)
class TargetTerm:
    """So many business minutes by one calendar, for one priority; `site_id` and `service_id` None mean all."""

    kind: str
    priority: int
    minutes: int
    calendar: str
    site_id: UUID | None = None
    service_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PauseTerm:
    """A reason for which work may wait, on whose turn, and what it asks of the client (one of `OBLIGATIONS`)."""

    key: str
    label: str
    turn: str
    asks: str = ANSWER


@dataclass(frozen=True, slots=True)
class EscalationTerm:
    """A step of the ladder: who is told when a clock has come so far.

    `number`: its place in the text, from 1. `percent`: of the target, or None for `after_due` minutes from the due time on
    (negative: before it). `hours`: the calendar within which the step holds; None means at any time.

    >>> EscalationTerm(1, "resolve", frozenset({1}), 75, 0, "team").minutes_of(240)
    180
    """

    number: int
    clock: str
    priorities: frozenset[int]
    percent: int | None
    after_due: int
    notify: str
    hours: str | None = None

    @property
    def is_warning(self) -> bool:
        """Tell whether the step lies before the due time."""
        return self.percent is not None or self.after_due < 0

    @property
    def when(self) -> str:
        """Write when it comes, as the agreement's text does."""
        if self.percent is not None:
            return f"{self.percent}%"
        return f"due{self.after_due:+}m" if self.after_due else "due"

    def minutes_of(self, target_minutes: int) -> int:
        """Give the business minutes from the clock's start after which the step comes; at least one."""
        if self.percent is not None:
            return max(-(-target_minutes * self.percent // 100), 1)
        return max(target_minutes + self.after_due, 1)


@dataclass(frozen=True, slots=True)
class Terms:
    """All that one version of an agreement makes run.

    `engagement_id` None: the owner's own desk. `calendars`: name → calendar. `priority_matrix`: a row for each impact with a
    priority for each urgency, or None for the standard one. `return_limit`: how often a ticket may come back to a party before
    one named owner is needed. `warning_percent`: the share of a target after which a clock warns. `accept_minutes`: how long an
    offered handover may wait where no target says it. `unchallenged_minutes`: how long the asker may say that an answer was none.
    `in_time_percent`: how many of a hundred times to resolve that fall due in a period are to be kept, 0 where nothing is
    promised; `allowed_misses`: so many may be missed however few fall due.

    >>> from datetime import UTC
    >>> terms = Terms(UUID(int=1), None, "Own desk", datetime(2026, 1, 1, tzinfo=UTC), calendars={}, targets=(
    ...     TargetTerm("resolve", 1, 240, "always"), TargetTerm("resolve", 1, 120, "always", site_id=UUID(int=7))))
    >>> terms.target_for("resolve", 1, UUID(int=7), None).minutes
    120
    """

    version_id: UUID
    engagement_id: UUID | None
    name: str
    starts_at: datetime
    calendars: Mapping[str, Calendar]
    targets: tuple[TargetTerm, ...]
    pause_reasons: tuple[PauseTerm, ...] = ()
    priority_matrix: tuple[tuple[int, ...], ...] | None = None
    return_limit: int = 3
    warning_percent: int = 75
    accept_minutes: int = 30
    unchallenged_minutes: int = 0
    in_time_percent: int = 0
    allowed_misses: int = 0
    escalation: tuple[EscalationTerm, ...] = ()
    _by_scope: Mapping[tuple[str, int, UUID | None, UUID | None], TargetTerm] = field(
        init=False, compare=False, repr=False
    )
    _turns: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_by_scope", {(t.kind, t.priority, t.site_id, t.service_id): t for t in self.targets}
        )
        object.__setattr__(self, "_turns", frozenset(reason.turn for reason in self.pause_reasons))

    def target_for(
        self, kind: str, priority: int, site_id: UUID | None, service_id: UUID | None
    ) -> TargetTerm | None:
        """Find the target of a ticket; None where the agreement promises nothing.

        The narrowest wins: site and service together, then service, then site, then the one for all.
        """
        by_scope = self._by_scope
        for site, service in ((site_id, service_id), (None, service_id), (site_id, None)):
            if (site is not None or service is not None) and (
                found := by_scope.get((kind, priority, site, service))
            ):
                return found
        found = by_scope.get((kind, priority, None, None))
        return (
            self._accept_target(priority, site_id, service_id) if found is None and kind == ACCEPT else found
        )

    def _accept_target(
        self, priority: int, site_id: UUID | None, service_id: UUID | None
    ) -> TargetTerm | None:
        """Give what `accept_minutes` promises, in the hours in which the party responds or resolves."""
        for kind in (RESPOND, RESOLVE):
            beside = self.target_for(kind, priority, site_id, service_id)
            if beside is not None:
                return TargetTerm(ACCEPT, priority, self.accept_minutes, beside.calendar)
        return None

    def ladder(self, kind: str, priority: int, target_minutes: int) -> tuple[tuple[int, EscalationTerm], ...]:
        """Give the steps of a clock with the business minutes after which each comes, the earliest first."""
        steps = (s for s in self.escalation if s.clock == kind and priority in s.priorities)
        return tuple(
            sorted(((s.minutes_of(target_minutes), s) for s in steps), key=lambda r: (r[0], r[1].number))
        )

    def pauses_clock(self, turn: str, is_owner_clock: bool, reason: str | None = None) -> bool:
        """Tell whether waiting on somebody's turn stops a clock under these terms.

        The owner's customer-facing clock stops on the requester's turn only; a partner's clock on the turn of anyone but
        itself. Either needs a pause reason of this version with that turn; `reason` names the very one, where it is known.
        """
        if turn not in (_STOPS_OWNER if is_owner_clock else _STOPS_PARTNER):
            return False
        if reason is None:
            return turn in self._turns
        found = self.pause_reason(reason)
        return found is not None and found.turn == turn

    def pause_reason(self, key: str) -> PauseTerm | None:
        """Find a pause reason by its key."""
        return next((reason for reason in self.pause_reasons if reason.key == key), None)
