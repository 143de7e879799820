"""A process carries no engine before it is asked for figures, no typesetter before it prints, and nothing heavy for others."""

import os
import subprocess
import sys

# Where compiled modules are kept, or it would compile a thousand of them.
COMPILED = {name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ}


def test_the_engine_is_loaded_with_the_first_question(tmp_path) -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'cosource.config.settings';"
        "import django; django.setup(); import cosource.config.urls, cosource.config.api;"
        "from cosource.metrics.queries import figures; from cosource.metrics.rules import catalogue;"
        "heavy = {'duckdb', 'ibis', 'pyarrow', 'pandas', 'sqlglot', 'adbc_driver_sqlite', 'adbc_driver_manager', 'typst'};"
        "heavy |= {'openpyxl', 'numpy', 'scipy', 'sklearn', 'highspy', 'boto3', 'botocore'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"COSOURCE_DATA_DIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path), **COMPILED},
    )
    assert done.stdout == "[]\n"
