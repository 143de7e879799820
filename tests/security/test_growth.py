"""No text costs more than its length: every pattern of the product, and what draws texts, on texts that are all one thing."""

import re
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import cosource
from cosource.knowledge.queries.markup import article_html
from cosource.tickets.queries.markup import rich_text

pytestmark = [pytest.mark.threat("S11"), pytest.mark.proof, pytest.mark.django_db]
LENGTH = 20_000
# Of the processor's time. What grows with the length takes a hundredth of it, what grows with its square several times as much.
SECONDS = 1.0
PIECES = [
    *(
        " ",
        "\n",
        "\t",
        "-",
        "a",
        "0",
        "*",
        "**a",
        "[",
        "[a](",
        "`",
        "<",
        "<!--",
        "@",
        "a@",
        ".",
        "a.",
        "0.",
        ",",
        ":",
        "/",
    ),
    *(
        "\\",
        '"',
        "'",
        "_a",
        "+",
        "(",
        "{",
        "\r\n",
        "a ",
        "- ",
        "> ",
        "1. ",
        "=",
        "# a\n",
        "|a|\n|-|\n",
        "&#1;",
        "http://a.",
    ),
]


def patterns() -> Iterator[tuple[str, "re.Pattern[str]"]]:
    """Every pattern that a module keeps by a name."""
    for found in walk_packages(cosource.__path__, "cosource."):
        if "__main__" not in found.name and ".migrations." not in found.name:
            for name, value in vars(import_module(found.name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield f"{found.name}.{name}", value


def took(work: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    work(text)
    return time.process_time() - began


def test_no_pattern_takes_the_square_of_a_texts_length() -> None:
    found = dict(patterns())
    assert len(found) > 50
    slow = [
        (name, piece)
        for name, pattern in found.items()
        for piece in PIECES
        if took(pattern.fullmatch, piece * (LENGTH // len(piece)) + "!\x01") > SECONDS
    ]
    assert slow == []


@pytest.mark.parametrize("draw", [rich_text, article_html])
def test_no_text_takes_the_square_of_its_length_to_be_drawn(draw: Callable[[str], object]) -> None:
    slow = [piece for piece in PIECES if took(draw, f"a{piece * (LENGTH // len(piece))}b") > SECONDS]
    assert slow == []
