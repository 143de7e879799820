"""Bringing a file in, batch by batch, so that it can be stopped, killed and gone on with at any moment.

Each batch is one transaction: tickets, entries, problems, and how far the import is. The position rises by compare-and-set, so
that of two runs of one import the second stops. Reading the same file again, from any position, comes to the same end.

Not here: what a batch writes (`batch`), settling who is who (`preparing`), and doors.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cosource.bridges.models import Import, ImportProblem
from cosource.bridges.reading.apart import read_apart
from cosource.bridges.reading.source import LIMITS, Limits
from cosource.bridges.reading.tickets import Survey, read_tickets
from cosource.bridges.rules.events import TicketReading
from cosource.bridges.rules.listing import Listing
from cosource.bridges.rules.problems import Problem
from cosource.bridges.services.batch import Counts, Desk, batch_sort, batch_write, open_desk
from cosource.bridges.services.places import cut, places_end
from cosource.bridges.services.preparing import Plan, require_importer, require_same_mapping
from cosource.foundation.bulk import insert_rows
from cosource.foundation.errors import Conflict
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append, append_many
from cosource.foundation.sight import Actor
from cosource.tickets.models import Ticket
from cosource.tickets.services.listkeys import OPEN_CATEGORIES

# A batch aims at this time; others write between two of them.
BATCH_SECONDS = 0.08
FIRST_LINES, LEAST_LINES, MOST_LINES = 400, 400, 800
# What a batch changes of an import.
MOVING = (
    "state", "position", "rows_read", "rows_kept", "rows_known", "rows_repaired", "rows_refused", "tickets_written",
    "tickets_extended", "report",
)  # fmt: skip

type Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in rows of the file. `in_seconds`: what the last batch took."""

    done: int
    total: int
    in_seconds: float = 0.0


type Tell = Callable[[Progress], None]


@dataclass(slots=True)
class Pace:
    """How many lines a batch takes, so that it takes about `BATCH_SECONDS`."""

    lines: int = FIRST_LINES

    def took(self, seconds: float) -> None:
        """Learn from what a batch took."""
        better = int(self.lines * min(2.0, BATCH_SECONDS / max(seconds, 0.001)))
        self.lines = min(MOST_LINES, max(LEAST_LINES, better))


@dataclass(slots=True)
class Portion:
    """Consecutive tickets of the file with the problems found between them."""

    readings: list[TicketReading] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lines: int = 0

    @property
    def counts_between(self) -> Counts:
        """Count the rows that belong to no ticket, and those mended before it was known to which they belong."""
        lost = sum(p.outcome == "refused" for p in self.problems)
        mended = {p.row for p in self.problems if p.outcome == "repaired"}
        if mended:
            mended -= {
                p.row for r in self.readings for p in r.problems if p.outcome in {"refused", "repaired"}
            }
        return Counts(read=lost, refused=lost, repaired=len(mended))


@transaction.atomic
def import_start(
    *, plan: Plan, survey: Survey, file_name: str, actor: Actor, at: datetime, resume: bool = False
) -> Import:
    """Begin to bring in a file, or go on with what was begun of it and not finished.

    `resume`: there must be something to go on with. Appends `import.started/1` to the owner's own record.
    Raises: NotFound, NotAllowed, Conflict when the file came in under another mapping, or there is nothing to go on with.
    """
    require_importer(actor)
    require_same_mapping(plan, survey.digest)
    begun = (
        Import.objects.filter(
            owner=plan.owner,
            file_digest=survey.digest,
            mapping_digest=plan.mapping_digest,
            dry_run=False,
            finished_at__isnull=True,
        )
        .exclude(state=Import.State.STAGED)
        .order_by("-created_at")
        .first()
    )
    if begun is None and resume:
        raise Conflict(_("Nothing of this file was begun and left unfinished."), code="nothing_to_resume")
    row = begun or Import(
        owner=plan.owner,
        started_by_id=actor.id,
        file_name=cut(file_name, 200),
        mapping_name=cut(plan.mapping_name),
        mapping_text=plan.mapping_text,
        source_name=cut(plan.mapping.source.name),
        created_at=at,
    )
    import_settle(row, plan, survey)
    row.state = Import.State.RUNNING
    row.save()
    import_tell(row, "import.continued/1" if begun else "import.started/1", actor=actor, at=at)
    return row


def import_settle(row: Import, plan: Plan, survey: Survey) -> None:
    """Note on the row what is read how; the caller saves it."""
    row.file_digest = survey.digest
    row.mapping_digest = plan.mapping_digest
    row.parties = plan.party_ids
    row.rows_total = survey.rows


def import_tell(
    row: Import, kind: str, *, actor: Actor, at: datetime, facts: dict[str, Any] | None = None
) -> None:
    """Append an entry about an import to its owner's own record."""
    append(
        kind=kind,
        subject_kind="import",
        subject_id=row.id,
        audience_id=audience_intern([row.owner.own_stream_id]),
        actor=actor,
        at=at,
        facts={"file": row.file_digest, "mapping": row.mapping_digest, **(facts or {})},
        payload={"file_name": row.file_name, "mapping_name": row.mapping_name},
    )


def import_run(
    *,
    row: Import,
    plan: Plan,
    survey: Survey,
    path: Path,
    spool_directory: Path,
    actor: Actor,
    clock: Clock,
    tell: Tell,
    limits: Limits = LIMITS,
) -> Import:
    """Bring the file in from where the import stands to its end.

    `clock`: gives the instant at which each batch is recorded. `tell` is called after each batch; what it raises stops the run
    there, and what was written stays. Appends `ticket.source_line/1` for each new row, and `import.finished/1`.
    Raises: Conflict when another process went on with the same import; UnreadableSource.
    """
    desk = open_desk(plan, row.id, path.name)
    pace = Pace()
    with closing(read_apart(path, plan.mapping, survey, spool_directory, limits)) as reading:
        for portion in _portions(reading, pace, row.position):
            began = time.monotonic()
            desk = _write(row, desk, portion, actor=actor, at=clock())
            took = time.monotonic() - began
            pace.took(took)
            tell(Progress(row.rows_read, max(row.rows_total, row.rows_read), took))
    _finish(row, plan, actor=actor, at=clock())
    return row


def _portions(items: Iterator[TicketReading | Problem], pace: Pace, skip: int) -> Iterator[Portion]:
    """Cut the file's tickets into batches, leaving out the first `skip` that are done with.

    What lies between two tickets goes with the ticket after it; what comes after the last one makes a batch of its own, which
    is written again harmlessly neither twice nor never: it counts as one more ticket.
    """
    portion = Portion()
    seen = 0
    for item in items:
        if isinstance(item, Problem):
            if seen >= skip:
                portion.problems.append(item)
            continue
        seen += 1
        if seen <= skip:
            continue
        portion.readings.append(item)
        portion.lines += item.read_rows
        if portion.lines >= pace.lines:
            yield portion
            portion = Portion()
    if (portion.readings or portion.problems) and skip <= seen:
        yield portion


def _write(row: Import, desk: Desk, portion: Portion, *, actor: Actor, at: datetime) -> Desk:
    """Write a portion, once more with a fresh look at the database if somebody wrote the same names meanwhile."""
    try:
        _write_once(row, desk, portion, actor=actor, at=at)
    except IntegrityError:
        row.refresh_from_db(fields=MOVING)
        desk = open_desk(desk.plan, row.id, desk.file)
        _write_once(row, desk, portion, actor=actor, at=at)
    row.refresh_from_db(fields=MOVING)
    return desk


@transaction.atomic
def _write_once(row: Import, desk: Desk, portion: Portion, *, actor: Actor, at: datetime) -> None:
    # A last portion without a ticket takes a place of its own, so that going on does not count it twice.
    step = len(portion.readings) or 1
    advanced = Import.objects.filter(pk=row.pk, position=row.position, state=Import.State.RUNNING)
    if not advanced.update(position=row.position + step):
        raise Conflict(_("Another process goes on with this import, or it was stopped."), code="taken_over")
    counts, noted = batch_write(desk, portion.readings, actor=actor, at=at)
    counts.add(portion.counts_between)
    problems = [*portion.problems, *(p for r in portion.readings for p in r.problems), *noted]
    report = _reported(row, problems, desk)
    Import.objects.filter(pk=row.pk).update(report=report, **_sums(counts))


def _sums(counts: Counts) -> dict[str, Any]:
    return {
        "rows_read": F("rows_read") + counts.read,
        "rows_kept": F("rows_kept") + counts.kept,
        "rows_known": F("rows_known") + counts.known,
        "rows_repaired": F("rows_repaired") + counts.repaired,
        "rows_refused": F("rows_refused") + counts.refused,
        "tickets_written": F("tickets_written") + counts.tickets,
        "tickets_extended": F("tickets_extended") + counts.extended,
    }


def _reported(row: Import, problems: list[Problem], desk: Desk | None) -> dict[str, Any]:
    """Write the problems down and return the report that counts them."""
    report = row.report
    listing = Listing(Counter(report.get("codes", {})), Counter(report.get("listed_of", {})))
    problems_write(row.id, listing.take(problems))
    made = report.get("made", {})
    for kind, party, name in desk.book.made if desk else ():
        if desk is not None:
            made.setdefault(kind, []).append(desk.book.ids[kind, party, name])
    return {"codes": dict(listing.codes), "listed_of": dict(listing.listed), "made": made}


def problems_write(import_id: UUID, problems: list[Problem]) -> None:
    """Write problems row by row."""
    if problems:
        insert_rows(
            ImportProblem,
            ("batch_id", "row_number", "column", "code", "values", "outcome"),
            [
                (import_id.hex, p.row, cut(p.column or ""), p.code, dict(p.values), p.outcome)
                for p in problems
            ],
        )


@transaction.atomic
def _finish(row: Import, plan: Plan, *, actor: Actor, at: datetime) -> None:
    """Close the import: what it made and no open ticket needs is ended."""
    made = [(kind, UUID(i)) for kind, ids in row.report.get("made", {}).items() for i in ids]
    append_many(places_end(made, _in_use(plan), plan.seats, at=at), actor=actor, at=at)
    closed = Import.objects.filter(pk=row.pk, position=row.position, state=Import.State.RUNNING)
    if not closed.update(state=Import.State.DONE, finished_at=at):
        raise Conflict(_("Another process goes on with this import, or it was stopped."), code="taken_over")
    row.refresh_from_db()
    import_tell(row, "import.finished/1", actor=actor, at=at, facts=_figures(row))


def _in_use(plan: Plan) -> frozenset[UUID]:
    """Return the places that open tickets of the owner name."""
    rows = Ticket.objects.filter(owner=plan.owner, category__in=OPEN_CATEGORIES).values_list(
        "holder_team_id", "site_id", "service_id"
    )
    return frozenset(i for row in rows for i in row if i is not None)


def _figures(row: Import) -> dict[str, Any]:
    return {
        "read": row.rows_read,
        "kept": row.rows_kept,
        "known": row.rows_known,
        "repaired": row.rows_repaired,
        "refused": row.rows_refused,
        "tickets": row.tickets_written,
        "extended": row.tickets_extended,
    }


@transaction.atomic
def import_stop(*, row: Import, state: str, actor: Actor, at: datetime, reason: str = "") -> Import:
    """Leave an import unfinished: cancelled, or failed for a reason. What was brought in stays, and it can be gone on with.

    Appends `import.stopped/1`.
    """
    row.refresh_from_db()
    if row.state != Import.State.RUNNING:
        return row
    row.state = state
    row.report = {**row.report, "stopped": reason}
    row.save(update_fields=["state", "report"])
    import_tell(row, "import.stopped/1", actor=actor, at=at, facts={"state": state, **_figures(row)})
    return row


@dataclass(slots=True)
class Rehearsal:
    """What a dry run found. `made`: how many teams, sites and services would be made."""

    counts: Counts = field(default_factory=Counts)
    problems: list[Problem] = field(default_factory=list)
    listing: Listing = field(default_factory=Listing)
    made: Counter[str] = field(default_factory=Counter)


def import_rehearse(
    *,
    plan: Plan,
    survey: Survey,
    path: Path,
    spool_directory: Path,
    actor: Actor,
    tell: Tell,
    limits: Limits = LIMITS,
) -> Rehearsal:
    """Read the whole file and say what bringing it in would do; nothing is written.

    Raises: NotFound, NotAllowed, Conflict as `import_start` does; UnreadableSource.
    """
    require_importer(actor)
    require_same_mapping(plan, survey.digest)
    desk = open_desk(plan, UUID(int=0), path.name)
    found = Rehearsal()
    reading = read_tickets(path, plan.mapping, survey, spool_directory, limits)
    for portion in _portions(reading, Pace(MOST_LINES), 0):
        batch = batch_sort(desk, portion.readings)
        batch.counts.add(portion.counts_between)
        found.counts.add(batch.counts)
        desk.book.want(portion.readings, desk.teller.client)
        problems = [*portion.problems, *(p for r in portion.readings for p in r.problems)]
        found.problems += found.listing.take(problems)
        tell(Progress(found.counts.read, max(survey.rows, found.counts.read)))
    found.made.update(kind for kind, _, _ in desk.book.made)
    return found
