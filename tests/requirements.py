"""Which promise is kept by which test: read from the `req` marks. The documentation shows it as a page (`make docs`)."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent

# What each id promises as far as the product keeps it today, in the product's own words.
PROMISES = {
    "A1": "An engagement has a stage with dated changes and their evidence; a change takes both parties' word.",
    "A2": "An engagement's services grow without a new contract; what was before stays as it was.",
    "A3": "Scope, targets and calendars may differ by site and service.",
    "A4": "Placed staff: who of a partner is on site at an instant; a placement that ended gives no access.",
    "C2": "A line of work that lacks an attribute, or has one that cannot be, is left out and named; the others are planned.",
    "C3": "Each asset has a kind, an owner, a place and how much hangs on it, and is seen by whom an engagement lets see it.",
    "C5": "For each line of work a proposal, internal, outsourced or joint, with its reasons, and how far the plan may be from the best.",
    "C8": "An agreement runs: targets of every kind, pause reasons, limits and the ladder are read from the confirmed text.",
    "C9": "Agreements have versions with a start; an instant in the past has its own terms.",
    "C10": "Returns are counted with both sides' reasons; at the agreed limit one owner must be named.",
    "C11": "One record for a ticket, whoever works on it, with each party's own reference.",
    "C12": "A major incident is led over both parties, and its review opens the moment that it ends.",
    "C14": "Every entry names its readers; a wider audience is asked for once.",
    "C15": "For any kind, priority and instant both sides name somebody who can be reached and what they may decide, and a check finds gaps. "
    "Who is told when a target comes near or passes: step by step, once, until somebody acknowledges.",
    "C16": "Figures on tickets by definitions that anybody can read, each with what it counts and leaves out, down to its tickets.",
    "C17": "Both parties of an engagement read the same figures from one computation; there is no party's own version.",
    "C22": "Hours that are needed and hours that are there, by skill and band; what one hour more is worth.",
    "C24": "A desk’s rules route its tickets, always alike, and say why; a replay of past tickets stands beside who solved them.",
    "C28": "Each party sees what its grants reach within what it takes part in, and nothing else.",
    "C29": "Access has an end, is granted by the party that answers for the person, and can be reviewed.",
    "C34": "What is known is written down and found by both parties in one search, each within what it may read.",
    "C35": "An article is begun from a ticket in two steps; what neither helped nor was said to hold lately is listed.",
    "D13": "Union rules bind an allocation, and are named as the reason where they keep a team out.",
    "D21": "Several partners, several clients, one view; partners do not learn of each other by themselves.",
    "D24": "Kinds of provider, and transfer milestones.",
    "E1": "The speed of answers, calls given up and the share of first contacts that resolve are measured, alike for both parties.",
    "E5": "A partner answers as part of the desk: it logs calls there, finds callers by name, and both sides are told.",
    "X1": "The record is append-only and checkable; what is shown can be recomputed from it.",
    "X3": "The client's own turn is shown as such, has clocks of its own, and stops only the clocks that its agreement says.",
    "X4": "A party takes all that is its own out, and it fills an installation of its own, the same byte for byte.",
    "X5": "Foreign records come in on a laptop, in minutes, without another service.",
}


def marked_tests(mark: str = "req") -> dict[str, list[str]]:
    """Return the tests that a mark ties to each id, as `path::name`, sorted."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = [
            i for node in tree.body if isinstance(node, ast.Assign) for i in _ids_in(node.value, node, mark)
        ]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                ids = {i for decorator in node.decorator_list for i in _ids(decorator, mark)} | set(module)
                for one in ids:
                    found[one].append(f"{path.relative_to(ROOT)}::{node.name}")
    return {key: sorted(names) for key, names in sorted(found.items())}


def _ids_in(value: ast.expr, node: ast.Assign, name: str) -> list[str]:
    if not any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets):
        return []
    marks = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return [i for mark in marks for i in _ids(mark, name)]


def _ids(decorator: ast.expr, name: str) -> list[str]:
    if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith(f"mark.{name}"):
        return []
    return [str(a.value) for a in decorator.args if isinstance(a, ast.Constant)]


def page() -> str:
    """Return the page."""
    marked = marked_tests()
    lines = [
        "# Requirements and their tests",
        "",
        "What the product promises so far, and the tests that would fail if it did not. Read from the marks on the tests.",
        "",
    ]
    for key in sorted(marked, key=lambda k: (k[0], int(k[1:]))):
        lines += [f"## {key}", "", PROMISES[key], ""]
        lines += [f"- `{name}`" for name in marked[key]]
        lines.append("")
    return "\n".join(lines)
