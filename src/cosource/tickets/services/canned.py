"""Writing a desk's ready replies, and saying one with the step that belongs to it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.bulk import update_guarded
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization, Team
from cosource.tickets.models import CannedReply, Ticket, Writing
from cosource.tickets.queries.canned import canned_get, may_manage
from cosource.tickets.queries.record import load
from cosource.tickets.queries.steps import pause_choices
from cosource.tickets.rules.canned import ASSIGN, PLACES, STEPS, unknown_in
from cosource.tickets.rules.states import RESOLVED
from cosource.tickets.services.changing import ticket_assign
from cosource.tickets.services.conversation import letter_checked, ticket_reply
from cosource.tickets.services.moving import WAITING, ticket_move
from cosource.tickets.services.record import require_text
from cosource.tickets.services.writing import Words

MOST = 500


@transaction.atomic
def canned_save(
    *,
    title: str,
    text: str,
    then: str = "",
    team_id: UUID | None = None,
    reply_id: UUID | None = None,
    expected_version: int | None = None,
    actor: Actor,
    at: datetime,
) -> CannedReply:
    """Write a ready reply, or change one (`reply_id`). Appends `canned_reply.saved/1` to the organization's own record.

    Raises: NotFound (reply, team), NotAllowed, Invalid (title, text, a place, a step), Conflict (too many), StaleVersion.
    """
    kept = canned_get(actor, reply_id) if reply_id is not None else CannedReply()
    _require(actor, kept.team_id if reply_id is not None else team_id)
    if expected_version is not None and kept.version != expected_version:
        raise StaleVersion
    if team_id is not None:
        if not Team.objects.filter(id=team_id, organization_id=actor.reads_as, ended_at=None).exists():
            raise NotFound
        _require(actor, team_id)
    elif reply_id is not None and kept.team_id is not None:
        _require(actor, None)
    if unknown := unknown_in(text):
        named = ", ".join(f"{{{name}}}" for name in unknown)
        known = ", ".join(f"{{{name}}}" for name in PLACES)
        words = _("There is no place %(unknown)s. There are %(known)s.") % {"unknown": named, "known": known}
        raise Invalid(words, fields={"text": words})
    if then not in STEPS:
        raise Invalid(_("That is not one of the choices."), fields={"then": _("Choose one of the list.")})
    if reply_id is None:
        if CannedReply.objects.filter(organization_id=actor.reads_as).count() >= MOST:
            raise Conflict(_("There are %(n)s ready replies already; delete one first.") % {"n": MOST})
        kept.organization_id = actor.reads_as
    said = {
        "title": require_text(" ".join(title.split()), "title", limit=80),
        "text": require_text(text, "text", limit=20_000),
        "team_id": team_id,
        "then": then,
    }
    if reply_id is not None and not update_guarded(kept, said, guard="version"):
        raise StaleVersion
    for name, value in said.items():
        setattr(kept, name, value)
    if reply_id is None:
        kept.save()
    else:
        kept.version += 1
    _note("canned_reply.saved/1", kept, actor, at)
    return kept


@transaction.atomic
def canned_delete(*, reply_id: UUID, actor: Actor, at: datetime) -> None:
    """Delete a ready reply. Appends `canned_reply.deleted/1`. Raises: NotFound, NotAllowed."""
    kept = canned_get(actor, reply_id)
    _require(actor, kept.team_id)
    _note("canned_reply.deleted/1", kept, actor, at)
    kept.delete()


@transaction.atomic
def reply_then(
    *,
    ticket_id: UUID,
    words: Words,
    then: str,
    actor: Actor,
    at: datetime,
    wider_confirmed: bool = False,
    expected_version: int | None = None,
) -> None:
    """Say something and take the step that belongs to it, as one: both happen or neither, at once and not to be taken back.

    `then`: one of `rules.canned.STEPS`. Waiting takes the first reason that the agreement has for it; whoever is waited for must
    be among the readers. Raises: as `ticket_reply`, `ticket_move` and `ticket_assign`; Invalid.
    """
    given = {
        "ticket_id": ticket_id,
        "text": words.text,
        "party_ids": words.party_ids,
        "with_requester": words.with_requester,
        "file_ids": words.file_ids,
        "actor": actor,
    }
    letter = letter_checked(**given, wider_confirmed=wider_confirmed, expected_version=expected_version)  # type: ignore[arg-type]  # as named above
    ticket_reply(**given, wider_confirmed=wider_confirmed, at=at)  # type: ignore[arg-type]  # as named above
    if then == ASSIGN:
        ticket_assign(ticket_id=ticket_id, person_id=actor.person_id, actor=actor, at=at)
    elif then == RESOLVED or then in WAITING:
        reason = ""
        if then in WAITING:
            choices = pause_choices(load(ticket_id, actor), {}, [then])
            reason = next((c.reason for c in choices), "")
        ticket_move(ticket_id=ticket_id, to_state=then, reason=reason, actor=actor, at=at, is_said=True)
        if then in WAITING:
            _require_asked(ticket_id, letter.readers, letter.with_requester)
    elif then:
        raise Invalid(_("That is not one of the choices."), fields={"then": _("Choose one of the list.")})
    Writing.objects.visible_to(actor).filter(ticket_id=ticket_id, send_at=None).delete()


def _require_asked(ticket_id: UUID, readers: set[UUID], with_requester: bool) -> None:
    turn, asked = Ticket.objects.values_list("turn", "turn_organization_id").get(id=ticket_id)
    if (turn == "requester" and not with_requester) or (
        turn in {"client", "partner"} and asked is not None and asked not in readers
    ):
        words = _("Whoever is waited for does not read this. Choose readers among whom they are.")
        raise Invalid(words, fields={"text": words})


def _require(actor: Actor, team_id: UUID | None) -> None:
    if not may_manage(actor, team_id):
        raise NotAllowed(
            _("Who leads writes replies for everybody; technicians write those of their own teams."),
            code="not_yours",
        )


def _note(kind: str, kept: CannedReply, actor: Actor, at: datetime) -> None:
    own = Organization.objects.values_list("own_stream_id", flat=True).get(id=kept.organization_id)
    append(
        kind=kind,
        subject_kind="canned_reply",
        subject_id=kept.id,
        audience_id=audience_intern([own]),
        actor=actor,
        at=at,
        facts={
            "team": kept.team_id.hex if kept.team_id else None,
            "then": kept.then,
            "length": len(kept.text),
        },
        payload={"title": kept.title},
    )


def register() -> None:
    """Ready replies change nobody's rights."""
    register_harmless("canned_reply")
