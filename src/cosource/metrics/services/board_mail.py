"""Somebody has the page of a desk mailed each month, and ends it: on the scoreboard, or by the link in the mail.

Not here: the mail (`queries.board_mail`), and sending it (`jobs.monthly`).
"""

from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import NotAllowed, NotFound
from cosource.foundation.sight import Actor
from cosource.metrics.models import BoardMail
from cosource.metrics.queries.board_mail import may_have_mailed
from cosource.metrics.queries.scopes import scopes_opened

_SALT = "metrics.board_mail"


@transaction.atomic
def board_mail_begin(*, desk_id: UUID, actor: Actor, at: datetime) -> BoardMail:
    """Have the page of a desk mailed to the actor each month, from the next one due. Again is harmless.

    Raises: NotFound, NotAllowed for who does not lead the desk.
    """
    scopes, _opened = scopes_opened(actor, [desk_id])
    scope = next((s for s in scopes if s.id == desk_id), None)
    if actor.person_id is None or actor.organization_id is None or not may_have_mailed(actor, scope):
        raise NotAllowed(_("Your role does not include this step."), action="figures.mail")
    row, is_new = BoardMail.objects.get_or_create(
        person_id=actor.person_id,
        organization_id=actor.organization_id,
        desk=desk_id,
        defaults={"since": at},
    )
    if not is_new and BoardMail.objects.filter(pk=row.pk, ended_at__isnull=False).update(
        since=at, ended_at=None
    ):
        row.refresh_from_db()
    return row


@transaction.atomic
def board_mail_end(*, desk_id: UUID, actor: Actor, at: datetime) -> None:
    """Have it mailed no more. Again is harmless."""
    BoardMail.objects.visible_to(actor).filter(desk=desk_id).update(ended_at=at)


@transaction.atomic
def board_mail_close(*, mail_id: UUID, at: datetime) -> None:
    """End what its reader may not read any more."""
    BoardMail.objects.filter(pk=mail_id, ended_at__isnull=True).update(ended_at=at)


@transaction.atomic
def board_mail_end_by_token(*, token: str, at: datetime) -> BoardMail:
    """End it by what stands in a mail. Again is harmless. Raises: NotFound for a token that is none."""
    row = board_mail_of_token(token)
    board_mail_close(mail_id=row.pk, at=at)
    row.refresh_from_db()
    return row


def token_of(mail_id: UUID) -> str:
    """Return the token by which this one mail is ended, and nothing else is done; it does not grow old."""
    return signing.Signer(salt=_SALT).sign(mail_id.hex).replace(":", ".")


def board_mail_of_token(token: str) -> BoardMail:
    """Return what a token is for. Raises: NotFound when it is none."""
    try:
        mail_id = UUID(signing.Signer(salt=_SALT).unsign(token.replace(".", ":")))
    except (signing.BadSignature, ValueError):
        raise NotFound from None
    row = BoardMail.objects.filter(pk=mail_id).first()
    if row is None:
        raise NotFound
    return row
