"""The secrets of an installation: made at first start, kept in one file, exchanged on request.

Here: signing keys (sessions, links in mails) and keys for encrypted fields. Not here: the encryption itself, and secrets
that people bring (passwords, tokens), which live hashed or encrypted in the database.
"""

import base64
import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosource.config.environment import BadSetting

# A signature made with an older key than these is refused: two exchanges end every session and link before them.
SIGNING_KEYS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Keys:
    """Newest first; the first one writes, all of them read."""

    signing: tuple[str, ...]
    field: tuple[str, ...]


def keys_load(path: Path) -> Keys:
    """Give the installation's keys, making the file if this is the first start.

    Processes that start at the same moment agree: whoever links the file first wins, the others read it.
    Raises: BadSetting when the file is not one of ours.
    """
    if not path.exists():
        fresh = Keys(signing=(_signing_key(),), field=(_field_key(),))
        with contextlib.suppress(FileExistsError), _written(path, fresh) as draft:
            os.link(draft, path)
    try:
        content: Any = json.loads(path.read_text())
        keys = Keys(signing=tuple(content["signing"]), field=tuple(content["field"]))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadSetting(
            f"COSOURCE_SECRETS_FILE {path} cannot be read ({error.__class__.__name__}): restore it from a backup"
        ) from None
    if not (
        keys.signing and keys.field and all(isinstance(key, str) and key for key in keys.signing + keys.field)
    ):
        raise BadSetting(f"COSOURCE_SECRETS_FILE {path} holds no keys: restore it from a backup")
    return keys


def keys_rotate(path: Path) -> Keys:
    """Put a new key in front of each kind and give the result.

    Older signing keys stay valid until `SIGNING_KEYS_KEPT` newer ones exist; every field key stays, since rows may
    still be encrypted with it.
    """
    old = keys_load(path)
    new = Keys(signing=(_signing_key(), *old.signing)[:SIGNING_KEYS_KEPT], field=(_field_key(), *old.field))
    with _written(path, new) as draft:
        draft.replace(path)
    return new


@contextlib.contextmanager
def _written(path: Path, keys: Keys) -> Iterator[Path]:
    """Lend a complete, durable file beside `path`, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump({"signing": keys.signing, "field": keys.field}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _signing_key() -> str:
    return secrets.token_urlsafe(48)


def _field_key() -> str:
    # The shape that Fernet asks for.
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
