"""Knowledge linked: what was noted here counts for a desk whose parties all know of it; of history what its source stated."""

import pytest
from tests.integration.metrics.conftest import move, refresh, rows_of_facts

from cosource.knowledge.services.articles import article_publish, article_write
from cosource.metrics.services.gathering import facts_rebuild
from cosource.tickets.models import StatedFigures, Ticket
from cosource.tickets.services.articles import article_unuse, article_use

pytestmark = pytest.mark.req("C16", "C35")


def write(desk, by, **more):
    about = {"actor": desk.actor(by), "at": desk.tick()}
    return article_publish(
        article_id=article_write(title="Fuser", text="Warm it.", **more, **about).id, **about
    )


def known(desk):
    """By desk and ticket: whether an article is known to have helped."""
    facts = [dict(row) for row in rows_of_facts()["tickets"]]
    desks = {desk.org("c1"): "c1", desk.world.engagements["c1p1"].id: "c1p1"}
    return {(desks[row["desk"]], row["ticket"]): row["knowledge"] for row in facts if row["desk"] in desks}


def test_a_link_counts_where_all_parties_of_the_desk_know_of_it(desk):
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    own, partners = write(desk, "c1.ct"), write(desk, "p1.pt")
    both = write(desk, "c1.ct", engagement_id=desk.world.engagements["c1p1"].id)
    refresh(desk)
    at_client, at_both = ("c1", ticket.id), ("c1p1", ticket.id)
    assert known(desk) == {at_client: False, at_both: False}

    def after(step, article, by):
        step(ticket_id=ticket.id, article_id=article.id, actor=desk.actor(by), at=desk.tick())
        assert refresh(desk, checked=True).tickets == 1
        return known(desk)

    assert after(article_use, partners, "p1.pt") == {at_client: False, at_both: False}
    assert after(article_use, own, "c1.ct") == {at_client: True, at_both: False}
    assert after(article_unuse, own, "c1.ct") == {at_client: False, at_both: False}
    assert after(article_use, both, "p1.pt") == {at_client: True, at_both: True}
    found = rows_of_facts()
    facts_rebuild()
    assert rows_of_facts() == found


@pytest.mark.parametrize(
    ("stated", "linked", "counts"), [(None, False, None), (False, True, True), (True, False, True)]
)
def test_of_history_a_source_has_its_word_and_a_link_here_is_more(desk, stated, linked, counts):
    ticket = desk.open()
    move(desk, ticket, "resolved", "c1.ct", text="Done.")
    Ticket.objects.filter(pk=ticket.pk).update(import_id=ticket.pk)
    StatedFigures.objects.create(ticket=ticket, knowledge=stated)
    if linked:
        article = write(desk, "c1.ct")
        article_use(ticket_id=ticket.id, article_id=article.id, actor=desk.actor("c1.ct"), at=desk.tick())
    refresh(desk)

    assert known(desk) == {("c1", ticket.id): counts}
