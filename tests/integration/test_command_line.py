"""The command line, as a person meets it: a process of its own, an exit code, one clear line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def cosource(*arguments: str, data_dir: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("COSOURCE_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "cosource", *arguments],
        env={**clean, "COSOURCE_DATA_DIR": str(data_dir), **environ},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_an_unusable_setting_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    done = cosource("check", data_dir=tmp_path / "data", COSOURCE_BIND="8000")
    assert done.returncode == 2
    assert done.stderr == (
        'cosource: COSOURCE_BIND is "8000": give HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000\n'
    )
    assert not (tmp_path / "data").exists()


def test_settings_lists_values_and_hides_passwords(tmp_path: Path) -> None:
    done = cosource(
        "settings",
        data_dir=tmp_path,
        COSOURCE_DATABASE_URL="postgres://desk:hunter2@db/desk",
        COSOURCE_THREAD="3",
    )
    assert done.returncode == 0
    assert f"COSOURCE_DATA_DIR: {tmp_path}\n" in done.stdout
    assert "COSOURCE_DATABASE_URL: (hidden)\n" in done.stdout
    assert "COSOURCE_BIND: 127.0.0.1:8000 (default)\n" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr
    assert done.stderr == "cosource: COSOURCE_THREAD is no setting; `cosource settings` lists them\n"
    assert list(tmp_path.iterdir()) == []


def test_settings_names_an_unusable_value(tmp_path: Path) -> None:
    done = cosource("settings", data_dir=tmp_path, COSOURCE_WORKERS="many")
    assert done.returncode == 2
    assert (
        done.stderr
        == 'cosource: COSOURCE_WORKERS is "many": give a whole number above zero, in digits only\n'
    )


def test_keys_are_exchanged(tmp_path: Path) -> None:
    first = cosource("secrets", "rotate", data_dir=tmp_path)
    again = cosource("secrets", "rotate", data_dir=tmp_path)
    path = tmp_path / "secrets.json"
    assert (first.returncode, again.returncode) == (0, 0)
    assert again.stdout == f"{path}: 3 signing keys, 3 field keys; restart to use the new ones\n"
    assert len(json.loads(path.read_text())["signing"]) == 3


def test_help_needs_no_settings(tmp_path: Path) -> None:
    done = cosource("up", "--help", data_dir=tmp_path, COSOURCE_BIND="nonsense")
    assert done.returncode == 0
    assert "--migrate" in done.stdout


def test_weaknesses_are_told_and_a_database_that_is_behind_is_named(tmp_path: Path) -> None:
    done = cosource("check", data_dir=tmp_path, COSOURCE_BASE_URL="https://desk.example.org")
    assert done.returncode == 1
    assert "cosource: COSOURCE_TRUSTED_PROXY is not set" in done.stderr
    assert done.stderr.splitlines()[-1].endswith(" changes of the database wait: run `cosource migrate`")


@pytest.mark.django_db(transaction=True)
def test_an_installation_in_order_passes_its_check(tmp_path: Path, database_url: str) -> None:
    done = cosource("check", data_dir=tmp_path, COSOURCE_DATABASE_URL=database_url)
    assert (done.returncode, done.stderr) == (0, "")
