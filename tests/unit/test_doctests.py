"""Runs the worked examples in the docstrings of every rules module."""

import doctest
import importlib
from pathlib import Path

import cosource


def rules_modules() -> list[str]:
    root = Path(cosource.__file__).parent
    return [
        ".".join(("cosource", *path.relative_to(root).with_suffix("").parts))
        for path in sorted(root.glob("*/rules/**/*.py"))
        if path.stem != "__init__"
    ]


def test_examples_of_rules_run() -> None:
    attempted = 0
    for name in rules_modules():
        outcome = doctest.testmod(importlib.import_module(name))
        assert outcome.failed == 0, name
        attempted += outcome.attempted
    assert attempted > 0
