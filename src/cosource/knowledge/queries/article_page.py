"""One article as its page shows it: a version's text, the history, what another version changes, and what the reader may do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString

from cosource.agreements.rules.red_lines import Line, red_lines
from cosource.foundation.errors import NotFound
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.knowledge.models import Article, ArticleVersion, Showing, State
from cosource.knowledge.queries.articles import (
    ArticleRow,
    is_reader_only,
    names_for,
    row_of,
    versions_readable,
)
from cosource.knowledge.queries.markup import article_html
from cosource.knowledge.queries.uses import uses_of
from cosource.knowledge.rules.rights import Place, may_write
from cosource.parties.models.scope import reach_q


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as listed. `number`: none while it was a draft."""

    id: UUID
    number: int | None
    title: str
    note: str
    digest: str
    by: str
    badge: PartyBadge | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article with one version's text. `lines`: what it changes in another version, where that was asked for."""

    row: ArticleRow
    version: int
    shown: VersionRow
    text: str
    html: SafeString
    versions: tuple[VersionRow, ...]
    against: VersionRow | None
    lines: tuple[Line, ...]
    may_write: bool
    may_share: bool
    for_requester: bool
    service_id: UUID | None
    shown_in: frozenset[UUID]

    @property
    def id(self) -> UUID:
        """Return the article's id."""
        return self.row.id

    @property
    def is_newest(self) -> bool:
        """Tell whether the text is that of the newest version."""
        return self.shown.id == self.versions[0].id


def article_get(
    article_id: UUID,
    actor: Actor,
    *,
    at: datetime,
    version_id: UUID | None = None,
    against_id: UUID | None = None,
) -> ArticleView:
    """Return an article in sight with the text of one version, by default the newest. Raises: NotFound."""
    article = (
        Article.objects.visible_to(actor)
        .select_related("engagement", "validated_by")
        .filter(pk=article_id)
        .first()
    )
    if article is None:
        raise NotFound
    for_requester = is_reader_only(actor)
    rows = versions_readable(article, actor).select_related("saved_by").order_by("-place")
    found = list(rows[:1] if for_requester else rows)
    names = names_for(actor, [article])
    versions = [_version(row, names.badges.get(row.saved_for_id), for_requester) for row in found]
    texts = {row.id: row.text for row in found}
    shown = _named(versions, version_id) or versions[0]
    against = _named(versions, against_id)
    if against is not None and against.id == shown.id:
        against = None
    uses = uses_of(actor, [article.id])
    own = article.owner_id == actor.organization_id
    return ArticleView(
        row=row_of(article, actor, names, uses.get(article.id), at),
        version=article.version,
        shown=shown,
        text=texts[shown.id],
        html=article_html(texts[shown.id]),
        versions=tuple(versions),
        against=against,
        lines=red_lines(texts[against.id], texts[shown.id]) if against else (),
        may_write=may_write(actor, place_of(article)),
        may_share=own and (article.engagement_id is None or article.state == State.DRAFT),
        for_requester=for_requester,
        service_id=article.service_id,
        shown_in=_shown_in(article, actor) if own else frozenset(),
    )


def _shown_in(article: Article, actor: Actor) -> frozenset[UUID]:
    """Return the engagements in which an owner's know-how is shown, as far as the actor reaches."""
    rows = Showing.objects.filter(reach_q(actor.sight, "engagement__"), article=article)
    return frozenset(rows.values_list("engagement_id", flat=True))


def _named(versions: list[VersionRow], version_id: UUID | None) -> VersionRow | None:
    """Return the version with an id; None for none. Raises: NotFound for one that the reader does not read."""
    if version_id is None:
        return None
    found = next((version for version in versions if version.id == version_id), None)
    if found is None:
        raise NotFound
    return found


def _version(row: ArticleVersion, badge: PartyBadge | None, for_requester: bool) -> VersionRow:
    by = row.saved_by.name if row.saved_by is not None and badge is not None and not for_requester else ""
    return VersionRow(
        id=row.id,
        number=row.number,
        title=row.title,
        note="" if for_requester else row.note,
        digest=row.digest,
        by=by,
        badge=None if for_requester else badge,
        at=row.saved_at,
    )


def place_of(article: Article) -> Place:
    """Return where an article belongs, for deciding who writes it."""
    engagement = article.engagement
    return Place(
        owner_id=article.owner_id,
        engagement_id=article.engagement_id,
        client_id=engagement.client_id if engagement else None,
        partner_id=engagement.partner_id if engagement else None,
        service_id=article.service_id,
    )
