"""The house stands as it is drawn: what a linter of imports can't see."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

from cosource.config.cli import app
from cosource.config.rooms import ROOMS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/cosource"
DOORS = {"web", "api", "jobs", "handlers"}
# The ground floor has no pages and no endpoints of its own: its `web` and `api` are the kit that doors are made of.
KITS = {("foundation", "web"), ("foundation", "api")}
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted(PACKAGE.rglob("*.html"))
WALL = 500
# Facts are read from the tables as columns, and asked in the words of an engine that is no database of Django's.
# The one room that reads columns for a second engine.
FACTS = tuple(f"metrics/{name}.py" for name in ("services/columns", "services/readers", "queries/engine"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    package = ["cosource", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def test_every_room_is_in_the_list_and_every_listed_room_is_there() -> None:
    there = {path.parent.name for path in PACKAGE.glob("*/apps.py")}
    assert there == set(ROOMS)
    assert {config.label for config in apps.get_app_configs() if config.name.startswith("cosource.")} == there


def test_no_room_enters_another_by_its_doors() -> None:
    """A room's own doors are its own; only `config` joins them."""
    trespasses = []
    for path in SOURCES:
        room = path.relative_to(PACKAGE).parts[0]
        if room == "config":
            continue
        for line, imported in imports_of(path):
            parts = imported.split(".")
            if (
                parts[0] == "cosource"
                and len(parts) > 2
                and parts[1] != room
                and parts[2] in DOORS
                and tuple(parts[1:3]) not in KITS
            ):
                trespasses.append(f"{name_of(path)}:{line} imports {imported}")
    assert trespasses == []


def test_foreign_keys_point_down() -> None:
    height = {room: len(ROOMS) - place for place, room in enumerate(ROOMS)}
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in height
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey | ManyToManyField)
        and height.get(field.related_model._meta.app_label, 0) > height[model._meta.app_label]
    ]
    assert upward == []


@pytest.mark.parametrize("limit", [WALL])
def test_no_source_file_hits_the_wall(limit: int) -> None:
    long = {name_of(path): n for path in SOURCES if (n := len(path.read_text().splitlines())) > limit}
    assert long == {}


@cache
def calls_in(path: Path) -> list[tuple[int, str]]:
    return [
        (node.lineno, ast.unparse(node.func))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
    ]


@pytest.mark.parametrize(
    ("forbidden", "instead", "exempt"),
    [
        (r"(^|\.)apps\.get_model$", "import the model, or hold its id", ()),
        (
            r"(^|\.)(datetime|date|timezone)\.(now|today|utcnow|localdate)$",
            "take `at`",
            ("foundation/clock.py",),
        ),
        (
            r"^time\.time$|(^|\.)fromtimestamp$",
            "take `at`; time.monotonic() measures",
            ("foundation/clock.py",),
        ),
        (r"(^|\.)mark_safe$", "use format_html or a template", ()),
        (
            r"(^|\.)(post_save|pre_save|post_delete|m2m_changed)\.connect$|^receiver$",
            "call it in the service",
            (),
        ),
    ],
)
def test_nobody_calls(forbidden: str, instead: str, exempt: tuple[str, ...]) -> None:
    found = [
        f"{name_of(path)}:{line} calls {call}: {instead}"
        for path in SOURCES
        if not name_of(path).endswith(exempt or ("never",))
        for line, call in calls_in(path)
        if re.search(forbidden, call)
    ]
    assert found == []


@pytest.mark.threat("S04")
def test_only_the_ground_floor_writes_sql() -> None:
    found = [
        f"{name_of(path)}:{line} calls {call}"
        for path in SOURCES
        if path.relative_to(PACKAGE).parts[0] not in {"foundation", "config"}
        and not name_of(path).endswith(FACTS)
        for line, call in calls_in(path)
        if re.search(r"(objects|queryset|rows|qs)\.(raw|extra)$|^RawSQL$|(^|\.)cursor$", call)
    ]
    assert found == []


def test_models_keep_to_fields() -> None:
    """A change is a service: a model that does something when saved would do it behind the service's back."""
    found = [
        f"{name_of(path)}:{node.lineno} defines {node.name}"
        for path in SOURCES
        if "models" in {*path.parts, path.stem}
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}
    ]
    assert found == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "helpers", "manager", "managers", "misc", "common"}
    assert [
        name_of(path) for path in SOURCES if {path.stem, *path.relative_to(PACKAGE).parts[:-1]} & drawers
    ] == []


def test_every_module_says_what_is_here() -> None:
    silent = [
        name_of(path) for path in SOURCES if path.read_text().strip() and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"\sstyle\s*=", "an inline style"),
        (r"<style[\s>]", "an inline style sheet"),
        (r"\son[a-z]+\s*=", "an inline handler"),
        (r"javascript:", "a script address"),
        (r"\|\s*safe\b", "unescaped text"),
        (r"{%\s*autoescape off", "unescaped text"),
        (r"hx-on", "an inline handler"),
    ],
)
def test_templates_suit_the_strict_policy(pattern: str, what: str) -> None:
    found = [
        f"{name_of(path)}:{number} has {what}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == []


def test_templates_hold_no_inline_script() -> None:
    found = [
        f"{name_of(path)}: {tag}"
        for path in TEMPLATES
        for tag in re.findall(r"<script\b[^>]*>", path.read_text())
        if "src=" not in tag and 'type="application/json"' not in tag
    ]
    assert found == []


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs/reference/command-line.md").read_text()
    root = typer.main.get_command(app)
    names = []
    for name, command in getattr(root, "commands", {}).items():
        if command.hidden:
            continue
        names += [f"{name} {below}" for below in getattr(command, "commands", {})] or [name]
    assert [name for name in names if f"`{name}" not in page] == []


def test_the_lock_names_no_place_to_download_from() -> None:
    assert not re.search(
        r"https?://|--(extra-)?index-url|--find-links", (ROOT / "requirements.lock").read_text()
    )
