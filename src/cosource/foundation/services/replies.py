"""Acknowledging by a reply to the mail: whoever gets it says, by nothing but sending it, that they take it on.

The address that a mail is answered to is made for its one notice, and only who got the mail knows it. It has to go into the 64
characters that a mailbox's name may have, and through servers that write it all small: hence no signature of the usual kind.
What a reply says is not kept. Answers that a program sent, such as of somebody on holiday, acknowledge nothing.

Not here: how a reply comes here (`cosource mail receive`, to which a mail server or a fetching program hands it).
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import Message
from email.parser import BytesParser
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Notice
from cosource.foundation.services.notices import TOKEN_SECONDS, acknowledge_away

_MARK = "+ack-"
_SALT = "notice.reply"
_ID_BYTES, _SIGNATURE_BYTES = 16, 10
# 26 bytes, five bits a character; with the mark before it that leaves 17 characters for the mailbox's own name.
_CODE = re.compile(rf"{re.escape(_MARK)}([a-z2-7]{{42}})@", re.ASCII)
_RECIPIENTS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")


class Reply(StrEnum):
    """What became of a reply."""

    ACKNOWLEDGED = "acknowledged"
    AUTOMATIC = "left out: a program sent it"
    UNKNOWN = "left out: it is no reply to a notice, or the notice is over or no longer yours to answer"


def reply_address(notice: Notice, mailbox: str) -> str:
    """Return the address by which a reply acknowledges this one notice. `mailbox`: where replies arrive."""
    code = base64.b32encode(notice.id.bytes + _signature(notice.id, settings.SECRET_KEY))
    name, _, domain = mailbox.rpartition("@")
    return f"{name}{_MARK}{code.decode().rstrip('=').lower()}@{domain}"


def reply_take(message: bytes, *, at: datetime) -> Reply:
    """Acknowledge what a mail is a reply to; of the message its head is enough. Again is harmless."""
    # Lines as they stand: what takes addresses apart fails at strange ones, and takes minutes for long ones.
    head = BytesParser(policy=policy.compat32).parsebytes(message, headersonly=True)
    if _is_automatic(head):
        return Reply.AUTOMATIC
    for notice in _noticed(head, at):
        try:
            acknowledge_away(notice, at=at)
        except (NotFound, NotAllowed, Conflict, Invalid):
            continue
        return Reply.ACKNOWLEDGED
    return Reply.UNKNOWN


def _is_automatic(head: Message) -> bool:
    """Tell whether a program sent a mail: RFC 3834, and what was usual before it."""
    said = str(head.get("Auto-Submitted", "no")).partition(";")[0].strip().casefold()
    before = str(head.get("Precedence", "")).strip().casefold()
    return (
        said != "no"
        or before in {"bulk", "junk", "list", "auto_reply"}
        or "X-Autoreply" in head
        or "X-Autorespond" in head
        or str(head.get("Return-Path", "")).strip() == "<>"
    )


def _noticed(head: Message, at: datetime) -> Iterator[Notice]:
    lines = [str(line) for name in _RECIPIENTS for line in head.get_all(name, [])]
    for code in (code for line in lines for code in _CODE.findall(line.casefold())):
        notice_id = _id_in(code)
        if notice_id is None:
            continue
        since = at - timedelta(seconds=TOKEN_SECONDS)
        found = Notice.objects.filter(id=notice_id, needs_acknowledgement=True, created_at__gte=since).first()
        if found is not None:
            yield found


def _id_in(code: str) -> UUID | None:
    """Return the id of the notice for whose address a code was made; None for any other code."""
    try:
        given = base64.b32decode(code.upper() + "=" * (-len(code) % 8))
    except binascii.Error:
        return None
    notice_id, signature = UUID(bytes=given[:_ID_BYTES]), given[_ID_BYTES:]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return (
        notice_id if any(hmac.compare_digest(signature, _signature(notice_id, key)) for key in keys) else None
    )


def _signature(notice_id: UUID, key: str) -> bytes:
    return salted_hmac(_SALT, notice_id.bytes, secret=key, algorithm="sha256").digest()[:_SIGNATURE_BYTES]
