"""Bodies of the article endpoints, apart from the models."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from cosource.foundation.api import In, Out


class ArticleRowOut(Out):
    """An article in a list. `last_helped_at`, `times_helped`: as far as the caller sees the tickets that it helped."""

    id: UUID
    title: str
    topic: str
    state: str
    owner_id: UUID
    engagement_id: UUID | None
    for_requesters: bool
    updated_at: datetime
    validated_at: datetime | None
    last_helped_at: datetime | None
    times_helped: int


class ArticleListOut(Out):
    """One page of articles. `next_cursor` is what to send as `cursor` for the next page; null on the last."""

    items: list[ArticleRowOut]
    next_cursor: str | None = None


class ArticleOut(ArticleRowOut):
    """An article with its newest text, in Markdown. `number`: of that version, null while it is a draft.

    `shown_in`: the engagements whose clients read the caller's own know-how; empty for anybody else's.
    """

    version: int
    number: int | None
    text: str
    digest: str
    service_id: UUID | None
    shown_in: list[UUID]


class ArticleIn(In):
    """A new article: a draft of the caller's organization. `engagement_id`: to be shared there; none for its own."""

    title: str = Field(max_length=200)
    text: str = Field(max_length=40_000)
    topic: str = Field(default="", max_length=120)
    service_id: UUID | None = None
    engagement_id: UUID | None = None
    shown_in: list[UUID] = Field(default_factory=list, max_length=200)
    for_requesters: bool = False
    note: str = Field(default="", max_length=200)


class ArticleChangeIn(In):
    """What to change; what is not named stays. `note`: what was changed, in words."""

    title: str = Field(default="", max_length=200)
    text: str = Field(default="", max_length=40_000)
    topic: str = Field(default="", max_length=120)
    service_id: UUID | None = None
    engagement_id: UUID | None = None
    shown_in: list[UUID] = Field(default_factory=list, max_length=200)
    for_requesters: bool = False
    note: str = Field(default="", max_length=200)
