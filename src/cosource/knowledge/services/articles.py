"""An article is written, changed, published, validated and put away.

Each step writes its entry for whoever reads the article: a draft's to its owner's own record, later ones to the records of the
parties that read it. Not here: linking articles to what they helped with (that is a room above).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.bulk import update_guarded
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.sight import Actor
from cosource.knowledge.models import Article, ArticleVersion, State
from cosource.knowledge.queries.article_page import place_of
from cosource.knowledge.rules.rights import may_write, works
from cosource.knowledge.services.audience import audience_change, service_checked
from cosource.knowledge.services.telling import article_index, article_tell
from cosource.parties.models import Organization
from cosource.parties.services.checks import clean_note, clean_text
from cosource.parties.services.policy import require_running

TEXT_LIMIT = 40_000
_TEXTS = ("title", "text", "topic", "note")
_AUDIENCE = ("engagement_id", "shown_in", "for_requesters")
FIELDS = (*_TEXTS, "service_id", *_AUDIENCE)


@dataclass(frozen=True, slots=True)
class Words:
    """What an article says, checked."""

    title: str
    text: str
    note: str = ""

    @property
    def digest(self) -> str:
        """Return the digest by which the ledger knows this version."""
        return version_digest(self.title, self.text)


def version_digest(title: str, text: str) -> str:
    r"""Return the SHA-256 of a version: its title, a line end, its text.

    >>> version_digest("Print", "Switch it on.")[:12]
    'fd3d38e6bcc8'
    """
    return hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()


@transaction.atomic
def article_write(*, actor: Actor, at: datetime, **given: Any) -> Article:
    """Write an article as a draft that only the writer's organization reads.

    `given`: title and text; topic, service_id, engagement_id, shown_in, for_requesters and note where they are wanted, as for
    `article_change`. Appends `article.drafted/1` to the own record. Raises: NotFound, NotAllowed, Invalid, Conflict.
    """
    _check_names(given)
    if actor.organization_id is None or not works(actor):
        raise NotAllowed(_("Your role writes no articles."), code="writes_none")
    words = _words(given, Words("", ""))
    article = Article(
        owner=Organization.objects.get(pk=actor.organization_id),
        title=words.title,
        topic=_topic(given, ""),
        created_by_id=actor.person_id,
        created_at=at,
        updated_at=at,
    )
    showings = audience_change(article, given, actor=actor, at=at)
    article.service = service_checked(article, given.get("service_id"), actor)
    _require_write(article, actor)
    article.save(force_insert=True)
    _version_add(article, words, place=1, actor=actor, at=at)
    showings.write(article, at=at)
    entry_id = article_tell("article.drafted/1", article, words.digest, actor=actor, at=at)
    article_index(article, words.text, entry_id)
    return article


@transaction.atomic
def article_change(
    *,
    article_id: UUID,
    changes: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Article:
    """Change what an article says, what it is about and who reads it. Another title or text is another version.

    `changes`: title, text, topic, service_id; `engagement_id`: share it there for good; `shown_in`: engagements whose clients
    read the owner's know-how; `for_requesters`; `note`: what was changed. Of a published article everything holds at once, for
    whoever reads it. Appends `article.changed/1`, `article.shown/1` or `article.unshown/1` for whom that concerns.
    Raises: NotFound, NotAllowed, Invalid, Conflict when it is put away, StaleVersion.
    """
    _check_names(changes)
    article = _to_write(article_id, actor, at, expected_version)
    if article.state == State.ARCHIVED:
        raise Conflict(_("This article is archived. Publish it again to change it."), code="archived")
    newest = newest_version(article)
    before = Words(newest.title, newest.text)
    words = _words(changes, before)
    was = (article.topic, article.service_id, article.for_requesters, article.engagement_id)
    showings = audience_change(article, changes, actor=actor, at=at)
    article.topic = _topic(changes, article.topic)
    wanted = changes.get("service_id", article.service_id)
    article.service = service_checked(article, wanted, actor)
    is_new = words.digest != before.digest
    if is_new:
        article.title, article.updated_at = words.title, at
        if article.state == State.PUBLISHED:
            article.last_number += 1
    now = (article.topic, article.service_id, article.for_requesters, article.engagement_id)
    if not (is_new or was != now or showings):
        return article
    if article.state == State.PUBLISHED and article.engagement_id is not None and article.shared_from is None:
        article.shared_from = article.last_number
    _save(article)
    if is_new:
        _version_add(article, words, place=newest.place + 1, actor=actor, at=at)
    showings.write(article, at=at)
    entry_id = None
    if is_new or was != now:
        entry_id = article_tell(
            "article.changed/1", article, words.digest, actor=actor, at=at, but=showings.added_in
        )
    entry_id = showings.tell(article, words.digest, actor=actor, at=at) or entry_id
    article_index(article, words.text, entry_id)
    return article


@transaction.atomic
def article_publish(
    *, article_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> Article:
    """Publish a draft, or again what was archived, for whoever it is meant for; who publishes says that it holds.

    Appends `article.published/1`. Raises: NotFound, NotAllowed, Conflict when it is published, StaleVersion.
    """
    article = _to_write(article_id, actor, at, expected_version)
    if article.state == State.PUBLISHED:
        raise Conflict(_("This article is published already."), code="published")
    newest = newest_version(article)
    if article.last_number == 0:
        article.last_number = 1
        ArticleVersion.objects.filter(pk=newest.pk).update(number=article.last_number)
        if article.engagement_id is not None:
            article.shared_from = article.last_number
    article.state, article.archived_at = State.PUBLISHED, None
    article.published_at = article.published_at or at
    _validated(article, actor, at)
    _save(article)
    entry_id = article_tell("article.published/1", article, newest.digest, actor=actor, at=at)
    article_index(article, newest.text, entry_id)
    return article


@transaction.atomic
def article_archive(
    *, article_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> Article:
    """Put an article away: nobody is offered it any more, and requesters do not read it. A draft is dropped so, too.

    Appends `article.archived/1`. Raises: NotFound, NotAllowed, Conflict when it is put away, StaleVersion.
    """
    article = _to_write(article_id, actor, at, expected_version)
    if article.state == State.ARCHIVED:
        raise Conflict(_("This article is archived already."), code="archived")
    newest = newest_version(article)
    # What was never published stays its owner's own: only they see that it was put away.
    was_draft = article.state == State.DRAFT
    article.state, article.archived_at = State.ARCHIVED, at
    if was_draft:
        article.engagement, article.for_requesters = None, False
        article.showings.all().delete()
    _save(article)
    entry_id = article_tell("article.archived/1", article, newest.digest, actor=actor, at=at)
    article_index(article, newest.text, entry_id)
    return article


@transaction.atomic
def article_validate(
    *, article_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> Article:
    """Say that a published article still holds. Appends `article.validated/1`.

    Raises: NotFound, NotAllowed, Conflict when it is not published, StaleVersion.
    """
    article = _to_write(article_id, actor, at, expected_version)
    if article.state != State.PUBLISHED:
        raise Conflict(_("Only what is published is checked."), code="not_published")
    _validated(article, actor, at)
    _save(article)
    article_tell("article.validated/1", article, newest_version(article).digest, actor=actor, at=at)
    return article


def newest_version(article: Article) -> ArticleVersion:
    """Return the version that an article shows."""
    return ArticleVersion.objects.filter(article_id=article.pk).order_by("-place")[0]


def _to_write(article_id: UUID, actor: Actor, at: datetime, expected_version: int | None) -> Article:
    """Return an article in sight that the actor may write. Raises: NotFound, NotAllowed, Conflict, StaleVersion."""
    article = (
        Article.objects.visible_to(actor)
        .select_related("owner__kept_by", "engagement__client", "engagement__partner", "service")
        .filter(pk=article_id)
        .first()
    )
    if article is None:
        raise NotFound
    _require_write(article, actor)
    if article.engagement is not None:
        require_running(article.engagement, at)
    if expected_version is not None and article.version != expected_version:
        raise StaleVersion
    return article


def _require_write(article: Article, actor: Actor) -> None:
    if not may_write(actor, place_of(article)):
        raise NotAllowed(_("You may read this article, but not change it."), code="reads_only")


def _check_names(given: Mapping[str, Any]) -> None:
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        raise Invalid(_("Unknown fields."), fields={name: [_("There is no such field.")] for name in unknown})


def _words(given: Mapping[str, Any], before: Words) -> Words:
    return Words(
        clean_text("title", str(given.get("title", before.title)), limit=200),
        clean_note("text", str(given.get("text", before.text)).replace("\r\n", "\n"), limit=TEXT_LIMIT),
        clean_text("note", str(given.get("note", "")), limit=200, required=False),
    )


def _topic(given: Mapping[str, Any], before: str) -> str:
    return clean_text("topic", str(given.get("topic", before)), limit=120, required=False)


def _validated(article: Article, actor: Actor, at: datetime) -> None:
    article.validated_at, article.validated_by_id = at, actor.person_id
    article.validated_for_id = actor.organization_id


def _version_add(article: Article, words: Words, *, place: int, actor: Actor, at: datetime) -> None:
    ArticleVersion.objects.create(
        article=article,
        place=place,
        number=article.last_number if article.state == State.PUBLISHED else None,
        title=words.title,
        text=words.text,
        note=words.note,
        digest=words.digest,
        saved_by_id=actor.person_id,
        saved_for_id=actor.reads_as,
        saved_at=at,
    )


_KEPT = (
    "engagement_id",
    "state",
    "for_requesters",
    "title",
    "topic",
    "service_id",
    "last_number",
    "shared_from",
    "updated_at",
    "published_at",
    "archived_at",
    "validated_at",
    "validated_by_id",
    "validated_for_id",
)


def _save(article: Article) -> None:
    """Write the article's row by compare-and-set. Raises: StaleVersion when somebody else wrote since it was read."""
    if not update_guarded(article, {name: getattr(article, name) for name in _KEPT}, guard="version"):
        raise StaleVersion
    article.version += 1
