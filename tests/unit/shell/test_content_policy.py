"""Templates and scripts keep to the content policy: nothing inline, nothing from elsewhere; every icon named is in the sprite."""

import re
from pathlib import Path

import pytest

import cosource

SOURCE = Path(cosource.__file__).parent
TEMPLATES = sorted(SOURCE.glob("*/templates/**/*.html"))
SPRITE = SOURCE / "shell" / "static" / "shell" / "icons.svg"


def _found(pattern: str) -> list[str]:
    return [
        f"{path.relative_to(SOURCE)}: {match.group(0)}"
        for path in TEMPLATES
        for match in re.finditer(pattern, path.read_text(), re.IGNORECASE)
    ]


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 40


def test_no_template_has_a_style_attribute_or_element() -> None:
    assert _found(r"\sstyle\s*=|<style") == []


@pytest.mark.threat("S02")
def test_no_template_has_an_inline_script_or_handler() -> None:
    assert _found(r"<script(?![^>]*(\ssrc=|type=\"application/json\"))[^>]*>") == []
    assert _found(r"\son[a-z]+\s*=\s*[\"']") == []


def test_no_template_loads_anything_from_another_address() -> None:
    assert _found(r"(src|href)=\"(https?:)?//") == []


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', SPRITE.read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text())}

    assert named - drawn == set()
