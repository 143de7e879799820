"""The worker's part of a dry run: it reads past tickets with the asker's present rights, and changes nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.errors import NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.sight import Actor
from cosource.parties.models import IntegrationToken, Person
from cosource.parties.queries.sight import actor_for_person, actor_for_token
from cosource.tickets.models import RoutingRules
from cosource.tickets.routing.queries.history import replay
from cosource.tickets.routing.queries.live_rules import live_rules
from cosource.tickets.routing.queries.replays import REPLAY, result_of
from cosource.tickets.routing.rules.matching import RuleBook
from cosource.tickets.routing.rules.reading import read_rules


def _replay(task: Task) -> dict[str, Any]:
    at = clock.now()
    actor = _asker(task, at)
    rules = RoutingRules.objects.visible_to(actor).filter(id=UUID(task.args["rules"])).first()
    if rules is None:
        raise NotFound
    live = live_rules(actor.reads_as)
    found = replay(
        actor=actor,
        book=RuleBook(read_rules(rules.document)),
        before=live.book if live and live.id != rules.id else RuleBook(()),
        at=at,
        tell=lambda done, total: task.progress(done=done, total=total),
    )
    return result_of(found) | {
        "version": rules.version,
        "revision": rules.revision,
        "beside": live.number if live and live.id != rules.id else None,
    }


def _asker(task: Task, at: datetime) -> Actor:
    """Return who asked, with the rights of now. Raises: NotFound when there is nobody of that name any more."""
    asked_by = task.owner_person_id or NIL
    if task.args["actor"] == "token":
        token = IntegrationToken.objects.filter(id=asked_by).first()
        if token is not None:
            return actor_for_token(token, at=at)
    person = Person.objects.filter(id=asked_by, is_active=True).first()
    if person is None:
        raise NotFound
    return actor_for_person(person, organization_id=task.owner_organization_id, at=at)


def register() -> None:
    """Let the worker do dry runs."""
    register_work(REPLAY, _replay, long=True, label=gettext_lazy("Dry run of routing rules"))
