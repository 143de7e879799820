"""Assets for the command palette. Not here: their list (`assets`)."""

from collections.abc import Sequence

from django.urls import reverse

from cosource.assets.queries.assets import asset_find
from cosource.assets.queries.rights import reads
from cosource.foundation.finding import Found, register_finder
from cosource.foundation.sight import Actor


def _assets(actor: Actor, words: str, limit: int) -> Sequence[Found]:
    if not reads(actor):
        return ()
    return [
        Found(
            key=f"asset-{row.id.hex}",
            label=row.name,
            detail=row.where or row.model,
            url=reverse("assets:asset", args=[row.id]),
            icon=row.icon,
        )
        for row in asset_find(actor, words, limit=limit)
    ]


def register() -> None:
    """Let the palette find assets."""
    register_finder("assets", _assets, order=25)
