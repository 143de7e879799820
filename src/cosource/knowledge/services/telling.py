"""What the ledger and the search learn of an article: an entry for each record whose readers read it, and its words for them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.search import text_index, texts_forget
from cosource.foundation.sight import Actor
from cosource.knowledge.models import Article, Showing, State
from cosource.parties.models import Engagement
from cosource.parties.services.record import append_own, append_shared

KIND = "article"


def article_tell(
    kind: str,
    article: Article,
    digest: str,
    *,
    actor: Actor,
    at: datetime,
    but: Collection[UUID] = (),
) -> UUID:
    """Append an entry about an article for whoever reads it; return the first one's id.

    A draft is its owner's own; what is shared stands in the shared record; of know-how that is shown each client has an entry of
    its own, which tells nothing of the others. `but`: engagements that are told otherwise.
    """
    if article.engagement is not None and article.state != State.DRAFT:
        return _shared(kind, article, digest, article.engagement, actor=actor, at=at)
    entry_id = _own(kind, article, digest, actor=actor, at=at)
    if article.state != State.DRAFT:
        for showing in _showings(article):
            if showing.engagement_id not in but:
                _shared(kind, article, digest, showing.engagement, actor=actor, at=at)
    return entry_id


def shown_tell(
    article: Article,
    digest: str,
    *,
    added: Iterable[Engagement],
    removed: Iterable[Engagement],
    actor: Actor,
    at: datetime,
) -> UUID | None:
    """Append `article.shown/1` and `article.unshown/1` for each client and for the owner; return the owner's last entry."""
    entry_id = None
    for kind, engagements in (("article.shown/1", added), ("article.unshown/1", removed)):
        for engagement in engagements:
            _shared(kind, article, digest, engagement, actor=actor, at=at)
            entry_id = _own(kind, article, digest, actor=actor, at=at, engagement=engagement.id.hex)
    return entry_id


def article_index(article: Article, text: str, entry_id: UUID | None) -> None:
    """Let the newest text be found by whoever reads it, and no older one."""
    if entry_id is None:
        return
    if article.indexed_entry_id is not None:
        texts_forget([article.indexed_entry_id])
    is_published = article.state == State.PUBLISHED
    if article.engagement is not None and article.state != State.DRAFT:
        streams = [article.engagement.stream_id]
    else:
        streams = [article.owner.own_stream_id]
        if is_published:
            streams += [showing.engagement.stream_id for showing in _showings(article)]
    text_index(
        subject_kind=KIND,
        subject_id=article.id,
        entry_id=entry_id,
        audience_id=audience_intern(streams, with_requester=is_published and article.for_requesters),
        text=f"{article.title} {article.topic} {text}",
    )
    article.indexed_entry_id = entry_id
    Article.objects.filter(pk=article.pk).update(indexed_entry_id=entry_id)


def _showings(article: Article) -> Iterable[Showing]:
    return (
        Showing.objects.filter(article=article)
        .select_related("engagement__client", "engagement__partner")
        .order_by("engagement_id")
    )


def _facts(article: Article, digest: str) -> dict[str, Any]:
    return {
        "digest": digest,
        "state": article.state,
        **({"number": article.last_number} if article.last_number else {}),
    }


def _own(kind: str, article: Article, digest: str, *, actor: Actor, at: datetime, **more: str) -> UUID:
    facts = _facts(article, digest) | more
    about: dict[str, Any] = {"actor": actor, "at": at, "facts": facts, "payload": {"title": article.title}}
    return append_own(article.owner, kind, (KIND, article.id), **about)


def _shared(
    kind: str, article: Article, digest: str, engagement: Engagement, *, actor: Actor, at: datetime
) -> UUID:
    # Of know-how that is shown a client's auditor reads in the record that it was, and not what it is called.
    payload = {"title": article.title} if article.engagement_id is not None else None
    about: dict[str, Any] = {"actor": actor, "at": at, "facts": _facts(article, digest), "payload": payload}
    return append_shared(engagement, kind, (KIND, article.id), **about)
