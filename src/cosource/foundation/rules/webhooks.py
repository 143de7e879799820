"""What a webhook receiver gets: the body in one of three shapes, and the signature by which it knows the sender.

The signature is an HMAC-SHA256 over the time, a full stop and the body; while a secret is being exchanged there is one for each.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver is told: an id that stays the same in every attempt, the kind, the words, and where to read on."""

    id: str
    kind: str
    at: datetime
    text: str
    reference: str
    url: str
    urgent: bool = False


def body_of(shape: str, told: Told) -> bytes:
    """Return the body in a shape: plain, teams (an Adaptive Card) or slack (blocks). Raises: KeyError for another."""
    return json.dumps(_SHAPES[shape](told), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(told: Told) -> dict[str, object]:
    return {
        "id": told.id,
        "kind": told.kind,
        "at": told.at.isoformat(),
        "text": told.text,
        "reference": told.reference,
        "url": told.url,
        "urgent": told.urgent,
    }


def _teams(told: Told) -> dict[str, object]:
    heading = {"type": "TextBlock", "text": told.text, "wrap": True, "weight": "Bolder"}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [heading | ({"color": "Attention"} if told.urgent else {})],
        "actions": [{"type": "Action.OpenUrl", "title": told.reference, "url": told.url}],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


def _slack(told: Told) -> dict[str, object]:
    text = f"{_mrkdwn(told.text)}\n<{told.url}|{_mrkdwn(told.reference)}>"
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {"text": told.text, "blocks": [section]}


def _mrkdwn(text: str) -> str:
    """Return text in which nothing is taken for a mention or a link.

    >>> _mrkdwn("<!channel> A & B")
    '&lt;!channel&gt; A &amp; B'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_SHAPES = {"plain": _plain, "teams": _teams, "slack": _slack}


def signature(body: bytes, at: datetime, secrets: Iterable[str]) -> tuple[str, str]:
    """Return the time and the signatures as the headers carry them."""
    moment = str(int(at.timestamp()))
    return moment, ",".join(f"v1={_sign(body, moment, secret)}" for secret in secrets)


def is_genuine(
    body: bytes, moment: str, signed: str, secret: str, at: datetime, *, within: timedelta
) -> bool:
    """Return whether a receiver with this secret should believe it: signed with it, and not older than `within`.

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 2, tzinfo=UTC)
    >>> moment, signed = signature(b"{}", now, ["old", "new"])
    >>> is_genuine(b"{}", moment, signed, "new", now + timedelta(minutes=4), within=timedelta(minutes=5))
    True
    """
    if not moment.isdigit() or abs(at.timestamp() - int(moment)) > within.total_seconds():
        return False
    mine = f"v1={_sign(body, moment, secret)}"
    return any(hmac.compare_digest(mine, one.strip()) for one in signed.split(","))


def _sign(body: bytes, moment: str, secret: str) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
