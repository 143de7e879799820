"""Each threat of the threat model is held by tests, and its row names the files in which they are."""

import re
from pathlib import Path

from tests.requirements import marked_tests

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (S\d\d) \|[^|]+\|([^|]+)\|$", re.MULTILINE)


def test_every_threat_is_held_by_the_tests_that_its_row_names() -> None:
    rows = _ROW.findall((ROOT / "THREAT_MODEL.md").read_text(encoding="utf-8"))
    assert [key for key, _ in rows] == [f"S{number:02}" for number in range(1, 25)]
    held = {key: {name.partition("::")[0] for name in names} for key, names in marked_tests("threat").items()}
    assert {key: set(re.findall(r"`(tests/[^`]+)`", files)) for key, files in rows} == held
