"""A party says that an article helped with a ticket, or that it did not after all.

It is said to those of the ticket's parties who may read the article, so that a link tells nobody of one out of their sight. Not
here: writing articles (the room of knowledge).
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor
from cosource.knowledge.models import Article, State
from cosource.knowledge.queries.articles import parties_reading
from cosource.tickets.models import TicketArticle
from cosource.tickets.services import policy
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import Record, audience_of, load, note, parties_seen_by


@transaction.atomic
def article_use(*, ticket_id: UUID, article_id: UUID, actor: Actor, at: datetime) -> TicketArticle:
    """Say for the actor's party that an article helped with a ticket; said before, it stands.

    Appends `ticket.article_used/1` for those parties that the actor knows of and that may read the article; the requester reads
    along where the article is for requesters. Raises: NotFound, NotAllowed, Conflict when the article is archived.
    """
    record = load(ticket_id, actor)
    article = Article.objects.visible_to(actor).select_related("engagement").filter(pk=article_id).first()
    if article is None:
        raise NotFound
    policy.require(actor, Action.USE_ARTICLE, record)
    if article.state == State.ARCHIVED:
        raise Conflict(_("This article is archived."), code="archived")
    known = _own_link(record, article_id, actor)
    if known is not None:
        return known
    readers = _readers(record, article, actor)
    with_requester = (
        article.for_requesters
        and article.state == State.PUBLISHED
        and record.ticket.requester_id is not None
        and record.ticket.owner_id in readers
    )
    try:
        with transaction.atomic():
            return _link(record, article, readers, with_requester, actor, at)
    except IntegrityError:  # somebody of the same party said so just now
        return TicketArticle.objects.get(
            ticket_id=ticket_id, article_id=article_id, linked_for_id=actor.reads_as, removed_at__isnull=True
        )


def _link(  # noqa: PLR0917 - private, called once
    record: Record, article: Article, readers: set[UUID], with_requester: bool, actor: Actor, at: datetime
) -> TicketArticle:
    entry_id = note(
        record,
        kind="ticket.article_used/1",
        actor=actor,
        at=at,
        readers=readers,
        with_requester=with_requester,
        # Its title is for those who read it now: not everybody who goes through the record does.
        facts={"article": article.id.hex},
    )
    link = TicketArticle(
        id=entry_id,
        ticket=record.ticket,
        article=article,
        audience_id=audience_of(record, readers, with_requester),
        linked_for_id=actor.reads_as,
        linked_by_id=actor.person_id,
        at=at,
    )
    insert_all([link])
    return link


@transaction.atomic
def article_unuse(*, ticket_id: UUID, article_id: UUID, actor: Actor, at: datetime) -> None:
    """Take back what the actor's party said. Appends `ticket.article_unused/1` for those to whom it was said.

    Raises: NotFound where it said no such thing, NotAllowed.
    """
    record = load(ticket_id, actor)
    link = _own_link(record, article_id, actor)
    if link is None:
        raise NotFound
    policy.require(actor, Action.USE_ARTICLE, record)
    if TicketArticle.objects.filter(pk=link.pk, removed_at__isnull=True).update(removed_at=at):
        append(
            kind="ticket.article_unused/1",
            subject_kind="ticket",
            subject_id=ticket_id,
            audience_id=link.audience_id,
            actor=actor,
            at=at,
            facts={"article": article_id.hex},
        )


def _own_link(record: Record, article_id: UUID, actor: Actor) -> TicketArticle | None:
    return (
        TicketArticle.objects.visible_to(actor)
        .filter(ticket_id=record.ticket.id, article_id=article_id, linked_for_id=actor.organization_id)
        .first()
    )


def _readers(record: Record, article: Article, actor: Actor) -> set[UUID]:
    """Return the parties of the ticket that may read the article, as far as the actor knows of them.

    A partner reads along together with whom it is engaged by; where that party may not read the article, the actor's own alone.
    """
    own = actor.reads_as
    known = parties_seen_by(record.mine.organization_id, record.parts)
    readers = {own} | (parties_reading(article) & known)
    for part in record.parts:
        alone = part.engagement is not None and part.engagement.client_id not in readers
        if part.organization_id in readers and alone:
            return {own}
    return readers
