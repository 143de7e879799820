"""Notices in browsers that have no page open: subscribing one, and sending to it.

The installation's key follows from its secrets file. A browser that the push service does not know any more is forgotten.
Not here: encryption (`rules.web_push`), and when something is sent (`notices`).
"""

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.models import DueWork, Notice, PushSubscription
from cosource.foundation.outward import Unreachable, post
from cosource.foundation.rules.notices import PUSH
from cosource.foundation.rules.web_push import (
    TEXT_LIMIT_BYTES,
    authorization,
    bytes_of,
    encrypted,
    public_bytes,
    unpadded,
)
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.notice_mail import readable
from cosource.foundation.services.notices import enqueue_once, register_way, way_key
from cosource.foundation.services.webhooks import require_address
from cosource.foundation.sight import Actor

KIND = "foundation.push"
# Of the curve P-256: how many keys there are, and one.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BROWSERS_LIMIT = 10
# Kept by the push service for so long for a browser that is off.
TIME_TO_LIVE_SECONDS = 24 * 3600
GONE = (404, 410)


class PushFailed(Exception):
    """A push service did not take a message."""


def push_key() -> ec.EllipticCurvePrivateKey:
    """Return the installation's key: it follows from its oldest field key, which is never given up, so all processes agree."""
    material = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=b"cosource web push").derive(
        settings.FIELD_ENCRYPTION_KEYS[-1].encode()
    )
    return ec.derive_private_key(int.from_bytes(material) % (_ORDER - 1) + 1, ec.SECP256R1())


def push_public_key() -> str:
    """Return what a browser is given to subscribe with."""
    return unpadded(public_bytes(push_key()))


@transaction.atomic
def push_subscribe(
    *, address: str, key: str, secret: str, label: str, actor: Actor, at: datetime
) -> PushSubscription:
    """Keep a browser of the actor's; the same browser again takes the place of its former entry. Raises: Invalid, NotFound."""
    if actor.person_id is None:
        raise NotFound
    bad = Invalid(_("This browser’s answer cannot be used."), fields={"keys": _("Subscribe again.")})
    try:
        point, shared = bytes_of(key), bytes_of(secret)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise bad from None
    if len(shared) != 16:
        raise bad
    require_address(address)
    digest = hashlib.sha256(address.encode()).hexdigest()
    # Whoever uses the browser now is told there, and nobody else.
    PushSubscription.objects.filter(address_digest=digest).delete()
    if PushSubscription.objects.filter(person_id=actor.person_id).count() >= BROWSERS_LIMIT:
        oldest = PushSubscription.objects.filter(person_id=actor.person_id).order_by("created_at")[:1]
        PushSubscription.objects.filter(id__in=[b.id for b in oldest]).delete()
    return PushSubscription.objects.create(
        person_id=actor.person_id,
        address=address,
        address_digest=digest,
        key=key,
        secret=secret,
        label=label[:120],
        created_at=at,
    )


@transaction.atomic
def push_unsubscribe(*, subscription_id: UUID, actor: Actor) -> None:
    """Forget one of the actor's browsers. Raises: NotFound."""
    removed, _rows = PushSubscription.objects.visible_to(actor).filter(id=subscription_id).delete()
    if not removed:
        raise NotFound


def _out(notice: Notice, due_at: datetime, in_digest: bool) -> DueWork:
    return enqueue_once(
        kind=KIND,
        key=way_key(PUSH, notice),
        args={"notice": notice.id.hex},
        notice=notice,
        due_at=due_at,
    )


def _send(task: Task) -> dict[str, Any]:
    notice = Notice.objects.filter(id=UUID(task.args["notice"])).first()
    browsers = list(PushSubscription.objects.filter(person_id=notice.person_id)) if notice else []
    told = set(task.args.get("told", []))
    found = readable([notice], clock.now()) if notice and browsers else None
    if notice is None or found is None:
        return {"dropped": True}
    shown = found[1][0]
    text = json.dumps(
        {
            "title": shown["said"][:200],
            "body": f"{shown['line'].reference} {shown['line'].title}".strip()[:300],
            "url": notice.url,
            "tag": notice.id.hex,
        },
        ensure_ascii=False,
    ).encode()
    failed = ""
    for browser in browsers:
        if browser.id.hex in told:
            continue
        task.keep()
        status = _push(browser, text, urgent=notice.urgent)
        if status in GONE:
            browser.delete()
        elif 200 <= status < 300:
            told.add(browser.id.hex)
            # One by one, so that an attempt after a failure leaves out who was told.
            DueWork.objects.filter(id=task.id, fence=task.fence).update(
                args=task.args | {"told": sorted(told)}
            )
        else:
            failed = f"The push service answered {status}." if status else "The push service is not there."
    if failed:
        raise PushFailed(failed)
    return {"told": len(told)}


def _push(browser: PushSubscription, text: bytes, *, urgent: bool) -> int:
    key = push_key()
    body = encrypted(
        text[:TEXT_LIMIT_BYTES],
        browser_key=bytes_of(browser.key),
        browser_secret=bytes_of(browser.secret),
        own=ec.generate_private_key(ec.SECP256R1()),
        salt=secrets.token_bytes(16),
    )
    headers = {
        "Authorization": authorization(browser.address, key=key, contact=_contact(), at=clock.now()),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TIME_TO_LIVE_SECONDS),
        "Urgency": "high" if urgent else "normal",
    }
    try:
        return post(browser.address, body, headers)
    except Unreachable:
        return 0


def _contact() -> str:
    address = str(settings.DEFAULT_FROM_EMAIL).rpartition("<")[2].strip("> ")
    return f"mailto:{address}"


def register() -> None:
    """Let notices go to browsers."""
    register_work(KIND, _send, label=gettext_lazy("Notice in the browser"), outward=True)
    register_way(PUSH, _out)
