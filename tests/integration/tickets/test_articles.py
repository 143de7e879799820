"""Articles that helped: said to whom the article is open, counted within sight, and one is written from a ticket in two steps."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.knowledge.models import Article
from cosource.knowledge.queries.articles import ArticleFilter, article_list
from cosource.knowledge.services.articles import (
    article_archive,
    article_change,
    article_publish,
    article_write,
)
from cosource.tickets.models import Ticket, TicketArticle
from cosource.tickets.queries.articles import articles_offered, articles_used, tickets_helped
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.articles import article_unuse, article_use
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.hiding import message_hide


@pytest.fixture(autouse=True)
def at_the_desk(desk: Desk):
    with time_machine.travel(desk.now + timedelta(hours=4), tick=True):
        yield


@pytest.fixture
def shared(desk: Desk) -> Ticket:
    """A ticket of c1 that p1 works on, for a requester."""
    ticket = desk.open(requester_id=desk.world.people["c1.req"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


def write(desk: Desk, by: str = "c1.ct", *, publish: bool = True, **more: Any) -> Article:
    given: dict[str, Any] = {"title": "Printer is silent", "text": "Switch it off and on."} | more
    article = article_write(actor=desk.actor(by), at=desk.tick(), **given)
    return (
        article_publish(article_id=article.id, actor=desk.actor(by), at=desk.tick()) if publish else article
    )


def use(desk: Desk, ticket: Ticket, article: Article, by: str = "c1.ct") -> TicketArticle:
    return article_use(ticket_id=ticket.id, article_id=article.id, actor=desk.actor(by), at=desk.tick())


def told(desk: Desk, ticket: Ticket) -> list[tuple[str, set[str], bool]]:
    names = {o.id: key for key, o in desk.world.organizations.items()}
    found = Entry.objects.filter(subject_id=ticket.id, kind__startswith="ticket.article_")
    return [
        (
            entry.kind,
            {names[i] for i in entry.audience.readers.values_list("organization_id", flat=True)},
            entry.audience.with_requester,
        )
        for entry in found.order_by("occurred_at", "id")
    ]


@pytest.mark.req("C34")
def test_a_link_is_told_to_whom_the_article_is_open(desk: Desk, shared: Ticket) -> None:
    both = {"engagement_id": desk.world.engagements["c1p1"].id}
    use(desk, shared, write(desk))
    use(desk, shared, write(desk, **both), "p1.pt")
    use(desk, shared, write(desk, "p1.pt"), "p1.pt")
    use(desk, shared, write(desk, for_requesters=True, **both))
    use(desk, shared, write(desk, "p1.pt", shown_in=[desk.world.engagements["c1p1"].id]), "p1.pt")

    assert told(desk, shared) == [
        ("ticket.article_used/1", {"c1"}, False),
        ("ticket.article_used/1", {"c1", "p1"}, False),
        ("ticket.article_used/1", {"p1"}, False),
        ("ticket.article_used/1", {"c1", "p1"}, True),
        ("ticket.article_used/1", {"c1", "p1"}, False),
    ]
    counts = {key: len(articles_used(shared.id, desk.actor(key))) for key in ("c1.ct", "p1.pt", "c1.req")}
    assert counts == {"c1.ct": 4, "p1.pt": 4, "c1.req": 1}
    assert not articles_used(shared.id, desk.actor("p2.pt"))


@pytest.mark.req("C34")
def test_opening_an_article_later_opens_no_earlier_link(desk: Desk, shared: Ticket) -> None:
    article = write(desk, "p1.pt")
    use(desk, shared, article, "p1.pt")
    article_change(
        article_id=article.id,
        changes={"engagement_id": desk.world.engagements["c1p1"].id},
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )

    assert Article.objects.visible_to(desk.actor("c1.ct")).filter(id=article.id).exists()
    assert not articles_used(shared.id, desk.actor("c1.ct"))
    # And the client says so for itself as if the partner never had.
    use(desk, shared, article, "c1.ct")
    assert [u.may_remove for u in articles_used(shared.id, desk.actor("c1.ct"))] == [True]
    assert [u.may_remove for u in articles_used(shared.id, desk.actor("p1.pt"))] == [True]


def test_closing_an_article_closes_its_links(desk: Desk, shared: Ticket) -> None:
    c1p1 = desk.world.engagements["c1p1"].id
    article = write(desk, "p1.pt", shown_in=[c1p1])
    use(desk, shared, article, "p1.pt")
    assert len(articles_used(shared.id, desk.actor("c1.ct"))) == 1
    article_change(article_id=article.id, changes={"shown_in": []}, actor=desk.actor("p1.pt"), at=desk.tick())

    assert not articles_used(shared.id, desk.actor("c1.ct"))
    assert "Printer is silent" not in Reader(desk, "c1.cso").page(shared)


def test_between_subcontractors_a_link_stays_with_who_made_it(desk: Desk, shared: Ticket) -> None:
    desk.give(shared, "p3.repairs", "p1.pt", "p3.ptsub")
    article = write(desk, "p1.pm", engagement_id=desk.world.engagements["sub"].id)
    use(desk, shared, article, "p3.ptsub")

    assert told(desk, shared) == [("ticket.article_used/1", {"p3"}, False)]


def test_saying_it_twice_says_it_once_and_it_can_be_taken_back(desk: Desk, shared: Ticket) -> None:
    article = write(desk, engagement_id=desk.world.engagements["c1p1"].id)
    first, second = use(desk, shared, article), use(desk, shared, article)
    assert first.id == second.id
    given = {"ticket_id": shared.id, "article_id": article.id, "at": desk.tick()}
    with pytest.raises(NotFound):
        article_unuse(actor=desk.actor("p1.pt"), **given)
    article_unuse(actor=desk.actor("c1.ct"), **given)
    with pytest.raises(NotFound):
        article_unuse(actor=desk.actor("c1.ct"), **given)

    assert not articles_used(shared.id, desk.actor("p1.pt"))
    assert told(desk, shared) == [
        ("ticket.article_used/1", {"c1", "p1"}, False),
        ("ticket.article_unused/1", {"c1", "p1"}, False),
    ]
    assert use(desk, shared, article).id != first.id


def test_who_may_not_write_links_nothing(desk: Desk, shared: Ticket) -> None:
    article = write(desk, engagement_id=desk.world.engagements["c1p1"].id, for_requesters=True)
    own = write(desk)
    before = Entry.objects.count()

    for key, which, error in (
        ("c1.req", article, NotAllowed),
        ("c1.aud", article, NotAllowed),
        ("p1.pt", own, NotFound),
        ("p2.pt", article, NotFound),
    ):
        with pytest.raises(error):
            use(desk, shared, which, key)
    assert (Entry.objects.count(), TicketArticle.objects.count()) == (before, 0)


def test_what_is_archived_helps_nobody_any_more(desk: Desk, shared: Ticket) -> None:
    article = write(desk)
    article_archive(article_id=article.id, actor=desk.actor("c1.ct"), at=desk.tick())

    with pytest.raises(Conflict) as refused:
        use(desk, shared, article)
    assert refused.value.code == "archived"


@pytest.mark.req("C35")
def test_the_last_proof_of_use_is_counted_within_sight(desk: Desk, shared: Ticket) -> None:
    article = write(
        desk,
        "p1.pm",
        shown_in=[desk.world.engagements["c1p1"].id, desk.world.engagements["c2p1"].id],
    )
    other = desk.open("c2.ct", service_id=desk.world.services["c2.stations"].id)
    desk.give(other, "p1.birch", "c2.ct", "p1.pt2")
    use(desk, shared, article, "p1.pt")
    use(desk, shared, article, "c1.ct")
    last = use(desk, other, article, "p1.pt2").at

    def use_of(key: str) -> object:
        [row] = article_list(desk.actor(key), ArticleFilter(), at=desk.now).rows
        return row.use and (row.use.times, row.use.last_at)

    assert use_of("p1.pm") == (2, last)
    assert use_of("c1.ct")[0] == 1  # type: ignore[index]  # a pair
    assert use_of("c2.cso") == (1, last)
    assert [t.id for t in tickets_helped(article.id, desk.actor("p1.pm"))] == [other.id, shared.id]
    assert [t.id for t in tickets_helped(article.id, desk.actor("c1.ct"))] == [shared.id]


@pytest.mark.req("C35")
def test_the_list_to_be_checked_is_of_what_neither_helped_nor_was_said_to_hold(
    desk: Desk, shared: Ticket
) -> None:
    unused, used, new = write(desk, title="Unused"), write(desk, title="Used"), None
    desk.tick(60 * 24 * 170)
    use(desk, shared, used)
    new = write(desk, title="New")
    desk.tick(60 * 24 * 20)

    def stale(key: str = "c1.ct") -> list[object]:
        return [r.id for r in article_list(desk.actor(key), ArticleFilter("stale"), at=desk.now).rows]

    assert stale() == [unused.id]
    desk.tick(60 * 24 * 180)
    assert stale() == [unused.id, used.id, new.id]


@pytest.mark.req("C34")
def test_articles_are_suggested_by_the_tickets_words(desk: Desk) -> None:
    ticket = desk.open(title="Badge printer jams at the gate", topic="Printing")
    by_title = write(desk, title="When a badge printer jams", text="Open the lid.")
    by_text = write(desk, title="Gate rules", text="The badge printer stands beside the gate.")
    write(desk, title="Parking", text="Nothing in common.")
    write(desk, "p1.pt", title="Badge printer jams", text="Partner’s own.")
    write(desk, title="Badge printer jams", text="Begun.", publish=False)

    offered = articles_offered(ticket.id, "", desk.actor("c1.ct"), at=desk.now)
    assert [row.id for row in offered.rows] == [by_title.id, by_text.id]
    assert dict(offered.texts) == {
        by_title.id: "Open the lid.",
        by_text.id: "The badge printer stands beside the gate.",
    }
    found = articles_offered(ticket.id, "park", desk.actor("c1.ct"), at=desk.now)
    assert [row.title for row in found.rows] == ["Parking"]
    assert (
        articles_offered(desk.open(title="Aha", topic="").id, "", desk.actor("c1.ct"), at=desk.now).rows == []
    )


# ---- pages ----


def test_the_ticket_page_shows_what_helped_to_whom_it_is_open(desk: Desk, shared: Ticket) -> None:
    own = write(desk, title="Our own way")
    both = write(desk, title="The common way", engagement_id=desk.world.engagements["c1p1"].id)
    client, partner = Reader(desk, "c1.ct"), Reader(desk, "p1.pt")
    assert "No article is noted as having helped here." in partner.page(shared)
    for article in (own, both):
        answer = client.client.post(f"/tickets/{shared.id}/articles/{article.id}/use/")
        assert (answer.status_code, answer.url) == (303, f"/tickets/{shared.id}/")

    assert "Our own way" in client.page(shared)
    seen = partner.page(shared)
    assert "The common way" in seen
    assert "Our own way" not in seen
    assert "Our own way" not in partner.page(shared, "?show=ledger")
    client.client.post(f"/tickets/{shared.id}/articles/{both.id}/unuse/")
    assert "No article is noted as having helped here." in partner.page(shared)


def test_a_requester_reads_on_the_request_what_is_for_requesters(desk: Desk, shared: Ticket) -> None:
    use(desk, shared, write(desk, title="How to map a printer", for_requesters=True))
    use(desk, shared, write(desk, title="What we do about it"))
    page = Reader(desk, "c1.req").page(shared)

    assert "How to map a printer" in page
    assert "What we do about it" not in page
    assert "Write article" not in page


def test_found_articles_come_as_a_page_and_as_a_part_of_one(desk: Desk, shared: Ticket) -> None:
    article = write(desk, title="Printer down on a ward")
    reader = Reader(desk, "c1.ct")
    page = reader.get(f"/tickets/{shared.id}/articles/")
    assert "Articles for “Printer down”" in words_of(page)
    part = reader.client.get(f"/tickets/{shared.id}/articles/?q=ward", headers={"hx-request": "true"})
    text = part.content.decode()
    assert "<html" not in text
    assert f'/tickets/{shared.id}/articles/{article.id}/use/"' in text
    assert 'data-insert="Switch it off and on."' in text
    assert f"/knowledge/{article.id}/" in text
    assert Reader(desk, "p2.pt").get(f"/tickets/{shared.id}/articles/").status_code == 404


@pytest.mark.req("C35")
def test_an_article_is_written_from_a_ticket_in_two_steps(desk: Desk, shared: Ticket) -> None:
    own = {"with_requester": False, "party_ids": [], "actor": desk.actor("p1.pt")}
    ticket_reply(ticket_id=shared.id, text="Our margin is secret.", at=desk.tick(), **own)
    said = own | {"party_ids": [desk.org("c1")]}
    ticket_reply(ticket_id=shared.id, text="The fuser was cold.", at=desk.tick(), **said)
    named = ticket_reply(ticket_id=shared.id, text="Mrs Miller’s badge.", at=desk.tick(), **said)
    message_hide(ticket_id=shared.id, entry_id=named, actor=desk.actor("p1.pt"), at=desk.tick())
    reader = Reader(desk, "p1.pt")

    assert f"/knowledge/new/?ticket={shared.id}" in reader.get(f"/tickets/{shared.id}/").content.decode()
    editor = reader.get(f"/knowledge/new/?ticket={shared.id}").content.decode()
    assert 'value="Printer down"' in editor
    for there in ("Nothing prints on ward 4.", "The fuser was cold."):
        assert there in editor
    for not_there in ("Our margin is secret.", "Miller"):
        assert not_there not in editor
    once = editor.partition('name="once" value="')[2].partition('"')[0]
    form = {"title": "Cold fuser", "text": "Warm it.", "audience": "own", "step": "publish", "once": once}
    first = reader.client.post(f"/knowledge/new/?ticket={shared.id}", form)
    answer = reader.client.post(f"/knowledge/new/?ticket={shared.id}", form)
    assert answer.url == first.url

    article = Article.objects.get(title="Cold fuser")
    assert (answer.status_code, answer.url) == (303, f"/knowledge/{article.id}/")
    assert (article.state, article.engagement_id) == ("published", None)
    assert [used.id for used in articles_used(shared.id, desk.actor("p1.pt"))] == [article.id]
    assert not articles_used(shared.id, desk.actor("c1.ct"))
    page = words_of(reader.get(f"/knowledge/{article.id}/"))
    assert "Helped with" in page
    assert "Printer down" in page


def test_an_article_from_a_ticket_out_of_sight_is_not_begun(desk: Desk, shared: Ticket) -> None:
    reader = Reader(desk, "p2.pm")
    for wrong in (shared.id, "no-id"):
        assert reader.get(f"/knowledge/new/?ticket={wrong}").status_code == 404
        form = {"title": "A", "text": "B", "audience": "own"}
        assert reader.client.post(f"/knowledge/new/?ticket={wrong}", form).status_code == 404
    assert not Article.objects.exists()


def test_a_refused_link_leaves_no_article(desk: Desk, shared: Ticket) -> None:
    """Who reads a ticket without working on it begins with its words, but it links nothing, and so writes nothing."""
    scope = desk.open(service_id=desk.world.services["c1.printing"].id)
    reader = Reader(desk, "p1.pm")
    answer = reader.client.post(
        f"/knowledge/new/?ticket={scope.id}", {"title": "A", "text": "B", "audience": "own"}
    )

    assert answer.status_code == 403
    assert not Article.objects.exists()


def test_a_ticket_without_articles_costs_no_query_for_them(desk: Desk, shared: Ticket) -> None:
    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as found:
            ticket_get(actor=desk.actor("c1.ct"), ticket_id=shared.id, at=desk.now)
        return [query["sql"] for query in found]

    asked()
    without = asked()
    use(desk, shared, write(desk))
    asked()
    with_one = asked()

    assert len(with_one) == len(without) + 1
    assert len([sql for sql in without if "ticketarticle" in sql]) == 1
