"""Bodies of the endpoints on figures."""

from datetime import date, datetime
from uuid import UUID

from cosource.foundation.api.schemas import Out


class MetricOut(Out):
    """What a metric is."""

    id: str
    title: str
    unit: str
    cohort: str
    left_out: list[str]
    source: str
    pitfalls: str
    parts: str


class ScopeOut(Out):
    """A desk whose figures the caller may ask for. `is_limited`: only what the caller's grants reach of it."""

    id: UUID
    name: str
    is_own: bool
    client: str
    partner: str
    is_limited: bool
    is_default: bool


class ByOut(Out):
    """The group that a figure is of."""

    field: str
    value: str | None
    label: str


class LeftOut(Out):
    """How many of a cohort do not count, and why."""

    reason: str
    count: int


class FigureOut(Out):
    """A figure. `numerator`, `denominator`: what a share or a sum is made of; `interval`: 95 %, of a share or a mean."""

    id: str
    title: str
    unit: str
    value: int | float | None
    n: int
    numerator: int | float | None
    denominator: int | float | None
    excluded: list[LeftOut]
    cohort: str
    by: ByOut | None
    interval: tuple[float, float] | None


class FiguresOut(Out):
    """The figures of a scope in a period."""

    items: list[FigureOut]


class CauseOut(Out):
    """How many tickets differ for one cause, and how the source and the terms have them."""

    cause: str
    n: int
    met_late: int
    missed_in_time: int
    no_verdict: int


class TermsUsedOut(Out):
    """Terms that judged. `before`: of how many tickets from before they began, as if they had held then."""

    version_id: UUID
    name: str
    starts_on: date
    tickets: int
    before: int


class SplitOut(Out):
    """How the terms have the tickets of which the source says one thing."""

    in_time: int
    late: int
    none: int


class VerdictsOut(Out):
    """Verdicts of the source beside those of the terms; the causes add up to `differ`."""

    n: int
    same: int
    differ: int
    met: SplitOut
    missed: SplitOut
    causes: list[CauseOut]
    terms: list[TermsUsedOut]


class BounceOut(Out):
    """A pair between which tickets came back, and how many hours these were away."""

    value: str
    one: str
    other: str
    tickets: int
    returns: int
    direct_returns: int
    mutual: int
    hours_away: float


class BouncesOut(Out):
    """All returns between teams, or between parties; the pairs that cost most hours first.

    `withheld`: between whom is not the caller's to compare; then there are no pairs.
    """

    level: str
    tickets: int
    of: int
    returns: int
    direct_returns: int
    mutual: int
    hours_away: float
    pairs: list[BounceOut]
    withheld: bool


class WaitOut(Out):
    """Waiting on one turn; nothing but its name where too few tickets waited on it."""

    turn: str
    label: str
    hours: float
    tickets: int
    share: float | None


class WaitsOut(Out):
    """Waiting of the tickets that ended."""

    n: int
    hours: float
    of_hours: float
    share: float | None
    turns: list[WaitOut]


class FirstAnswersOut(Out):
    """The first answers of a scope in a period."""

    tickets: int
    verdicts: VerdictsOut
    bounces: list[BouncesOut]
    waits: WaitsOut


class MailedOut(Out):
    """A desk whose page for a board the person has mailed each month. `desk`: as /metrics/scopes has it."""

    id: UUID
    desk: UUID
    name: str
    since: datetime


class BehindOut(Out):
    """A ticket behind a figure: what it gave, or why it gave nothing."""

    ticket_id: UUID
    reference: str
    title: str
    opened_at: datetime
    value: bool | int | float | None
    reason: str
