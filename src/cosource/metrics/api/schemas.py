"""Bodies of the endpoints on figures."""

from datetime import datetime
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
    """A figure. `numerator`, `denominator`: what a share or a sum is made of; `interval`: of a share, 95 %."""

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
    held_back: bool


class FiguresOut(Out):
    """The figures of a scope in a period."""

    items: list[FigureOut]


class BehindOut(Out):
    """A ticket behind a figure: what it gave, or why it gave nothing."""

    ticket_id: UUID
    reference: str
    title: str
    opened_at: datetime
    value: bool | int | float | None
    reason: str
