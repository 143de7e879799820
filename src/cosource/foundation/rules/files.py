"""Names and kinds of files, as plain functions: what a name may hold, how it is shown, what the content really is.

A name is data: kept as it came, and never a path. What is shown or given to a browser is made from it, first cleaned, then
checked; so a sign that cannot be seen hides nothing from the check. Nothing is unpacked to find out what it is.
"""

import hashlib
import re
import unicodedata
from typing import Final, NamedTuple

import filetype

NAME_LIMIT: Final = 255
_SHOWN_LIMIT = 120
UNKNOWN: Final = "application/octet-stream"
TEXT: Final = "text/plain"
# As much of a file as is looked at to tell its kind.
HEAD_BYTES: Final = 8192
# Given to a browser by their own name; all else is a row of bytes to it. None of these can run anything.
HARMLESS: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", TEXT})
_ZIPS = frozenset({"docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "zip", "jar", "vsdx", "docm", "xlsm"})
_OLD_OFFICE = frozenset({"doc", "xls", "ppt", "msg", "msi", "vsd", "mpp"})
_PROGRAMS = frozenset({"application/x-msdownload", "application/x-executable", "application/wasm"})
_RUNS_BY_NAME = frozenset(
    {"exe", "dll", "scr", "com", "sys", "cpl", "so", "bin", "run", "o", "elf", "wasm", "ocx"}
)
# The same kind under two endings.
_SAME = {
    "jpeg": "jpg",
    "tiff": "tif",
    "mpeg": "mpg",
    "htm": "html",
    "tgz": "gz",
    "jfif": "jpg",
    "svgz": "gz",
    "apng": "png",
}
_UNFIT = re.compile(r'[\\/:*?"<>|]')
_WAY_THERE = re.compile(r"(?:\.*[\\/])+")
_BLANKS = re.compile(r"\s+")
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Bound(NamedTuple):
    """What an entry says of a file: in its facts, and in its payload."""

    facts: dict[str, object]
    payload: dict[str, object]


def is_name_fit(name: str) -> bool:
    r"""Tell whether a name can be kept as it is: no NUL, no half of a character, not too long, and not nothing.

    >>> is_name_fit("../.htaccess"), is_name_fit("a\x00.txt")
    (True, False)
    """
    broken = "\x00" in name or any(unicodedata.category(sign) == "Cs" for sign in name)
    return not broken and bool(name.strip()) and len(name) <= NAME_LIMIT


def name_shown(name: str) -> str:
    r"""Return a name as people see it and browsers save it: without hidden signs, paths and what systems keep for themselves.

    >>> [name_shown(n) for n in ("\u200b.htaccess", "../../etc/passwd", "gpj.\u202eexe", "NUL.txt", "Größe 5.png")]
    ['htaccess', '_etc_passwd', 'gpj.exe', '_NUL.txt', 'Größe 5.png']
    """
    # Compatible forms become plain ones, so that a wide stroke or dot is one.
    plain = unicodedata.normalize("NFKC", name)
    seen = "".join(" " if sign in "\t\n\r\u2028\u2029" else sign for sign in plain)
    seen = "".join(sign for sign in seen if unicodedata.category(sign) not in _UNSEEN)
    words = _UNFIT.sub("_", _WAY_THERE.sub("_", unicodedata.normalize("NFC", seen)))
    words = _BLANKS.sub(" ", words).strip(" .")
    if words.partition(".")[0].strip().casefold() in _DEVICES:
        words = f"_{words}"
    return _short(words) or "file"


def _short(name: str) -> str:
    """Return a name that any system takes, with its ending."""
    if len(name) <= _SHOWN_LIMIT:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 12:
        return name[:_SHOWN_LIMIT].rstrip(" .")
    return stem[: _SHOWN_LIMIT - len(ending) - 1].rstrip(" .") + dot + ending


def ending_of(name: str) -> str:
    """Return what a name says the file is.

    >>> ending_of("Screenshot 1.JPEG"), ending_of("Makefile")
    ('jpg', '')
    """
    _stem, dot, ending = name_shown(name).rpartition(".")
    ending = ending.casefold() if dot else ""
    return _SAME.get(ending, ending)


def type_of(head: bytes) -> str:
    r"""Return what the beginning of a file says that it is.

    >>> type_of(b"%PDF-1.7 ..."), type_of(b"plain words"), type_of(b"\x00\x01\x02")
    ('application/pdf', 'text/plain', 'application/octet-stream')
    """
    found = filetype.guess_mime(head[:HEAD_BYTES]) if head else None
    if found:
        return str(found)
    return TEXT if _is_text(head[:HEAD_BYTES]) else UNKNOWN


def _is_text(head: bytes) -> bool:
    # The last character may be cut.
    for end in range(len(head), max(len(head) - 4, -1), -1):
        try:
            text = head[:end].decode()
        except UnicodeDecodeError:
            continue
        return not any(unicodedata.category(sign) == "Cc" and sign not in "\t\n\r\f" for sign in text)
    return False


def type_served(kind: str) -> str:
    """Return under which type a browser is given a file of a kind."""
    return kind if kind in HARMLESS else UNKNOWN


def is_disguised(name: str, kind: str) -> bool:
    """Tell whether the content is of another kind than the name says, where both can be known.

    >>> is_disguised("invoice.pdf", "application/x-msdownload"), is_disguised("a.docx", "application/zip")
    (True, False)
    """
    ending = ending_of(name)
    if kind in _PROGRAMS:
        return ending not in _RUNS_BY_NAME
    if not ending or (ending in _ZIPS and _is_zip(kind)) or (ending in _OLD_OFFICE and kind in _OLD_KINDS):
        return False
    known = filetype.get_type(ext=ending)
    return known is not None and kind != UNKNOWN and known.mime not in {kind, UNKNOWN}


_OLD_KINDS = frozenset(
    {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", UNKNOWN}
)


def _is_zip(kind: str) -> bool:
    return (
        kind in {"application/zip", "application/epub+zip"} or ".opendocument." in kind or "openxml" in kind
    )


def bind(*, file_id: str, name: str, size: int, kind: str, sha256: str, salt: str) -> Bound:
    """Return what the ledger keeps of a file. Without the salt, which goes with the name, the digest tells nobody what it was."""
    return Bound(
        facts={"id": file_id, "bytes": size, "type": kind, "digest": salted(sha256, salt)},
        payload={"name": name, "salt": salt},
    )


def salted(sha256: str, salt: str) -> str:
    """Return the digest by which an entry's facts bind a file.

    >>> salted("00" * 32, "ab")[:8]
    '2b4e6d94'
    """
    return hashlib.sha256(f"{salt}:{sha256}".encode()).hexdigest()
