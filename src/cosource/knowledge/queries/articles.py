"""Articles as lists and pages show them, always within sight, and finding them by words.

What an article is worth is shown by when it last helped, in the reader's sight, and by who last said that it holds. Not here: who
links articles to tickets (a room above tells it by `queries.uses`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.foundation.pages import PartyBadge
from cosource.foundation.queries.paging import key_page
from cosource.foundation.queries.search import matching_documents
from cosource.foundation.rules.words import words_of
from cosource.foundation.sight import REQUESTER, Actor
from cosource.knowledge.models import Article, ArticleVersion, Showing, State
from cosource.knowledge.queries.uses import Use, uses_of
from cosource.knowledge.rules.rights import works
from cosource.knowledge.rules.suggesting import likeness
from cosource.parties.models import Service
from cosource.parties.queries.badges import party_badges_everywhere

# After so long without a use and without somebody's word, what an article says is to be looked at.
STALE_AFTER = timedelta(days=180)
# So many are looked at where they are ordered by more than the database knows.
_LOOKED_AT = 1_000
_FOUND = 50
_ORDER = ("-updated_at", "-id")
VIEWS = ("published", "drafts", "stale", "archived")


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """What a list shows. `view`: published, drafts, stale or archived; `text`: words to find; `topic`: exactly that one."""

    view: str = "published"
    text: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article as listed. `readers`: who reads it, in words; `use`: within the reader's sight."""

    id: UUID
    title: str
    topic: str
    service: str
    state: str
    owner_id: UUID
    engagement_id: UUID | None
    owner: PartyBadge | None
    badges: tuple[PartyBadge, ...]
    readers: str
    is_own: bool
    for_requesters: bool
    updated_at: datetime
    validated_at: datetime | None
    validated_by: str
    validated_badge: PartyBadge | None
    use: Use | None
    is_stale: bool

    @property
    def state_label(self) -> str:
        """Return the state in the reader's language."""
        return str(State(self.state).label)


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """One page of a list. `next_cursor`: empty on the last."""

    rows: list[ArticleRow]
    next_cursor: str = ""


def is_reader_only(actor: Actor) -> bool:
    """Tell whether the actor reads what is published for requesters and nothing else."""
    return actor.sight.roles == {REQUESTER}


def article_list(
    actor: Actor, filters: ArticleFilter, *, at: datetime, cursor: str = "", limit: int = 50
) -> ArticlePage:
    """Return one page of the articles in sight: the newest first, or with words to find what helped most often first.

    Raises: Invalid for a view that there is not, or a cursor that was not given out here.
    """
    if filters.view not in VIEWS:
        raise Invalid(
            "There is no such view.",
            fields={"view": [_("one of %(choices)s") % {"choices": ", ".join(VIEWS)}]},
            code="bad_view",
        )
    rows = _in_view(actor, filters, at)
    if filters.text.strip():
        found = matching_documents(filters.text, subject_kind="article", actor=actor, limit=_LOOKED_AT)
        return ArticlePage(_most_used(actor, rows.filter(id__in=found), at)[:_FOUND])
    if filters.view == "stale":
        # What helped lately is not stale: the uses are known only once the articles are.
        oldest = _rows(actor, rows.order_by("validated_at", "id")[:_LOOKED_AT], at)
        return ArticlePage([row for row in oldest if row.is_stale])
    page = key_page(rows, order=_ORDER, cursor=cursor, limit=limit)
    return ArticlePage(_rows(actor, page.items, at), page.next_cursor)


def article_suggest(actor: Actor, words: str, *, at: datetime, limit: int = 5) -> list[ArticleRow]:
    """Return the published articles in sight that have most in common with some words, such as a ticket's title.

    Nothing is learned: what counts is how many of the words an article has, in its title more than in its text.
    """
    asked = [w for w in dict.fromkeys(words_of(words)) if len(w) > 3]
    if not asked:
        return []
    found = matching_documents(
        " ".join(asked), subject_kind="article", actor=actor, limit=_LOOKED_AT, any_word=True
    )
    articles = list(_in_view(actor, ArticleFilter(), at).filter(id__in=found))
    texts = _newest_texts(articles)
    scored = [(likeness(asked, title=a.title, topic=a.topic, text=texts.get(a.id, "")), a) for a in articles]
    scored = [(score, a) for score, a in scored if score > 1]
    scored.sort(key=lambda pair: (-pair[0], -pair[1].updated_at.timestamp(), str(pair[1].id)))
    return _rows(actor, [a for _score, a in scored[:limit]], at)


def article_texts(actor: Actor, article_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the newest texts of those of some articles that are in sight."""
    return _newest_texts(list(Article.objects.visible_to(actor).filter(id__in=article_ids)))


def topics_of(actor: Actor) -> list[str]:
    """Return the topics of the published articles in sight."""
    rows = Article.objects.visible_to(actor).filter(state=State.PUBLISHED).exclude(topic="")
    return sorted(set(rows.values_list("topic", flat=True)), key=str.casefold)


def _in_view(actor: Actor, filters: ArticleFilter, at: datetime) -> "QuerySet[Article]":
    rows = _with_names(Article.objects.visible_to(actor))
    states = {"drafts": State.DRAFT, "archived": State.ARCHIVED}
    rows = rows.filter(state=states.get(filters.view, State.PUBLISHED))
    if is_reader_only(actor):
        rows = rows.filter(state=State.PUBLISHED)
    if filters.view == "stale":
        rows = rows.filter(validated_at__lt=at - STALE_AFTER)
    if filters.topic:
        rows = rows.filter(topic=filters.topic)
    return rows


def _with_names(rows: "QuerySet[Article]") -> "QuerySet[Article]":
    return rows.select_related("validated_by", "engagement")


def _most_used(actor: Actor, articles: Iterable[Article], at: datetime) -> list[ArticleRow]:
    rows = _rows(actor, articles, at)
    return sorted(
        rows, key=lambda row: (-(row.use.times if row.use else 0), -row.updated_at.timestamp(), str(row.id))
    )


def _newest_texts(articles: Sequence[Article]) -> dict[UUID, str]:
    newest = (
        ArticleVersion.objects.filter(article_id=OuterRef("article_id")).order_by("-place").values("id")[:1]
    )
    versions = ArticleVersion.objects.filter(article__in=articles, id=Subquery(newest))
    return dict(versions.values_list("article_id", "text"))


@dataclass(frozen=True, slots=True)
class Names:
    """What the rows of a list are named by, looked up for all of them at once."""

    badges: Mapping[UUID, PartyBadge]
    shown: Mapping[UUID, list[tuple[UUID, str]]]
    services: Mapping[UUID, str]
    for_requesters_only: bool


def names_for(actor: Actor, articles: Sequence[Article]) -> Names:
    """Look up whom a reader may name beside articles: parties that it knows, and of its own know-how whom it is shown to."""
    own = [a.id for a in articles if a.owner_id == actor.organization_id]
    shown: dict[UUID, list[tuple[UUID, str]]] = {}
    rows: Any = Showing.objects.filter(article_id__in=own).order_by("engagement__client__name")
    for article_id, client_id, name in rows.values_list(
        "article_id", "engagement__client_id", "engagement__client__name"
    ):
        shown.setdefault(article_id, []).append((client_id, name))
    services = {a.service_id for a in articles if a.service_id is not None}
    return Names(
        badges=party_badges_everywhere(actor),
        shown=shown,
        services=dict(Service.objects.filter(id__in=services).values_list("id", "name")) if services else {},
        for_requesters_only=is_reader_only(actor),
    )


def row_of(article: Article, actor: Actor, names: Names, use: Use | None, at: datetime) -> ArticleRow:
    """Return an article as one reader sees it in a list."""
    is_own = article.owner_id == actor.organization_id
    badges = _badges(article, actor, names)
    by = article.validated_by
    checked = None if names.for_requesters_only else article.validated_for_id
    return ArticleRow(
        id=article.id,
        title=article.title,
        topic=article.topic,
        service=names.services.get(article.service_id, "") if article.service_id else "",
        state=article.state,
        owner_id=article.owner_id,
        engagement_id=article.engagement_id,
        owner=names.badges.get(article.owner_id),
        badges=badges,
        readers="" if names.for_requesters_only else _readers(article, badges, is_own=is_own),
        is_own=is_own,
        for_requesters=article.for_requesters,
        updated_at=article.updated_at,
        validated_at=article.validated_at,
        validated_by=by.name if by is not None and checked in names.badges else "",
        validated_badge=names.badges.get(checked) if checked is not None else None,
        use=use,
        is_stale=_is_stale(article, use, at),
    )


def _rows(actor: Actor, articles: Iterable[Article], at: datetime) -> list[ArticleRow]:
    found = list(articles)
    if not found:
        return []
    names, uses = names_for(actor, found), uses_of(actor, [a.id for a in found])
    return [row_of(a, actor, names, uses.get(a.id), at) for a in found]


def _is_stale(article: Article, use: Use | None, at: datetime) -> bool:
    if article.state != State.PUBLISHED or article.validated_at is None:
        return False
    since = at - STALE_AFTER
    return article.validated_at < since and (use is None or use.last_at < since)


def _badges(article: Article, actor: Actor, names: Names) -> tuple[PartyBadge, ...]:
    """Return the badges of the parties that read an article, as far as the reader may know of them."""
    if article.engagement is not None and article.state == State.DRAFT:
        ids = [article.owner_id]
    elif article.engagement is not None:
        ids = [article.engagement.client_id, article.engagement.partner_id]
    else:
        ids = [article.owner_id, *(client for client, _name in names.shown.get(article.id, ()))]
        if article.owner_id != actor.organization_id and actor.organization_id is not None:
            ids.append(actor.organization_id)
    return tuple(names.badges[i] for i in dict.fromkeys(ids) if i in names.badges)


def _readers(article: Article, badges: Sequence[PartyBadge], *, is_own: bool) -> str:
    named = [badge.name for badge in badges]
    if not is_own and article.engagement is None:
        return _("%(name)s’s know-how, shown to you") % {"name": named[0] if named else _("another party")}
    if article.for_requesters:
        named.append(_("requesters"))
    return _("%(name)s only") % {"name": named[0]} if len(named) == 1 else " + ".join(named)


def versions_readable(article: Article, actor: Actor) -> "QuerySet[ArticleVersion]":
    """Return the versions that an actor reads of an article in sight: its owner's people all, others from when it was theirs."""
    rows = ArticleVersion.objects.filter(article=article)
    if article.owner_id == actor.organization_id:
        return rows if works(actor) else rows.filter(number__isnull=False)
    if article.engagement_id is not None:
        return rows.filter(number__gte=article.shared_from or 1)
    shown: Any = Showing.objects.filter(article=article, engagement__client_id=actor.organization_id)
    since = min(shown.values_list("from_number", flat=True), default=1)
    return rows.filter(Q(number__gte=since))


def parties_reading(article: Article) -> frozenset[UUID]:
    """Return the organizations that read an article, whoever of their people may: its parties, and clients it is shown to."""
    if article.state == State.DRAFT:
        return frozenset({article.owner_id})
    if article.engagement is not None:
        return frozenset({article.engagement.client_id, article.engagement.partner_id})
    shown: Any = Showing.objects.filter(article=article)
    return frozenset({article.owner_id, *shown.values_list("engagement__client_id", flat=True)})
