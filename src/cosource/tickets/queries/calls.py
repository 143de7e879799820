"""What was brought in of calls, as far as the reader may know, and at which desks they bring some in.

Not here: figures of calls.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Engagement
from cosource.parties.queries.sight import live
from cosource.tickets.models import CallLoad
from cosource.tickets.rules.sight import READS_DESKS

LEADS = frozenset({SERVICE_OWNER, MANAGER})


@dataclass(frozen=True, slots=True)
class CallDesk:
    """A desk at which calls come in: the own one (`engagement_id` None, without a name), or a client's under an engagement."""

    engagement_id: UUID | None
    name: str

    @property
    def key(self) -> str:
        """Return how a form names it."""
        return self.engagement_id.hex if self.engagement_id else "own"


def call_loads(actor: Actor, *, cursor: str = "", limit: int = 50) -> KeyPage[CallLoad]:
    """Return a page of what was brought in, the last first."""
    rows = CallLoad.objects.visible_to(actor).select_related("organization", "engagement", "brought_for")
    return key_page(rows, order=("-at", "id"), cursor=cursor, limit=limit)


def reads_calls(actor: Actor) -> bool:
    """Tell, without a query, whether any grant lets the actor read calls of some desk."""
    return bool(actor.sight.roles & READS_DESKS)


def brings_calls(actor: Actor) -> bool:
    """Tell, without a query, whether the actor leads some desk."""
    return bool(actor.sight.roles & LEADS) and not actor.sight.as_host


def call_desks(actor: Actor, at: datetime) -> list[CallDesk]:
    """Return the desks for which the actor brings calls in. One query."""
    if not brings_calls(actor):
        return []
    leads_own = bool(actor.sight.roles_on(None) & LEADS)
    found = [CallDesk(None, "")] if leads_own else []
    rows = Engagement.objects.visible_to(actor).filter(live(at)).select_related("client", "partner")
    for one in rows.order_by("name", "id"):
        of_client = leads_own and one.client_id == actor.organization_id
        if of_client or actor.sight.roles_on(one.id) & LEADS:
            other = one.partner if one.client_id == actor.organization_id else one.client
            found.append(CallDesk(one.id, f"{other.name} · {one.name}"))
    return found
