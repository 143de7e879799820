"""Static files: hashed names where they were collected, plain names where they were not.

`cosource up` collects into the data folder, so that browsers may keep a file for ever. A test or a first look straight from
the source has nothing collected and works all the same.
"""

import hashlib
from pathlib import Path

from whitenoise.storage import CompressedManifestStaticFilesStorage

STAMP_NAME = "collected.txt"


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names from the manifest; the name itself while there is no manifest."""

    def stored_name(self, name: str) -> str:
        """Give the name under which a file is served."""
        return super().stored_name(name) if self.hashed_files else name


def collect_static(root: Path) -> bool:
    """Bring the collected files up to date and tell whether anything was to do.

    `root`: Django's STATIC_ROOT.
    """
    # Django must be set up before its management is imported.
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = root / STAMP_NAME
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())
    return True
