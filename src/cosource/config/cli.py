"""The command line: what an installation does, and the place where rooms add their own commands.

A room that has commands has a module `cli` with `register(app)`, which adds them to the given `typer.Typer`. Such a module is
imported for every `cosource --help`: it imports Django, models and services inside its commands, never at its top. Django is
set up before a room's command runs.

Not here: how processes are started and stopped (processes.py).
"""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from cosource.config import environment as env
from cosource.config import keeping
from cosource.config.rooms import ROOMS

app = typer.Typer(
    help="One operations room for a client and its IT partners.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
secrets_app = typer.Typer(help="The installation's keys.", no_args_is_help=True)
app.add_typer(secrets_app, name="secrets")

# These say what is wrong with the settings, so they cannot wait for settings that work.
WITHOUT_DJANGO = frozenset({"settings", "secrets", "clock", "allocate"})


@app.callback()
def prepare(context: typer.Context) -> None:
    """Set Django up for the command that follows."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cosource.config.settings")
    for name in env.unknown_settings(os.environ):
        typer.echo(f"cosource: {name} is no setting; `cosource settings` lists them", err=True)
    if context.invoked_subcommand not in WITHOUT_DJANGO and "--help" not in sys.argv:
        # Half a second that `--help` and `settings` need not wait for.
        import django

        django.setup()


@app.command()
def up(
    migrate: Annotated[
        bool,
        typer.Option("--migrate", help="Bring the database up to date first; SQLite is brought so anyway."),
    ] = False,
) -> None:
    """Serve web pages and work in the background, until interrupted."""
    from cosource.config import processes

    processes.require_free(env.BIND.read(os.environ))
    processes.prepare_database(migrate=migrate)
    raise typer.Exit(processes.run_all())


@app.command()
def demo() -> None:
    """Serve a real incident log, worked by a client and its partners, with sign-ins to look around."""
    from cosource.config import demo as demonstration

    raise typer.Exit(demonstration.run())


@app.command()
def web(with_parent: Annotated[bool, typer.Option(hidden=True)] = False) -> None:
    """Serve web pages only: one of any number, on any number of machines."""
    from cosource.config import processes

    processes.run_web(with_parent=with_parent)


@app.command()
def worker(with_parent: Annotated[bool, typer.Option(hidden=True)] = False) -> None:
    """Work in the background only: one of any number, on any number of machines."""
    from cosource.config import processes

    processes.run_worker(with_parent=with_parent)


@app.command()
def migrate() -> None:
    """Bring the database up to date."""
    from cosource.config import processes

    processes.migrate(tell=True)


@app.command()
def check() -> None:
    """Look the installation over: settings, database, secrets; names what is wrong and how to mend it."""
    from django.conf import settings
    from django.core.management import call_command

    from cosource.config import processes
    from cosource.config.inspection import weaknesses

    call_command("check", databases=["default"], fail_level="ERROR")
    for line in weaknesses(
        bind=settings.BIND,
        base_url=settings.BASE_URL,
        behind_proxy=bool(settings.TRUSTED_PROXY_NETWORKS),
        debug=settings.DEBUG,
        secrets_file=settings.SECRETS_FILE,
    ):
        typer.echo(f"cosource: {line}", err=True)
    waiting = processes.migrations_waiting()
    if waiting:
        typer.echo(f"{waiting} changes of the database wait: run `cosource migrate`", err=True)
        raise typer.Exit(1)


@app.command()
def settings(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The reference page, for the documentation.")
    ] = False,
) -> None:
    """List all settings with the values in force; passwords are not shown."""
    if markdown:
        typer.echo(env.settings_markdown(), nl=False)
        return
    for setting in env.SETTINGS:
        given = os.environ.get(setting.name, "").strip()
        if given:
            typer.echo(f"{setting.name}: {'(hidden)' if setting.secret else given}")
        else:
            typer.echo(
                f"{setting.name}: {setting.default_means.replace('`', '') or setting.default} (default)"
            )
    for setting in env.SETTINGS:
        if setting.default or os.environ.get(setting.name, "").strip():
            setting.read(os.environ)


@app.command()
def openapi(
    file: Annotated[Path, typer.Option("--file", help="Where the description is kept.")] = Path(
        "docs/reference/openapi.json"
    ),
    write: Annotated[bool, typer.Option("--write", help="Bring the file up to date.")] = False,
    check: Annotated[bool, typer.Option("--check", help="End with 1 when the file is out of date.")] = False,
) -> None:
    """Describe the API (OpenAPI 3.1): on the screen, into the file, or compared with it."""
    from cosource.config.api import api_description

    text = api_description()
    if write:
        file.write_text(text)
    elif not check:
        typer.echo(text, nl=False)
    elif not file.exists() or file.read_text() != text:
        typer.echo(f"{file} is out of date: run `cosource openapi --write`", err=True)
        raise typer.Exit(1)


@secrets_app.command("rotate")
def secrets_rotate() -> None:
    """Put a new key of each kind in front; what the older ones signed or encrypted can still be read."""
    from cosource.config import keys

    path = env.SECRETS_FILE.read(os.environ, default=str(env.DATA_DIR.read(os.environ) / "secrets.json"))
    after = keys.keys_rotate(path)
    typer.echo(
        f"{path}: {len(after.signing)} signing keys, {len(after.field)} field keys; restart to use the new ones"
    )


def register_rooms() -> None:
    """Add the commands of every room that has some."""
    for room in ROOMS:
        if find_spec(f"cosource.{room}.cli"):
            import_module(f"cosource.{room}.cli").register(app)


keeping.register(app)
register_rooms()
