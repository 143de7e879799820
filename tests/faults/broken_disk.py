"""Disks that are full, fail or are slow: a small file system, a limit on the size of files, calls that fail at the n-th time."""

import contextlib
import os
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
import pytest

PAGE = 4096
# All by which SQLite and a log bring something to the disk.
WRITES = "pwrite64,write,ftruncate,fallocate"
SYNCS = "fsync,fdatasync"


class SmallDisk:
    """A file system of its own that can be filled to the last byte and emptied again."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ballast = place / "ballast"

    def fill(self, *, but: int = 0) -> None:
        """Leave room for so many pages."""
        with self._ballast.open("wb") as stream, contextlib.suppress(OSError):
            while True:
                stream.write(bytes(64 * PAGE))
                stream.flush()
        size = self._ballast.stat().st_size
        os.truncate(self._ballast, max(0, size - but * PAGE))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(*, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a disk in memory, or skip the test where that is not allowed."""
    # Not below the test's own folder, which is closed to the user that a database server runs as.
    place = Path(tempfile.mkdtemp(prefix="cosource-disk-"))
    place.chmod(0o755)
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("mounting a small disk in memory is not allowed here")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


@contextlib.contextmanager
def no_file_grows(processes: Iterable[psutil.Process], *, beyond: int) -> Iterator[None]:
    """Let no file of these processes grow beyond so many bytes; needs no more rights than theirs."""
    limited = list(processes)
    for process in limited:
        process.rlimit(psutil.RLIMIT_FSIZE, (beyond, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for process in limited:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.rlimit(psutil.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class Tampering:
    """What a tracer did to the calls of a process."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def count(self) -> int:
        """Say how many calls were tampered with so far."""
        return len(re.findall(r"\(INJECTED\)|\(DELAYED\)", self._log.read_text(errors="replace")))


@contextlib.contextmanager
def tampered(
    process: psutil.Process, calls: str, how: str, *, log: Path, under: Iterable[Path] = ()
) -> Iterator[Tampering]:
    """Tamper with the system calls of a running process: `how` as strace's `inject` has it, on the files `under` alone if named.

    Skips the test where strace is absent or may not follow another process.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log.write_text("")
    words = ["strace", "-f", "-p", str(process.pid), "-o", str(log), "-e", f"trace={calls}"]
    words += ["-e", f"inject={calls}:{how}", *(word for path in under for word in ("-P", str(path)))]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE)
    assert tracer.stderr is not None
    first = tracer.stderr.readline().decode()
    if "attached" not in first:
        tracer.kill()
        tracer.wait()
        pytest.skip(f"strace may not follow a process here: {first.strip()}")
    try:
        yield Tampering(log)
    finally:
        # Told to stop it lets go of the process, which goes on.
        tracer.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            tracer.communicate(timeout=20)
        if tracer.poll() is None:
            tracer.kill()
            tracer.wait()
