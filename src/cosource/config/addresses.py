"""Turns the database address and the mail address into the dictionaries that Django wants.

Not here: whether an address is well formed (environment.py refuses it before it comes here).
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# Acknowledged means durable: FULL makes a commit wait for the disk even in WAL mode.
# The log goes back into the file after 32 MB: most of its pages are written again by the next ticket, and go back once.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
    "PRAGMA wal_autocheckpoint=8000;"
)

# A process that was stopped in the middle of a transaction holds up all who want the same rows, as long as the server lets it.
# As long as a lease, and longer than any pause between two statements: what takes its time, such as a backup, says so itself.
IDLE_IN_TRANSACTION = "45s"


def database_of(url: str) -> dict[str, Any]:
    """Give Django's description of one database.

    `url`: `sqlite:///relative`, `sqlite:////absolute` or `postgres://user:password@host:port/name?option=value`. The option
    `prepare=no` is for a pool of connections between here and the server that knows no prepared statements.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "cosource.foundation.sqlite",
            "NAME": str(Path(unquote(parts.path[1:])).absolute()),
            # Opening a file and its pragmas cost more than a small request: each thread keeps its connection.
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                # A transaction that reads before it writes would else fail at once when another writer was between.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": SQLITE_PRAGMAS,
            },
        }
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if options.pop("prepare", "yes") != "no":
        # The server plans a statement that comes again only once: a third of the time of a service that writes.
        options |= {"server_side_binding": True, "prepare_threshold": 3}
        # A pool would refuse such an option, or hand it on to others; who has one sets this on the server.
        options.setdefault("options", f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # Web threads are few and live long: a connection each, looked over before its first use in a request.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def mailers_of(url: str, *, folder: Path) -> dict[str, dict[str, Any]]:
    """Give Django's description of the one way out for mail.

    `folder`: where `file` writes messages.
    """
    if url == "console":
        return {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    if url == "file":
        return {
            "default": {
                "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
                "OPTIONS": {"file_path": str(folder)},
            }
        }
    parts = urlsplit(url)
    direct = parts.scheme == "smtps"
    return {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": parts.hostname,
                "port": parts.port or (465 if direct else 25),
                "username": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "use_ssl": direct,
                # A password is never sent in the clear.
                "use_tls": not direct and parts.username is not None,
                "timeout": 20,
            },
        }
    }
