"""From `cosource demo` in an empty data directory to the first page that is served."""

import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.measuring import Figure
from benchmarks.places import ROOT, environment_for

LIMIT_SECONDS = 120


def measure(place: Path, port: int) -> list[Figure]:
    """Start the demo, wait for its sign-in page, and stop it again."""
    env = environment_for(place, f"sqlite:///{place / 'demo.sqlite3'}", COSOURCE_BIND=f"127.0.0.1:{port}")
    began = time.monotonic()
    demo = subprocess.Popen(
        [sys.executable, "-m", "cosource", "demo"], env=env, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        while demo.poll() is None and time.monotonic() - began < 10 * LIMIT_SECONDS:
            try:
                with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    if answer.status == 200:
                        break
            except URLError:
                time.sleep(0.2)
        else:
            raise RuntimeError("the demo served no page")
        seconds = time.monotonic() - began
    finally:
        demo.terminate()
        demo.wait(60)
    return [Figure("demo from nothing to a served page", round(seconds, 1), "s", LIMIT_SECONDS, on="SQLite")]
