"""What the demo's people know: their articles, and what these helped with, by the ordinary services at times gone by.

What is written stands in `demo_articles.toml`. Not here: the tickets (`demo_tickets`), and who these people are (`demo_world`).
"""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from typing import Any
from uuid import UUID

from cosource.config.demo_tickets import ago
from cosource.config.demo_world import BY_KEY, World


def articles_script() -> list[dict[str, Any]]:
    """Return what was written, article by article."""
    text = resources.files("cosource.config").joinpath("demo_articles.toml").read_text("utf-8")
    articles: list[dict[str, Any]] = tomllib.loads(text)["articles"]
    return articles


def articles_play(world: World, now: datetime) -> int:
    """Write the articles of the script and note what they helped with; return how many there are.

    The tickets are there before. The caller holds the transaction.
    """
    moments: list[tuple[datetime, int, Callable[[datetime], None]]] = []
    written: dict[int, UUID] = {}
    articles = articles_script()
    for number, article in enumerate(articles):
        moments.append((now - ago(article["ago"]), number, _writing(world, article, number, written)))
        moments.extend(
            (now - ago(use["ago"]), number, _using(world, use, number, written))
            for use in article.get("helped", ())
        )
    for at, _, happen in sorted(moments, key=lambda moment: moment[:2]):
        happen(at)
    return len(articles)


def _writing(
    world: World, article: Mapping[str, Any], number: int, written: dict[int, UUID]
) -> Callable[[datetime], None]:
    from cosource.knowledge.services.articles import article_publish, article_write

    own = BY_KEY[article["by"]].organization
    owner = article["share"][0] if "share" in article else own

    def happen(at: datetime) -> None:
        actor = world.actor(article["by"], at)
        made = article_write(
            title=article["title"],
            text=article["text"],
            topic=article["topic"],
            service_id=world.services[owner, article["service"]] if "service" in article else None,
            engagement_id=world.engagements[*article["share"]] if "share" in article else None,
            shown_in=[world.engagements[client, own] for client in article.get("show", ())],
            for_requesters=article.get("requesters", False),
            actor=actor,
            at=at,
        )
        written[number] = made.id
        if not article.get("draft", False):
            article_publish(article_id=made.id, actor=actor, at=at)

    return happen


def _using(
    world: World, use: Mapping[str, Any], number: int, written: dict[int, UUID]
) -> Callable[[datetime], None]:
    from cosource.tickets.models import Ticket
    from cosource.tickets.services.articles import article_use

    def happen(at: datetime) -> None:
        actor = world.actor(use["by"], at)
        ticket = Ticket.objects.visible_to(actor).get(demo=True, title__startswith=use["ticket"])
        article_use(ticket_id=ticket.id, article_id=written[number], actor=actor, at=at)

    return happen
