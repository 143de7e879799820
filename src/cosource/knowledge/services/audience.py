"""Who an article is meant for: its owner, the parties of an engagement, clients it is shown to, requesters.

Widening takes effect from the newest version on: what was written before stays with whoever read it. Sharing is for good, since
from then on both parties write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.sight import Actor
from cosource.knowledge.models import Article, Showing, State
from cosource.knowledge.services.telling import shown_tell
from cosource.parties.models import Engagement, Service
from cosource.parties.models.scope import reach_q
from cosource.parties.services.checks import field_error
from cosource.parties.services.policy import require_running


@dataclass(slots=True)
class Showings:
    """Clients that begin or cease to read an owner's know-how, as their engagements. False when nothing changes."""

    added: list[Engagement] = field(default_factory=list)
    removed: list[Engagement] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def added_in(self) -> frozenset[UUID]:
        """Return the engagements in which it is shown from now on."""
        return frozenset(e.id for e in self.added)

    def write(self, article: Article, *, at: datetime) -> None:
        """Write what changes."""
        Showing.objects.filter(article=article, engagement__in=self.removed).delete()
        Showing.objects.bulk_create(
            Showing(article=article, engagement=e, from_number=max(article.last_number, 1), since=at)
            for e in self.added
        )

    def tell(self, article: Article, digest: str, *, actor: Actor, at: datetime) -> UUID | None:
        """Tell the clients and the owner of it, where it is published; return the owner's entry."""
        if not self or article.state != State.PUBLISHED:
            return None
        return shown_tell(article, digest, added=self.added, removed=self.removed, actor=actor, at=at)


def audience_change(article: Article, given: Mapping[str, Any], *, actor: Actor, at: datetime) -> Showings:
    """Set on an unsaved article who it is meant for, and return whom its owner's know-how is shown to from now on.

    Raises: NotFound for an engagement out of sight, Invalid and Conflict for what does not go together.
    """
    own = article.owner_id == actor.organization_id
    if "engagement_id" in given and given["engagement_id"] != article.engagement_id:
        _share(article, given["engagement_id"], own=own, actor=actor, at=at)
    if "for_requesters" in given and bool(given["for_requesters"]) != article.for_requesters:
        if article.engagement is not None and article.engagement.client_id != actor.organization_id:
            raise field_error("for_requesters", _("Whether its requesters read it is for the client to say."))
        article.for_requesters = bool(given["for_requesters"])
    if article.engagement is not None:
        return Showings(removed=[s.engagement for s in article.showings.select_related("engagement")])
    before = {s.engagement_id: s.engagement for s in _shown(article, actor)}
    wanted = set(given.get("shown_in", before))
    if wanted != set(before) and not own:
        raise field_error("shown_in", _("Whom it is shown to is for its owner to say."))
    return Showings(
        added=[_to_show(article, e, actor, at) for e in sorted(wanted - set(before))],
        removed=[before[e] for e in sorted(set(before) - wanted)],
    )


def _share(article: Article, engagement_id: UUID | None, *, own: bool, actor: Actor, at: datetime) -> None:
    if not own:
        raise field_error("engagement_id", _("With whom it is shared is for its owner to say."))
    if article.engagement_id is not None and article.state != State.DRAFT:
        raise Conflict(
            _("Both parties write in a shared article: it stays shared. Write another one for yourselves."),
            code="stays_shared",
        )
    article.engagement = _engagement(engagement_id, actor, at) if engagement_id is not None else None
    if article.engagement is not None and article.engagement.client_id != article.owner_id:
        # Whether the client's requesters read it, the client says.
        article.for_requesters = False


def _engagement(engagement_id: UUID, actor: Actor, at: datetime) -> Engagement:
    found = (
        Engagement.objects.filter(reach_q(actor.sight), pk=engagement_id)
        .select_related("client", "partner")
        .first()
    )
    if found is None:
        raise NotFound
    require_running(found, at)
    return found


def _to_show(article: Article, engagement_id: UUID, actor: Actor, at: datetime) -> Engagement:
    engagement = _engagement(engagement_id, actor, at)
    if engagement.partner_id != article.owner_id:
        raise field_error("shown_in", _("Only a partner shows its know-how to a client."))
    return engagement


def _shown(article: Article, actor: Actor) -> list[Showing]:
    """Return whom it is shown to, as far as the actor reaches: what a colleague decided for others stays."""
    return list(
        Showing.objects.filter(reach_q(actor.sight, "engagement__"), article_id=article.pk).select_related(
            "engagement__client", "engagement__partner"
        )
    )


def service_checked(article: Article, service_id: UUID | None, actor: Actor) -> Service | None:
    """Return the service that an article is about: one that its readers know.

    Raises: Invalid for one that is not the owner's own, or not covered by the engagement in which it is shared.
    """
    if service_id is None:
        return None
    known = Service.objects.visible_to(actor)
    if article.engagement is None:
        known = known.filter(organization_id=article.owner_id)
    else:
        known = known.filter(covered_by__engagement=article.engagement)
    found = known.filter(pk=service_id).distinct().first()
    if found is None:
        raise field_error("service_id", _("There is no such service for those who read this article."))
    return found
