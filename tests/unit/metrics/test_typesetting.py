"""What is printed is data: it is shown as it stands, whatever it looks like, and on any machine."""

import pytest
from tests.pictures import is_blank, size_of

from cosource.metrics.queries.typesetting import TYPEFACE, png_of


def drawn(words: str = "", inside: str = "") -> bytes:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40" viewBox="0 0 300 40" font-family="{TYPEFACE}">'
        f'<rect width="300" height="40" fill="#ffffff"/><text x="5" y="25">{words}</text>{inside}</svg>'
    )
    return png_of(svg, width=300, height=40)


def test_a_picture_has_its_size_and_its_words() -> None:
    assert size_of(drawn("Reopened")) == (600, 80)
    assert is_blank(drawn())
    assert not is_blank(drawn("Reopened"))
    assert drawn("Reopened") != drawn("Resolved")
    assert drawn("Reopened") == drawn("Reopened")


def test_what_looks_like_a_command_is_printed_as_it_stands() -> None:
    command = '#read("/etc/passwd")'
    assert not is_blank(drawn(command))
    assert drawn(command) != drawn('#read("/etc/hostname")')


def test_a_picture_reaches_for_no_file() -> None:
    import typst

    with pytest.raises(typst.TypstError):
        drawn(inside='<image href="file:///etc/passwd" width="10" height="10"/>')
