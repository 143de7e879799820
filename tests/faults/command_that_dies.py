"""A command that is killed on its way: `python -m tests.faults.command_that_dies before|after REGEX NTH WORD…`.

The words are those of the command line; the moment is the NTH statement that fits, as in `worker_that_dies`.
"""

import os
import re
import signal
import sys

from tests.faults.worker_that_dies import die_at

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "cosource.config.settings"
    import django

    django.setup()
    when, fits, nth, *words = sys.argv[1:]
    die_at(when, re.compile(fits, re.DOTALL), signal.SIGKILL, int(nth))
    from cosource.config.cli import app

    app(words)
