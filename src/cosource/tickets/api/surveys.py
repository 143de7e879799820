"""The endpoints of the question how well a ticket was solved: parse, call one service or query, answer."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from pydantic import Field

from cosource.foundation import clock
from cosource.foundation.api import edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import In, Out
from cosource.foundation.doors import actor_of
from cosource.tickets.models import Survey, SurveySettings
from cosource.tickets.queries.surveys import survey_of, survey_settings
from cosource.tickets.services.surveys import survey_settings_set

router = room_router(tag="tickets")


class SurveyOut(Out):
    """The question of a ticket; `score` 1 to 5, null while it is not answered. What was written with it is a message."""

    ticket_id: UUID
    asked_at: datetime
    score: int | None
    answered_at: datetime | None


class SurveySettingsOut(Out):
    """Whether a desk asks. `own_only`: the party that solved a ticket does not read its answer."""

    version: int
    active: bool
    every_days: int
    own_only: bool


class SurveySettingsIn(In):
    """Whether the desk asks, how often at most it asks a person, and who reads answers."""

    active: bool
    every_days: int = Field(30, ge=1, le=365)
    own_only: bool = False


@router.get("/tickets/{uuid:ticket_id}/survey", response=SurveyOut, summary="Read how well it was solved")
def ticket_survey_read(request: HttpRequest, ticket_id: UUID) -> Survey:
    """Return the question and its answer, to the parties that read it; 404 where nobody was asked."""
    return survey_of(actor_of(request), ticket_id)


@router.get("/survey-settings", response=SurveySettingsOut, summary="Read whether the desk asks")
def survey_settings_read(request: HttpRequest, response: HttpResponse) -> SurveySettings:
    """Return the settings of the caller's own desk with their version as ETag."""
    found = survey_settings(actor_of(request))
    stamp(response, found.version)
    return found


@router.put("/survey-settings", response=SurveySettingsOut, summary="Say whether the desk asks")
@edits
def survey_settings_update(
    request: HttpRequest, response: HttpResponse, body: SurveySettingsIn
) -> SurveySettings:
    """Change the settings of the caller's own desk."""
    kept = survey_settings_set(
        actor=actor_of(request), at=clock.now(), expected_version=expected_version(request), **body.dict()
    )
    stamp(response, kept.version)
    return kept
