"""What past tickets suggest: topic and team for one that is about to be opened, and tickets like one that is there.

A suggestion is shown with how often such suggestions were right on tickets held out, and is never acted on by itself. Who may not
read the whole desk (a grant limited by service, place or time) gets none: it could tell of what lies beyond the limit. Not here:
learning (`services.learning`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from cosource.foundation.sight import WORKERS, Actor
from cosource.parties.models import Engagement, Team
from cosource.tickets.models import Participation, RoutingModel
from cosource.tickets.queries.as_requester import reads_as_requester
from cosource.tickets.queries.record import load
from cosource.tickets.routing.rules.learned import Guess, Learned, NotLearned, from_bytes
from cosource.tickets.routing.rules.learning import ENOUGH
from cosource.tickets.rules.states import STATES

SUGGESTED, SIMILAR, LOOKED_AT = 3, 5, 40
# Below this share a suggestion would mislead more often than it helps.
LEAST_RIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value with how sure: `percent` of `counted` held-out tickets for which it was suggested were right."""

    value: str
    label: str
    percent: int
    counted: int
    fits_form: bool = True


@dataclass(frozen=True, slots=True)
class Alike:
    """A ticket like the one at hand, in the reader's sight."""

    id: UUID
    reference: str
    title: str
    state_label: str
    team: str
    percent: int


@dataclass(slots=True)
class Suggestions:
    """What is suggested for a text. `lost`: the model whose file is not there, to be learned anew."""

    topics: list[Suggestion] = field(default_factory=list)
    teams: list[Suggestion] = field(default_factory=list)
    tickets: int = 0
    similar: list[Alike] = field(default_factory=list)
    lost: RoutingModel | None = None


def may_be_suggested(actor: Actor, engagement_id: UUID | None) -> bool:
    """Tell whether somebody works at a desk as a whole: under a grant without limits. No query."""
    return not actor.sight.as_host and any(
        g.engagement_id == engagement_id
        and g.role in WORKERS
        and not (g.service_ids or g.site_ids or g.history_from or g.history_until)
        for g in actor.sight.grants
    )


def suggestions_for(actor: Actor, *, engagement_id: UUID | None, title: str, text: str) -> Suggestions:
    """Return what the desk's past tickets suggest for a new one; empty where nothing was learned."""
    found = Suggestions()
    model, learned = _learned_of(actor, engagement_id)
    if learned is None:
        found.lost = model
        return found
    words = f"{title}\n{text}"
    found.tickets = len(learned.tickets)
    found.topics = [_shown(g, g.value) for g in _good(learned.guesses("topic", words, SUGGESTED))]
    teams = _good(learned.guesses("team", words, SUGGESTED))
    names = {
        team.id.hex: team
        for team in Team.objects.visible_to(actor)
        .filter(id__in=[UUID(g.value) for g in teams], ended_at__isnull=True)
        .select_related("organization")
    }
    for guess in teams:
        team = names.get(guess.value)
        if team is not None:
            own = team.organization_id == actor.organization_id
            label = team.name if own else f"{team.organization.name}, {team.name}"
            found.teams.append(_shown(guess, label, value=str(team.id), fits_form=own))
    found.similar = _in_sight(actor, learned.similar("", words, LOOKED_AT))
    return found


def similar_to(actor: Actor, ticket_id: UUID) -> Suggestions:
    """Return tickets like one in sight, as far as the reader sees them. Raises: NotFound."""
    record = load(ticket_id, actor)
    found = Suggestions()
    if reads_as_requester(record, actor):
        return found
    model, learned = _learned_of(actor, record.mine.engagement_id)
    if learned is None:
        found.lost = model
        return found
    found.similar = _in_sight(actor, learned.similar(ticket_id.hex, record.ticket.title, LOOKED_AT))
    return found


def _learned_of(actor: Actor, engagement_id: UUID | None) -> tuple[RoutingModel | None, Learned | None]:
    """Return what was learned of a desk; the model alone where its file is lost, nothing where there is none."""
    if actor.organization_id is None or not may_be_suggested(actor, engagement_id):
        return None, None
    desk = engagement_id or actor.organization_id
    model = RoutingModel.objects.filter(organization_id=actor.organization_id, desk=desk).first()
    if model is None or not model.digest:
        return None, None
    try:
        return model, _read(model.digest)
    except (OSError, NotLearned):
        return model, None


@lru_cache(maxsize=4)
def _read(digest: str) -> Learned:
    content = (Path(settings.LEARNED_DIR) / f"{digest}.npz").read_bytes()
    if sha256(content).hexdigest() != digest:
        raise NotLearned("the file is not the one that was written")
    return from_bytes(content)


def _good(guesses: Sequence[Guess]) -> list[Guess]:
    return [guess for guess in guesses if guess.counted and guess.right >= LEAST_RIGHT]


def _shown(guess: Guess, label: str, *, value: str = "", fits_form: bool = True) -> Suggestion:
    return Suggestion(value or guess.value, label, round(100 * guess.right), guess.counted, fits_form)


def _in_sight(actor: Actor, alike: list[tuple[str, float]]) -> list[Alike]:
    parts = {
        part.ticket_id.hex: part
        for part in Participation.objects.visible_to(actor)
        .filter(ticket_id__in=[UUID(ticket) for ticket, _score in alike])
        .select_related("ticket")
    }
    shown = [(parts[ticket], score) for ticket, score in alike if ticket in parts][:SIMILAR]
    names = dict(
        Team.objects.visible_to(actor)
        .filter(id__in=[part.ticket.holder_team_id for part, _score in shown if part.ticket.holder_team_id])
        .values_list("id", "name")
    )
    return [
        Alike(
            part.ticket_id,
            part.reference,
            part.ticket.title,
            _(STATES[part.ticket.state].label),
            names.get(part.ticket.holder_team_id, "") if part.ticket.holder_team_id else "",
            round(100 * score),
        )
        for part, score in shown
    ]


@dataclass(frozen=True, slots=True)
class Taught:
    """How well a desk was learned, as a page says it. `lacks`: how many tickets with a topic there are, of how many needed."""

    desk: str
    tickets: int
    measured: list[tuple[str, float, int, int]]
    learned_at: Any
    lacks: tuple[int, int] | None


def taught(actor: Actor) -> list[Taught]:
    """Return how well each desk of the actor's organization was learned. Two statements."""
    names = dict(Engagement.objects.visible_to(actor).values_list("id", "name"))
    labels = {"topic": _("topic"), "team": _("team that solves it")}
    found = []
    for model in RoutingModel.objects.visible_to(actor).order_by("desk"):
        if model.desk != actor.organization_id and model.desk not in names:
            continue
        measured = [
            (labels[name], round(100 * m["right"] / m["held_out"], 1), m["right"], m["held_out"])
            for name, m in sorted(model.measured.items())
            if m.get("held_out") and m.get("useful")
        ]
        rows = int(model.measured.get("topic", {}).get("rows", 0))
        found.append(
            Taught(
                names.get(model.desk) or _("Own desk"),
                model.tickets,
                measured,
                model.learned_at,
                None if measured else (rows, ENOUGH),
            )
        )
    return found
