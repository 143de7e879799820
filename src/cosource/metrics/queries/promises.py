"""What the terms promise of a figure, and whether it was kept in a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cosource.agreements.models import AgreementVersion
from cosource.agreements.queries.terms import version_in_force_id
from cosource.foundation.sight import Actor
from cosource.metrics.queries.scopes import Scope
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.periods import Period
from cosource.metrics.rules.promise import Kept, Promise, kept

# The share of times to resolve that were kept: what `in_time_percent` of an agreement is about.
PROMISED = "sla_met"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a promise, and the version that makes it. `since`: when its terms began to hold, where within the period."""

    kept: Kept
    version: int | None
    since: datetime | None


def version_at_end(
    actor: Actor, scopes: Sequence[Scope], period: Period, at: datetime
) -> AgreementVersion | None:
    """Return the version in force when a period ended, of one desk and as far as the reader may read it."""
    if len(scopes) != 1:
        return None
    scope = scopes[0]
    end = min(at, period.until_at - timedelta(microseconds=1)) if period.until_at else at
    owner_id = scope.id if scope.is_own else scope.client_id
    if owner_id is None:
        return None
    version_id = version_in_force_id(None if scope.is_own else scope.id, owner_id, end)
    if version_id is None:
        return None
    seen: Any = AgreementVersion.objects.visible_to(actor).filter(pk=version_id)
    found: AgreementVersion | None = seen.first()
    return found


def outcome(
    actor: Actor, figure: Figure, *, scopes: Sequence[Scope], period: Period, at: datetime
) -> Outcome | None:
    """Return what became of the promise behind a figure; None where nothing is promised or nothing fell due.

    Only the whole of one desk is promised, by the version in force when the period ended.
    """
    if figure.id != PROMISED or figure.by is not None or not figure.denominator or figure.numerator is None:
        return None
    if any(scope.is_limited for scope in scopes):
        return None
    version = version_at_end(actor, scopes, period, at)
    if version is None or not version.in_time_percent:
        return None
    promise = Promise(version.in_time_percent, version.allowed_misses)
    within = period.from_at is None or version.starts_at > period.from_at
    return Outcome(
        kept(promise, int(figure.numerator), int(figure.denominator)),
        version.number,
        version.starts_at if within else None,
    )
