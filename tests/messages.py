"""The catalogs of the languages offered: read from the sources, brought up to date, and compiled. `make messages` writes them.

A machine without gettext's tools can do all of it. Texts that people see are in English where they are written; a catalog has
their translation. New texts come into it empty, and a test names them until somebody translates them.
"""

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from cosource.foundation import errors

SOURCES = Path(__file__).parent.parent / "src" / "cosource"
LOCALES = SOURCES / "locale"
LANGUAGES = ("de",)
_CALLS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# What is raised to tell somebody why not: the text, or for documents the second of place and text.
_REFUSALS = {c.__name__: 0 for c in vars(errors).values() if isinstance(c, type)} | {
    "NoFacts": 0,
    "ContentMissing": 0,
    "BadRules": 1,
    "BadLines": 1,
    "BadHours": 1,
}
# What speaks to programs, or to whoever runs the installation, at the command line alone; and what classes say to developers.
_UNTOLD = re.compile(
    r"/api/|/config/|/cli\.py$"
    r"|foundation/(services/(backup|duework|export_import|exporting|file_intake|restoring)|queries/verification)\.py$"
)
_UNSAID = {"CosourceError", "Invalid"}
# A catalog changes only with its texts, so it holds no time of its making.
_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)


def extracted() -> Catalog:
    """Return all texts that the sources mark for translation."""
    catalog = Catalog(locale=None, header_comment="", creation_date=_UNDATED)
    for path in (
        sorted(SOURCES.rglob("*.py")) + sorted(SOURCES.rglob("*.html")) + sorted(SOURCES.rglob("*.txt"))
    ):
        for words, context in _texts_of(path):
            catalog.add(words, context=context)
    return catalog


def _texts_of(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from ((said.value, None) for said in refusals_of(path) if isinstance(said, ast.Constant))
    else:
        lines = templatize(source, origin=str(path)).splitlines()
        source = "\n".join(
            line.lstrip() for line in lines
        )  # blanked text has no meaning, nor has its indentation
    read = extract("python", io.BytesIO(source.encode()), keywords=_CALLS, options={"encoding": "utf-8"})
    for _line, words, _comments, context in read:
        if words:
            yield words, context


def refusals_of(path: Path) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Return the texts that a module's refusals are raised with, whole and by field, and what a class says of itself."""
    if _UNTOLD.search(path.as_posix()):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _REFUSALS.get(node.name) == 0 and node.name not in _UNSAID:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in _REFUSALS:
            continue
        place = _REFUSALS[getattr(node.func, "id", "")]
        for said in [
            *node.args[place : place + 1],
            *(word.value for word in node.keywords if word.arg == "fields"),
        ]:
            yield from _texts_in(said)


def _texts_in(said: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Return the texts in what is said; not the names of fields, and not what is marked for translation or joined."""
    if isinstance(said, ast.JoinedStr) or (isinstance(said, ast.Constant) and isinstance(said.value, str)):
        yield said
    elif isinstance(said, ast.Dict):
        for value in said.values:
            yield from _texts_in(value)
    elif isinstance(said, ast.Call) and getattr(said.func, "attr", "") == "fromkeys":
        yield from _texts_in(said.args[1])
    elif isinstance(said, ast.IfExp):
        yield from [*_texts_in(said.body), *_texts_in(said.orelse)]
    elif isinstance(said, ast.List | ast.Tuple):
        for value in said.elts:
            yield from _texts_in(value)


def path_of(language: str, suffix: str) -> Path:
    """Return where a language's catalog is: `po` to be edited, `mo` compiled."""
    return LOCALES / language / "LC_MESSAGES" / f"django.{suffix}"


def catalog_of(language: str) -> Catalog:
    """Return a language's catalog as it is kept."""
    with path_of(language, "po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """Return what a running installation reads."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def updated(language: str) -> Catalog:
    """Return a language's catalog with exactly the texts of the sources; what is new is empty."""
    old = catalog_of(language) if path_of(language, "po").exists() else Catalog(locale=language)
    new = Catalog(
        locale=language,
        header_comment="# Texts of Cosource. Edit the translations, then run `make messages`.",
        project="Cosource",
        msgid_bugs_address="see SECURITY.md and CONTRIBUTING.md",
        version="1",
        creation_date=_UNDATED,
        revision_date=_UNDATED,
        last_translator="The Cosource developers",
        language_team="The Cosource developers",
        fuzzy=False,
    )
    for message in extracted():
        if message.id:
            known = old.get(message.id, message.context)
            new.add(message.id, known.string if known else None, context=message.context)
    return new


def untranslated(catalog: Catalog) -> list[str]:
    """Return the texts that have no translation, in English."""
    return [
        str(m.id)
        for m in catalog
        if m.id and (m.fuzzy or not all(m.string if isinstance(m.string, tuple) else (m.string,)))
    ]


def main() -> int:
    """Bring all catalogs up to date and say what is to be translated."""
    lacking = 0
    for language in LANGUAGES:
        catalog = updated(language)
        path_of(language, "po").parent.mkdir(parents=True, exist_ok=True)
        with path_of(language, "po").open("wb") as file:
            write_po(file, catalog, width=110, sort_output=True, no_location=True)
        path_of(language, "mo").write_bytes(compiled(catalog_of(language)))
        words = untranslated(catalog)
        lacking += len(words)
        print(
            f"{path_of(language, 'po').relative_to(SOURCES)}: {len(catalog)} texts, {len(words)} to translate"
        )
        for text in words:
            print(f"  {text}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
