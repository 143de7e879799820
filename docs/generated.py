"""Pages of the documentation that are made anew with each build, so that they can't be out of date."""

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests import requirements
from tests.access import page as access


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add which promise is kept by which test, who may see and do what, and what was measured last."""
    files.append(File.generated(config, "reference/requirements.md", content=requirements.page()))
    files.append(File.generated(config, "reference/access.md", content=access.page()))
    files.append(File.generated(config, "reference/figures.md", content=_figures()))
    return files


def _figures() -> str:
    """The last measurement of every figure."""
    return (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
