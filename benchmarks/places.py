"""Where benchmarks keep what they build, and how a process is pointed at an installation."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The worlds' own moment: due times lie around it, so pages are drawn as of then.
NOW = "2026-06-15T10:00:00+00:00"


def cache_dir() -> Path:
    """Return the directory that keeps worlds between runs; all of it may be deleted at any time."""
    base = Path(os.environ.get("COSOURCE_DATA_DIR") or ROOT / "var")
    path = base.absolute() / "benchmarks"
    path.mkdir(parents=True, exist_ok=True)
    return path


def environment_for(data_dir: Path, database_url: str, **more: str) -> dict[str, str]:
    """Return the environment of a process that works with one installation."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COSOURCE_")}
    return clean | {
        "COSOURCE_DATA_DIR": str(data_dir),
        "COSOURCE_DATABASE_URL": database_url,
        "COSOURCE_LOG_LEVEL": "warning",
        "DJANGO_SETTINGS_MODULE": "cosource.config.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        **more,
    }


def run_python(
    module: str, arguments: Sequence[str], env: Mapping[str, str], *, timeout: float = 3600
) -> str:
    """Run a module of ours in a process of its own and return what it prints; its complaints go to the terminal."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=dict(env),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=timeout,
    )
    return done.stdout
