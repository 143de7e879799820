"""Questions about figures for tests that need some and no facts: what the figure said matters to nobody there."""

from datetime import datetime
from typing import Any

from cosource.foundation.sight import Actor
from cosource.metrics.models import FigureQuestion
from cosource.parties.models import Engagement
from cosource.parties.services.record import append_shared


def questioned(
    engagement: Engagement, *, actor: Actor, at: datetime, text: str, **more: Any
) -> FigureQuestion:
    """A question, as one stands that was asked."""
    question = FigureQuestion(
        engagement=engagement,
        figure="reopened",
        value="0.5",
        n=2,
        asked_by_organization_id=actor.organization_id,
        asked_by_id=actor.id,
        asked_at=at,
        **more,
    )
    question.asked_entry_id = append_shared(
        engagement,
        "figure.questioned/1",
        ("figure_question", question.id),
        actor=actor,
        at=at,
        payload={"text": text, "author": actor.name, "group": ""},
    )
    question.save()
    return question
