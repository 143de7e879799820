"""Writing: who may, what the ledger learns, that versions are kept, and that a refused step changes nothing."""

import hashlib

import pytest
from tests.integration.knowledge.conftest import Shelf

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry
from cosource.foundation.sight import system_actor
from cosource.knowledge.models import Article, ArticleVersion, Showing
from cosource.knowledge.queries.article_page import article_get
from cosource.knowledge.services.articles import (
    article_archive,
    article_change,
    article_publish,
    article_validate,
    article_write,
)
from cosource.parties.services.engagements import engagement_end

pytestmark = [pytest.mark.django_db, pytest.mark.req("C34")]


def refused(error: type[Exception], call, **given) -> Exception:
    def rows() -> list[object]:
        tables = (Article, ArticleVersion, Showing, Entry)
        return [sorted(t.objects.values_list(), key=str) for t in tables]  # type: ignore[attr-defined]  # any model

    before = rows()
    with pytest.raises(error) as caught:
        call(**given)
    assert rows() == before
    return caught.value


@pytest.mark.parametrize("key", ["c1.req", "c1.aud", "token:c1", "token:p1"])
def test_who_only_reads_writes_nothing(shelf: Shelf, key: str) -> None:
    article = shelf.write(publish=True, engagement_id=shelf.engagement("c1p1"), for_requesters=True)

    refused(NotAllowed, shelf.write, by=key)
    refused(NotAllowed, shelf.change, article=article, by=key, text="No.")


def test_a_system_without_a_party_writes_nothing(shelf: Shelf) -> None:
    given = {"title": "A", "text": "B", "actor": system_actor(reason="a test"), "at": shelf.now}
    refused(NotAllowed, article_write, **given)


@pytest.mark.parametrize("key", ["p2.pm", "c2.cso", "p1.pt"])
def test_what_is_out_of_sight_is_not_found(shelf: Shelf, key: str) -> None:
    article = shelf.write()

    refused(NotFound, shelf.change, article=article, by=key, text="No.")


def test_a_client_reads_know_how_and_does_not_change_it(shelf: Shelf) -> None:
    article = shelf.write("p1.pm", publish=True, shown_in=[shelf.engagement("c1p1")])

    refused(NotAllowed, shelf.change, article=article, by="c1.cso", text="Better.")


def test_both_parties_write_in_what_is_shared_and_every_version_is_kept(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", text="One.", publish=True, engagement_id=shelf.engagement("c1p1"))
    shelf.change(article, "c1.ct", text="Two.\r\nLines.", note="  The   second ")
    shelf.change(article, "p1.pt", title="Another title")

    versions = ArticleVersion.objects.filter(article=article).order_by("place")
    assert [(v.number, v.title, v.text, v.note, v.saved_by.name) for v in versions if v.saved_by] == [
        (1, "Printer is silent", "One.", "", "PT of Cedar Desk"),
        (2, "Printer is silent", "Two.\nLines.", "The second", "CT of Alder Hospitals"),
        (3, "Another title", "Two.\nLines.", "", "PT of Cedar Desk"),
    ]
    last = versions.reverse()[0]
    assert last.digest == hashlib.sha256(b"Another title\nTwo.\nLines.").hexdigest()
    entry = Entry.objects.filter(subject_id=article.id).order_by("-occurred_at", "-id")[0]
    assert entry.facts["digest"] == last.digest
    assert entry.facts["number"] == 3
    # The text stands with its version; the ledger has its digest.
    assert "Lines" not in str(entry.payload.body)
    both = {"c1", "p1"}
    assert shelf.told(article) == [
        ("drafted", {"p1"}),
        ("published", both),
        ("changed", both),
        ("changed", both),
    ]


def test_of_shown_know_how_each_client_is_told_for_itself(shelf: Shelf) -> None:
    c1, c2 = shelf.engagement("c1p1"), shelf.engagement("c2p1")
    article = shelf.write("p1.pm", publish=True, shown_in=[c1])
    shelf.change(article, "p1.pm", text="More.", shown_in=[c1, c2])
    shelf.change(article, "p1.pm", shown_in=[c2])

    told = shelf.told(article)
    assert [kind for kind, readers in told if readers == {"p1"}] == [
        "drafted",
        "published",
        "changed",
        "shown",
        "unshown",
    ]
    assert [kind for kind, readers in told if readers == {"c1", "p1"}] == ["published", "changed", "unshown"]
    assert [kind for kind, readers in told if readers == {"c2", "p1"}] == ["shown"]


def test_what_a_colleague_shows_elsewhere_stays_shown(shelf: Shelf) -> None:
    """Who reaches one client neither sees nor undoes what is shown to another."""
    c1, c2 = shelf.engagement("c1p1"), shelf.engagement("c2p1")
    article = shelf.write("p1.pm", publish=True, shown_in=[c1, c2])
    assert article_get(article.id, shelf.actor("p1.pt"), at=shelf.now).shown_in == {c1}
    shelf.change(article, "p1.pt", shown_in=[])
    assert set(article.showings.values_list("engagement_id", flat=True)) == {c2}
    # Sharing is another thing: then it is shown to nobody any more.
    shelf.change(article, "p1.pt", engagement_id=c1)
    assert not article.showings.exists()


def test_a_change_of_nothing_is_none(shelf: Shelf) -> None:
    article = shelf.write(publish=True)
    before = len(shelf.told(article))

    again = shelf.change(article, text="Switch it **off** and on.", note="no word")
    assert again.version == Article.objects.get(pk=article.pk).version
    assert len(shelf.told(article)) == before
    assert article.versions.count() == 1


def test_what_is_shared_stays_shared(shelf: Shelf) -> None:
    draft = shelf.write(engagement_id=shelf.engagement("c1p1"))
    shelf.change(draft, engagement_id=None)
    shelf.change(draft, engagement_id=shelf.engagement("c1p2"))
    shelf.publish(draft)

    error = refused(Conflict, shelf.change, article=draft, engagement_id=None)
    assert error.code == "stays_shared"  # type: ignore[attr-defined]  # a Conflict
    error = refused(Invalid, shelf.change, article=draft, by="p2.pt", engagement_id=None)
    assert list(error.details["fields"]) == ["engagement_id"]  # type: ignore[attr-defined]  # an Invalid


def test_requesters_are_the_clients_to_invite(shelf: Shelf) -> None:
    given = {"engagement_id": shelf.engagement("c1p1"), "for_requesters": True}
    refused(Invalid, shelf.write, by="p1.pt", **given)
    article = shelf.write("p1.pt", publish=True, engagement_id=shelf.engagement("c1p1"))
    refused(Invalid, shelf.change, article=article, by="p1.pt", for_requesters=True)

    assert shelf.change(article, "c1.ct", for_requesters=True).for_requesters
    assert "c1.req" in shelf.readers(article)


def test_only_a_partner_shows_know_how(shelf: Shelf) -> None:
    refused(Invalid, shelf.write, shown_in=[shelf.engagement("c1p1")])
    refused(NotFound, shelf.write, by="p1.pm", shown_in=[shelf.engagement("c1p2")])
    refused(NotFound, shelf.write, engagement_id=shelf.engagement("c2p1"))


def test_a_service_is_one_that_the_readers_know(shelf: Shelf) -> None:
    services = shelf.world.services
    shared = {"engagement_id": shelf.engagement("c1p1")}
    article = shelf.write(service_id=services["c1.printing"].id, **shared)

    refused(Invalid, shelf.write, service_id=services["c1.network"].id, **shared)
    # The client's service is not for a partner to name elsewhere.
    refused(Invalid, shelf.write, by="p1.pt", service_id=services["c1.printing"].id)
    refused(Invalid, shelf.change, article=article, engagement_id=shelf.engagement("c1p2"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"text": ""}, "text"),
        ({"text": "x" * 40_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"topic": "x" * 121}, "topic"),
        ({"note": "x" * 201}, "note"),
        ({"owner_id": "x"}, "owner_id"),
        ({"state": "published"}, "state"),
    ],
)
def test_what_does_not_fit_is_named(shelf: Shelf, given: dict[str, str], field: str) -> None:
    article = shelf.write()

    error = refused(Invalid, shelf.write, **given)
    assert list(error.details["fields"]) == [field]  # type: ignore[attr-defined]  # an Invalid
    refused(Invalid, shelf.change, article=article, **given)


def test_steps_that_the_state_does_not_allow(shelf: Shelf) -> None:
    article = shelf.write()
    step = {"article_id": article.id, "actor": shelf.actor("c1.ct"), "at": shelf.tick()}

    assert refused(Conflict, article_validate, **step).code == "not_published"  # type: ignore[attr-defined]  # a Conflict
    shelf.publish(article)
    assert refused(Conflict, article_publish, **step).code == "published"  # type: ignore[attr-defined]  # a Conflict
    article_archive(**step)
    assert refused(Conflict, article_archive, **step).code == "archived"  # type: ignore[attr-defined]  # a Conflict
    assert refused(Conflict, shelf.change, article=article, text="No.").code == "archived"  # type: ignore[attr-defined]  # a Conflict
    again = shelf.publish(article)
    assert (again.state, again.last_number, again.archived_at) == ("published", 1, None)


def test_a_dropped_draft_can_be_taken_up_again(shelf: Shelf) -> None:
    article = shelf.write(engagement_id=shelf.engagement("c1p1"))
    article_archive(article_id=article.id, actor=shelf.actor("c1.ct"), at=shelf.tick())
    again = shelf.publish(article)

    assert (again.engagement_id, again.last_number) == (None, 1)
    assert "p1.pt" not in shelf.readers(article)


@pytest.mark.req("C35")
def test_who_publishes_or_checks_says_that_it_holds(shelf: Shelf) -> None:
    article = shelf.write("p1.pt", publish=True, engagement_id=shelf.engagement("c1p1"))
    assert (article.validated_by, article.validated_at) == (shelf.world.people["p1.pt"], shelf.now)

    at = shelf.tick(60)
    article = article_validate(article_id=article.id, actor=shelf.actor("c1.ct"), at=at)
    assert (article.validated_by, article.validated_at) == (shelf.world.people["c1.ct"], at)
    assert shelf.told(article)[-1] == ("validated", {"c1", "p1"})
    assert article.versions.count() == 1


def test_two_at_once_do_not_overwrite_each_other(shelf: Shelf) -> None:
    article = shelf.write(publish=True)
    given = {"article_id": article.id, "actor": shelf.actor("c1.ct"), "at": shelf.tick()}
    article_change(changes={"text": "First."}, expected_version=article.version, **given)

    refused(
        StaleVersion, article_change, changes={"text": "Second."}, expected_version=article.version, **given
    )


def test_nobody_writes_where_the_engagement_has_ended(shelf: Shelf) -> None:
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

    error = refused(Conflict, shelf.change, article=article, text="No.")
    assert error.code == "engagement_ended"  # type: ignore[attr-defined]  # a Conflict
    refused(Conflict, shelf.change, article=article, by="p1.pm", text="No.")


def test_a_placed_person_writes_at_the_hosts_desk_and_nowhere_else(shelf: Shelf) -> None:
    article = shelf.write("emb", publish=True)
    assert article.owner_id == shelf.org("c1")

    refused(NotFound, shelf.write, by="emb", engagement_id=shelf.engagement("c1p1"))
    shared = shelf.write("p2.pt", publish=True, engagement_id=shelf.engagement("c1p2"))
    assert shelf.change(shared, "emb", text="As the host's team.").last_number == 2
