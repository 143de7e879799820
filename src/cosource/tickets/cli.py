"""Commands on tickets: a check of their clocks, which names clocks by id, a replay of routing rules, and calls, as somebody.

Not here: the check and the replay themselves.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from cosource.foundation.sight import Actor

# Beside `cosource clock due` and `elapsed`, which ask the calendars.
escalations_app = typer.Typer(
    help="The escalations of tickets: prove that none was missed.", no_args_is_help=True
)

calls_app = typer.Typer(help="Calls as a telephone system counted them.", no_args_is_help=True)

escalation_app = typer.Typer(
    help="The escalation matrix: find the time in which nobody can be reached.", no_args_is_help=True
)

routing_app = typer.Typer(help="Routing rules: try them on past tickets.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(escalations_app, name="escalations")
    app.add_typer(escalation_app, name="escalation")
    app.add_typer(routing_app, name="routing")
    app.add_typer(calls_app, name="calls")


# A group of one command would be the command itself.
@calls_app.callback()
def _calls() -> None: ...


@calls_app.command("import")
def calls_import(
    file: Annotated[
        Path,
        typer.Argument(help="CSV in UTF-8; its heading names id, offered_at, answered_at and abandoned_at."),
    ],
    as_: Annotated[
        str, typer.Option("--as", help="The address of the person who brings them in, and leads that desk.")
    ],
    source: Annotated[str, typer.Option(help="The telephone system’s name, always the same.")],
    engagement: Annotated[
        str, typer.Option(help="The id of the engagement under which they were answered; else the own desk.")
    ] = "",
    zone: Annotated[str, typer.Option(help="Of times that name none; else the desk’s.")] = "",
) -> None:
    """Bring in calls; twice is as once. Ends with 0 when every row is in, 1 when some were refused, 2 when nothing was done."""
    from uuid import UUID

    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError, Invalid
    from cosource.parties.queries.acting import acting_named
    from cosource.tickets.services.calls import calls_read

    at = clock.now()
    try:
        actor = acting_named(as_, "", at)
        if actor is None:
            raise Invalid(f"Nobody signs in as {as_}.")
        engagement_id = UUID(engagement) if engagement else None
        with file.open(encoding="utf-8", errors="replace", newline="") as lines:
            brought = calls_read(
                lines=lines, source=source, actor=actor, at=at, zone=zone, engagement_id=engagement_id
            )
    except CosourceError as refused:
        said = " ".join(map(str, refused.details.get("fields", {}).values()))
        typer.echo(f"cosource: {refused.message} {said}".rstrip(), err=True)
        raise typer.Exit(2) from None
    except (OSError, ValueError) as trouble:
        typer.echo(f"cosource: {trouble}", err=True)
        raise typer.Exit(2) from None
    for problem in brought.problems:
        typer.echo(
            f"{file.name}, row {problem.row}, {problem.column or 'whole row'}: {problem.said}", err=True
        )
    typer.echo(f"{brought.taken} new, {brought.known} there already, {brought.refused} refused")
    raise typer.Exit(1 if brought.refused else 0)


def _looking_as(name: str, command: str, at: "datetime") -> "Actor":
    """Return who looks, after noting that they do. Raises: typer.Exit where there is no such party or person."""
    from cosource.foundation.services.access_log import access_note
    from cosource.parties.queries.acting import acting_as

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
        object_kind="escalation matrix",
        object_id=actor.reads_as,
        at=at,
        reason=f"command line: {command}",
    )
    return actor


@escalations_app.command("audit")
def escalations_audit_all() -> None:
    """Check every clock against its rows and the ledger. Ends with 0 when all holds, with 1 when a step was missed or doubled."""
    from cosource.foundation import clock
    from cosource.tickets.queries.escalation_audit import escalations_audit

    found = escalations_audit(at=clock.now())
    for finding in found.findings:
        typer.echo(f"{finding.clock_id} step {finding.step}: {finding.what}")
    said = f"{len(found.findings)} findings" if found.findings else "none missed, none twice"
    typer.echo(f"{found.clocks} clocks, {found.steps} steps raised: {said}")
    raise typer.Exit(1 if found.findings else 0)


@escalation_app.command("check")
def escalation_check(
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            help="Whose sight: a person's mail address, or an organization by name or id; "
            "without, all parties for whoever runs the machine.",
        ),
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, levels that are passed over included.")
    ] = False,
) -> None:
    """Look eight weeks ahead over the matrices of running engagements. Ends with 1 when at some time nobody can be reached."""
    import json

    from cosource.foundation import clock
    from cosource.tickets.matrix.services.checking import parts_checked

    now = clock.now()
    actor = _looking_as(as_, "escalation check", now) if as_ else None
    found, parts = [], 0
    for checked in parts_checked(at=now, actor=actor):
        part, parts = checked.part, parts + 1
        for hole in checked.holes:
            if not as_json and hole.level:
                continue
            start, end = (at.isoformat(timespec="minutes") for at in hole.stretch)
            found.append(
                {
                    "engagement": str(part.engagement_id),
                    "organization": str(part.organization_id),
                    "from": start,
                    "until": end,
                    "level": hole.level,
                    "direction": hole.direction,
                    "tickets": [{"kind": kind, "priority": priority} for kind, priority in hole.tickets],
                }
            )
            if not as_json:
                tickets = ", ".join(f"{kind} {priority}" for kind, priority in hole.tickets)
                typer.echo(f"{part.engagement.name}, {part.organization.name}: {start} – {end}  {tickets}")
    gaps = sum(not one["level"] for one in found)
    if as_json:
        typer.echo(json.dumps({"parts": parts, "gaps": gaps, "found": found}, indent=1))
    else:
        typer.echo(f"{parts} parts: {f'{gaps} gaps' if gaps else 'somebody can be reached at any time'}")
    raise typer.Exit(1 if gaps else 0)


@routing_app.command("replay")
def routing_replay(
    as_: Annotated[
        str,
        typer.Option("--as", help="Whose sight: a person's mail address, or an organization by name or id."),
    ],
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Rules in a JSON file, as the API takes them.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="What is in force, though there is a draft.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All of it for programs.")] = False,
) -> None:
    """Route past tickets in somebody's sight by the draft, the live rules or a file, and compare with who solved them."""
    import json

    from cosource.foundation import clock
    from cosource.foundation.errors import CosourceError, Invalid
    from cosource.tickets.routing.queries.asked import replay_asked
    from cosource.tickets.routing.queries.replays import result_of, team_names

    try:
        document = json.loads(rules.read_text()) if rules is not None else None
    except (OSError, ValueError) as trouble:
        typer.echo(f"cosource: --rules {rules} cannot be read as JSON ({trouble})", err=True)
        raise typer.Exit(2) from None
    if isinstance(document, dict):
        document = document.get("rules")
    try:
        actor, found = replay_asked(as_, document=document, live=live, at=clock.now())
    except CosourceError as refused:
        fields = refused.details.get("fields", {}) if isinstance(refused, Invalid) else {}
        said = "; ".join(f"{place}: {fix}" for place, fix in fields.items())
        typer.echo(f"cosource: {refused.message} {said}".rstrip(), err=True)
        raise typer.Exit(2) from None
    result = result_of(found)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    names = team_names(actor, [*result["confusion"], *result["moved"]])
    share = f"{found.accuracy:.1%}" if found.accuracy is not None else "–"
    typer.echo(f"{found.tickets} tickets, {found.differing} routed differently than by the rules in force")
    typer.echo(
        f"{found.right} of {found.solved} solved tickets routed to the team that solved them ({share})"
    )
    for routed, solved, count in result["confusion"]:
        typer.echo(f"{count:>8}  {names.get(routed, routed)} → {names.get(solved, solved)}")
