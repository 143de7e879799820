"""The access table and the list of doors as a page of the documentation (`make docs`). Needs no installed application."""

import csv
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
ROLE_WORDS = {
    "CSO": "service owner of client 1",
    "CT": "technician of client 1",
    "REQ": "requester of client 1",
    "PM": "manager of partner 1, which serves both clients",
    "PT": "technician of partner 1, for client 1",
    "P2M": "manager of partner 2",
    "P2": "technician of partner 2",
    "AUD": "auditor of client 1",
    "TOK": "integration token of partner 1",
    "TOC": "integration token of client 1",
    "OPS": "administrator of whoever runs the installation, with no part in any ticket",
    "EMB": "partner 1’s person placed at client 1, acting there",
    "ADM": "administrator of client 1",
}
_INTRODUCTION = (
    "The table that a test walks through, cell by cell, by page, API, search and export. Row numbers are explained under"
    " [Sight](../explanation/sight.md). *May*: it is answered. *Is told no*: it is seen, and the step is refused (403)."
    " *Finds nothing*: the answer is that for something that never existed (404)."
)
_ANSWERS = (("yes", "may"), ("refused", "is told no"), ("absent", "finds nothing"))


def _lines(name: str) -> list[dict[str, str]]:
    text = (HERE / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in text if line and not line.startswith("#")))


def page() -> str:
    """Return the page."""
    out = [
        "# Who may see and do what",
        "",
        _INTRODUCTION,
        "",
        "## Roles",
        "",
        "| role | who |",
        "|---|---|",
        *(f"| {role} | {words} |" for role, words in ROLE_WORDS.items()),
        "",
    ]
    kinds: dict[str, dict[tuple[str, ...], dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for line in _lines("table.csv"):
        key = (line["row"], line["state"], line["relation"], line["action"])
        kinds[line["object"]][key][line["expected"]] = line["role"].replace(" ", ", ")
    for kind, cells in kinds.items():
        out += [
            f"## {kind[:1].upper()}{kind[1:]}",
            "",
            "| row | state | relation | action | " + " | ".join(words for _answer, words in _ANSWERS) + " |",
            "|---|---|---|---|---|---|---|",
            *(
                "| " + " | ".join([*key, *(answers.get(answer, "") or "–" for answer, _w in _ANSWERS)]) + " |"
                for key, answers in cells.items()
            ),
            "",
        ]
    return "\n".join([*out, *_doors()])


def _doors() -> list[str]:
    rows = (
        f"| {line['kind']} | `{line['name']}` | {line['object'] or '–'} | {line['exempt_because'] or ''} |"
        for line in _lines("doors.csv")
    )
    return [
        "## Every way in",
        "",
        "Each page, endpoint, command and kind of work belongs to an object of the table above, or says why it needs none.",
        "",
        "| kind | name | object | or why none |",
        "|---|---|---|---|",
        *rows,
        "",
    ]
