"""`cosource upgrade`: a backup first, every change whole, and no older version on a newer database."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from tests.databases import Template, current_url, in_place
from tests.integration.foundation.test_backup import all_digests, structure
from tests.integration.test_command_line import cosource
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of
from tests.integration.tickets.test_escalation import LADDER, agree, with_partner
from tests.proof import count
from tests.worlds import World
from typer.testing import CliRunner

from cosource.config.cli import app
from cosource.foundation.queries.schema import schema_state
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.schema import schema_update
from cosource.foundation.services.sealing import seal_pending
from cosource.tickets.models import Clock

NEWER = (
    "cosource: the database was brought to tickets.9999_from_tomorrow by a newer version; this one knows {}: "
    "install the newer version, or restore the backup that was made before it\n"
)
# Since then the index of words was written anew, and columns and tables came.
LATELY = [("foundation", "0008_restoration")]
# As far back as backups can be: among the changes since, one that says of each clock who owes it.
LONG_AGO = [
    ("tickets", "0005_revision"),
    ("foundation", "0005_search_readers"),
    ("agreements", "0001_initial"),
]


def filled(world: World) -> None:
    """Let two parties work, under an agreement whose clocks run."""
    desk = Desk(world, world.at)
    agree(desk, text_of(KINDS, CLIENT_PAUSES + LADDER.replace("  - {clock: access", "# ")))
    for _ in range(2):
        with_partner(desk)
    while seal_pending():
        pass


def killed_at(nth: int, fits: str, *words: str, data: Path) -> None:
    """Run a command that is killed right after the n-th statement to the database that fits."""
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("COSOURCE_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.command_that_dies", "after", fits, str(nth), *words],
        env={**clean, "COSOURCE_DATA_DIR": str(data), "COSOURCE_DATABASE_URL": current_url()},
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_killed_on_the_way_and_run_again_it_is_whole(world: World, database_url: str, tmp_path: Path) -> None:
    """Killed when a change is made and noted, and neither is for good: what was before stays, with all rows."""
    filled(world)
    rows, shape, made = all_digests(), structure(), schema_state().made
    MigrationExecutor(connection).migrate(LATELY)
    older = all_digests()
    connection.close()
    killed_at(1, "INTO .django_migrations.*0010_hiding", "upgrade", data=tmp_path)
    left = schema_state()
    assert "foundation.0010_hiding" in left.waiting
    assert all_digests() == older
    [backup] = (tmp_path / "backups").iterdir()
    (tmp_path / "backups/.before-upgrade-20260101T000000Z.unfinished").mkdir()

    done = cosource("upgrade", data_dir=tmp_path, COSOURCE_DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert f"{len(left.waiting)} changes of the database were made\n" in done.stdout
    assert (schema_state().made, all_digests()) == (made, rows)
    assert structure() == shape
    [second] = set((tmp_path / "backups").iterdir()) - {backup}
    assert tuple(json.loads((second / "manifest.json").read_text())["schema"]) == left.made
    again = CliRunner().invoke(app, ["upgrade"])
    assert (again.exit_code, again.stdout) == (0, "the database is up to date\n")

    newest = max(name for name in made if name.startswith("tickets."))
    MigrationRecorder(connection).record_applied("tickets", "9999_from_tomorrow")
    for command in ("upgrade", "migrate", "worker", "check"):
        refused = CliRunner().invoke(app, [command])
        assert (refused.exit_code, command) == (1, command)
        assert refused.stderr.lower().endswith(NEWER.format(newest)), command
    assert all_digests() == rows


@pytest.mark.proof
def test_killed_at_any_statement_and_run_again_it_is_the_same(
    world: World, database_url: str, database_template: Template, tmp_path: Path
) -> None:
    """Forty kills, another number by COSOURCE_PROOF_UPGRADES, each in one of as many equal parts of the upgrade."""
    filled(world)
    before = {table: rows for table, (rows, _) in all_digests().items()}
    MigrationExecutor(connection).migrate(LONG_AGO)
    kept, there = str(connection.settings_dict["NAME"]), {t: rows for t, (rows, _) in all_digests().items()}
    assert there["tickets_clock"] == 10
    statements = []

    def noted(run: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return run(sql, *rest)

    connection.close()
    with database_template.copy(kept):
        with connection.execute_wrapper(noted):
            upgrade(tmp_path / "whole")
        rows, shape = all_digests(), structure()
        assert {table: number for table, (number, _) in rows.items() if table in there} == there
        assert not Clock.objects.filter(owed_by=None).exists()
        assert sum(before.values()) >= sum(number for number, _ in rows.values()) > 500
    kills = count("UPGRADES", sample=3, full=40)
    noise, part = random.Random(3), len(statements) / kills
    torn = 0
    for kill in range(kills):
        nth = 1 + int(part * (kill + noise.random()))
        connection.close()
        with database_template.copy(kept):
            killed_at(nth, "", "upgrade", data=tmp_path / str(nth))
            torn += bool(schema_state().waiting)
            upgrade(tmp_path / f"{nth}-again")
            assert all_digests() == rows, statements[nth - 1]
            assert structure() == shape, statements[nth - 1]
            for organization in world.organizations.values():
                assert verify(organization.id).findings == []
    print({"statements": len(statements), "kills": kills, "before the last change": torn})


def upgrade(backup: Path) -> None:
    done = CliRunner().invoke(app, ["upgrade", "--backup", str(backup)])
    assert done.exit_code == 0, done.output


@pytest.mark.proof
def test_it_makes_what_djangos_own_command_makes(tmp_path: Path, django_db_blocker: Any) -> None:
    made = []
    for name, make in (("ours", schema_update), ("django", lambda: call_command("migrate", verbosity=0))):
        with django_db_blocker.unblock(), in_place(str(tmp_path / name)):
            make()
        with sqlite3.connect(tmp_path / name) as look:
            made.append(sorted(look.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"), key=repr))
    assert len(made[0]) > 400
    assert made[0] == made[1]
