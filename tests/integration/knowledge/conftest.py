"""A world, and short words for writing articles in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.worlds import World

from cosource.foundation.models import Entry
from cosource.knowledge.models import Article
from cosource.knowledge.services.articles import article_change, article_publish, article_write


@dataclass
class Shelf:
    """The world and a clock that moves a minute with every step."""

    world: World
    now: datetime

    def tick(self, minutes: int = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def actor(self, key: str) -> Any:
        if key.startswith("token:"):
            return self.world.token_actor(key.removeprefix("token:"), at=self.now)
        return self.world.actor(key, at=self.now)

    def org(self, key: str) -> UUID:
        return self.world.organizations[key].id

    def engagement(self, key: str) -> UUID:
        return self.world.engagements[key].id

    def write(self, by: str = "c1.ct", *, publish: bool = False, **more: Any) -> Article:
        given: dict[str, Any] = {"title": "Printer is silent", "text": "Switch it **off** and on."} | more
        article = article_write(actor=self.actor(by), at=self.tick(), **given)
        return self.publish(article, by) if publish else article

    def publish(self, article: Article, by: str = "c1.ct") -> Article:
        return article_publish(article_id=article.id, actor=self.actor(by), at=self.tick())

    def change(self, article: Article, by: str = "c1.ct", **changes: Any) -> Article:
        return article_change(article_id=article.id, changes=changes, actor=self.actor(by), at=self.tick())

    def readers(self, article: Article) -> set[str]:
        """Who of the world's people and tokens reads an article."""
        keys = [*self.world.people, "emb", "token:p1", "token:p2", "token:c1"]
        keys.remove("p1.emb")
        return {k for k in keys if Article.objects.visible_to(self.actor(k)).filter(id=article.id).exists()}

    def told(self, article: Article) -> list[tuple[str, set[str]]]:
        """The entries about an article in order, each with the parties that read it."""
        names = {o.id: key for key, o in self.world.organizations.items()}
        return [
            (
                entry.kind.removeprefix("article.").removesuffix("/1"),
                {names[i] for i in entry.audience.readers.values_list("organization_id", flat=True)},
            )
            for entry in Entry.objects.filter(subject_id=article.id).order_by("occurred_at", "id")
        ]


@pytest.fixture
def shelf(world: World) -> Shelf:
    return Shelf(world, world.at)
