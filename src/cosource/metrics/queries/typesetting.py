"""Pages and pictures as files. The typesetter is loaded with the first of them, reads nothing but its own folder, and has its
type within itself, so that a bare machine prints the same.

What is printed goes in as data; the templates beside it hold all the markup there is. Not here: what is said.
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

# The typesetter's own type: a face for text with figures of one width, made for Latin, Greek and Cyrillic.
TYPEFACE = "Libertinus Serif"
# Printed at twice the size, for screens of today.
DOTS_PER_INCH = 144
_FOLDER = Path(__file__).parent.parent / "typeset"
_one_at_a_time = threading.Lock()


def pdf_of(name: str, said: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return a template filled with what is said, as PDF. `at`: when it was made, as the file has it."""
    text = json.dumps(said, ensure_ascii=False)
    return _typeset(name, {"said": text}, text, format="pdf", timestamp=int(at.timestamp()))


def png_of(svg: str, *, width: int, height: int) -> bytes:
    """Return a picture as PNG, twice as many points wide and high as it measures."""
    inputs = {"svg": svg, "width": str(width), "height": str(height)}
    return _typeset("picture.typ", inputs, svg, format="png", ppi=DOTS_PER_INCH)


def _typeset(name: str, inputs: dict[str, str], text: str, **more: Any) -> bytes:
    import typst  # noqa: PLC0415 - a process that prints nothing need not have it

    fonts = _fonts(machine=not all(_is_covered(c) for c in text))
    source = (_FOLDER / name).read_bytes()
    with _one_at_a_time:
        made: bytes = typst.compile(source, root=str(_FOLDER), font_paths=fonts, sys_inputs=inputs, **more)
    return made


def _is_covered(character: str) -> bool:
    """Tell whether the typesetter's own type has such letters; for others the machine's type is asked, if it has any."""
    place = ord(character)
    return place < 0x530 or 0x1E00 <= place < 0x2E80


@cache
def _fonts(*, machine: bool) -> Any:
    import typst  # noqa: PLC0415 - as above

    return typst.Fonts(include_system_fonts=machine)
