"""Mail through the outbox: enqueued with the change that causes it, sent once afterwards.

The effect key makes it one mail; a retry carries the same Message-ID, so that a receiver can drop a copy. The text is removed
from the queue when it is sent. Not here: who is told what (the rooms decide) and incoming mail.
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy

from cosource.foundation.models import DueWork
from cosource.foundation.services.duework import Task, register_work, work_enqueue

KIND = "foundation.mail"


def mail_enqueue(
    *, effect_key: str, to: str, subject: str, text: str, at: datetime, organization_id: UUID | None = None
) -> UUID | None:
    """Enqueue one mail to one address; None when this effect was enqueued before."""
    return work_enqueue(
        kind=KIND,
        args={"to": to, "subject": " ".join(subject.split()), "text": text, "effect": effect_key},
        due_at=at,
        at=at,
        key=f"mail:{hashlib.sha256(effect_key.encode()).hexdigest()}",
        fair_key=organization_id,
        owner_organization_id=organization_id,
    )


def _send(task: Task) -> dict[str, Any]:
    args = task.args
    domain = str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].strip("> ") or "localhost"
    message_id = f"<{hashlib.sha256(args['effect'].encode()).hexdigest()[:40]}@{domain}>"
    message = EmailMessage(
        subject=args["subject"],
        body=args["text"],
        to=[args["to"]],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.send()
    DueWork.objects.filter(id=task.id, fence=task.fence).update(args={"effect": args["effect"]})
    return {"message_id": message_id}


def register() -> None:
    """Make the outbox's handler known."""
    register_work(KIND, _send, label=gettext_lazy("Mail"))
