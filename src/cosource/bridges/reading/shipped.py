"""The mappings that come with the product.

Here: their names and texts. Not here: what they mean (`rules.mapping_parse`).
"""

from importlib import resources
from pathlib import Path

from cosource.bridges.rules.mapping import Mapping
from cosource.bridges.rules.mapping_parse import parse_mapping

# Where the mappings of each kind of record are.
FOLDERS = {"tickets": "mappings", "assets": "asset_mappings"}


def shipped_names(folder: str = "mappings") -> tuple[str, ...]:
    """Return the names of the ready mappings, sorted. `folder`: where those of another kind of record are."""
    files = resources.files("cosource.bridges").joinpath(folder).iterdir()
    return tuple(sorted(Path(file.name).stem for file in files if file.name.endswith(".toml")))


def shipped_mapping(name: str) -> Mapping:
    """Read one of the ready mappings. Raises: as `shipped_text`."""
    return parse_mapping(shipped_text(name))


def shipped_text(name: str, folder: str = "mappings") -> str:
    """Return the text of one of the ready mappings.

    Raises: LookupError with the names there are.
    """
    if name not in shipped_names(folder):
        raise LookupError(
            f"There is no ready mapping {name!r}; there are: {', '.join(shipped_names(folder))}."
        )
    file = resources.files("cosource.bridges").joinpath(folder, f"{name}.toml")
    return file.read_text("utf-8")
