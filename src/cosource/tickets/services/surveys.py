"""Asking who asked for help how well it was solved, once a ticket is resolved; the answer; and whether a desk asks at all.

Nobody at a desk chooses whom it asks: what is resolved asks, at most once for each ticket and person in a while.
Not here: figures.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cosource.foundation.bulk import update_guarded
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.notices import register_notice_kind
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor, system_actor
from cosource.parties.models import Organization
from cosource.tickets.models import Participation, Survey, SurveySettings
from cosource.tickets.models.participation import Beside
from cosource.tickets.queries.surveys import keeps_survey
from cosource.tickets.rules.states import RESOLVED
from cosource.tickets.rules.surveys import MOST_DAYS, OPEN_DAYS, SCORES
from cosource.tickets.rules.wording import gettext_lazy
from cosource.tickets.services import policy
from cosource.tickets.services.beside import beside_set
from cosource.tickets.services.record import (
    Record,
    audience_of,
    load,
    message_add,
    note,
    require_text,
)
from cosource.tickets.services.telling import part_tell

KIND = "ticket.survey"
_SETTINGS = "survey_settings"


def survey_ask(record: Record, *, at: datetime) -> None:
    """Ask the requester of a ticket that is resolved, where its desk asks and they were not asked lately.

    Who will read the answer is settled here: the owner, and unless it keeps answers to itself the party that has the ticket.
    Appends `ticket.survey_asked/1`, to the same readers and the requester.
    """
    ticket = record.ticket
    if ticket.state != RESOLVED or ticket.requester_id is None:
        return
    settings = SurveySettings.objects.filter(organization_id=ticket.owner_id, active=True).first()
    if settings is None or Survey.objects.filter(ticket=ticket).exists():
        return
    since = at - timedelta(days=settings.every_days)
    asked = Survey.objects.filter(organization_id=ticket.owner_id, person_id=ticket.requester_id)
    if asked.filter(asked_at__gt=since).exists():
        return
    readers = {ticket.owner_id}
    holder = record.part_of(ticket.holder_organization_id)
    # A partner's partner reads along with whoever engaged it: then it stays with the owner.
    if not settings.own_only and holder is not None and holder.engagement is not None:
        readers |= {holder.organization_id} if holder.engagement.client_id == ticket.owner_id else set()
    system = system_actor(reason="a ticket was resolved", organization_id=ticket.owner_id)
    entry_id = note(
        record,
        kind="ticket.survey_asked/1",
        actor=system,
        at=at,
        readers=readers,
        with_requester=True,
        facts={},
    )
    Survey.objects.create(
        id=entry_id,
        ticket=ticket,
        organization_id=ticket.owner_id,
        person_id=ticket.requester_id,
        audience_id=audience_of(record, readers, with_requester=True),
        asked_at=at,
    )
    beside_set(Participation.objects.filter(id=record.owner_part.id), Beside.SURVEY)
    part_tell(
        record,
        record.owner_part,
        effect_key=f"ticket.survey:{ticket.id.hex}",
        person_ids=[ticket.requester_id],
        kind=KIND,
        words=gettext_lazy("How well was %(reference)s solved?", reference=record.owner_part.reference),
        actor=system,
        at=at,
    )


@transaction.atomic
def survey_answer(*, ticket_id: UUID, score: int, actor: Actor, at: datetime, text: str = "") -> None:
    """Say how well it was solved, 1 (badly) to 5 (well), with a text if wanted; again within its days to change it.

    Appends `ticket.survey_answered/1`, and `ticket.message_added/1` for a text, to those whom the form names.
    Raises: NotFound (nobody was asked), NotAllowed (somebody else was), Invalid, Conflict (too late).
    """
    record = load(ticket_id, actor)
    asked = Survey.objects.filter(ticket_id=ticket_id).first()
    if asked is None:
        raise NotFound
    if (
        actor.person_id is None
        or asked.person_id != actor.person_id
        or not policy.is_requester(actor, record)
    ):
        raise NotAllowed("The answer is that of whoever asked for help.", code="not_asked")
    if score not in SCORES:
        raise Invalid("Choose how well it was solved.", fields={"score": "1 to 5."})
    if at >= asked.asked_at + timedelta(days=OPEN_DAYS):
        raise Conflict(
            _("This could be answered for %(open_days)s days.") % {"open_days": OPEN_DAYS}, code="too_late"
        )
    words = require_text(text, "text", limit=4_000, optional=True)
    changed = asked.score is not None
    Survey.objects.filter(id=asked.id).update(score=score, answered_at=at)
    common = {
        "subject_kind": "ticket",
        "subject_id": ticket_id,
        "audience_id": asked.audience_id,
        "actor": actor,
        "at": at,
    }
    append(kind="ticket.survey_answered/1", facts={"score": score, "changed": changed}, **common)  # type: ignore[arg-type]  # as named above
    if words:
        entry_id = append(
            kind="ticket.message_added/1",
            facts={"length": len(words)},
            payload={"text": words},
            **common,  # type: ignore[arg-type]  # as named above
        )
        message_add(record, entry_id, asked.audience_id, actor, at, text=words)


@transaction.atomic
def survey_settings_set(
    *,
    active: bool,
    every_days: int,
    own_only: bool,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> SurveySettings:
    """Say whether the own desk asks, how often at most it asks a person, and who reads answers.

    Appends `survey.settings_changed/1` to the own record; questions that were asked stay as they are.
    Raises: NotAllowed, Invalid, StaleVersion.
    """
    if not keeps_survey(actor) or actor.organization_id is None:
        raise NotAllowed("A service owner or manager decides whether the desk asks.", code="not_yours")
    if not 1 <= every_days <= MOST_DAYS:
        raise Invalid(
            "So many days cannot be.",
            fields={"every_days": _("1 to %(most_days)s days.") % {"most_days": MOST_DAYS}},
        )
    row, _made = SurveySettings.objects.get_or_create(organization_id=actor.organization_id)
    if expected_version is not None and row.version != expected_version:
        raise StaleVersion
    values = {"active": active, "every_days": every_days, "own_only": own_only}
    if all(getattr(row, name) == value for name, value in values.items()):
        return row
    if not update_guarded(row, values, guard="version"):
        raise StaleVersion
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    own = Organization.objects.values_list("own_stream_id", flat=True).get(id=actor.organization_id)
    append(
        kind="survey.settings_changed/1",
        subject_kind=_SETTINGS,
        subject_id=actor.organization_id,
        audience_id=audience_intern([own]),
        actor=actor,
        at=at,
        facts=values,
    )
    return row


def register() -> None:
    """Let people choose how they are asked; no page waits for a desk's settings."""
    register_notice_kind(KIND, translation.gettext_lazy("How well something was solved that I asked for"))
    register_harmless(_SETTINGS)
