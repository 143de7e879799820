"""The terms of one version, as values that clocks and pages ask.

Not here: which version is in force (a query), the text that the terms were read from (`agreement_text`), and clocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from cosource.calendars.rules.business_time import Calendar

type TargetKindKey = Literal["respond", "resolve"]

RESPOND: TargetKindKey = "respond"
RESOLVE: TargetKindKey = "resolve"
TARGET_KINDS: tuple[TargetKindKey, ...] = (RESPOND, RESOLVE)

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
    """A reason for which work may wait, and on whose turn."""

    key: str
    label: str
    turn: str


@dataclass(frozen=True, slots=True)
class Terms:
    """All that one version of an agreement makes run.

    `engagement_id` None: the owner's own desk. `calendars`: name → calendar. `priority_matrix`: a row for each impact with a
    priority for each urgency, or None for the standard one. `return_limit`: how often a ticket may come back to a party before
    one named owner is needed. `warning_percent`: the share of a target after which a clock warns. `accept_minutes`: how long an
    offered handover may wait.

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
        return by_scope.get((kind, priority, None, None))

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
