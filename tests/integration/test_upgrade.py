"""`cosource upgrade`: a backup first, every change whole, and no older version on a newer database."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from tests.databases import in_place
from tests.integration.test_command_line import cosource
from typer.testing import CliRunner

from cosource.config.cli import app
from cosource.foundation.services.schema import schema_update

NEWER = (
    "cosource: the database was brought to tickets.9999_from_tomorrow by a newer version; this one knows tickets.{}: "
    "install the newer version, or restore the backup that was made before it\n"
)


def made_in(data: Path) -> list[str]:
    with sqlite3.connect(data / "cosource.sqlite3", timeout=20) as look:
        rows = look.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [row[0] for row in rows]


def test_killed_on_the_way_and_run_again_it_is_whole(tmp_path: Path, django_db_blocker: Any) -> None:
    data = tmp_path / "data"
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("COSOURCE_", "DJANGO_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "cosource", "upgrade"],
        env={**clean, "COSOURCE_DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            # Named before it is made: killed in the midst of it.
            if line.startswith("database: parties.0001"):
                time.sleep(0.1)
                break
        process.send_signal(signal.SIGKILL)
    before = made_in(data)
    assert "tickets.0001_initial" not in before
    done = cosource("upgrade", data_dir=data)
    assert done.returncode == 0, done.stderr
    [backup] = (data / "backups").iterdir()
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["schema"] == before
    again = cosource("upgrade", data_dir=data)
    assert (again.returncode, again.stdout) == (0, "the database is up to date\n")
    assert list((data / "backups").iterdir()) == [backup]
    assert len(made_in(data)) == len(before) + done.stdout.count("database: ")

    newest = max(name for name in made_in(data) if name.startswith("tickets.")).partition(".")[2]
    with sqlite3.connect(data / "cosource.sqlite3", timeout=20) as write:
        write.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('tickets', '9999_from_tomorrow', '2030-01-01')"
        )
    refused = cosource("upgrade", data_dir=data)
    assert (refused.returncode, refused.stderr.lower().endswith(NEWER.format(newest))) == (1, True)
    with django_db_blocker.unblock(), in_place(str(data / "cosource.sqlite3")):
        for command in ("migrate", "worker", "check"):
            done_here = CliRunner().invoke(app, [command])
            assert (done_here.exit_code, command) == (1, command)
            assert done_here.stderr.lower().endswith(NEWER.format(newest)), command


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
