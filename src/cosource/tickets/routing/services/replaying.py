"""Asking for a dry run: rules against the past tickets that the asker may see, as work in the background. It changes no ticket.

What comes of it is kept with the work as counts and ids, for who asked alone, since another reader of the same party may see
other tickets. Not here: the comparing (`rules.comparing`), and the worker's part (`jobs.replay`).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.models import DueWork
from cosource.foundation.services.duework import work_enqueue
from cosource.foundation.sight import Actor
from cosource.tickets.routing.queries.replays import REPLAY, replay_latest
from cosource.tickets.routing.queries.rule_sets import drafts_rules, reads_rules, versions_of

UNDER_WAY = (DueWork.State.QUEUED, DueWork.State.RUNNING)


@transaction.atomic
def replay_start(*, actor: Actor, at: datetime) -> UUID:
    """Enqueue a dry run of the draft, or of the live rules where there is no draft; return the work's id.

    Raises: NotFound, NotAllowed, Conflict where there are no rules, or one of the asker's is under way.
    """
    if not reads_rules(actor):
        raise NotFound
    if not drafts_rules(actor):
        raise NotAllowed("Your role tries no routing rules.", action="routing.manage")
    versions = versions_of(actor)
    rules = versions.draft or versions.live
    if rules is None:
        raise Conflict("There are no rules to try.", code="no_rules")
    latest = replay_latest(actor)
    if latest is not None and latest.state in UNDER_WAY:
        raise Conflict("A dry run is under way.", code="replay_under_way")
    made = work_enqueue(
        kind=REPLAY,
        args={"rules": rules.id.hex, "revision": rules.revision, "actor": actor.kind},
        due_at=at,
        at=at,
        fair_key=actor.reads_as,
        owner_organization_id=actor.reads_as,
        owner_person_id=actor.id,
        max_attempts=3,
    )
    if made is None:
        raise Conflict("A dry run is under way.", code="replay_under_way")
    return made
