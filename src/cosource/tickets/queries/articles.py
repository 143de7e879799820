"""Articles beside a ticket: those that helped, those that may, and what an article begins with that is written from a ticket.

Everything is within sight of the ticket and of the article. Not here: articles themselves (the room of knowledge).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max
from django.utils.translation import gettext as _

from cosource.foundation.models import Entry
from cosource.foundation.sight import Actor
from cosource.knowledge.queries.articles import (
    ArticleFilter,
    ArticleRow,
    article_list,
    article_suggest,
    article_texts,
)
from cosource.knowledge.queries.uses import Use
from cosource.tickets.models import Participation, TicketArticle
from cosource.tickets.queries.as_requester import reads_as_requester
from cosource.tickets.queries.capacities import capacities
from cosource.tickets.queries.conversation import readers_of
from cosource.tickets.queries.entry_rows import DESCRIPTIONS, is_written
from cosource.tickets.queries.record import load
from cosource.tickets.rules.states import Who

_OFFERED = 5
# A longer text is better read where it stands than in an answer.
_INSERTED = 4_000
# Of what was said, an article begins with the last words.
_SAID = 3


@dataclass(frozen=True, slots=True)
class UsedArticle:
    """An article that helped with a ticket. `may_remove`: the reader's own party says so."""

    id: UUID
    title: str
    state: str
    linked_for_id: UUID
    by: str
    at: datetime
    may_remove: bool


@dataclass(frozen=True, slots=True)
class Offered:
    """Articles for a ticket: those found by words, or without any those that have most in common with it."""

    ticket_id: UUID
    reference: str
    title: str
    text: str
    rows: list[ArticleRow]
    texts: Mapping[UUID, str]
    used: frozenset[UUID]
    may_use: bool

    @property
    def found(self) -> list[tuple[ArticleRow, str]]:
        """Return the articles, each with its text where that is short enough to stand in an answer."""
        return [(row, self.texts.get(row.id, "")) for row in self.rows]


@dataclass(frozen=True, slots=True)
class HelpedTicket:
    """A ticket that an article helped with."""

    id: UUID
    reference: str
    title: str
    at: datetime


def articles_used(ticket_id: UUID, actor: Actor) -> tuple[UsedArticle, ...]:
    """Return the articles that helped with a ticket, in the order in which they did; in one query."""
    found: dict[UUID, UsedArticle] = {}
    rows = TicketArticle.objects.visible_to(actor).filter(ticket_id=ticket_id)
    for row in rows.select_related("article", "linked_by").order_by("at", "id"):
        mine = row.linked_for_id == actor.organization_id
        if row.article_id not in found or mine:
            found[row.article_id] = UsedArticle(
                id=row.article_id,
                title=row.article.title,
                state=row.article.state,
                linked_for_id=row.linked_for_id,
                by=row.linked_by.name if row.linked_by is not None else "",
                at=row.at,
                may_remove=mine,
            )
    return tuple(found.values())


def articles_offered(ticket_id: UUID, text: str, actor: Actor, *, at: datetime) -> Offered:
    """Return what the reader may find for a ticket. Raises: NotFound."""
    record = load(ticket_id, actor)
    ticket = record.ticket
    if text.strip():
        rows = article_list(actor, ArticleFilter(text=text), at=at).rows[:_OFFERED]
    else:
        rows = article_suggest(
            actor, f"{ticket.title} {ticket.topic} {ticket.subtopic}", at=at, limit=_OFFERED
        )
    return Offered(
        ticket_id=ticket.id,
        reference=record.mine.reference,
        title=ticket.title,
        text=text,
        rows=rows,
        texts={i: t for i, t in article_texts(actor, [r.id for r in rows]).items() if len(t) <= _INSERTED},
        used=frozenset(used.id for used in articles_used(ticket.id, actor)),
        may_use=Who.ANY in capacities(actor, record),
    )


def uses_in_tickets(actor: Actor, article_ids: Collection[UUID]) -> Mapping[UUID, Use]:
    """Return how many tickets in sight articles helped with, and when last."""
    rows = (
        TicketArticle.objects.visible_to(actor)
        .filter(article_id__in=list(article_ids))
        .order_by()
        .values_list("article_id")
        .annotate(times=Count("ticket_id", distinct=True), last_at=Max("at"))
    )
    return {article_id: Use(times, last_at) for article_id, times, last_at in rows}


def tickets_helped(article_id: UUID, actor: Actor, *, limit: int = 5) -> list[HelpedTicket]:
    """Return the tickets in sight that an article helped with, the last first."""
    links = TicketArticle.objects.visible_to(actor).filter(article_id=article_id)
    last: dict[UUID, datetime] = {}
    for ticket_id, at in links.order_by("-at", "-id").values_list("ticket_id", "at")[: 4 * limit]:
        last.setdefault(ticket_id, at)
    parts = Participation.objects.visible_to(actor).filter(ticket_id__in=list(last)[:limit])
    rows = parts.values_list("ticket_id", "reference", "ticket__title")
    found = [HelpedTicket(i, reference, title, last[i]) for i, reference, title in rows]
    return sorted(found, key=lambda helped: helped.at, reverse=True)


def text_to_begin_with(ticket_id: UUID, actor: Actor) -> tuple[str, str, str, str]:
    """Return of a ticket its reference, title and topic, and what an article written from it begins with.

    That is the description, and the last words that were said to more than one party or to the requester, the resolution among
    them: never what a party noted for itself, or what is hidden. Raises: NotFound.
    """
    record = load(ticket_id, actor)
    entries = (
        Entry.objects.filter(
            subject_kind="ticket",
            subject_id=ticket_id,
            audience__readers__organization_id=actor.reads_as,
            hiding__isnull=True,
        )
        .select_related("payload", "audience")
        .prefetch_related("audience__readers")
        .order_by("occurred_at", "source_seq", "id")
    )
    if reads_as_requester(record, actor):
        entries = entries.filter(audience__with_requester=True)
    described, said = "", []
    for entry in entries:
        payload = getattr(entry, "payload", None)
        text = str(payload.body.get("text", "")) if payload is not None and is_written(entry.kind) else ""
        if not text:
            continue
        if entry.kind in DESCRIPTIONS:
            described = described or text
            continue
        members = frozenset(reader.organization_id for reader in entry.audience.readers.all())
        if not readers_of(members, {}, with_requester=entry.audience.with_requester).is_internal:
            said.append(text)
    parts = [
        f"# {_('What happens')}",
        described or record.ticket.title,
        f"# {_('What helps')}",
        *said[-_SAID:],
    ]
    text = "\n\n".join(part for part in parts if part)
    return record.mine.reference, record.ticket.title, record.ticket.topic, text
