"""Pages of the documentation that are made anew with each build, so that they can't be out of date."""

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import requirements


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add which promise is kept by which test."""
    files.append(File.generated(config, "reference/requirements.md", content=requirements.page()))
    return files
