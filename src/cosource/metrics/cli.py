"""Commands on figures: show them, list what they are, gather the facts anew.

Figures are shown as somebody: that sets the usual scope and what they are entitled to, never the numbers. A look leaves a note in
the access log. Not here: the figures (`queries.figures`).
"""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cosource.foundation.sight import Actor
    from cosource.metrics.rules.figure import Figure

# What several commands ask for.
As = Annotated[
    str,
    typer.Option("--as", help="Whose sight: a person's mail address, or an organization by name or id."),
]
FromDay = Annotated[str, typer.Option("--from", metavar="DAY", help="First day, as 2026-03-01 (UTC).")]
UntilDay = Annotated[str, typer.Option("--until", metavar="DAY", help="First day after the period (UTC).")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="An engagement or own desk, by id or exact name; may be given again."),
]

metrics_app = typer.Typer(help="Figures: show them, say what they are, gather anew.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(metrics_app, name="metrics")


@metrics_app.command("show")
def metrics_show(  # noqa: PLR0917 - each is an option
    as_: As = "",
    from_on: FromDay = "",
    until_on: UntilDay = "",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="A figure for each priority, category, service, site, team, party, month …, or value of a kept column.",
        ),
    ] = "",
    scope: Scopes = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only this metric; may be given again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list for programs.")] = False,
) -> None:
    """Show the figures of a scope in a period; without days, all that there is."""
    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError, NotAllowed
    from cosource.metrics.queries.figures import figures
    from cosource.metrics.rules.fields import PARTS

    at = clock.now()
    days = [_day(from_on, "--from"), _day(until_on, "--until")]
    actor = _actor(as_, at)
    _bring_up_to_date()
    try:
        desks = _desks(actor, scope)
        period = {"from_on": days[0], "until_on": days[1]}
        found = figures(actor, scope=desks, **period, by=by or None, only=only, at=at)
        if not by:
            for part in PARTS:
                # Without a field all is shown that the reader may have; asked for by name it is refused.
                with suppress(NotAllowed):
                    found += figures(actor, scope=desks, **period, by=part, only=only, at=at)
    except CosourceError as refused:
        typer.echo(f"cosource: {refused.message}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps([_as_json(figure) for figure in found], indent=1, ensure_ascii=False))
    else:
        _table(found)


@metrics_app.command("board")
def metrics_board(
    out: Annotated[Path, typer.Option("--out", help="Where the page goes, as PDF.")],
    as_: As = "",
    month: Annotated[
        str,
        typer.Option("--month", help="As 2016-05 (UTC); else the one with which the scoreboard opens."),
    ] = "",
    scope: Scopes = None,
    language: Annotated[str, typer.Option("--language", help="As de; else the person's.")] = "",
) -> None:
    """Write the scoreboard of a month as one page for a board."""
    from django.conf import settings
    from django.utils import translation

    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError
    from cosource.metrics.queries.asking import language_of
    from cosource.metrics.queries.paper import paper_get
    from cosource.metrics.queries.paper_page import board_pdf
    from cosource.metrics.rules.periods import month_of

    if language and language not in dict(settings.LANGUAGES):
        known = ", ".join(code for code, _name in settings.LANGUAGES)
        typer.echo(f'cosource: --language is "{language}": give one of {known}', err=True)
        raise typer.Exit(2)
    day = _day(month, "--month", "a month as 2016-05", "-01")
    at = clock.now()
    actor = _actor(as_, at, "metrics board")
    _bring_up_to_date()
    try:
        desks = _desks(actor, scope)
        with translation.override(language or language_of(actor)):
            page = board_pdf(paper_get(actor, desk_ids=desks, period=month_of(day) if day else None, at=at))
        out.write_bytes(page)
    except CosourceError as refused:
        typer.echo(f"cosource: {refused.message}", err=True)
        raise typer.Exit(2) from None
    except OSError as trouble:
        typer.echo(f"cosource: {out} could not be written ({trouble.strerror})", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{out}: {len(page)} bytes")


@metrics_app.command("answers")
def metrics_answers(
    as_: As = "",
    from_on: FromDay = "",
    until_on: UntilDay = "",
    scope: Scopes = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it for programs.")] = False,
) -> None:
    """Tell where the source's verdict and the terms differ, where tickets bounced, and what they waited for."""
    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError
    from cosource.metrics.queries.answers import answers_get

    at = clock.now()
    days = [_day(from_on, "--from"), _day(until_on, "--until")]
    actor = _actor(as_, at, "metrics answers")
    _bring_up_to_date()
    try:
        found = answers_get(actor, scope=_desks(actor, scope), from_on=days[0], until_on=days[1], at=at)
    except CosourceError as refused:
        typer.echo(f"cosource: {refused.message}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False, default=str))
        return
    from cosource.metrics.queries.answer_words import answers_lines

    typer.echo("\n".join(answers_lines(found)))


@metrics_app.command("list")
def metrics_list(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The reference page, for the documentation.")
    ] = False,
) -> None:
    """List all metrics with their definitions."""
    from cosource.metrics.rules.catalogue import METRICS
    from cosource.metrics.rules.reference import reference_page

    if markdown:
        typer.echo(reference_page(), nl=False)
        return
    for metric in METRICS:
        typer.echo(f"{metric.id:<32} {metric.title} ({metric.unit})")


@metrics_app.command("rebuild")
def metrics_rebuild() -> None:
    """Gather all facts anew from the record; the figures stay the same."""
    from cosource.metrics.services.gathering import facts_rebuild
    from cosource.metrics.services.writing import Superseded

    def tell(done: int, of: int) -> None:
        typer.echo(f"\r{done} of {of} slices", nl=done == of, err=True)

    try:
        gathered = facts_rebuild(tell=tell)
    except OSError as trouble:
        typer.echo(
            f"cosource: the facts could not be written ({trouble}); what was there is still in force",
            err=True,
        )
        raise typer.Exit(1) from None
    except Superseded:
        typer.echo("cosource: somebody else gathered all facts anew meanwhile; theirs are in force", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{gathered.tickets} rows of tickets")


def _bring_up_to_date() -> None:
    """Gather what was sealed since, unless a worker is doing so; figures of a moment ago are figures too."""
    from cosource.foundation import clock
    from cosource.foundation.duework import worker_name
    from cosource.metrics.services.gathering import facts_refresh, facts_release
    from cosource.metrics.services.writing import Superseded

    holder = worker_name()
    with suppress(OSError, Superseded):
        if facts_refresh(holder=holder, clock=clock.now) is not None:
            facts_release(holder=holder, at=clock.now())


def _actor(name: str, at: datetime, command: str = "metrics show") -> "Actor":
    """Return who looks, after noting that they do. Raises: typer.Exit."""
    from cosource.foundation.services.access_log import access_note
    from cosource.metrics.queries.asking import usual_reader
    from cosource.parties.queries.acting import acting_as

    if not name:
        name = usual_reader() or ""
        if not name:
            typer.echo("cosource: say as whom: --as PERSON or --as ORGANIZATION", err=True)
            raise typer.Exit(2)
        typer.echo(f"cosource: figures of {name}, which has most tickets here; --as names another", err=True)
    actor = acting_as(name, reason=f"command line: {command}", at=at)
    if actor is None or actor.organization_id is None:
        typer.echo(
            f'cosource: there is no one organization named "{name}", nor a person with that mail address who works here',
            err=True,
        )
        raise typer.Exit(2)
    access_note(
        actor=actor,
        owner_organization_id=actor.reads_as,
        object_kind="figures",
        object_id=actor.reads_as,
        at=at,
        reason=f"command line: {command}",
    )
    return actor


def _desks(actor: "Actor", names: list[str] | None) -> list[Any] | None:
    from cosource.foundation.errors import NotFound
    from cosource.metrics.queries.scopes import scopes_for

    if not names:
        return None
    known = scopes_for(actor)
    found = []
    for name in names:
        wanted = name.replace("-", "").lower()
        match = [s.id for s in known if s.id.hex == wanted or s.name == name]
        if len(match) != 1:
            there = ", ".join(s.name for s in known)
            typer.echo(f'cosource: there is no one scope "{name}"; there are: {there or "none"}', err=True)
            raise typer.Exit(2) from NotFound()
        found += match
    return found


def _day(text: str, option: str, wanted: str = "a day as 2026-03-01", ending: str = "") -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text + ending)
    except ValueError:
        typer.echo(f'cosource: {option} is "{text}": give {wanted}', err=True)
        raise typer.Exit(2) from None


def _as_json(figure: "Figure") -> dict[str, Any]:
    return {
        "id": figure.id,
        "value": figure.value,
        "unit": figure.unit,
        "n": figure.n,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "excluded": [{"reason": reason, "count": count} for reason, count in figure.excluded],
        "cohort": figure.cohort,
        "by": asdict(figure.by) if figure.by else None,
    }


def _table(found: "list[Figure]") -> None:
    typer.echo(f"{'metric':<34} {'of':<32} {'value':>12} {'unit':<8} {'n':>9}  excluded")
    for figure in found:
        value = "–" if figure.value is None else f"{figure.value}"
        excluded = "; ".join(f"{count} {reason}" for reason, count in figure.excluded)
        label = figure.by.label if figure.by else ""
        typer.echo(
            f"{figure.id:<34} {label[:32]:<32} {value:>12} {figure.unit:<8} {figure.n:>9}  {excluded}".rstrip()
        )
