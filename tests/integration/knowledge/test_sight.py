"""Who reads which article, for everybody in the world: drafts, own articles, shared ones, know-how that is shown."""

from datetime import timedelta

import pytest
from tests.integration.knowledge.conftest import Shelf

from cosource.foundation.queries.search import matching_documents, matching_subjects
from cosource.foundation.sight import AUDITOR, TECHNICIAN
from cosource.knowledge.models import Article
from cosource.knowledge.queries.articles import ArticleFilter, article_list, versions_readable
from cosource.knowledge.services.articles import article_archive
from cosource.parties.models import Grant
from cosource.parties.services.engagements import engagement_end

pytestmark = [pytest.mark.django_db, pytest.mark.req("C34")]

CLIENT_DESK = {"c1.cso", "c1.ct", "c1.ct2", "emb"}
PARTNERS_OWN = {"p1.pm", "p1.pt", "p1.pt2"}


def test_a_draft_is_its_owners_own(shelf: Shelf) -> None:
    own = shelf.write()
    shared = shelf.write(engagement_id=shelf.engagement("c1p1"))
    partners = shelf.write("p1.pt", engagement_id=shelf.engagement("c1p1"))

    assert shelf.readers(own) == CLIENT_DESK
    assert shelf.readers(shared) == CLIENT_DESK
    assert shelf.readers(partners) == {"p1.pm", "p1.pt"}


def test_what_is_published_for_ones_own(shelf: Shelf) -> None:
    article = shelf.write(publish=True)

    assert shelf.readers(article) == CLIENT_DESK | {"c1.aud", "token:c1"}


def test_what_requesters_may_read_is_found_by_them_once_it_is_published(shelf: Shelf) -> None:
    draft = shelf.write(for_requesters=True)
    article = shelf.write(for_requesters=True, publish=True)

    assert "c1.req" not in shelf.readers(draft)
    assert shelf.readers(article) == CLIENT_DESK | {"c1.aud", "c1.req", "token:c1"}
    article_archive(article_id=article.id, actor=shelf.actor("c1.ct"), at=shelf.tick())
    assert shelf.readers(article) == CLIENT_DESK | {"c1.aud", "token:c1"}


def test_what_is_shared_both_parties_read(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", publish=True, engagement_id=shelf.engagement("c1p1"))

    assert shelf.readers(article) == CLIENT_DESK | {"c1.aud", "p1.pm", "p1.pt", "token:p1", "token:c1"}


def test_shared_for_requesters_means_the_clients(shelf: Shelf) -> None:
    article = shelf.write(publish=True, engagement_id=shelf.engagement("c1p1"), for_requesters=True)

    assert {key for key in shelf.readers(article) if key.endswith(".req")} == {"c1.req"}


def test_a_partners_know_how_is_its_own_until_it_is_shown(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", publish=True)
    assert shelf.readers(article) == PARTNERS_OWN | {"token:p1"}

    shelf.change(article, "p1.pt", shown_in=[shelf.engagement("c1p1")])
    # Not auditors, requesters, programs; nor the other client.
    assert shelf.readers(article) == PARTNERS_OWN | {"token:p1", "c1.cso", "c1.ct", "c1.ct2"}

    shelf.change(article, "p1.pt", shown_in=[])
    assert shelf.readers(article) == PARTNERS_OWN | {"token:p1"}


def test_know_how_of_a_draft_is_shown_to_nobody(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", shown_in=[shelf.engagement("c1p1")])

    assert shelf.readers(article) == PARTNERS_OWN


def test_a_dropped_draft_is_read_by_no_auditor(shelf: Shelf) -> None:
    article = shelf.write()
    article_archive(article_id=article.id, actor=shelf.actor("c1.ct"), at=shelf.tick())

    assert shelf.readers(article) == CLIENT_DESK


def test_a_grants_services_limit_what_is_shared_but_not_what_is_ones_own(shelf: Shelf) -> None:
    shared = {"engagement_id": shelf.engagement("c1p1"), "publish": True}
    about = shelf.write(service_id=shelf.world.services["c1.printing"].id, **shared)
    general = shelf.write(**shared)
    own = shelf.write("p1.pt", publish=True)
    grant = Grant.objects.get(person=shelf.world.people["p1.pt"], role=TECHNICIAN)
    Grant.objects.filter(pk=grant.pk).update(service_ids=[str(shelf.world.services["c1.payroll"].id)])

    assert [("p1.pt" in shelf.readers(a)) for a in (about, general, own)] == [False, True, True]


def test_a_part_of_history_limits_what_an_auditor_reads(shelf: Shelf) -> None:
    early = shelf.write(publish=True)
    since = shelf.tick(10)
    late = shelf.write(publish=True)
    grants = Grant.objects.filter(person=shelf.world.people["c1.aud"], role=AUDITOR)
    grants.update(history_from=since, history_until=since + timedelta(hours=1))

    assert [("c1.aud" in shelf.readers(a)) for a in (early, late)] == [False, True]


def test_after_the_end_a_partner_reads_what_it_may_take_out_and_then_nothing(shelf: Shelf) -> None:
    article = shelf.write(publish=True, engagement_id=shelf.engagement("c1p1"))
    engagement = shelf.world.engagement("c1p1")
    engagement_end(
        engagement_id=engagement.id,
        version=engagement.version,
        export_days=30,
        actor=shelf.actor("c1.cso"),
        at=shelf.tick(),
    )
    shelf.tick()

    assert shelf.readers(article) == CLIENT_DESK | {"c1.aud", "token:c1", "p1.pm"}
    shelf.tick(31 * 24 * 60)
    assert not {key for key in shelf.readers(article) if key.startswith("p1")}


def test_earlier_versions_stay_with_whom_they_were_for(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", publish=True, text="Ours: margin 40 %.")
    article = shelf.change(article, "p1.pt", text="For others.", engagement_id=shelf.engagement("c1p1"))
    article = shelf.change(article, "c1.ct", text="By the client.")

    def texts(key: str) -> list[str]:
        rows = versions_readable(article, shelf.actor(key)).order_by("place")
        return list(rows.values_list("text", flat=True))

    assert texts("p1.pt") == ["Ours: margin 40 %.", "For others.", "By the client."]
    assert texts("c1.ct") == ["For others.", "By the client."]


def test_versions_of_know_how_are_read_from_when_it_was_shown(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", publish=True, text="First.")
    article = shelf.change(article, "p1.pt", text="Second.")
    article = shelf.change(article, "p1.pt", shown_in=[shelf.engagement("c1p1")])
    rows = versions_readable(article, shelf.actor("c1.ct"))

    assert list(rows.values_list("text", "number")) == [("Second.", 2)]


def test_drafts_have_no_number_that_tells_of_them(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", engagement_id=shelf.engagement("c1p1"))
    for text in ("One.", "Two.", "Three."):
        shelf.change(article, "p1.pt", text=text)
    article = shelf.publish(article, "p1.pt")
    rows = versions_readable(article, shelf.actor("c1.ct"))

    assert list(rows.values_list("text", "number")) == [("Three.", 1)]


@pytest.mark.req("C34")
def test_both_parties_search_one_index_within_sight(shelf: Shelf) -> None:
    shared = shelf.write("p1.pt", publish=True, engagement_id=shelf.engagement("c1p1"), text="Zeppelin dock.")
    own = shelf.write(text="Zeppelin, our notes.", publish=True)
    know_how = shelf.write("p1.pt", text="Zeppelin, our craft.", publish=True)
    draft = shelf.write(text="Zeppelin, begun.")

    def found(key: str, text: str = "zepp", view: str = "published") -> set[object]:
        page = article_list(shelf.actor(key), ArticleFilter(text=text, view=view), at=shelf.now)
        return {row.id for row in page.rows}

    assert found("c1.ct") == {shared.id, own.id}
    assert found("c1.ct", view="drafts") == {draft.id}
    assert found("p1.pt") == {shared.id, know_how.id}
    assert found("c1.aud") == {shared.id, own.id}
    assert found("p2.pt") == found("c1.req") == found("c2.cso") == set()
    assert found("c1.ct", "zepp dock") == set()
    assert found("c1.ct", "zeppelin dock") == {shared.id}
    assert found("c1.ct", "«»") == set()


def test_a_new_text_is_found_and_the_old_one_no_more(shelf: Shelf) -> None:
    article = shelf.write(text="Zeppelin.", publish=True, for_requesters=True)
    shelf.change(article, text="Balloon.")

    def found(key: str, text: str) -> list[object]:
        return matching_documents(text, subject_kind="article", actor=shelf.actor(key), limit=9)  # type: ignore[return-value]  # ids

    assert found("c1.ct", "zeppelin") == []
    assert found("c1.ct", "balloon") == found("c1.req", "ballo") == [article.id]
    assert matching_documents("", subject_kind="article", actor=shelf.actor("c1.ct"), limit=9) == []
    # Who looks for tickets finds no articles.
    assert matching_subjects("balloon", actor=shelf.actor("c1.ct"), limit=9) == ([], True)


def test_nobody_without_an_organization_reads_anything(shelf: Shelf) -> None:
    shelf.write(publish=True, for_requesters=True)
    stranger = shelf.world.actor("p2.pt", at=shelf.now - timedelta(days=900))

    assert not Article.objects.visible_to(stranger).exists()
