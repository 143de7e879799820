"""Mail to the contact of a party that is not here yet: what is offered, said and taken back reaches it without a seat.

Each word goes once, in the transaction that says it, to stand-ins that may read it. Not here: the mail that an escalation sends
(`escalation_telling`), and people who have signed in (`telling`).
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cosource.foundation.services.mail import mail_enqueue
from cosource.foundation.sight import Actor
from cosource.parties.models import Invitation, Organization
from cosource.tickets.models import Participation
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.wording import Phrase, gettext_lazy


def absentees_tell(
    record: Record, *, entry_id: UUID, readers: Collection[UUID], text: str, actor: Actor, at: datetime
) -> None:
    """Tell the stand-ins among the readers of an entry what it says; not the one for which it was recorded."""
    writer = actor.on_behalf_of or actor.organization_id
    who = _sender(record, readers, actor)
    for part in record.parts:
        if part.organization_id in readers and part.organization_id != writer:
            absent_tell(
                record,
                part,
                effect_key=f"contact:{entry_id.hex}:{part.organization_id.hex}",
                words=gettext_lazy("%(who)s writes on %(reference)s:", who=who, reference=part.reference)
                if text
                else gettext_lazy(
                    "%(who)s adds files to %(reference)s; the record has them.",
                    who=who,
                    reference=part.reference,
                ),
                text=text,
                at=at,
            )


def offer_words(
    record: Record, part: Participation, *, team: str, readers: Collection[UUID], actor: Actor
) -> Phrase:
    """Say that a ticket is offered."""
    return gettext_lazy(
        "%(who)s offers %(reference)s to %(team)s:",
        who=_sender(record, readers, actor),
        reference=part.reference,
        team=team,
    )


def withdrawal_words(
    record: Record, part: Participation, *, team: str, readers: Collection[UUID], actor: Actor
) -> Phrase:
    """Say that an offer was taken back."""
    return gettext_lazy(
        "%(who)s takes back that %(reference)s was offered to %(team)s. Nothing is to be done.",
        who=_sender(record, readers, actor),
        reference=part.reference,
        team=team,
    )


def absent_tell(
    record: Record,
    part: Participation,
    *,
    effect_key: str,
    words: Phrase,
    at: datetime,
    text: str = "",
) -> None:
    """Write to the contact of a stand-in, with who the client is and how to take the seat; to no other party."""
    absent = part.organization
    if not absent.stand_in or not absent.contact_email:
        return
    with translation.override(settings.LANGUAGE_CODE):
        said = words.text(lambda message, _plural, _count: _(message))
        way_in = _way_in(absent, record.owner_part.organization.name, at)
    mail_enqueue(
        effect_key=effect_key,
        to=absent.contact_email,
        subject=f"[{part.reference}] {record.ticket.title}",
        text="\n\n".join(filter(None, (said, text, way_in))) + "\n",
        at=at,
        organization_id=absent.kept_by_id or record.ticket.owner_id,
        about=record.ticket.id,
    )


def _sender(record: Record, readers: Collection[UUID], actor: Actor) -> str:
    """Name who acts as the readers see them; the client where that party is not among them, or nobody acts."""
    party_id = actor.on_behalf_of or actor.organization_id
    part = record.part_of(party_id)
    if part is None or party_id not in readers:
        return record.owner_part.organization.name
    party = part.organization.name
    return f"{actor.name}, {party}" if actor.person_id and actor.name and not actor.on_behalf_of else party


def _way_in(absent: Organization, client: str, at: datetime) -> str:
    keeper = absent.kept_by.name if absent.kept_by else client
    why = _(
        "You get this by mail because nobody of %(party)s has signed in yet. The client is %(client)s; "
        "%(keeper)s keeps your side until you take your seat."
    ) % {"party": absent.name, "client": client, "keeper": keeper}
    invitation = (
        Invitation.objects.filter(
            organization=absent,
            claims_stand_in=True,
            accepted_at__isnull=True,
            withdrawn_at__isnull=True,
            expires_at__gt=at,
        )
        .order_by("-created_at")
        .first()
    )
    if invitation is None:
        how = _("The way in is an invitation: ask %(keeper)s for one.") % {"keeper": keeper}
    else:
        how = _(
            "The way in is the link of the invitation to %(email)s, which is good until %(day)s (UTC)."
        ) % {
            "email": invitation.email,
            "day": invitation.expires_at.date().isoformat(),
        }
    return f"{why} {how}"
