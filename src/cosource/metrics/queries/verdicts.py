"""What a source said of tickets beside what the terms say: how many agree, and of the others how many for each cause.

Not here: the judging itself (`judging`), what the causes are (`rules.verdicts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cosource.agreements.models import AgreementVersion
from cosource.agreements.queries.terms import terms_of
from cosource.metrics.queries.cohorts import Asked
from cosource.metrics.queries.counting import CAUSES, Judged
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.judging import judge
from cosource.metrics.rules.verdicts import Cause, Verdict

_CODE = {Verdict.IN_TIME: 1, Verdict.LATE: 0, Verdict.NONE: -1}


@dataclass(frozen=True, slots=True)
class CauseRow:
    """How many tickets differ for one cause.

    `met_late`: met as the source says, late by the terms; `missed_in_time`: the other way round; `no_verdict`: the terms say
    nothing of it.
    """

    cause: Cause
    n: int
    met_late: int
    missed_in_time: int
    no_verdict: int


@dataclass(frozen=True, slots=True)
class TermsUsed:
    """Terms that judged. `before`: of how many tickets from before they began, as if they had held then.

    `starts_on`: in the zone of the agreement, so that all parties read one day.
    """

    version_id: UUID
    name: str
    starts_on: date
    tickets: int
    before: int


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`n`: tickets that the source judged. `same`: of how many the terms say the same. `differ`: the others, all in `causes`.

    `met` and `missed`: how many the source calls so; each with how the terms have them.
    """

    n: int
    same: int
    differ: int
    met: Mapping[Verdict, int]
    missed: Mapping[Verdict, int]
    causes: tuple[CauseRow, ...]
    terms: tuple[TermsUsed, ...]

    @property
    def is_silent(self) -> bool:
        """Tell whether the terms say nothing of any of them."""
        return self.met[Verdict.NONE] + self.missed[Verdict.NONE] == self.n


def verdicts_get(facts: Facts, asked: Asked) -> Verdicts:
    """Return the verdicts of a scope in a period; the most frequent cause first."""
    judged = judge(facts, asked)
    met, missed = _split(judged, judged.stated), _split(judged, ~judged.stated)
    n = len(judged.stated)
    same = met[Verdict.IN_TIME] + missed[Verdict.LATE]
    rows = [_row(judged, code, cause) for code, cause in enumerate(CAUSES)]
    rows = sorted((row for row in rows if row.n), key=lambda row: (-row.n, CAUSES.index(row.cause)))
    return Verdicts(n, same, n - same, met, missed, tuple(rows), tuple(_terms(judged)))


def _split(judged: Judged, which: Any) -> dict[Verdict, int]:
    verdicts = judged.verdict[which]
    return {verdict: int((verdicts == code).sum()) for verdict, code in _CODE.items()}


def _row(judged: Judged, code: int, cause: Cause) -> CauseRow:
    mine = judged.cause == code
    found = (
        _split(judged, mine & judged.stated)[Verdict.LATE],
        _split(judged, mine & ~judged.stated)[Verdict.IN_TIME],
    )
    n = int(mine.sum())
    return CauseRow(cause, n, *found, n - sum(found))


def _terms(judged: Judged) -> list[TermsUsed]:
    found = []
    zones = dict(AgreementVersion.objects.filter(id__in=judged.versions).values_list("id", "time_zone"))
    for number, version in enumerate(judged.versions):
        mine = judged.version == number
        if mine.any():
            terms = terms_of(version)
            before = int((mine & judged.before).sum())
            starts_on = terms.starts_at.astimezone(ZoneInfo(zones[version])).date()
            found.append(TermsUsed(version, terms.name, starts_on, int(mine.sum()), before))
    return found
