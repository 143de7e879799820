"""The command that brings another desk's records in, with its progress and its report.

Not here: the steps themselves (services).
"""

import csv
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Never

import typer

if TYPE_CHECKING:
    from cosource.bridges.reading.source import Limits
    from cosource.bridges.reading.tickets import Survey
    from cosource.bridges.rules.problems import Problem
    from cosource.bridges.services.batch import Counts
    from cosource.bridges.services.import_run import Progress
    from cosource.bridges.services.preparing import Plan
    from cosource.foundation.sight import Actor

REFUSED, UNUSABLE = 1, 2
SHOWN_PROBLEMS = 50
BAR = 30
_SEALED_ALONG = 4_000
_TOLD_EVERY_SECONDS = 2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_file)
    assets = typer.Typer(help="The inventory of an organization.", no_args_is_help=True)
    assets.command("import")(assets_import_file)
    assets.command("undo")(assets_import_back)
    app.add_typer(assets, name="assets")


def import_file(  # noqa: PLR0917 - each is an option of its own
    file: Annotated[Path, typer.Argument(help="An export as CSV, XLSX or XES; plain, gz or xz.")],
    mapping: Annotated[
        str, typer.Option(help="A mapping's file, or the name of a ready one, such as servicenow-audit.")
    ],
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            help="The address of the person, or the name of the organization, that brings it in; "
            "if left out, the mapping's client, or the only client here.",
        ),
    ] = "",
    party: Annotated[
        list[str] | None,
        typer.Option(
            help='KEY=NAME: which organization a party of the mapping is, such as client="Harbour Health".'
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything and say what would be done; write nothing.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with an import that was stopped; refused if there is none."),
    ] = False,
) -> None:
    """Bring in the tickets of another desk with their whole history. Doing it twice changes nothing.

    Ends with 0 when every row is in, 1 when some were refused, 2 when nothing could be done.
    """
    from cosource.bridges.reading.tickets import survey
    from cosource.bridges.rules.problems import UnreadableSource
    from cosource.foundation.errors import CosourceError

    try:
        plan, actor = _plan(mapping, as_, _parties(party or []))
        found = survey(file, plan.mapping, _limits())
        run = _rehearse if dry_run else _bring_in
        code = run(plan, found, file, actor, resume=resume)
    except UnreadableSource as unreadable:
        for problem in unreadable.problems:
            typer.echo(f"cosource: {problem}", err=True)
        raise typer.Exit(UNUSABLE) from None
    except CosourceError as refused:
        _refuse(refused.message, refused.details.get("fields", {}))
    raise typer.Exit(code)


def assets_import_file(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or NetBox's JSON; text may be packed as gz or xz.")],
    mapping: Annotated[
        str, typer.Option(help="A mapping's file, or the name of a ready one, such as netbox.")
    ],
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            help="The address of the person, or the name of the organization, whose inventory it is; "
            "if left out, the only client here.",
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say row by row what would be done; write nothing.")
    ] = False,
) -> None:
    """Bring an inventory in, or bring one up to date. Doing it twice changes nothing.

    Ends with 0 when every row is in, 1 when some were refused, 2 when nothing could be done.
    """
    from django.conf import settings

    from cosource.bridges.rules.problems import UnreadableSource
    from cosource.bridges.services.asset_import import assets_import
    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError

    try:
        text, name = _mapping_text(mapping, "asset_mappings")
        actor = _actor(as_, "" if as_ else _only_client())
        row, outcome = assets_import(
            path=file,
            mapping_text=text,
            mapping_name=name,
            actor=actor,
            clock=clock.now,
            dry_run=dry_run,
            limits=_limits(),
        )
    except UnreadableSource as unreadable:
        for problem in unreadable.problems:
            typer.echo(f"cosource: {problem}", err=True)
        raise typer.Exit(UNUSABLE) from None
    except CosourceError as refused:
        _refuse(refused.message, refused.details.get("fields", {}))
    counts = outcome.counts
    told = outcome.rows if dry_run else []
    for result in told[:SHOWN_PROBLEMS]:
        changed = f" ({', '.join(result.changed)})" if result.changed else ""
        typer.echo(f"row {result.row_number}: {result.outcome} {result.name}{changed}")
    if len(told) > SHOWN_PROBLEMS:
        everything = settings.DATA_DIR / "imports" / f"dry-run-{clock.now():%Y%m%d-%H%M%S}.csv"
        everything.parent.mkdir(parents=True, exist_ok=True)
        with everything.open("w", newline="", encoding="utf-8-sig") as stream:
            writer = csv.writer(stream)
            writer.writerow(("row", "outcome", "name", "changed"))
            writer.writerows((r.row_number, r.outcome, _inert(r.name), " ".join(r.changed)) for r in told)
        typer.echo(f"All {len(told):,} rows are in {everything}.")
    for problem in outcome.problems[:SHOWN_PROBLEMS]:
        typer.echo(str(problem), err=True)
    if len(outcome.problems) > SHOWN_PROBLEMS:
        typer.echo(f"… and {len(outcome.problems) - SHOWN_PROBLEMS:,} more.", err=True)
    typer.echo(
        f"{'Dry run, nothing was written: ' if dry_run else ''}{counts['new']:,} new, {counts['changed']:,} changed, "
        f"{counts['unchanged']:,} unchanged, {counts['refused']:,} refused; {counts['related']:,} relations made, "
        f"{counts['unrelated']:,} taken back."
    )
    if row is not None:
        typer.echo(f"Put it back with `cosource assets undo {row.id}`.")
    raise typer.Exit(REFUSED if counts["refused"] else 0)


def assets_import_back(
    import_id: Annotated[str, typer.Argument(help="The import's id, as it said at its end.")],
    as_: Annotated[str, typer.Option("--as", help="As for `cosource assets import`.")] = "",
) -> None:
    """Put an import of assets back: what it made goes, what it changed is as before, what was changed since stays.

    Ends with 0 when all is put back, 1 when something was kept, 2 when nothing could be done.
    """
    from uuid import UUID

    from cosource.bridges.services.asset_undoing import assets_import_undo
    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError

    try:
        which = UUID(import_id)
    except ValueError:
        _refuse(f"{import_id} is no id of an import.")
    try:
        actor = _actor(as_, "" if as_ else _only_client())
        counts = assets_import_undo(import_id=which, actor=actor, at=clock.now())
    except CosourceError as refused:
        _refuse(refused.message, refused.details.get("fields", {}))
    typer.echo(
        f"{counts['withdrawn']:,} withdrawn, {counts['restored']:,} restored, {counts['kept']:,} kept as changed since."
    )
    raise typer.Exit(REFUSED if counts["kept"] else 0)


def _refuse(message: str, fields: Mapping[str, str | Sequence[str]] | None = None) -> Never:
    typer.echo(f"cosource: {message}", err=True)
    for said in (fields or {}).values():
        for line in [said] if isinstance(said, str) else said:
            if line != message:
                typer.echo(f"  {line}", err=True)
    raise typer.Exit(UNUSABLE)


def _parties(given: Iterable[str]) -> dict[str, str]:
    parties = {}
    for text in given:
        key, equals, name = text.partition("=")
        if not equals or not key.strip() or not name.strip():
            _refuse(f'--party {text}: give KEY=NAME, such as client="Harbour Health".')
        parties[key.strip()] = name.strip()
    return parties


def _plan(given: str, as_: str, parties: dict[str, str]) -> "tuple[Plan, Actor]":
    from cosource.bridges.services.preparing import CLIENT, import_plan, mapping_read

    text, name = _mapping_text(given)
    mapping = mapping_read(text)
    client = parties.get(mapping.client.key) or parties.get(CLIENT) or mapping.client.name
    actor = _actor(as_, client or ("" if as_ else _only_client()))
    return import_plan(actor=actor, mapping_text=text, mapping_name=name, parties=parties), actor


def _mapping_text(given: str, folder: str = "mappings") -> tuple[str, str]:
    """Return a mapping's text and name, from a file or from those that are ready."""
    from cosource.bridges.reading.shipped import shipped_names, shipped_text

    if given in shipped_names(folder):
        return shipped_text(given, folder), given
    path = Path(given)
    if not path.is_file():
        _refuse(
            f"There is no mapping {given}: name a file, or one of the ready ones: {', '.join(shipped_names(folder))}."
        )
    try:
        return path.read_text("utf-8"), path.name
    except (OSError, UnicodeDecodeError) as error:
        _refuse(f"The mapping {given} cannot be read: {error}.")


def _only_client() -> str:
    """Return the name of the one organization here that is nobody's partner."""
    from cosource.parties.models import Engagement, Organization

    clients = Organization.objects.filter(stand_in=False).exclude(
        id__in=Engagement.objects.values("partner_id")
    )
    names = list(clients.order_by("name").values_list("name", flat=True)[:5])
    if len(names) != 1:
        there = f" Among them: {', '.join(names)}." if names else ""
        _refuse(f"This mapping names no client: say with --as whose desk the file is for.{there}")
    return names[0]


def _actor(as_: str, client: str) -> "Actor":
    from cosource.foundation import clock
    from cosource.foundation.sight import system_actor
    from cosource.parties.models import Organization, Person
    from cosource.parties.queries.sight import actor_for_person, hats_of

    at = clock.now()
    if "@" in as_:
        person = Person.objects.filter(email__iexact=as_).first()
        if person is None:
            _refuse(f"Nobody signs in as {as_}.")
        hats = [h for h in hats_of(person.id, at) if not h.as_host]
        own = next((h for h in hats if h.organization_name.casefold() == client.casefold()), None)
        return actor_for_person(
            person, organization_id=own.organization_id if own else None, at=at, channel="command"
        )
    name = as_ or client
    organization = Organization.objects.filter(name__iexact=name, stand_in=False).first()
    if organization is None:
        there = ", ".join(
            Organization.objects.filter(stand_in=False).order_by("name").values_list("name", flat=True)
        )
        _refuse(
            f"There is no organization {name} here. There are: {there or 'none yet; start with `cosource up`'}."
        )
    return system_actor(
        reason="an import by command line", organization_id=organization.id, channel="command"
    )


def _limits() -> "Limits":
    from dataclasses import replace

    from django.conf import settings

    from cosource.bridges.reading.source import LIMITS

    return replace(LIMITS, max_bytes=settings.IMPORT_MAX_BYTES)


def _bring_in(plan: "Plan", found: "Survey", path: Path, actor: "Actor", *, resume: bool) -> int:
    from django.conf import settings

    from cosource.bridges.models import Import
    from cosource.bridges.queries.imports import problems_of
    from cosource.bridges.services.batch import Counts
    from cosource.bridges.services.import_run import import_run, import_start, import_stop
    from cosource.bridges.services.sealing_along import seal_along, seal_leave
    from cosource.foundation import clock
    from cosource.foundation.duework import worker_name

    row = import_start(
        plan=plan, survey=found, file_name=path.name, actor=actor, at=clock.now(), resume=resume
    )
    holder, bar = worker_name(), ProgressLine(path.name)

    def tell(progress: "Progress") -> None:
        bar.show(progress)
        seal_along(holder=holder, clock=clock.now, more_than=_SEALED_ALONG)

    try:
        import_run(
            row=row,
            plan=plan,
            survey=found,
            path=path,
            spool_directory=settings.SPOOL_DIR,
            actor=actor,
            clock=clock.now,
            tell=tell,
            limits=_limits(),
        )
    except KeyboardInterrupt:
        bar.end()
        import_stop(row=row, state=Import.State.CANCELLED, actor=actor, at=clock.now())
        typer.echo("Stopped. What was brought in stays; --resume goes on from here.", err=True)
        return REFUSED
    finally:
        bar.end()
        seal_along(holder=holder, clock=clock.now)
        seal_leave(holder=holder, at=clock.now())
    counts = Counts(
        read=row.rows_read,
        kept=row.rows_kept,
        known=row.rows_known,
        repaired=row.rows_repaired,
        refused=row.rows_refused,
        tickets=row.tickets_written,
        extended=row.tickets_extended,
    )
    problems = problems_of(row, file=path.name)
    return _report(
        counts, row.report.get("codes", {}), problems, settings.DATA_DIR / "imports" / f"{row.id}.csv"
    )


def _rehearse(plan: "Plan", found: "Survey", path: Path, actor: "Actor", *, resume: bool) -> int:
    from django.conf import settings

    from cosource.bridges.rules.describe import describe
    from cosource.bridges.services.import_run import import_rehearse

    bar = ProgressLine(path.name)
    rehearsal = import_rehearse(
        plan=plan,
        survey=found,
        path=path,
        spool_directory=settings.SPOOL_DIR,
        actor=actor,
        tell=bar.show,
        limits=_limits(),
    )
    bar.end()
    for sentence in describe(plan.mapping):
        typer.echo(f"- {sentence.text}")
    made = ", ".join(f"{count} {kind}s" for kind, count in sorted(rehearsal.made.items()))
    typer.echo(f"Dry run: nothing was written. It would make {made or 'no new teams, sites or services'}.")
    target = settings.DATA_DIR / "imports" / f"dry-run-{found.digest[:12]}.csv"
    return _report(rehearsal.counts, rehearsal.listing.codes, rehearsal.problems, target)


_GRAVEST_FIRST = ("stopped", "refused", "repaired", "noted")


def _report(
    counts: "Counts", codes: Mapping[str, int], problems: "Iterable[Problem]", everything: Path
) -> int:
    """Print what became of the rows, and the gravest problems; all that are listed go into a file when there are more."""
    from cosource.bridges.rules.listing import LEFT_OUT
    from cosource.bridges.rules.wordings import WORDINGS

    typer.echo(
        f"{counts.read:,} rows read: {counts.kept:,} kept, {counts.known:,} known before, "
        f"{counts.refused:,} refused; {counts.repaired:,} repaired. "
        f"{counts.tickets:,} new tickets, {counts.extended:,} with more history."
    )
    listed = list(problems)
    # What was lost comes before what was only noted.
    for problem in sorted(listed, key=lambda p: _GRAVEST_FIRST.index(p.outcome))[:SHOWN_PROBLEMS]:
        typer.echo(f"{problem.outcome}: {problem}")
    if len(listed) > SHOWN_PROBLEMS:
        write_problems(everything, listed)
        left_out = codes.get(LEFT_OUT, 0)
        whole = f"all but {left_out:,}, which are only counted" if left_out else "all of them"
        typer.echo(f"… and {len(listed) - SHOWN_PROBLEMS:,} more; {whole}: {everything}")
    stopped = any(WORDINGS[code].outcome == "stopped" for code in codes)
    return REFUSED if counts.refused or stopped else 0


def write_problems(target: Path, problems: "Iterable[Problem]") -> None:
    """Write problems as a table that is safe to open: no cell of it is taken for a formula."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["row", "column", "outcome", "kind", "what is wrong", "what to do"])
        for p in problems:
            table.writerow([p.row or "", *map(_inert, (p.column or "", p.outcome, p.code, p.message, p.fix))])


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


class ProgressLine:
    """Will show how far a file is: a bar on a terminal, a plain line now and then elsewhere."""

    def __init__(self, name: str, stream: IO[str] | None = None) -> None:
        self._name = name
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._last = time.monotonic()
        self._open = False

    def show(self, progress: "Progress") -> None:
        """Show it, not more often than it helps."""
        now = time.monotonic()
        if now - self._last < (0.1 if self._live else _TOLD_EVERY_SECONDS) and progress.done < progress.total:
            return
        self._last = now
        share = progress.done / progress.total if progress.total else 1.0
        figures = f"{progress.done:,} of {progress.total:,} rows"
        if self._live:
            filled = int(BAR * share)
            self._stream.write(
                f"\r{self._name} [{'█' * filled}{'·' * (BAR - filled)}] {share:4.0%} {figures}"
            )
            self._stream.flush()
            self._open = True
        else:
            typer.echo(f"{self._name}: {figures}", file=self._stream)

    def end(self) -> None:
        """Leave the line, so that what follows begins a new one."""
        if self._open:
            self._stream.write("\n")
            self._open = False
