"""The commands that keep an installation: take a backup, restore it, let it speak again, bring it up to date.

They are for whoever runs the machine and ask nothing of what is in the installation. Not here: how any of it is done
(foundation's services), and looking an installation over (doctor.py).
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cosource.foundation.rules.backup import Manifest

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the backup.")]
# What an upgrade needs beside the installation: the backup, and tables that are written anew.
ROOM_TIMES = 2
ROOM_LEAST = 200 * 1024**2


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("release")(release)
    app.command("upgrade")(upgrade)
    app.command("doctor")(doctor)
    app.command("export")(export)
    app.command("import-export")(import_export)


def backup(
    folder: Folder,
    with_secrets: Annotated[
        bool,
        typer.Option("--with-secrets", help="With the installation's keys; keep such a backup under lock."),
    ] = False,
) -> None:
    """Copy database and files, as one moment saw them, to a folder that is not there yet. People go on working."""
    from cosource.foundation import clock
    from cosource.foundation.services.backup import backup_make

    with _refusals():
        manifest = backup_make(folder=folder.absolute(), with_secrets=with_secrets, at=clock.now())
    typer.echo(
        f"{folder}: {manifest.rows} rows in {len(manifest.tables)} tables, {len(manifest.files)} files"
    )
    typer.echo(f"digest {manifest.digest}")
    _say_lacking(manifest)
    if not with_secrets:
        typer.echo("without the keys: keep COSOURCE_SECRETS_FILE apart, encrypted fields need it", err=True)


def restore(
    folder: Folder,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew after a restore that was broken off.")
    ] = False,
) -> None:
    """Fill this empty installation from a backup, of either database. It sends nothing until `cosource release`."""
    from cosource.foundation import clock
    from cosource.foundation.services.restoring import restore as fill

    with _refusals():
        done = fill(folder=folder.absolute(), again=again, at=clock.now())
    manifest = done.manifest
    typer.echo(
        f"{manifest.rows} rows in {len(manifest.tables)} tables, {len(manifest.files)} files, as of {manifest.taken_at}"
    )
    typer.echo(f"digest {manifest.digest}")
    typer.echo("nothing is sent until `cosource release`", err=True)
    _say_lacking(manifest)
    if done.lacks_keys:
        typer.echo(
            "the keys are not those of the backup: second factors, webhook secrets and provider keys cannot be read; "
            "put its COSOURCE_SECRETS_FILE in place",
            err=True,
        )


def release() -> None:
    """Let a restored installation send mail, webhooks and messages again."""
    from cosource.foundation import clock
    from cosource.foundation.services.holding import outward_release

    held = outward_release(at=clock.now())
    if held is None:
        typer.echo("nothing is held back here: nothing was changed", err=True)
        raise typer.Exit(1)
    typer.echo(f"released; {held} pieces of work that waited go out now")


def upgrade(
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Take no backup first.")] = False,
    backup_to: Annotated[
        Path | None,
        typer.Option(
            "--backup", metavar="DIR", help="Where the backup goes; else backups/ in the data folder."
        ),
    ] = None,
) -> None:
    """Bring database and static files to this version, after a backup. Stop the other processes first; safe to run again."""
    from django.conf import settings

    from cosource.config.static import collect_static
    from cosource.foundation import clock
    from cosource.foundation.errors import Conflict
    from cosource.foundation.queries.schema import refusal_of, schema_state
    from cosource.foundation.services.backup import backup_make
    from cosource.foundation.services.schema import schema_update

    state = schema_state()
    with _refusals():
        if refusal := refusal_of(state):
            raise Conflict(refusal, code="newer_schema")
        if state.waiting and state.made:
            at = clock.now()
            folder = backup_to or Path(settings.DATA_DIR) / "backups" / f"before-upgrade-{at:%Y%m%dT%H%M%SZ}"
            for left in folder.parent.glob(".before-upgrade-*.unfinished"):
                # What an upgrade left that was killed while it took its backup; this one's has another name.
                shutil.rmtree(left, ignore_errors=True)
            _require_room(folder, twice=not no_backup)
            if not no_backup:
                _say_lacking(backup_make(folder=folder.absolute(), with_secrets=False, at=at))
                typer.echo(f"backup: {folder}")
        made = schema_update(tell=lambda name: typer.echo(f"database: {name}"))
    collect_static(settings.STATIC_ROOT)
    typer.echo(f"{made} changes of the database were made" if made else "the database is up to date")


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            help="The organization, by exact name or id: all that is its own. Or a person's address: what they read.",
        ),
    ],
    for_: Annotated[
        str, typer.Option("--for", help="The organization, by exact name, where they act for several.")
    ] = "",
) -> None:
    """Take out all that is an organization's own, or what somebody reads of it: JSON Lines, CSV, XES. The access log has it."""
    from cosource.foundation import clock
    from cosource.foundation.services.exporting import export_make
    from cosource.parties.queries.acting import acting_named, organization_acting

    at = clock.now()
    if "@" in as_:
        actor = acting_named(as_, for_, at)
        nobody = f"Nobody acts under the address {as_}" + (f" for {for_}." if for_ else ".")
    else:
        actor = None if for_ else organization_acting(as_, "command line: export", at)
        nobody = (
            "--for goes with the address of a person: leave it out."
            if for_
            else f'There is no one organization named "{as_}".'
        )
    if actor is None:
        typer.echo(nobody, err=True)
        raise typer.Exit(2)
    with _refusals():
        counts = export_make(folder=folder.absolute(), actor=actor, at=at)
    typer.echo(f"{folder}: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items()))


def import_export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an organization's export.")],
) -> None:
    """Fill this empty installation with an organization's export. It sends nothing until `cosource release`."""
    from cosource.foundation import clock
    from cosource.foundation.services.export_import import export_import

    with _refusals():
        done = export_import(folder=folder.absolute(), at=clock.now())
    rows = ", ".join(
        f"{r.rows} {name.replace('_', ' ')}" for name, r in sorted(done.manifest.records.items())
    )
    typer.echo(f"{rows}, as of {done.manifest.taken_at}")
    typer.echo(f"digest {done.manifest.digest}")
    checked = f"the record holds: {done.record.entries} entries in {done.record.streams} streams"
    if done.record.stated:
        checked += f", {done.record.stated} of them as the export states them"
    typer.echo(checked)
    typer.echo(
        "nothing is sent until `cosource release`; nobody has a password yet: `cosource person reset`",
        err=True,
    )


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with a list of checks.")] = False,
    every_file: Annotated[
        bool, typer.Option("--every-file", help="Read all attached files; else at most 1 GB of them.")
    ] = False,
) -> None:
    """Look over the running installation: what is wrong, and what to do about it. Ends with 1 when something is."""
    from cosource.config.doctor import look_over
    from cosource.foundation import clock

    found = look_over(clock.now(), every_file=every_file)
    if as_json:
        typer.echo(
            json.dumps({"holds": all(c.holds for c in found), "checks": [asdict(c) for c in found]}, indent=1)
        )
    else:
        for check in found:
            typer.echo(f"{'✓' if check.holds else '✗'} {check.name}: {check.says}")
            if not check.holds:
                typer.echo(f"    {check.remedy}")
    raise typer.Exit(0 if all(check.holds for check in found) else 1)


def _say_lacking(manifest: "Manifest") -> None:
    """Name the attached files that a backup could not hold as they were attached."""
    for line in manifest.files_lacking:
        typer.echo(f"not as it was attached: {line}", err=True)


def _require_room(folder: Path, *, twice: bool) -> None:
    """Refuse to begin what would fill the disk. Raises: Conflict."""
    from django.conf import settings

    from cosource.foundation.errors import Conflict
    from cosource.foundation.queries.checks import database_bytes

    needed = ROOM_LEAST + database_bytes() * (ROOM_TIMES if twice else 1)
    for place in (Path(settings.DATA_DIR), folder):
        while not place.exists():
            place = place.parent  # noqa: PLW2901 - the nearest folder that is there
        free = shutil.disk_usage(place).free
        if free < needed:
            raise Conflict(
                f"{place} has {free // 1024**2} MB free and the upgrade may need {needed // 1024**2} MB: make room, "
                "or name another disk with --backup",
                code="disk_full",
            )


@contextmanager
def _refusals() -> Iterator[None]:
    from cosource.foundation.errors import CosourceError

    try:
        yield
    except CosourceError as refused:
        typer.echo(f"cosource: {refused.message}", err=True)
        raise typer.Exit(1) from None
    except OSError as trouble:
        typer.echo(f"cosource: {trouble}", err=True)
        raise typer.Exit(1) from None
