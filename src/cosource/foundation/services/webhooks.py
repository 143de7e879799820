"""Webhooks: an organization's own addresses, told of what its people are told of, signed, and in order.

One piece of work sends for an address at a time, the oldest first; while the address does not answer, nothing behind it
overtakes. After three days of silence the work is parked, where the organization sees it, and goes on when it is tried again.
A receiver is told no more than that something happened and where to read it: what it is called stays behind the sign-in.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import DueWork, Notice, WebhookDelivery, WebhookEndpoint
from cosource.foundation.models.work import WORK_KEEPERS
from cosource.foundation.notices import SubjectLine, notice_kinds, notice_people, reader_of
from cosource.foundation.outward import Unreachable, post
from cosource.foundation.queries.notices import lines_of, said
from cosource.foundation.rules.addresses import may_be_reached
from cosource.foundation.rules.notices import SHAPES
from cosource.foundation.rules.webhooks import Told, body_of, signature
from cosource.foundation.secrecy import text_decrypt, text_encrypt
from cosource.foundation.services.duework import Later, Task, backoff, register_work, work_row
from cosource.foundation.services.notices import register_shared_way
from cosource.foundation.services.work_steps import work_cancel
from cosource.foundation.sight import Actor

KIND = "foundation.webhook"
# Tried again at least so often, so that what waited a day is out minutes after the receiver is back.
WAIT_AT_MOST_SECONDS = 300
SILENT_FOR = timedelta(days=3)
AT_ONCE = 200
# Both secrets sign for so long after an exchange.
OVERLAP = timedelta(days=2)
ENDPOINTS_LIMIT = 20


def require_keeper(actor: Actor) -> UUID:
    """Return the organization whose ways out the actor looks after. Raises: NotAllowed."""
    sight = actor.sight
    if actor.kind != "person" or sight.as_host or not sight.roles_on(None) & WORK_KEEPERS:
        raise NotAllowed(_("Your role does not include this step."), action="channel.manage")
    if sight.organization_id is None:
        raise NotFound
    return sight.organization_id


def require_address(url: str) -> str:
    """Return an address that may be asked at all. Raises: Invalid. Where a name leads is looked at when it is asked."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    allowed = {"https", "http"} if settings.PRIVATE_TARGETS else {"https"}
    if not usable or parts.scheme not in allowed or len(url) > 500:
        raise Invalid(_("That is no address."), fields={"url": _("An address that begins with https://.")})
    if _is_inside(str(parts.hostname)):
        raise Invalid(
            _("That is no address."),
            fields={"url": _("This leads into a network that is not reached from here.")},
        )
    return url


def _is_inside(host: str) -> bool:
    """Tell whether a host that is written as a number, or means this machine, lies where nothing is sent."""
    written = "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host
    try:
        ip_address(written)
    except ValueError:
        return False
    return not may_be_reached(written, allowed=settings.PRIVATE_TARGETS)


@transaction.atomic
def webhook_add(
    *, name: str, url: str, shape: str, kinds: Collection[str], actor: Actor, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """Add an address and return it with its secret, which is shown once. Raises: NotAllowed, Invalid, Conflict."""
    organization_id = require_keeper(actor)
    if shape not in SHAPES:
        raise Invalid(_("That is no shape."), fields={"shape": ", ".join(SHAPES)})
    known = {kind.key for kind in notice_kinds()}
    if not set(kinds) <= known:
        raise Invalid(_("That is no kind of notice."), fields={"kinds": ", ".join(sorted(known))})
    if not name.strip():
        raise Invalid(_("Give it a name."), fields={"name": _("A name by which you know it again.")})
    if WebhookEndpoint.objects.filter(organization_id=organization_id).count() >= ENDPOINTS_LIMIT:
        raise Conflict(_("There are as many addresses as there can be."), code="too_many_addresses")
    secret = secrets.token_urlsafe(32)
    endpoint = WebhookEndpoint.objects.create(
        organization_id=organization_id,
        name=name.strip()[:80],
        url=require_address(url),
        shape=shape,
        kinds=sorted(kinds),
        secret=text_encrypt(secret),
        created_at=at,
    )
    return endpoint, secret


@transaction.atomic
def webhook_exchange_secret(*, endpoint_id: UUID, actor: Actor, at: datetime) -> str:
    """Give the address a new secret and return it; the old one signs beside it for two days. Raises: NotAllowed, NotFound."""
    endpoint = _own(endpoint_id, actor)
    secret = secrets.token_urlsafe(32)
    WebhookEndpoint.objects.filter(id=endpoint.id).update(
        secret=text_encrypt(secret), previous_secret=endpoint.secret, previous_until=at + OVERLAP
    )
    return secret


@transaction.atomic
def webhook_remove(*, endpoint_id: UUID, actor: Actor, at: datetime) -> None:
    """Remove an address with what still waited for it. Raises: NotAllowed, NotFound."""
    endpoint = _own(endpoint_id, actor)
    if endpoint.work_id is not None:
        work_cancel(work_id=endpoint.work_id, at=at)
    endpoint.delete()


def _own(endpoint_id: UUID, actor: Actor) -> WebhookEndpoint:
    require_keeper(actor)
    found = WebhookEndpoint.objects.visible_to(actor).filter(id=endpoint_id).first()
    if found is None:
        raise NotFound
    return found


def _out(notices: Sequence[Notice], at: datetime) -> None:
    if not notices:
        return
    first = notices[0]
    for endpoint in WebhookEndpoint.objects.filter(organization_id=first.organization_id):
        if endpoint.kinds and first.kind not in endpoint.kinds:
            continue
        delivery = WebhookDelivery(
            endpoint=endpoint, effect_key=first.effect_key, notice_id=first.id, created_at=at
        )
        WebhookDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
        _set_going(endpoint, at)


def _set_going(endpoint: WebhookEndpoint, at: datetime) -> None:
    """See that work sends for this address. The version tells work that is about to end that there is more."""
    here = WebhookEndpoint.objects.filter(id=endpoint.id)
    here.update(version=F("version") + 1)
    endpoint.refresh_from_db()
    open_ = (DueWork.State.QUEUED, DueWork.State.RUNNING, DueWork.State.PARKED)
    if endpoint.work_id and DueWork.objects.filter(id=endpoint.work_id, state__in=open_).exists():
        return
    row = work_row(
        kind=KIND,
        args={"endpoint": endpoint.id.hex},
        due_at=at,
        at=at,
        fair_key=endpoint.organization_id,
        owner_organization_id=endpoint.organization_id,
    )
    row.save(force_insert=True)
    here.update(work_id=row.id)


def _send(task: Task) -> dict[str, Any]:
    sent = 0
    while True:
        endpoint = WebhookEndpoint.objects.filter(id=UUID(task.args["endpoint"])).first()
        if endpoint is None or endpoint.work_id != task.id:
            return {"sent": sent}
        waiting = endpoint.deliveries.filter(sent_at=None).order_by("id")
        for delivery in waiting[:AT_ONCE]:
            sent += _deliver(endpoint, delivery, task)
            task.progress(done=sent, total=0)
        # Ends only if nothing was added since the address was read.
        idle = WebhookEndpoint.objects.filter(id=endpoint.id, version=endpoint.version)
        if not waiting.exists() and idle.update(work_id=None):
            return {"sent": sent}


def _deliver(endpoint: WebhookEndpoint, delivery: WebhookDelivery, task: Task) -> int:
    at = clock.now()
    here = WebhookEndpoint.objects.filter(id=endpoint.id)
    told = _told(delivery, at)
    if told is None:
        WebhookDelivery.objects.filter(id=delivery.id).update(sent_at=at, dropped=True)
        return 0
    body = body_of(endpoint.shape, told)
    keys = [text_decrypt(endpoint.secret)]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > at:
        keys.append(text_decrypt(endpoint.previous_secret))
    moment, signed = signature(body, at, keys)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Cosource",
        "Cosource-Delivery": told.id,
        "Cosource-Timestamp": moment,
        "Cosource-Signature": signed,
    }
    task.keep()
    try:
        status = post(endpoint.url, body, headers)
        trouble = "" if 200 <= status < 300 else f"It answered {status}."
    except Unreachable:
        trouble = "It cannot be reached."
    if not trouble:
        WebhookDelivery.objects.filter(id=delivery.id).update(sent_at=at)
        if endpoint.failing_since is not None:
            here.update(failing_since=None, trouble="")
            endpoint.failing_since = None
        return 1
    since = endpoint.failing_since or at
    here.update(failing_since=since, trouble=trouble)
    if at - since > SILENT_FOR:
        # Counted anew when somebody tries it again.
        here.update(failing_since=None)
        raise Conflict(f"{endpoint.name}: {trouble}", code="webhook_silent")
    age = at - since
    tries = 1 + sum(age > timedelta(seconds=s) for s in (5, 30, 120))
    raise Later(min(backoff(tries), WAIT_AT_MOST_SECONDS), said=f"{endpoint.name}: {trouble}")


def _told(delivery: WebhookDelivery, at: datetime) -> Told | None:
    """Return what a receiver is told; None when nobody who was told of it sees it any more."""
    told = list(
        Notice.objects.filter(
            effect_key=delivery.effect_key, organization_id=delivery.endpoint.organization_id
        ).order_by("id")
    )
    if not told:
        return None
    organization_id = told[0].organization_id
    people = notice_people([n.person_id for n in told], organization_id)
    for notice in told:
        if notice.person_id not in people:
            continue
        lines = lines_of(reader_of(people[notice.person_id], organization_id, at), [notice])
        if notice.id in lines:
            return _words(notice, lines[notice.id])
    return None


def _words(notice: Notice, line: SubjectLine) -> Told:
    with translation.override(settings.LANGUAGE_CODE):
        text = said(notice)
    return Told(
        id=notice.effect_key[:32],
        kind=notice.kind,
        at=notice.created_at,
        text=text,
        reference=line.reference,
        url=settings.BASE_URL + notice.url,
        urgent=notice.urgent,
    )


def register() -> None:
    """Let notices go to organizations' own addresses."""
    register_work(KIND, _send, label=gettext_lazy("Webhook"), outward=True)
    register_shared_way(_out)
