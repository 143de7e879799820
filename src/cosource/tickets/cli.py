"""Commands on the clocks of tickets. They name clocks by id and show nothing of a ticket. Not here: the check itself."""

import typer

# Beside `cosource clock due` and `elapsed`, which ask the calendars.
escalations_app = typer.Typer(
    help="The escalations of tickets: prove that none was missed.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(escalations_app, name="escalations")


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
