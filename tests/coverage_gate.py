"""Holds rules, services and policies to full branch coverage, and says which lines lack a test.

The overall threshold is coverage's own setting. This runs inside pytest, so that pytest's closing line is still the last.
"""

import json
import tempfile
from pathlib import Path

import coverage

PARTS = ("rules", "services", "policies", "policy")


def lacking(data_file: str) -> list[str]:
    """List the files that must be covered in full and are not, with what lacks."""
    measured = coverage.Coverage(data_file=data_file, messages=False)
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        try:
            measured.json_report(outfile=str(report))
        except coverage.exceptions.NoDataError:
            return ["nothing was measured"]
        files = json.loads(report.read_text())["files"]
    lines = []
    for name, found in sorted(files.items()):
        if not must_be_full(name):
            continue
        missing = [str(line) for line in found["missing_lines"]]
        missing += [
            f"{start}→{end}"
            for start, end in found["missing_branches"]
            if start not in found["missing_lines"]
        ]
        if missing:
            lines.append(f"{name}: {', '.join(missing)}")
    return lines


def ranges(numbers: list[int]) -> list[str]:
    """Give line numbers as runs.

    >>> ranges([3, 4, 5, 9])
    ['3–5', '9']
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]


def must_be_full(name: str) -> bool:
    """Tell whether a source file is one of the parts where every branch has a test.

    >>> must_be_full("src/cosource/tickets/rules/states.py"), must_be_full("src/cosource/tickets/web/pages.py")
    (True, False)
    """
    path = Path(name)
    return "cosource" in path.parts and bool({*path.parts[:-1], path.stem} & set(PARTS))
