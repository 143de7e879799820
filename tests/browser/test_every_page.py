"""Every page that a role can get to by links, wide and narrow, light and dark: nothing for axe, no sideways scroll, no script.

Axe takes longer than all the rest. A quick run has it look at half of the pages of two roles, which is no page of both roles
twice; a proof has it look at all of five roles.
"""

from urllib.parse import urlsplit
from zlib import crc32

import pytest
from playwright.sync_api import Browser, Error
from tests.access.routes import route_of
from tests.browser.test_list import opened
from tests.browser.test_two_parties import AXE, NARROW, WIDE, Seat, agreed
from tests.integration.bridges.log import HEADING, MAPPING, line, story
from tests.worlds import World, two_clients_three_partners

from cosource.assets.services.assets import asset_add
from cosource.bridges.services.staging import import_ask, import_stage
from cosource.foundation import clock
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.sealing import seal_all
from cosource.knowledge.services.articles import article_change, article_publish, article_write
from cosource.metrics.services.gathering import facts_rebuild
from cosource.parties.models import Organization, Person, Service, Site, Team
from cosource.tickets.models import Ticket
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.services.articles import article_use
from cosource.tickets.services.canned import canned_save
from cosource.tickets.services.opening import ticket_open
from cosource.tickets.services.templates import template_add
from cosource.tickets.services.views import view_save

pytestmark = pytest.mark.looks

NOWHERE = "/never/was/"
HOSTILE = "<script>alert('run')</script><img src=x onerror=alert('run')>"
# Pages without a link to them, or behind a form.
AND_ALSO = ("/tickets/new/", "/import/", "/accounts/password/change/", NOWHERE)
# What is serious by WCAG 2.2 A and AA.
_LOOK = """async () => {
  const run = {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]};
  const found = (await axe.run(document, run)).violations.filter(v => ["serious", "critical"].includes(v.impact));
  return found.map(v => `${v.id}: ${v.nodes.map(n => n.target).join(", ")}`);
}"""
_WIDE = "() => document.documentElement.scrollWidth > window.innerWidth ? ['scrolls sideways'] : []"
FILES = ("/static/", "/api/", "/accounts/logout/")


def an_import(world: World) -> None:
    """A file with something to say of its rows, checked and not yet brought in."""
    actor = world.actor("c1.cso")
    text = HEADING + story("T1", "Desk W1") + line(id="T2", state="Odd", at="2024-03-01 09:00")
    row = import_stage(
        chunks=[text.encode()],
        file_name="log.csv",
        mapping_text=MAPPING,
        mapping_name="old-desk",
        actor=actor,
        at=clock.now(),
    )
    import_ask(import_id=row.id, parties={}, dry_run=True, actor=actor, at=clock.now())
    while work_next(worker="test", at=clock.now()):
        pass


def articles(world: World) -> None:
    """An article with two versions that both parties write, full of whatever might run in a browser."""
    about = {"actor": world.actor("c1.cso"), "at": clock.now()}
    shared = article_write(title=HOSTILE, text="Words.", engagement_id=world.engagements["c1p1"].id, **about)
    article_publish(article_id=shared.id, **about)
    text = f"# {HOSTILE}\n\n{HOSTILE}\n\n[a](javascript:document.title='run') ![b](https://out.example/b.png)"
    article_change(article_id=shared.id, changes={"text": text}, **about)
    ticket = Ticket.objects.visible_to(about["actor"]).order_by("id")[0]
    article_use(ticket_id=ticket.id, article_id=shared.id, **about)


def hostile(world: World) -> None:
    """Names and texts of all kinds that might run in a browser, for the people who meet them."""
    about = {"actor": world.actor("c1.ct"), "at": clock.now()}
    boss = {"actor": world.actor("c1.cso"), "at": clock.now()}
    ticket_open(
        title=HOSTILE,
        text=f"{HOSTILE}\n\n[a](javascript:alert('run'))",
        topic=HOSTILE,
        asset_name=HOSTILE,
        requester_id=world.people["c1.req"].id,
        service_id=world.services["c1.printing"].id,
        **about,
    )
    view_save(name=HOSTILE, filters=TicketFilter(text=HOSTILE), shared="own", **about)
    asset_add(name=HOSTILE, kind="hardware", **boss)
    canned_save(title=HOSTILE, text=HOSTILE, **boss)
    template_add(values={"name": HOSTILE, "title": HOSTILE}, **boss)
    for rows in (
        Person.objects.filter(id=world.people["c1.ct2"].id),
        Team.objects.filter(id=world.teams["c1.apps"].id),
        Site.objects.filter(id=world.sites["c1.annex"].id),
        Service.objects.filter(id=world.services["c1.network"].id),
        Organization.objects.filter(id=world.organizations["p3"].id),
    ):
        assert rows.update(name=HOSTILE) == 1


def address_of(link: str) -> str:
    """Return where a link leads on this site; of a table also what is asked of it, without which it may be another's to ask."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}" if parts.path.endswith(".csv") else parts.path


def pages_of(seat: Seat, half: int | None) -> list[str]:
    """Go through all links, a page for each address of the product, and look at each. `half`: of which axe looks, not of all."""
    faults = {}
    seat.page.context.add_init_script(AXE.read_text())
    waiting, seen = ["/", *AND_ALSO], set()
    looked_at = []
    while waiting:
        path = waiting.pop(0)
        route = route_of(path.partition("?")[0])
        name = route.name if route else path
        if name in seen or path.startswith(FILES):
            continue
        seen.add(name)
        try:
            answer = seat.page.goto(f"{seat.address}{path}", wait_until="load")
        except Error as downloaded:
            if "Download is starting" not in str(downloaded):
                raise
            continue
        if answer is None or "html" not in answer.headers.get("content-type", ""):
            continue
        # A page that is asked for without a link may be refused, and is looked at all the same.
        if answer.status not in ((404,) if path == NOWHERE else (200, 403) if path in AND_ALSO else (200,)):
            faults[path] = [f"answered {answer.status}"]
            continue
        looked_at.append(path)
        links = seat.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        waiting += [address_of(link) for link in links if link.startswith(seat.address)]
        found = seat.page.evaluate(_WIDE)
        if half is None or crc32(name.encode()) % 2 == half:
            found += seat.page.evaluate(_LOOK)
        if found:
            faults[path] = found
    assert faults == {}
    return looked_at


@pytest.mark.threat("S02")
@pytest.mark.parametrize(
    ("email", "look", "least", "half"),
    [
        ("cso@c1.example", {"viewport": WIDE, "color_scheme": "light"}, 30, 0),
        ("pm@p1.example", {"viewport": NARROW, "color_scheme": "dark"}, 25, 1),
        *(
            pytest.param(f"{role}@c1.example", look, least, 0, marks=pytest.mark.proof)
            for role, look, least in (
                ("ct", {"viewport": NARROW, "color_scheme": "light"}, 25),
                ("req", {"viewport": NARROW, "color_scheme": "dark"}, 8),
                ("aud", {"viewport": WIDE, "color_scheme": "dark"}, 20),
            )
        ),
    ],
)
def test_no_page_has_a_serious_finding(
    live_server, chromium: Browser, settings, tmp_path, request, email, look, least, half
) -> None:
    settings.SPOOL_DIR, settings.FACTS_DIR = tmp_path, tmp_path / "facts"
    world = two_clients_three_partners(clock.now())
    agreed(world)
    opened(world)
    an_import(world)
    articles(world)
    hostile(world)
    seal_all()
    facts_rebuild()
    seat = Seat(chromium, live_server.url, email, **look)
    # Nothing that somebody wrote runs: no dialog opens, and nothing is asked of another origin.
    strange: list[str] = []
    seat.page.on("dialog", lambda dialog: (strange.append(dialog.message), dialog.dismiss()))
    seat.page.on("request", lambda r: None if r.url.startswith(seat.address) else strange.append(r.url))
    looked_at = pages_of(seat, None if request.config.getoption("--proof") else half)
    assert len(looked_at) >= least, looked_at
    assert [path for path in looked_at if path.startswith("/knowledge/")]
    assert strange == []
