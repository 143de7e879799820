"""The pages of knowledge as each party meets them, without a script, and that no text becomes anything but text."""

from datetime import timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.test import Client
from tests.integration.knowledge.conftest import Shelf
from tests.integration.tickets.page_reader import words_of

from cosource.knowledge.models import Article
from cosource.knowledge.queries.markup import article_html

pytestmark = [pytest.mark.django_db, pytest.mark.req("C34")]


@pytest.fixture(autouse=True)
def later(shelf: Shelf):
    with time_machine.travel(shelf.now + timedelta(hours=4), tick=True):
        yield


def signed_in(shelf: Shelf, key: str) -> Client:
    client = Client()
    client.force_login(shelf.world.people[key], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_list_by_view_topic_and_words(shelf: Shelf) -> None:
    shelf.write(title="Printing at home", topic="Printing", publish=True)
    shelf.write(title="The network plan", topic="Network", publish=True)
    shelf.write(title="Begun only")
    client = signed_in(shelf, "c1.ct")

    def listed(query: str = "") -> list[str]:
        page = words_of(client.get(f"/knowledge/{query}"))
        return [t for t in ("Printing at home", "The network plan", "Begun only") if t in page]

    assert listed() == ["Printing at home", "The network plan"]
    assert listed("?topic=Network") == ["The network plan"]
    assert listed("?q=home") == ["Printing at home"]
    assert listed("?view=drafts") == ["Begun only"]
    assert listed("?view=stale") == listed("?view=archived") == listed("?q=nowhere") == []
    assert listed("?view=nonsense") == ["Printing at home", "The network plan"]


def test_a_requester_has_a_list_of_what_is_for_requesters(shelf: Shelf) -> None:
    article = shelf.write(title="Your password", publish=True, for_requesters=True)
    shelf.write(title="Our own way", publish=True)
    draft = shelf.write(title="Begun only", for_requesters=True)
    client = signed_in(shelf, "c1.req")
    page = words_of(client.get("/knowledge/?view=drafts"))

    assert "Your password" in page
    assert "Our own way" not in page
    assert "Begun only" not in page
    shown = words_of(client.get(f"/knowledge/{article.id}/"))
    assert "Switch it off and on." in shown
    assert "CT of Alder Hospitals" not in shown
    assert client.get(f"/knowledge/{draft.id}/").status_code == 404
    assert client.get("/knowledge/new/").status_code == 403
    assert client.get(f"/knowledge/{article.id}/edit/").status_code == 403


def test_who_only_administers_has_no_such_room(shelf: Shelf) -> None:
    shelf.write(publish=True)

    assert "/knowledge/" not in signed_in(shelf, "p2.pm").get("/people/").content.decode().split("</nav>")[-1]


def test_an_article_is_written_looked_at_and_published(shelf: Shelf) -> None:
    client = signed_in(shelf, "c1.ct")
    form = {"title": "VPN", "text": "# First\n\n*Connect.*", "audience": "own", "topic": "Network"}
    seen = client.post("/knowledge/new/", form | {"step": "preview"})
    assert seen.status_code == 200
    assert "<h2>First</h2>" in seen.content.decode()
    part = client.post("/knowledge/new/", form | {"step": "preview"}, headers={"hx-request": "true"})
    assert part.content.decode().startswith('<section class="panel" id="preview"')
    assert not Article.objects.exists()

    kept = client.post("/knowledge/new/", form | {"step": "draft"}, follow=True)
    article = Article.objects.get()
    assert article.state == "draft"
    assert "A draft. Only your own organization reads it" in words_of(kept)
    both = str(shelf.engagement("c1p1"))
    more = form | {"audience": both, "version": article.version, "step": "publish"}
    done = client.post(f"/knowledge/{article.id}/edit/", more, follow=True)
    assert "The article is published." in words_of(done)
    assert signed_in(shelf, "p1.pt").get(f"/knowledge/{article.id}/").status_code == 200


def test_what_was_written_stays_when_it_is_refused(shelf: Shelf) -> None:
    client = signed_in(shelf, "c1.ct")
    article = shelf.write(publish=True)
    form = {"title": "Mine", "text": "What I wrote.", "audience": "own"}
    late = client.post(f"/knowledge/{article.id}/edit/", form | {"version": article.version - 1})
    assert late.status_code == 412
    assert "What I wrote." in late.content.decode()
    assert "What you wrote is still here." in words_of(late)
    for wrong in ({"version": "x"}, {}):
        assert client.post(f"/knowledge/{article.id}/edit/", form | wrong).status_code == 412
    empty = client.post("/knowledge/new/", {"title": "", "text": "Kept.", "audience": "own"})
    assert empty.status_code == 422
    assert "Kept." in empty.content.decode()
    foreign = form | {"audience": str(shelf.engagement("c2p1"))}
    assert client.post("/knowledge/new/", foreign).status_code == 422
    unfit = form | {"service_id": str(shelf.world.services["c1.network"].id)}
    shared = unfit | {"audience": str(shelf.engagement("c1p1"))}
    refused = client.post("/knowledge/new/", shared)
    assert refused.status_code == 422
    assert "There is no such service for those who read this article." in words_of(refused)
    assert Article.objects.get().title == "Printer is silent"


def test_the_partner_changes_what_is_shared_and_not_with_whom(shelf: Shelf) -> None:
    article = shelf.write(publish=True, engagement_id=shelf.engagement("c1p1"), for_requesters=True)
    client = signed_in(shelf, "p1.pt")
    editor = client.get(f"/knowledge/{article.id}/edit/").content.decode()
    assert 'name="audience"' not in editor
    assert 'name="for_requesters"' not in editor
    form = {"title": "Printer is silent", "text": "Better.", "note": "Clearer", "version": article.version}
    assert client.post(f"/knowledge/{article.id}/edit/", form).status_code == 303

    article.refresh_from_db()
    assert (article.last_number, article.for_requesters) == (2, True)


def test_history_and_what_a_version_changed(shelf: Shelf) -> None:
    article = shelf.write(publish=True, text="Press the red button.")
    article = shelf.change(article, text="Press the green button.", note="It was repainted")
    first, second = article.versions.order_by("place")
    client = signed_in(shelf, "c1.ct")
    page = client.get(f"/knowledge/{article.id}/?against={first.id}").content.decode()

    assert "<del>red</del><ins>green</ins>" in page
    assert "It was repainted" in page
    assert "This is an older version." in words_of(client.get(f"/knowledge/{article.id}/?version={first.id}"))
    same = client.get(f"/knowledge/{article.id}/?against={second.id}")
    assert "<ins>" not in same.content.decode()
    other = shelf.write().versions.get()
    for wrong in (other.id, "no-id"):
        assert client.get(f"/knowledge/{article.id}/?version={wrong}").status_code == 404
        assert client.get(f"/knowledge/{article.id}/?against={wrong}").status_code == 404


def test_a_client_does_not_learn_whom_else_know_how_is_shown_to(shelf: Shelf) -> None:
    shown = [shelf.engagement("c1p1"), shelf.engagement("c2p1")]
    article = shelf.write("p1.pm", publish=True, shown_in=shown)

    own = words_of(signed_in(shelf, "p1.pm").get(f"/knowledge/{article.id}/"))
    assert "Cedar Desk + Alder Hospitals + Birch Rail" in own
    page = signed_in(shelf, "c1.cso").get(f"/knowledge/{article.id}/")
    assert "Cedar Desk’s know-how, shown to you" in words_of(page)
    assert "Birch" not in words_of(page)
    assert f"/knowledge/{article.id}/edit/" not in page.content.decode()


def test_the_steps_of_an_articles_life(shelf: Shelf) -> None:
    article = shelf.write()
    client = signed_in(shelf, "c1.ct")

    def step(name: str, version: int | str) -> str:
        return words_of(client.post(f"/knowledge/{article.id}/{name}/", {"version": version}, follow=True))

    assert "The article is published." in step("publish", 1)
    assert "Somebody changed this since you read it" in step("archive", 1)
    assert "Somebody changed this since you read it" in step("archive", "x")
    assert "You said that it holds." in step("validate", 2)
    assert "The article is archived." in step("archive", 3)
    assert "Only what is published is checked." in step("validate", 4)
    assert client.get(f"/knowledge/{article.id}/publish/").status_code == 405
    assert signed_in(shelf, "c1.aud").post(f"/knowledge/{article.id}/publish/").status_code == 403


HARMLESS = {
    "a",
    "p",
    "h2",
    "em",
    "strong",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "br",
    "hr",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&#58;alert(1))",
    "<javascript:alert(1)>",
    "![spy](https://evil.example/pixel.png)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    '[a](https://x.example "onmouseover=alert(1)")',
    "<a href='https://x.example' onclick='alert(1)'>a</a>",
    "<svg/onload=alert(1)>",
    "<style>body{display:none}</style>",
    "<iframe src=https://evil.example></iframe>",
    "| a |\n|:-:|\n| <b onclick=alert(1)>x</b> |",
    "[r]: javascript:alert(1)\n\n[r]",
    "# <script>alert(1)</script>",
    "```html\n<script>alert(1)</script>\n```",
    "{{ 7|add:'7' }}{% load static %}{% csrf_token %}",
)


class Elements(HTMLParser):
    """All elements of a text with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.threat("S02")
def test_no_text_becomes_anything_but_text(text: str) -> None:
    for tag, attributes in Elements(article_html(text)).found:
        assert tag in HARMLESS
        assert set(attributes) <= {"href", "rel", "start", "title"}
        assert (attributes.get("href") or "https:").partition(":")[0] in {"http", "https", "mailto"}


@pytest.mark.threat("S17")
def test_a_template_in_a_text_stays_a_text(shelf: Shelf) -> None:
    hostile = "{{ request.user.password }}{% load static %}<script>alert(1)</script>"
    article = shelf.write(title=hostile, text=hostile, topic=hostile[:100], publish=True)
    client = signed_in(shelf, "c1.ct")
    for page in (f"/knowledge/{article.id}/", "/knowledge/", f"/knowledge/{article.id}/edit/"):
        found = client.get(page).content.decode()
        assert "{{ request.user.password }}{% load static %}&lt;script&gt;alert(1)" in found
        assert "<script>alert" not in found


def test_links_and_tables_are_drawn() -> None:
    html = article_html("[Portal](https://help.example/x)\n\n| a | b |\n|---|---|\n| 1 | 2 |")

    assert '<a href="https://help.example/x" rel="noopener noreferrer nofollow">Portal</a>' in html
    assert "<td>2</td>" in html
    assert article_html("###### six").startswith("<h6>")
