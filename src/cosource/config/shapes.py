"""What a setting's text may look like, and the value that it becomes. Not here: which settings there are (environment.py)."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Bind:
    """Where the web process listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Unfit(Exception):
    """Says what a value should have looked like."""


def path(text: str) -> Path:
    """Return an absolute path."""
    return Path(text).expanduser().absolute()


def yes_no(text: str) -> bool:
    """Return a yes or no. Raises: Unfit."""
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise Unfit("yes or no")


def count(text: str) -> int:
    """Return a whole number above zero. Raises: Unfit."""
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) < 1:
        raise Unfit("a whole number above zero, in digits only")
    return int(text)


def undo_seconds(text: str) -> int:
    """Return seconds within which something can be taken back. Raises: Unfit."""
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 300:
        raise Unfit("a whole number from 0 to 300")
    return int(text)


def bind(text: str) -> Bind:
    """Return where to listen. Raises: Unfit."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:\[\]/]+)):([0-9]{1,5})", text)
    if match is None or not 0 < int(match[3]) < 65536:
        raise Unfit("HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    return Bind(match[1] or match[2], int(match[3]))


def base_url(text: str) -> str:
    """Return an address without a path. Raises: Unfit."""
    try:
        parts = urlsplit(text)
        usable = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        usable = False
    if not usable or parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise Unfit("an address without a path, such as https://desk.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def names(text: str) -> tuple[str, ...]:
    """Return names that have commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def networks(text: str) -> tuple[Network, ...]:
    """Return networks that have commas between. Raises: Unfit."""
    try:
        return tuple(ipaddress.ip_network(name, strict=False) for name in names(text))
    except ValueError:
        raise Unfit("addresses or networks with commas between, such as 127.0.0.1,10.0.0.0/8") from None


def database(text: str) -> str:
    """Return the address of a database. Raises: Unfit."""
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return text
    if re.match(r"postgres(ql)?://[^/]*/[^/?]+", text):
        return text
    raise Unfit("sqlite:///FILE or postgres://USER:PASSWORD@HOST:PORT/NAME")


def files(text: str) -> str:
    """Return where files are kept; empty for the data folder. Raises: Unfit."""
    if not text or re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.-]+)*/?", text):
        return text.rstrip("/")
    raise Unfit("s3://BUCKET or s3://BUCKET/PREFIX, or nothing for the data folder")


def optional_base_url(text: str) -> str:
    """Return an address without a path, or nothing. Raises: Unfit."""
    return base_url(text) if text else ""


def mail(text: str) -> str:
    """Return how mail leaves. Raises: Unfit."""
    if text in {"console", "file"} or (re.match(r"smtps?://[^/\s]+$", text) and urlsplit(text).hostname):
        return text
    raise Unfit("console, file, smtp://USER:PASSWORD@HOST:PORT or smtps://…")


def reply_mailbox(text: str) -> str:
    """Read the address of a mailbox whose name leaves room for what is put behind it; "" is none. Raises: Unfit."""
    if text and not re.fullmatch(r"[A-Za-z0-9._-]{1,17}@[A-Za-z0-9.-]+", text):
        raise Unfit("an address such as desk@example.org, with 17 characters at most before the @")
    return text


def token(text: str) -> str:
    """Return a word that nobody guesses, or nothing. Raises: Unfit."""
    if text and not re.fullmatch(r"[\x21-\x7e]{16,200}", text):
        raise Unfit(
            "16 to 200 letters, digits and signs without blanks, such as `openssl rand -hex 24` prints"
        )
    return text


def one_of(*words: str) -> Callable[[str], str]:
    """Return what takes one of these words."""

    def choose(text: str) -> str:
        if text not in words:
            raise Unfit(" or ".join(words))
        return text

    return choose
