"""The question on a ticket as whoever is asked sees it, the answer as its readers see it, and a desk's settings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import NotFound
from cosource.foundation.services.audience import audience_readers
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, WORKERS, Actor
from cosource.tickets.models import Survey, SurveySettings
from cosource.tickets.models.participation import Beside
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.surveys import OPEN_DAYS, SCORES


@dataclass(frozen=True, slots=True)
class SurveyView:
    """The question to the reader. `score`: their answer so far. `by_both`: whether the party that solved it reads along."""

    score: int | None
    until: datetime
    owner: str
    by_both: bool

    @property
    def scores(self) -> list[tuple[int, str]]:
        """Return what may be answered, with its words."""
        return [(score, _(label)) for score, label in SCORES.items()]


def survey_asked(record: Record, actor: Actor, at: datetime) -> SurveyView | None:
    """Return the question while the reader may answer it. One query, and none where nobody was asked."""
    requester = record.ticket.requester_id
    if not record.mine.has_beside(Beside.SURVEY) or requester is None or requester != actor.person_id:
        return None
    asked = Survey.objects.filter(ticket=record.ticket, person_id=requester).first()
    if asked is None:
        return None
    until = asked.asked_at + timedelta(days=OPEN_DAYS)
    if at >= until:
        return None
    readers = audience_readers(asked.audience_id)[0]
    return SurveyView(asked.score, until, record.owner_part.organization.name, len(readers) > 1)


def survey_of(actor: Actor, ticket_id: UUID) -> Survey:
    """Return the question of a ticket and its answer. Raises: NotFound, also where nobody was asked."""
    found = Survey.objects.visible_to(actor).filter(ticket_id=ticket_id).first()
    if found is None:
        raise NotFound
    return found


def keeps_survey(actor: Actor) -> bool:
    """Tell whether the actor decides if the own desk asks."""
    return bool(actor.sight.roles_on(None) & {SERVICE_OWNER, MANAGER}) and not actor.sight.as_host


def survey_settings(actor: Actor) -> SurveySettings:
    """Return the settings of the own desk, as they are before anybody set them too. Raises: NotFound for who works at none."""
    if actor.organization_id is None or not actor.sight.roles_on(None) & WORKERS:
        raise NotFound
    found = SurveySettings.objects.visible_to(actor).first()
    return found or SurveySettings(organization_id=actor.organization_id)
