"""Names of files: whatever comes, what is shown and saved is harmless, and stays itself when it is cleaned again."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cosource.foundation.rules.files import (
    ending_of,
    is_disguised,
    is_name_fit,
    name_shown,
    type_of,
    type_served,
)

DEVICES = ("CON", "prn", "Aux", "NUL", "COM1", "lpt9", "COM¹")
PIECES = st.sampled_from(
    [
        "..",
        "/",
        "\\",
        ":",
        "\u200b",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\x00",
        " ",
        ".",
        "e\u0301",
        "a",
        "Ü",
        ".png",
        "．",
        "／",
        *DEVICES,
    ]
)


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=9).map("".join)))
@example("NUL .txt")
@example("a" * 400 + ".tar.gz")
@pytest.mark.threat("S05")
def test_what_is_shown_is_a_plain_name(name: str) -> None:
    shown = name_shown(name)
    assert shown == name_shown(shown)
    assert 1 <= len(shown) <= 130
    assert not set(shown) & set('\\/:*?"<>|')
    assert {unicodedata.category(sign)[0] for sign in shown} & {"C"} == set()
    assert shown[0] not in ". "
    assert shown[-1] not in ". "
    assert shown.partition(".")[0].strip().casefold() not in {d.casefold() for d in DEVICES}


@given(st.binary(max_size=9000))
def test_any_beginning_has_a_kind(head: bytes) -> None:
    kind = type_of(head)
    assert kind
    assert type_served(kind) in {"application/octet-stream", kind}
    assert isinstance(is_disguised("a.pdf", kind), bool)


@pytest.mark.parametrize(
    ("name", "head", "disguised"),
    [
        ("invoice.pdf", b"MZ" + bytes(80), True),
        ("setup.exe", b"MZ" + bytes(80), False),
        ("photo.jpeg", b"\xff\xd8\xff\xe0" + bytes(80), False),
        ("photo.png", b"\xff\xd8\xff\xe0" + bytes(80), True),
        ("table.xlsx", b"PK\x03\x04" + bytes(80), False),
        ("notes.txt", b"words", False),
        ("letter.pdf", b"words", True),
        ("strange.qqq", b"\x00\x01", False),
        ("no ending", b"%PDF-1.7", False),
    ],
)
def test_a_file_that_is_not_what_its_name_says(name: str, head: bytes, disguised: bool) -> None:
    assert is_disguised(name, type_of(head)) is disguised


def test_what_cannot_be_kept_is_told() -> None:
    assert [is_name_fit(n) for n in ("a", "..", "\u200b", "", " ", "a\x00", "\ud800", "a" * 255, "a" * 256)] == [
        True, True, True, False, False, False, False, True, False,
    ]  # fmt: skip
    assert (ending_of("A.JPEG"), ending_of("a"), ending_of(".htaccess")) == ("jpg", "", "")
