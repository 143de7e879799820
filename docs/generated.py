"""Pages of the documentation that are made anew with each build, so that they can't be out of date."""

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import requirements
from tests.access import page as access


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add which promise is kept by which test, and who may see and do what."""
    files.append(File.generated(config, "reference/requirements.md", content=requirements.page()))
    files.append(File.generated(config, "reference/access.md", content=access.page()))
    return files
