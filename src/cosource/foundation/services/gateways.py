"""Notices by telephone: short messages and calls through a provider of the organization's own choice.

A gateway is a request with places: `{to}` the number, `{text}` what is said, `{link}` where to read or acknowledge. The places
stand inside the body's JSON texts and are filled after it is read, so that no text can change what the body says.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.foundation.models import DueWork, Gateway, Notice, NoticeChoices
from cosource.foundation.outward import Unreachable, post
from cosource.foundation.rules.notices import SMS, VOICE
from cosource.foundation.secrecy import text_decrypt, text_encrypt
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.notice_mail import readable
from cosource.foundation.services.notices import enqueue_once, register_way, way_key
from cosource.foundation.services.webhooks import require_address, require_keeper
from cosource.foundation.sight import Actor

KIND = "foundation.telephone"
WAYS = (SMS, VOICE)
_PLACE = re.compile(r"\{(to|text|link)\}")
TEXT_LIMIT = 320


class GatewayFailed(Exception):
    """A provider did not take a message."""


@transaction.atomic
def gateway_set(
    *, way: str, url: str, headers: Mapping[str, str], body: str, actor: Actor, at: datetime
) -> Gateway:
    """Set the organization's gateway for one way, in place of the one before. Raises: NotAllowed, Invalid."""
    organization_id = require_keeper(actor)
    if way not in WAYS:
        raise Invalid(_("That is no way to a telephone."), fields={"way": ", ".join(WAYS)})
    require_address(url)
    try:
        parsed = json.loads(body)
    except ValueError as unread:
        raise Invalid(_("The body is no JSON."), fields={"body": str(unread)}) from None
    if not isinstance(parsed, dict) or "{to}" not in body or "{text}" not in body:
        raise Invalid(
            _("The body lacks a place."), fields={"body": _("An object with {to} and {text} in its texts.")}
        )
    for name, value in headers.items():
        if not name.replace("-", "").isalnum() or not name.isascii() or "\n" in value or "\r" in value:
            raise Invalid(_("That is no header."), fields={"headers": _("One a line: Name: value")})
    gateway, _created = Gateway.objects.update_or_create(
        organization_id=organization_id,
        way=way,
        defaults={
            "url": url,
            "headers": text_encrypt(json.dumps(dict(headers))),
            "body": body,
            "created_at": at,
        },
    )
    return gateway


@transaction.atomic
def gateway_remove(*, gateway_id: UUID, actor: Actor) -> None:
    """Remove a gateway. Raises: NotAllowed, NotFound."""
    require_keeper(actor)
    removed, _rows = Gateway.objects.visible_to(actor).filter(id=gateway_id).delete()
    if not removed:
        raise NotFound


def filled(template: Any, places: Mapping[str, str]) -> Any:
    """Return a template's value with the places filled in all its texts.

    >>> filled({"to": ["{to}"], "n": 1}, {"to": "+49 30", "text": "", "link": ""})
    {'to': ['+49 30'], 'n': 1}
    """
    if isinstance(template, str):
        # In one pass: what is filled in is not looked through for further places.
        return _PLACE.sub(lambda found: places[found[1]], template)
    if isinstance(template, dict):
        return {key: filled(value, places) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, places) for value in template]
    return template


def _out(way: str, notice: Notice, due_at: datetime, in_digest: bool) -> DueWork:
    return enqueue_once(
        kind=KIND,
        key=way_key(way, notice),
        args={"notice": notice.id.hex, "way": way},
        notice=notice,
        due_at=due_at,
    )


def _send(task: Task) -> dict[str, Any]:
    way = task.args["way"]
    notice = Notice.objects.filter(id=UUID(task.args["notice"])).first()
    if notice is None:
        return {"dropped": True}
    number = NoticeChoices.objects.filter(person_id=notice.person_id).values_list("phone", flat=True).first()
    gateway = Gateway.objects.filter(organization_id=notice.organization_id, way=way).first()
    found = readable([notice], clock.now())
    if not number or gateway is None or found is None:
        return {"dropped": True}
    shown = found[1][0]
    text = f"{shown['said']} ({shown['line'].reference})"[:TEXT_LIMIT]
    places = {"to": number, "text": text, "link": shown["acknowledge"] or shown["link"]}
    body = json.dumps(filled(json.loads(gateway.body), places), ensure_ascii=False).encode()
    headers = json.loads(text_decrypt(gateway.headers)) | {
        "Content-Type": "application/json",
        # The same with every attempt, for providers that drop a repeated request.
        "Idempotency-Key": f"{way}-{notice.id.hex}",
    }
    try:
        status = post(gateway.url, body, headers)
    except Unreachable:
        raise GatewayFailed("The gateway cannot be reached.") from None
    if 400 <= status < 500 and status not in (408, 425, 429):
        raise Conflict(_("The gateway refused: %(status)s.") % {"status": status}, code="gateway_refused")
    if not 200 <= status < 300:
        raise GatewayFailed(f"The gateway answered {status}.")
    return {"status": status}


def register() -> None:
    """Let notices go to telephones."""
    register_work(KIND, _send, label=gettext_lazy("Notice by telephone"), outward=True)
    for way in WAYS:
        register_way(way, partial(_out, way))
