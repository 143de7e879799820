"""Every setting of an installation, declared once.

Here: name, shape, default and meaning of each environment variable, how its text becomes a value, and the reference
page made from all that. Not here: what Django does with the values (settings.py), and secrets, which are generated
and kept in a file (keys.py) because nobody should have to invent one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from cosource.config import shapes
from cosource.config.shapes import Bind


class BadSetting(Exception):
    """A setting that cannot be used; its text is one line that names the setting, the value and the fix."""


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
        except shapes.Unfit as unfit:
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
    shapes.path,
    "./var",
    "folder",
    "Holds all of an embedded installation: database, secrets, files, imports under way, collected static files. "
    "Two installations side by side need two folders and two ports, nothing else.",
)
DATABASE_URL = Setting(
    "COSOURCE_DATABASE_URL",
    shapes.database,
    "",
    "address",
    "The database: `sqlite:///FILE` (relative to the working folder; four slashes for an absolute path) or "
    "`postgres://USER:PASSWORD@HOST:PORT/NAME`. Percent-encode special characters in the password. Add `?prepare=no` "
    "behind a pool of connections that knows no prepared statements, and give its server an "
    "`idle_in_transaction_session_timeout`: without a pool a transaction that stands still for 45 seconds is ended.",
    secret=True,
    default_means="`cosource.sqlite3` in the data folder",
)
SECRETS_FILE = Setting(
    "COSOURCE_SECRETS_FILE",
    shapes.path,
    "",
    "file",
    "Keys for signing and for encrypted fields. Made at first start, readable by its owner only. Processes on several "
    "machines must be given the same file.",
    default_means="`secrets.json` in the data folder",
)
BIND = Setting(
    "COSOURCE_BIND",
    shapes.bind,
    "127.0.0.1:8000",
    "HOST:PORT",
    "Where the web process listens. It speaks plain HTTP: put a TLS proxy in front for anything but this machine.",
)
BASE_URL = Setting(
    "COSOURCE_BASE_URL",
    shapes.base_url,
    "",
    "address",
    "The address people type, used in links that leave the system. With `https` cookies become secure and browsers are "
    "told to stay on https.",
    default_means="http and the listening address, `localhost` for this machine's own",
)
TRUSTED_PROXY = Setting(
    "COSOURCE_TRUSTED_PROXY",
    shapes.networks,
    "",
    "addresses",
    "Addresses or networks of the proxies in front. Only from these are `X-Forwarded-For`, `X-Forwarded-Proto` and "
    "`X-Forwarded-Host` believed; from anyone else they are removed.",
    default_means="none",
)
ALLOWED_HOSTS = Setting(
    "COSOURCE_ALLOWED_HOSTS",
    shapes.names,
    "",
    "names",
    "Host names that requests may carry, with commas between.",
    default_means="the host of the base address, localhost, 127.0.0.1, [::1]",
)
EMAIL_URL = Setting(
    "COSOURCE_EMAIL_URL",
    shapes.mail,
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
REPLY_MAILBOX = Setting(
    "COSOURCE_REPLY_MAILBOX",
    shapes.reply_mailbox,
    "",
    "mail address",
    "The mailbox to which people reply to acknowledge a notice. Whatever arrives there, also with `+…` after its name, is "
    "handed to `cosource mail receive`. Its name has 17 characters at most.",
    default_means="none: notices are acknowledged by their link",
)
LOG_FORMAT = Setting(
    "COSOURCE_LOG_FORMAT",
    shapes.one_of("text", "json"),
    "text",
    "text or json",
    "Log lines for people or for a log collector.",
)
LOG_LEVEL = Setting(
    "COSOURCE_LOG_LEVEL",
    shapes.one_of("debug", "info", "warning", "error"),
    "info",
    "word",
    "The least level that is logged: debug, info, warning or error.",
)
IMPORT_MAX_BYTES = Setting(
    "COSOURCE_IMPORT_MAX_BYTES",
    shapes.count,
    str(4 * 1024**3),
    "bytes",
    "The largest file that an import reads, counted after unpacking.",
)
UPLOAD_MAX_BYTES = Setting(
    "COSOURCE_UPLOAD_MAX_BYTES",
    shapes.count,
    str(256 * 1024**2),
    "bytes",
    "The largest file that the import page takes; larger ones go in by the command line.",
)
FILES_URL = Setting(
    "COSOURCE_FILES_URL",
    shapes.files,
    "",
    "address",
    "Where the content of attached files is kept: `s3://BUCKET/PREFIX` in storage that speaks S3, with a prefix for each "
    "installation. What lies in another place already is not moved: take a backup, and restore it with the new setting.",
    default_means="`files` in the data folder",
)
FILES_ENDPOINT = Setting(
    "COSOURCE_FILES_ENDPOINT",
    shapes.optional_base_url,
    "",
    "address",
    "The server that speaks S3, such as `https://storage.example.org`.",
    default_means="that of Amazon",
)
FILES_REGION = Setting(
    "COSOURCE_FILES_REGION",
    str,
    "us-east-1",
    "word",
    "The region that requests to S3 are signed for.",
)
FILES_KEY_ID = Setting(
    "COSOURCE_FILES_KEY_ID",
    str,
    "",
    "word",
    "Which key requests to S3 are signed with.",
    secret=True,
    default_means="what the machine itself is given, such as a role",
)
FILES_SECRET_KEY = Setting(
    "COSOURCE_FILES_SECRET_KEY",
    str,
    "",
    "word",
    "The key that requests to S3 are signed with; goes with the one above.",
    secret=True,
    default_means="as above",
)
FILE_MAX_BYTES = Setting(
    "COSOURCE_FILE_MAX_BYTES",
    shapes.count,
    str(25 * 1024**2),
    "bytes",
    "The largest file that can be attached to a message.",
)
FILES_PER_MESSAGE = Setting(
    "COSOURCE_FILES_PER_MESSAGE",
    shapes.count,
    "10",
    "number",
    "How many files one message may bring.",
)
PRIVATE_TARGETS = Setting(
    "COSOURCE_PRIVATE_TARGETS",
    shapes.networks,
    "",
    "networks",
    "Networks that are not public and may be asked all the same where an organization names an address, such as that of its "
    "own sign-in server. Such servers may speak plain HTTP. All other private, loopback and metadata addresses are refused.",
    default_means="none",
)
API_PER_MINUTE = Setting(
    "COSOURCE_API_PER_MINUTE",
    shapes.count,
    "1200",
    "number",
    "Requests that one token may make in a minute, counted by each web process.",
)
METRICS_TOKEN = Setting(
    "COSOURCE_METRICS_TOKEN",
    shapes.token,
    "",
    "word",
    "What a monitor shows to read `/metrics` (`Authorization: Bearer …`). While it is not set, there is no such page.",
    secret=True,
    default_means="none",
)
WORKERS = Setting(
    "COSOURCE_WORKERS",
    shapes.count,
    "1",
    "number",
    "Web processes. One is enough for a small team; use about one for each processor core.",
)
THREADS = Setting(
    "COSOURCE_THREADS",
    shapes.count,
    "4",
    "number",
    "Requests that one web process works on at once; each may hold one database connection.",
)
LIVE_STREAMS = Setting(
    "COSOURCE_LIVE_STREAMS",
    shapes.count,
    "2000",
    "number",
    "Browsers that one web process keeps up to date while pages are open. Those beyond it see changes when they load a page. "
    "Each holds one open file.",
)
UNDO_SEND_SECONDS = Setting(
    "COSOURCE_UNDO_SEND_SECONDS",
    shapes.undo_seconds,
    "10",
    "seconds",
    "How long somebody can take a message back after sending it on a page, at most 300. Nobody else is shown it or told of it "
    "before. With 0 it is said at once.",
)
FACTS_DIR = Setting(
    "COSOURCE_FACTS_DIR",
    shapes.path,
    "",
    "folder",
    "Where the facts are kept from which figures are computed. They can be gathered anew at any time and need no backup. Web "
    "processes read what a worker writes there: on several machines it must be one shared folder.",
    default_means="`facts` in the data folder",
)
FACTS_MEMORY_MB = Setting(
    "COSOURCE_FACTS_MEMORY_MB",
    shapes.count,
    "256",
    "megabytes",
    "Memory that one process may use for computing figures. What does not fit goes to disk meanwhile.",
)
FACTS_THREADS = Setting(
    "COSOURCE_FACTS_THREADS",
    shapes.count,
    "2",
    "number",
    "Threads that one process uses for computing figures.",
)
DEBUG = Setting(
    "COSOURCE_DEBUG",
    shapes.yes_no,
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
    REPLY_MAILBOX,
    LOG_FORMAT,
    LOG_LEVEL,
    IMPORT_MAX_BYTES,
    UPLOAD_MAX_BYTES,
    FILES_URL,
    FILES_ENDPOINT,
    FILES_REGION,
    FILES_KEY_ID,
    FILES_SECRET_KEY,
    FILE_MAX_BYTES,
    FILES_PER_MESSAGE,
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
    """Give the address under which a browser on this machine reaches `bind`; by name, since passkeys belong to names."""
    here = bind.host in {"0.0.0.0", "::", "127.0.0.1", "::1"}  # noqa: S104 - compared with, not listened on
    return f"http://{Bind('localhost', bind.port) if here else bind}"


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
