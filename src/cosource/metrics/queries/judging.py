"""Judges by the terms what a source judged, all tickets at once: in time or late, and where that differs, why.

`judge` reads the rows of a cohort and gives them back with the verdict of the terms and a cause (`rules.verdicts`).
Which terms: those in force when the ticket counted for the desk; a ticket from before the first of them is judged by these, as
if they had held then, and that is said.

numpy is imported with the first question. Not here: how time is counted (`counting`), and counting tickets (`verdicts`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from cosource.agreements.models import AgreementVersion
from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import RESOLVE, Terms
from cosource.calendars.rules.calendar import Calendar
from cosource.metrics.queries.cohorts import Asked, Statement, cohort_sql, naive
from cosource.metrics.queries.counting import AGREE, CAUSES, CODE, TURNS, WITH_OTHERS, Group, Judged, lacks
from cosource.metrics.queries.engine import Facts
from cosource.metrics.rules.metric import Cohort
from cosource.metrics.rules.verdicts import Cause, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Column = NDArray[Any]

# Years that business time is laid out for; a date of the source beyond them is taken as their edge.
_EDGES = ("1900-01-02", "2399-12-30")
_INSTANTS = (
    "opened_at", "since", "resolved_at", "shown_resolved_at", "first_resolved_at", "closed_at", "clock_due_at", "clock_met_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What tickets share on which the target depends."""

    desk: UUID
    clock_version: UUID | None
    priority: int | None
    service: UUID | None
    site: UUID | None


def rows_sql(facts: Facts, asked: Asked) -> Statement:
    """Return `WITH … judged_rows AS (…)`: the tickets of the cohort that a source judged, numbered, the last opened first."""
    head, values = cohort_sql(facts, asked, Cohort.ENDED, more="sla_stated IS NOT NULL")
    return (
        f"{head}, judged_rows AS (SELECT j.*, row_number() OVER (ORDER BY j.opened_at DESC, j.ticket DESC, j.desk DESC) - 1 "
        f"AS place, dense_rank() OVER (ORDER BY j.desk, j.clock_version, j.priority, j.service, j.site) - 1 AS kind "
        f"FROM {facts.table('judged')} AS j SEMI JOIN cohort AS c ON c.desk = j.desk AND c.ticket = j.ticket)"
    ), values


def judge(facts: Facts, asked: Asked) -> Judged:
    """Return the tickets that a source judged with the verdicts of the terms."""
    import numpy as np  # noqa: PLC0415 - a process that asks no figures need not have it

    head, values = rows_sql(facts, asked)
    instants = ", ".join(f"epoch_us({_within(name)}) AS {name}" for name in _INSTANTS)
    rows = facts.columns(
        f"{head} SELECT stated, out_of_order, kind, {instants} FROM judged_rows ORDER BY place", values
    )
    kinds = [
        Kind(row["desk"], row["clock_version"], row["priority"], row["service"], row["site"])
        for row in facts.ask(
            f"{head} SELECT DISTINCT kind, desk, clock_version, priority, service, site FROM judged_rows ORDER BY kind",
            values,
        )
    ]
    spans = _spans(facts, head, values)
    count = len(rows["stated"])
    none = np.full(count, -1, np.int64)
    versions = list(_versions(kinds))
    judged = Judged(
        rows["stated"], none.copy(), none.copy(), none.copy(), none.copy(), none.copy(), np.zeros(count, bool),
        tuple(version for version, _ in versions),
    )  # fmt: skip
    begun = _targets(judged, rows, kinds, [desk for _, desk in versions])
    for group in _groups(judged, rows, begun, spans):
        group.judge(judged)
    return judged


def _within(name: str) -> str:
    # The engine's least and greatest look past what is null.
    first, last = (f"TIMESTAMP '{edge}'" for edge in _EDGES)
    return f"CASE WHEN {name} IS NOT NULL THEN greatest(least({name}, {last}), {first}) END"


def _spans(facts: Facts, head: str, values: Sequence[Any]) -> Mapping[str, "Column"]:
    """Return when the tickets stood still: by place, `turn` as an index in `TURNS`, its length for another; -1: with others."""
    turns = " ".join(f"WHEN '{turn}' THEN {number}" for number, turn in enumerate(TURNS))
    return facts.columns(
        f"{head}, spans AS (SELECT r.place, CASE w.turn {turns} ELSE {len(TURNS)} END AS turn, w.from_at, w.until_at "
        f"FROM {facts.table('waits')} AS w JOIN judged_rows AS r ON r.desk = w.desk AND r.ticket = w.ticket "
        f"WHERE w.turn <> 'others' UNION ALL "
        f"SELECT place, {WITH_OTHERS}, unnest(away).from_at, unnest(away).until_at FROM judged_rows) "
        f"SELECT place, turn, epoch_us({_within('from_at')}) AS from_at, epoch_us({_within('until_at')}) AS until_at "
        f"FROM spans ORDER BY place, from_at, until_at",
        values,
    )


def _versions(kinds: Sequence[Kind]) -> Iterator[tuple[UUID, UUID]]:
    """Yield the versions that were ever in force for these desks, each with its desk; the first to begin first."""
    desks = {kind.desk for kind in kinds}
    confirmed = AgreementVersion.objects.filter(
        Q(agreement__engagement_id__in=desks)
        | Q(agreement__owner_id__in=desks, agreement__engagement__isnull=True),
        in_force_at__isnull=False,
    ).order_by("starts_at", "in_force_at", "id")
    for version, engagement, owner in confirmed.values_list(
        "id", "agreement__engagement_id", "agreement__owner_id"
    ):
        yield version, owner if engagement is None else engagement


@dataclass(frozen=True, slots=True)
class _Begun:
    """By which calendar each row is counted: an index in `calendars`, each with its terms; -1 where nothing is promised."""

    calendars: Sequence[tuple[Terms, Calendar]]
    calendar: "Column"


def _targets(
    judged: Judged, rows: Mapping[str, "Column"], kinds: Sequence[Kind], desks: Sequence[UUID]
) -> _Begun:
    """Find for each row its terms and what they promise, and say of which rows they can say nothing.

    `desks`: of each version in `judged.versions`.
    """
    import numpy as np  # noqa: PLC0415 - as above

    terms = [terms_of(version) for version in judged.versions]
    starts = np.array([_micros(t) for t in terms], np.int64)
    calendars: dict[tuple[int, str], int] = {}
    calendar = np.full(len(judged.stated), -1, np.int64)
    cause = judged.cause
    for kind, of_kind in zip(kinds, _each(rows["kind"], len(kinds)), strict=True):
        mine = np.array([n for n, desk in enumerate(desks) if desk == kind.desk])
        if not len(mine):
            cause[of_kind] = CODE[Cause.NO_TERMS]
            continue
        if kind.clock_version is not None:
            chosen = np.full(len(of_kind), judged.versions.index(kind.clock_version))
        else:
            place = np.searchsorted(starts[mine], rows["since"][of_kind], side="right") - 1
            judged.before[of_kind] = place < 0
            chosen = mine[np.maximum(place, 0)]
        judged.version[of_kind] = chosen
        for number in np.unique(chosen).tolist():
            there = of_kind[chosen == number]
            target = terms[number].target_for(RESOLVE, kind.priority or 0, kind.site, kind.service)
            if target is None:
                cause[there] = CODE[Cause.NO_TARGET]
                continue
            judged.target[there] = target.minutes
            calendar[there] = calendars.setdefault((number, target.calendar), len(calendars))
    promised = calendar >= 0
    no_end = np.where(lacks(rows["clock_due_at"]), lacks(rows["resolved_at"]), lacks(rows["clock_met_at"]))
    cause[promised & no_end] = CODE[Cause.NO_END]
    cause[promised & rows["out_of_order"]] = CODE[Cause.OUT_OF_ORDER]
    return _Begun(
        [(terms[number], terms[number].calendars[name]) for number, name in calendars],
        np.where(cause == AGREE, calendar, -1),
    )


def _micros(terms: Terms) -> int:
    import numpy as np  # noqa: PLC0415 - as above

    return int(np.datetime64(naive(terms.starts_at), "us").astype(np.int64))


def _each(codes: "Column", count: int) -> Iterator["Column"]:
    """Yield for each code in turn the rows that have it."""
    import numpy as np  # noqa: PLC0415 - as above

    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(count + 1))
    for code in range(count):
        yield order[edges[code] : edges[code + 1]]


def _groups(
    judged: Judged, rows: Mapping[str, "Column"], begun: _Begun, spans: Mapping[str, "Column"]
) -> Iterator["Group"]:
    import numpy as np  # noqa: PLC0415 - as above

    for number, (terms, calendar) in enumerate(begun.calendars):
        places = np.flatnonzero(begun.calendar == number)
        inside = np.isin(spans["place"], places)
        group_spans = {name: column[inside] for name, column in spans.items()}
        group_spans["place"] = np.searchsorted(places, group_spans["place"])
        mine = {name: column[places] for name, column in rows.items()}
        yield Group(terms, calendar, places, mine, group_spans, judged.target[places])


def words_of(judged: Judged, place: int) -> tuple[Verdict, Cause | None]:
    """Return the verdict of the terms on a row, and why it differs from the source's (None: it does not)."""
    verdict = {1: Verdict.IN_TIME, 0: Verdict.LATE, -1: Verdict.NONE}[int(judged.verdict[place])]
    code = int(judged.cause[place])
    return verdict, None if code == AGREE else CAUSES[code]
