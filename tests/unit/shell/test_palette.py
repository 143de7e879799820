"""The palette holds its promises of contrast, in light and in dark."""

import re
from pathlib import Path

import pytest

import cosource.shell

TOKENS = Path(cosource.shell.__file__).parent / "static" / "shell" / "tokens.css"
PAPERS = ("bg", "surface", "raised", "sunk", "hover", "select")


def _tokens(theme: int) -> dict[str, str]:
    pairs = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS.read_text())
    return {name: (light, dark)[theme] for name, light, dark in pairs}


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("slot", range(1, 9))
def test_a_party_can_be_read_on_its_badge_its_soft_ground_and_on_paper(theme: int, slot: int) -> None:
    tokens = _tokens(theme)

    assert _contrast(tokens[f"p{slot}"], tokens["on-party"]) >= 4.5
    assert _contrast(tokens[f"p{slot}-text"], tokens[f"p{slot}-soft"]) >= 4.5
    assert _contrast(tokens[f"p{slot}"], tokens["surface"]) >= 3.0


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("ink", ["ink", "ink-2", "ink-3"])
def test_every_ink_can_be_read_on_every_paper(theme: int, paper: str, ink: str) -> None:
    tokens = _tokens(theme)

    assert _contrast(tokens[ink], tokens[paper]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("state", ["soon", "over"])
def test_time_can_be_read_as_words_and_seen_as_a_bar(theme: int, state: str) -> None:
    tokens = _tokens(theme)

    assert _contrast(tokens[f"{state}-text"], tokens["surface"]) >= 4.5
    assert _contrast(tokens[f"{state}-text"], tokens[f"{state}-soft"]) >= 4.5
    assert _contrast(tokens[state], tokens["surface"]) >= 3.0
