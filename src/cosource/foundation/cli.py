"""Commands on the ledger: check it, and take its heads.

They read for one organization, which must be named, and leave a note in its access log. Not here: the check itself
(`queries.verification`).
"""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

ledger_app = typer.Typer(help="The ledger: check it, take its heads.", no_args_is_help=True)

As = Annotated[str, typer.Option("--as", help="The organization, by exact name or id, that wants to know.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(ledger_app, name="ledger")


@ledger_app.command("verify")
def ledger_verify(
    as_: As,
    heads: Annotated[
        Path | None,
        typer.Option("--heads", help="Heads that were taken earlier; finds a record that was cut."),
    ] = None,
) -> None:
    """Check every stream that the organization reads. Ends with 0 when the record holds, with 1 when it does not."""
    from cosource.foundation.errors import Invalid
    from cosource.foundation.queries.verification import verify

    organization_id = _reader(as_, "ledger verify")
    try:
        result = verify(organization_id, _heads_in(heads))
    except Invalid as refused:
        typer.echo(f"{heads}: {refused.message}", err=True)
        raise typer.Exit(2) from None
    for finding in result.findings:
        typer.echo(f"{finding.stream_id} {finding.position}: {finding.what}")
    typer.echo(
        f"{result.entries} entries in {result.streams} streams, {result.erased} erased: "
        + ("the record holds" if result.holds else f"{len(result.findings)} findings")
    )
    raise typer.Exit(0 if result.holds else 1)


@ledger_app.command("heads")
def ledger_heads(
    as_: As,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write to this file instead of the screen.")
    ] = None,
) -> None:
    """Give the head of every stream that the organization reads, to keep outside this system."""
    from cosource.foundation import clock
    from cosource.foundation.queries.verification import heads_of

    text = json.dumps(heads_of(_reader(as_, "ledger heads"), clock.now()), indent=1)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n")


def _reader(name: str, command: str) -> UUID:
    """Return the organization that reads, after noting that it does."""
    from cosource.foundation import clock
    from cosource.foundation.ledger_sight import ledger_sight
    from cosource.foundation.services.access_log import access_note
    from cosource.foundation.sight import system_actor

    organization_id = ledger_sight().organization_named(name)
    if organization_id is None:
        typer.echo(f'There is no one organization named "{name}".', err=True)
        raise typer.Exit(2)
    reason = f"command line: {command}"
    access_note(
        actor=system_actor(reason=reason, organization_id=organization_id, channel="cli"),
        owner_organization_id=organization_id,
        object_kind="ledger",
        object_id=organization_id,
        at=clock.now(),
        reason=reason,
    )
    return organization_id


def _heads_in(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as trouble:
        typer.echo(f"{path} cannot be read: {trouble}", err=True)
        raise typer.Exit(2) from None
    return found
