"""Every setting of an installation, declared once.

Here: name, shape, default and meaning of each environment variable, how its text becomes a value, and the reference
page made from all that. Not here: what Django does with the values (settings.py), and secrets, which are generated
and kept in a file (keys.py) because nobody should have to invent one.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSetting(Exception):
    """A setting that cannot be used; its text is one line that names the setting, the value and the fix."""


@dataclass(frozen=True, slots=True)
class Bind:
    """Where the web process listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class _Unfit(Exception):
    """Says what a value should have looked like."""


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _yes_no(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off"}:
        return False
    raise _Unfit("yes or no")


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) < 1:
        raise _Unfit("a whole number above zero, in digits only")
    return int(text)


def _undo_seconds(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 300:
        raise _Unfit("a whole number from 0 to 300")
    return int(text)


def _bind(text: str) -> Bind:
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\s:\[\]/]+)):([0-9]{1,5})", text)
    if match is None or not 0 < int(match[3]) < 65536:
        raise _Unfit("HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    return Bind(match[1] or match[2], int(match[3]))


def _base_url(text: str) -> str:
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
        raise _Unfit("an address without a path, such as https://desk.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(name, strict=False) for name in _names(text))
    except ValueError:
        raise _Unfit("addresses or networks with commas between, such as 127.0.0.1,10.0.0.0/8") from None


def _database(text: str) -> str:
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return text
    if re.match(r"postgres(ql)?://[^/]*/[^/?]+", text):
        return text
    raise _Unfit("sqlite:///FILE or postgres://USER:PASSWORD@HOST:PORT/NAME")


def _mail(text: str) -> str:
    if text in {"console", "file"} or (re.match(r"smtps?://[^/\s]+$", text) and urlsplit(text).hostname):
        return text
    raise _Unfit("console, file, smtp://USER:PASSWORD@HOST:PORT or smtps://…")


def _token(text: str) -> str:
    if text and not re.fullmatch(r"[\x21-\x7e]{16,200}", text):
        raise _Unfit(
            "16 to 200 letters, digits and signs without blanks, such as `openssl rand -hex 24` prints"
        )
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def choose(text: str) -> str:
        if text not in words:
            raise _Unfit(" or ".join(words))
        return text

    return choose


@dataclass(frozen=True, slots=True)
class Setting[T]:
    """One environment variable: what it is called, what it may hold, what it means.

    `default` is text, read exactly as a given value would be; `default_means` describes one that is worked out.
    """

    name: str
    read_text: Callable[[str], T]
    default: str
    shape: str
    help: str
    secret: bool = False
    default_means: str = ""

    def read(self, environ: Mapping[str, str], *, default: str | None = None) -> T:
        """Give the value from the environment, or the default where the variable is absent or empty.

        Raises: BadSetting.
        """
        text = environ.get(self.name, "").strip() or (self.default if default is None else default)
        try:
            return self.read_text(text)
        except _Unfit as unfit:
            shown = "(hidden)" if self.secret else f'"{text}"'
            raise BadSetting(f"{self.name} is {shown}: give {unfit}") from None


class AnySetting(Protocol):
    """What the reference page needs of a setting, whatever the type of its value."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> str: ...
    @property
    def default(self) -> str: ...
    @property
    def default_means(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def secret(self) -> bool: ...
    def read(self, environ: Mapping[str, str]) -> object: ...


DATA_DIR = Setting(
    "COSOURCE_DATA_DIR",
    _path,
    "./var",
    "folder",
    "Holds all of an embedded installation: database, secrets, files, imports under way, collected static files. "
    "Two installations side by side need two folders and two ports, nothing else.",
)
DATABASE_URL = Setting(
    "COSOURCE_DATABASE_URL",
    _database,
    "",
    "address",
    "The database: `sqlite:///FILE` (relative to the working folder; four slashes for an absolute path) or "
    "`postgres://USER:PASSWORD@HOST:PORT/NAME`. Percent-encode special characters in the password. Add `?prepare=no` "
    "behind a pool of connections that knows no prepared statements.",
    secret=True,
    default_means="`cosource.sqlite3` in the data folder",
)
SECRETS_FILE = Setting(
    "COSOURCE_SECRETS_FILE",
    _path,
    "",
    "file",
    "Keys for signing and for encrypted fields. Made at first start, readable by its owner only. Processes on several "
    "machines must be given the same file.",
    default_means="`secrets.json` in the data folder",
)
BIND = Setting(
    "COSOURCE_BIND",
    _bind,
    "127.0.0.1:8000",
    "HOST:PORT",
    "Where the web process listens. It speaks plain HTTP: put a TLS proxy in front for anything but this machine.",
)
BASE_URL = Setting(
    "COSOURCE_BASE_URL",
    _base_url,
    "",
    "address",
    "The address people type, used in links that leave the system. With `https` cookies become secure and browsers are "
    "told to stay on https.",
    default_means="http and the listening address",
)
TRUSTED_PROXY = Setting(
    "COSOURCE_TRUSTED_PROXY",
    _networks,
    "",
    "addresses",
    "Addresses or networks of the proxies in front. Only from these are `X-Forwarded-For`, `X-Forwarded-Proto` and "
    "`X-Forwarded-Host` believed; from anyone else they are removed.",
    default_means="none",
)
ALLOWED_HOSTS = Setting(
    "COSOURCE_ALLOWED_HOSTS",
    _names,
    "",
    "names",
    "Host names that requests may carry, with commas between.",
    default_means="the host of the base address, localhost, 127.0.0.1, [::1]",
)
EMAIL_URL = Setting(
    "COSOURCE_EMAIL_URL",
    _mail,
    "file",
    "address",
    "How mail leaves: `smtp://USER:PASSWORD@HOST:PORT` (STARTTLS is used when a user is given), `smtps://…` (TLS from "
    "the first byte), `console` (printed), `file` (written to `mail/` in the data folder).",
    secret=True,
)
EMAIL_FROM = Setting(
    "COSOURCE_EMAIL_FROM",
    str,
    "Cosource <cosource@localhost>",
    "mail address",
    "The sender of the system's mail.",
)
LOG_FORMAT = Setting(
    "COSOURCE_LOG_FORMAT",
    _one_of("text", "json"),
    "text",
    "text or json",
    "Log lines for people or for a log collector.",
)
LOG_LEVEL = Setting(
    "COSOURCE_LOG_LEVEL",
    _one_of("debug", "info", "warning", "error"),
    "info",
    "word",
    "The least level that is logged: debug, info, warning or error.",
)
IMPORT_MAX_BYTES = Setting(
    "COSOURCE_IMPORT_MAX_BYTES",
    _count,
    str(4 * 1024**3),
    "bytes",
    "The largest file that an import reads, counted after unpacking.",
)
UPLOAD_MAX_BYTES = Setting(
    "COSOURCE_UPLOAD_MAX_BYTES",
    _count,
    str(256 * 1024**2),
    "bytes",
    "The largest file that the import page takes; larger ones go in by the command line.",
)
PRIVATE_TARGETS = Setting(
    "COSOURCE_PRIVATE_TARGETS",
    _networks,
    "",
    "networks",
    "Networks that are not public and may be asked all the same where an organization names an address, such as that of its "
    "own sign-in server. Such servers may speak plain HTTP. All other private, loopback and metadata addresses are refused.",
    default_means="none",
)
API_PER_MINUTE = Setting(
    "COSOURCE_API_PER_MINUTE",
    _count,
    "1200",
    "number",
    "Requests that one token may make in a minute, counted by each web process.",
)
METRICS_TOKEN = Setting(
    "COSOURCE_METRICS_TOKEN",
    _token,
    "",
    "word",
    "What a monitor shows to read `/metrics` (`Authorization: Bearer …`). While it is not set, there is no such page.",
    secret=True,
    default_means="none",
)
WORKERS = Setting(
    "COSOURCE_WORKERS",
    _count,
    "1",
    "number",
    "Web processes. One is enough for a small team; use about one for each processor core.",
)
THREADS = Setting(
    "COSOURCE_THREADS",
    _count,
    "4",
    "number",
    "Requests that one web process works on at once; each may hold one database connection.",
)
LIVE_STREAMS = Setting(
    "COSOURCE_LIVE_STREAMS",
    _count,
    "2000",
    "number",
    "Browsers that one web process keeps up to date while pages are open. Those beyond it see changes when they load a page. "
    "Each holds one open file.",
)
UNDO_SEND_SECONDS = Setting(
    "COSOURCE_UNDO_SEND_SECONDS",
    _undo_seconds,
    "10",
    "seconds",
    "How long somebody can take a message back after sending it on a page, at most 300. Nobody else is shown it or told of it "
    "before. With 0 it is said at once.",
)
FACTS_DIR = Setting(
    "COSOURCE_FACTS_DIR",
    _path,
    "",
    "folder",
    "Where the facts are kept from which figures are computed. They can be gathered anew at any time and need no backup. Web "
    "processes read what a worker writes there: on several machines it must be one shared folder.",
    default_means="`facts` in the data folder",
)
FACTS_MEMORY_MB = Setting(
    "COSOURCE_FACTS_MEMORY_MB",
    _count,
    "256",
    "megabytes",
    "Memory that one process may use for computing figures. What does not fit goes to disk meanwhile.",
)
FACTS_THREADS = Setting(
    "COSOURCE_FACTS_THREADS",
    _count,
    "2",
    "number",
    "Threads that one process uses for computing figures.",
)
DEBUG = Setting(
    "COSOURCE_DEBUG",
    _yes_no,
    "no",
    "yes or no",
    "Shows stack traces to whoever causes an error. For development on one's own machine only.",
)

SETTINGS: tuple[AnySetting, ...] = (
    DATA_DIR,
    DATABASE_URL,
    SECRETS_FILE,
    BIND,
    BASE_URL,
    TRUSTED_PROXY,
    ALLOWED_HOSTS,
    EMAIL_URL,
    EMAIL_FROM,
    LOG_FORMAT,
    LOG_LEVEL,
    IMPORT_MAX_BYTES,
    UPLOAD_MAX_BYTES,
    PRIVATE_TARGETS,
    API_PER_MINUTE,
    METRICS_TOKEN,
    WORKERS,
    THREADS,
    LIVE_STREAMS,
    UNDO_SEND_SECONDS,
    FACTS_DIR,
    FACTS_MEMORY_MB,
    FACTS_THREADS,
    DEBUG,
)


def default_base_url(bind: Bind) -> str:
    """Give the address under which a browser on this machine reaches `bind`."""
    everywhere = bind.host in {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on
    return f"http://{Bind('127.0.0.1', bind.port) if everywhere else bind}"


def default_hosts(base_url: str) -> tuple[str, ...]:
    """Give the host names that are answered when none are named."""
    host = urlsplit(base_url).hostname or "localhost"
    named = f"[{host}]" if ":" in host else host
    return tuple(dict.fromkeys((named, "localhost", "127.0.0.1", "[::1]")))


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """List variables that look like settings of ours and are none: most are typing errors."""
    known = {setting.name for setting in SETTINGS}
    return sorted(
        name
        for name in environ
        if name.startswith("COSOURCE_")
        and not name.startswith(("COSOURCE_TEST_", "COSOURCE_PROOF_"))
        and name not in known
    )


def settings_markdown() -> str:
    """Give the reference page of all settings."""
    lines = [
        "# Settings",
        "",
        "Cosource reads its settings from environment variables. An absent or empty variable takes its default. A value",
        "that cannot be used stops the start with one line that names the variable, the value and the fix.",
        "",
        "This page is generated: `cosource settings --markdown > docs/reference/settings.md`.",
    ]
    for setting in SETTINGS:
        default = setting.default_means or f"`{setting.default}`"
        lines += [
            "",
            f"## {setting.name}",
            "",
            setting.help,
            "",
            f"- Value: {setting.shape}",
            f"- Default: {default}",
        ]
        if setting.secret:
            lines.append("- May hold a password: never shown or logged")
    return "\n".join(lines) + "\n"
