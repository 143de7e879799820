"""People and teams of the own organization for the command palette."""

from collections.abc import Sequence

from django.urls import reverse

from cosource.foundation import clock
from cosource.foundation.finding import Found, register_finder
from cosource.foundation.ids import NIL
from cosource.foundation.sight import Actor
from cosource.parties.models import Team
from cosource.parties.queries.frame import works_here
from cosource.parties.queries.people import people_list


def _people(actor: Actor, words: str, limit: int) -> Sequence[Found]:
    if not works_here(actor):
        return ()
    return [
        Found(
            key=f"person-{row.id.hex}",
            label=row.name,
            detail=row.email,
            url=reverse("parties:person", args=[row.id]),
            icon="user",
        )
        for row in people_list(actor, at=clock.now(), find=words, limit=limit).items
    ]


def _teams(actor: Actor, words: str, limit: int) -> Sequence[Found]:
    if not works_here(actor):
        return ()
    teams = Team.objects.visible_to(actor).filter(
        organization_id=actor.organization_id or NIL, ended_at__isnull=True, name__icontains=words
    )
    return [
        Found(
            key=f"team-{id_.hex}",
            label=name,
            detail="",
            url=reverse("parties:team", args=[id_]),
            icon="users",
        )
        for id_, name in teams.order_by("name", "id").values_list("id", "name")[:limit]
    ]


def register() -> None:
    """Let the palette find people and teams."""
    register_finder("people", _people, order=30)
    register_finder("teams", _teams, order=40)
