"""One exact way to write a value down before it is digested.

Two databases and two parties must arrive at the same bytes: keys sorted, no spaces, instants in UTC to the microsecond,
no floats (they print differently) and no NUL characters (PostgreSQL cannot store them).
"""

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID


@lru_cache(maxsize=4096)
def instant_text(value: datetime) -> str:
    """Return an aware instant as text in UTC, always with six decimals.

    >>> instant_text(datetime(2026, 3, 1, 8, 0, tzinfo=UTC))
    '2026-03-01T08:00:00.000000Z'
    """
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError("An instant needs a zone.")
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def check_plain(value: Any, where: str = "facts") -> None:
    """Refuse what could not be written down exactly: floats, NUL characters, values that are not JSON.

    >>> check_plain({"minutes": 1.5})
    Traceback (most recent call last):
    TypeError: facts.minutes: a float has no exact form; use an integer or text
    """
    kind = type(value)
    if kind in _EXACT or isinstance(value, int):
        return
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError(f"{where}: a NUL character cannot be stored")
        return
    if isinstance(value, float):
        raise TypeError(f"{where}: a float has no exact form; use an integer or text")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{where}: the key {key!r} is not text")
            # Most of what is checked is flat; saying where it stands costs more than looking at it.
            if type(item) not in _EXACT and not (type(item) is str and "\x00" not in item):
                check_plain(item, f"{where}.{key}")
        return
    if isinstance(value, list | tuple):
        for number, item in enumerate(value):
            check_plain(item, f"{where}[{number}]")
        return
    raise TypeError(f"{where}: {kind.__name__} is not a plain value")


_EXACT = frozenset((type(None), bool, int))


def canonical(value: Any) -> bytes:
    r"""Return the exact bytes of a plain value.

    >>> canonical({"b": [1, True], "a": "ü"})
    b'{"a":"\xc3\xbc","b":[1,true]}'
    """
    return canonical_text(value).encode()


def canonical_text(value: Any) -> str:
    """Return the exact text of a plain value, which is what `canonical` encodes."""
    return _encode(value)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def digest(*parts: bytes) -> str:
    """Return the SHA-256 of the parts, each preceded by its length so that parts cannot run into each other."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()


def payload_digest(salt: str, body: Any) -> str:
    """Return the digest that binds a payload to its entry without telling anything about it once the salt is gone."""
    return digest(salt.encode(), canonical(body))


def set_digest(ids: list[UUID], with_requester: bool) -> str:
    """Return the digest of a set of streams, whatever their order."""
    return digest(*(i.bytes for i in sorted(set(ids))), b"r" if with_requester else b"-")


def stated_set_digest(ids: list[UUID], with_requester: bool) -> str:
    """Return what marks a set of streams whose entries came from an export that withheld a part of them.

    What they hold cannot be compared with their digest; the chain, the payloads and kept heads can.
    """
    return digest(b"as an export states it", set_digest(ids, with_requester).encode())


def entry_digest(
    *,
    entry_id: UUID,
    kind: str,
    occurred_at: datetime,
    recorded_at: datetime,
    source_seq: int,
    actor: tuple[str, UUID | None, UUID | None, UUID | None, str],
    subject: tuple[str, UUID],
    audience_digest: str,
    facts: Any,
    payload: str,
) -> str:
    """Return the digest of an entry over all that its readers may read.

    `actor`: kind, id, organization, on behalf of, channel. `subject`: kind and id. `payload`: the payload's digest or "".
    """
    return entry_text_digest(
        entry_id=entry_id,
        kind=kind,
        occurred=instant_text(occurred_at),
        recorded=instant_text(recorded_at),
        source_seq=source_seq,
        actor=actor_text(actor),
        subject=subject,
        audience_digest=audience_digest,
        facts=canonical_text(facts),
        payload=payload,
    )


def actor_text(actor: tuple[str, UUID | None, UUID | None, UUID | None, str]) -> str:
    """Return who acted as it stands in the exact text of an entry.

    >>> actor_text(("system", None, None, None, "worker"))
    '"system",null,null,null,"worker"'
    """
    kind, *ids, channel = actor
    return ",".join(
        (_word(kind), *(f'"{i.hex}"' if isinstance(i, UUID) else "null" for i in ids), _word(channel))
    )


def entry_text_digest(
    *,
    entry_id: UUID,
    kind: str,
    occurred: str,
    recorded: str,
    source_seq: int,
    actor: str,
    subject: tuple[str, UUID],
    audience_digest: str,
    facts: str,
    payload: str,
) -> str:
    """Return `entry_digest` of what is written down already: instants, actor and facts as their exact texts.

    The text is put together from its parts, which for many entries is much quicker than encoding a list for each.
    """
    return digest(
        f'[1,"{entry_id.hex}",{_word(kind)},"{occurred}","{recorded}",{source_seq:d},{actor},{_word(subject[0])},'
        f'"{subject[1].hex}","{audience_digest}",{facts},"{payload}"]'.encode()
    )


@lru_cache(maxsize=512)
def _word(text: str) -> str:
    return _encode(text)


def chain_hash(previous: str, position: int, entry: str) -> str:
    """Return the hash of one link: the link before it, its position, and its entry's digest."""
    return digest(previous.encode(), position.to_bytes(8, "big"), entry.encode())
