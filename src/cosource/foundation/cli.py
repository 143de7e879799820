"""Commands on the ledger (check it, take its heads), on work in the background (list it, try it again, give it up), and for mail
that comes in.

Those on the ledger read for one organization, which must be named, and leave a note in its access log. Those on work show
what it is and why it stopped, never what it holds. Not here: the check itself (`queries.verification`).
"""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

ledger_app = typer.Typer(help="The ledger: check it, take its heads.", no_args_is_help=True)

work_app = typer.Typer(help="Work in the background: what waits, runs or is parked.", no_args_is_help=True)

mail_app = typer.Typer(help="Mail that comes in.", no_args_is_help=True)

As = Annotated[str, typer.Option("--as", help="The organization, by exact name or id, that wants to know.")]
# A mail's head is far shorter.
_MAIL_HEAD_BYTES = 256 * 1024
# EX_TEMPFAIL of sysexits: a mail server keeps the mail and tries again.
_TRY_AGAIN = 75


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(ledger_app, name="ledger")
    app.add_typer(work_app, name="work")
    app.add_typer(mail_app, name="mail")


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
        f"{result.entries} entries in {result.streams} streams, {result.erased} erased"
        + (f", {result.stated} as an export states them: " if result.stated else ": ")
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


@work_app.command("list")
def work_list(
    state: Annotated[
        str, typer.Option("--state", help="queued, running, done, parked or cancelled.")
    ] = "parked",
    kind: Annotated[str, typer.Option("--kind", help="Only this kind, such as foundation.mail.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many lines.")] = 50,
) -> None:
    """List work: id, kind, when it is due or was tried last, attempts, why it stopped. The latest comes first."""
    from cosource.foundation.models import DueWork

    if state not in DueWork.State.values:
        typer.echo(f'--state is "{state}": give one of {", ".join(DueWork.State.values)}', err=True)
        raise typer.Exit(2)
    rows = DueWork.objects.filter(state=state, **({"kind": kind} if kind else {}))
    for row in rows.order_by("-id")[:limit]:
        when = (row.finished_at or row.due_at).isoformat(timespec="seconds")
        typer.echo(f"{row.id} {row.kind} {when} {row.attempts}/{row.max_attempts} {row.message}".rstrip())
    typer.echo(f"{rows.count()} {state}", err=True)


@work_app.command("replay")
def work_replay(
    work_id: Annotated[str, typer.Argument(metavar="ID", help="As `work list` names it.")],
) -> None:
    """Try parked work again, from its first attempt."""
    from cosource.foundation import clock
    from cosource.foundation.services import work_steps

    if not work_steps.work_replay(work_id=_work_id(work_id), at=clock.now()):
        typer.echo(f"{work_id} is not parked: nothing was changed", err=True)
        raise typer.Exit(1)
    typer.echo("queued")


@work_app.command("cancel")
def work_cancel(
    work_id: Annotated[str, typer.Argument(metavar="ID", help="As `work list` names it.")],
) -> None:
    """Give up work that waits or is parked; ask what runs to stop."""
    from cosource.foundation import clock
    from cosource.foundation.services import work_steps

    if not work_steps.work_cancel(work_id=_work_id(work_id), at=clock.now()):
        typer.echo(f"{work_id} is over or unknown: nothing was changed", err=True)
        raise typer.Exit(1)
    typer.echo("cancelled")


def _work_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        typer.echo(f'"{text}" is no id of work: `cosource work list` shows them', err=True)
        raise typer.Exit(2) from None


@mail_app.command("receive")
def mail_receive() -> None:
    """Take one mail from standard input; a reply to a notice acknowledges it, anything else is left out.

    Ends with 0 whatever the mail is, so that no mail server sends it back, and with 75 when it is to be handed in again later.
    """
    import sys

    from django.db import OperationalError

    from cosource.foundation import clock
    from cosource.foundation.services.replies import reply_take

    head = sys.stdin.buffer.read(_MAIL_HEAD_BYTES)
    while sys.stdin.buffer.read(_MAIL_HEAD_BYTES):
        # What it says is not kept, but whoever hands it in wants to get rid of all of it.
        pass
    try:
        typer.echo(reply_take(head, at=clock.now()))
    except OperationalError as away:
        typer.echo(f"The database is away: {away}. Hand the mail in again later.", err=True)
        raise typer.Exit(_TRY_AGAIN) from None
