"""Saved views: who has them, what sharing shares, what the record says, what is refused and changes nothing."""

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_fields import begin, declare
from tests.integration.tickets.test_list_pages import page, rows_in, seat

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.tickets.models import SavedView
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_counts
from cosource.tickets.queries.views import saved_views
from cosource.tickets.services import views
from cosource.tickets.services.views import view_delete, view_rename, view_save

pytestmark = pytest.mark.django_db
EVERYBODY = ("c1.cso", "c1.ct", "c2.cso", "p1.pm", "p1.pt", "p2.pm", "p3.pm", "p3.ptsub", "emb")


def save(desk: Desk, by: str, **more: Any) -> SavedView:
    given: dict[str, Any] = {"name": "Mornings", "filters": TicketFilter(turn="mine")} | more
    return view_save(actor=desk.actor(by), at=desk.tick(), **given)


def share(desk: Desk, by: str, engagement: str, **more: Any) -> SavedView:
    return save(desk, by, shared="both", engagement_id=desk.world.engagements[engagement].id, **more)


def seen_by(desk: Desk) -> dict[str, list[str]]:
    found = {key: [v.label for v in saved_views(desk.actor(key))] for key in EVERYBODY}
    return {key: names for key, names in found.items() if names}


def readers(view: SavedView) -> set[Any]:
    entry = Entry.objects.filter(subject_id=view.id).latest("recorded_at")
    return set(entry.audience.readers.values_list("organization_id", flat=True))


def test_a_view_is_seen_by_whom_it_is_for(desk: Desk):
    save(desk, "c1.ct", name="mine")
    assert seen_by(desk) == {"c1.ct": ["mine"]}
    save(desk, "c1.ct", name="ours", shared="own")
    assert seen_by(desk) == {"c1.cso": ["ours"], "c1.ct": ["mine", "ours"], "emb": ["ours"]}
    share(desk, "c1.cso", "c1p1", name="both")
    found = seen_by(desk)
    assert [key for key, names in found.items() if "both" in names] == ["c1.cso", "c1.ct", "p1.pm", "p1.pt"]


def test_a_view_of_a_team_is_its_members_and_whoever_saved_its(desk: Desk):
    teams = desk.world.teams
    save(desk, "c1.ct", name="desk", shared="team", team_id=teams["c1.desk"].id)
    assert seen_by(desk) == {"c1.ct": ["desk"], "emb": ["desk"]}
    # Who leads shares with any team of theirs, is in none of it, and keeps what they saved.
    apps = save(desk, "c1.cso", name="apps", shared="team", team_id=teams["c1.apps"].id)
    assert seen_by(desk) == {"c1.cso": ["apps"], "c1.ct": ["desk"], "emb": ["desk"]}
    assert [v.label for v in saved_views(desk.actor("c1.ct2"))] == ["apps"]
    assert Entry.objects.get(subject_id=apps.id).facts["team"] == teams["c1.apps"].id.hex
    before = Entry.objects.count()
    for by, team in (("c1.ct", "c1.apps"), ("c1.cso", "p1.alder"), ("p1.pt", "c1.desk")):
        with pytest.raises(NotFound):
            save(desk, by, shared="team", team_id=teams[team].id)
    with pytest.raises(NotFound):
        save(desk, "c1.ct", shared="team")
    for by in ("c1.aud", "emb"):
        with pytest.raises(NotAllowed):
            save(desk, by, shared="team", team_id=teams["c1.desk"].id)
    assert Entry.objects.count() == before

    client = seat(desk.world, "c1.ct")
    assert "Whoever is in the team c1 apps" not in page(client, "/tickets/views/new/")
    sent = {"query": "", "name": "By form", "shared": f"team:{teams['c1.desk'].id}"}
    assert client.post("/tickets/views/new/", sent).status_code == 303
    assert SavedView.objects.get(name="By form").team_id == teams["c1.desk"].id
    assert "Shared in your team" in page(client)


def test_the_record_is_told_where_the_view_is_read(desk: Desk):
    mine = save(desk, "c1.ct")
    assert readers(mine) == {desk.org("c1")}
    both = share(desk, "p1.pm", "c1p1")
    assert readers(both) == {desk.org("c1"), desk.org("p1")}
    view_rename(view_id=both.id, name=" Other  words ", actor=desk.actor("p1.pm"), at=desk.tick())
    view_delete(view_id=both.id, actor=desk.actor("p1.pm"), at=desk.tick())
    entries = Entry.objects.filter(subject_id=both.id).order_by("recorded_at")
    assert [e.kind for e in entries] == ["view.saved/1", "view.renamed/1", "view.deleted/1"]
    assert entries[1].payload.body == {"name": "Other words", "query": "turn=mine"}
    assert entries[0].facts == {"shared": "both", "engagement": desk.world.engagements["c1p1"].id.hex}


def test_a_shared_view_is_read_with_the_readers_own_eyes(desk: Desk):
    desk.open(service_id=desk.world.services["c1.network"].id)
    theirs = desk.open(service_id=desk.world.services["c1.printing"].id)
    share(desk, "c1.cso", "c1p1", filters=TicketFilter(state="all", order="newest"))
    client, partner = seat(desk.world, "c1.cso"), seat(desk.world, "p1.pm")
    address = "/tickets/?state=all&order=newest"
    assert len(rows_in(page(client, address))) == 2
    assert rows_in(page(partner, address)) == [str(theirs.id)]
    assert "Shared by both parties" in page(partner)


def test_a_shared_view_counts_for_each_reader_what_they_see(desk: Desk):
    printing = str(desk.world.services["c1.printing"].id)
    desk.open(service_id=desk.world.services["c1.network"].id)
    desk.open(service_id=desk.world.services["c1.printing"].id)
    asks = declare(desk, form="Room | line")
    begin(desk, {asks.id: {"room": "12"}}, title="Kept by the client")
    for filters in (
        TicketFilter(state="all", order="newest"),
        TicketFilter(service=printing, order="newest"),
        TicketFilter(field=f"{asks.id.hex}.room:12", order="newest"),
    ):
        share(desk, "c1.cso", "c1p1", filters=filters)

    def counted(key: str) -> dict[str, str]:
        views = saved_views(desk.actor(key))
        found = ticket_counts(
            actor=desk.actor(key), filters=[v.filters for v in views if v.filters], at=desk.now
        )
        return {v.query.partition("=")[0]: one.text for v, one in zip(views, found, strict=True)}

    assert counted("c1.cso") == {"state": "3", "service": "1", "field": "1"}
    assert counted("p1.pm") == {"state": "1", "service": "1", "field": "0"}
    # What was never answered to a party is to it as if nobody asked, under a name that both read.
    partner = seat(desk.world, "p1.pm")
    assert "Mornings" in page(partner)
    answer = partner.get(f"/tickets/?field={asks.id.hex}.room%3A12&order=newest")
    assert answer.status_code == 400
    assert "Room" not in answer.content.decode()


@pytest.mark.parametrize(
    "secret",
    [
        {"team": "c1.desk"},
        {"assignee": "c1.ct"},
        {"holder": "p2"},
        {"engagement": "c1p2"},
        {"service": "c1.network"},
        {"site": "c2.main"},
        {"client": "c2"},
    ],
)
def test_what_the_other_party_does_not_know_of_is_not_shared(desk: Desk, secret: dict[str, str]):
    [(key, name)] = secret.items()
    world = desk.world
    things: dict[str, Any] = {
        "team": world.teams,
        "assignee": world.people,
        "engagement": world.engagements,
        "service": world.services,
        "site": world.sites,
    }
    value = str(things.get(key, world.organizations)[name].id)
    before = Entry.objects.count()
    with pytest.raises(Invalid) as refused:
        share(desk, "c1.cso", "c1p1", filters=TicketFilter(**{key: value}))
    assert list(refused.value.details["fields"]) == [key]
    assert (SavedView.objects.count(), Entry.objects.count()) == (0, before)


def test_what_both_know_is_shared(desk: Desk):
    world = desk.world
    share(
        desk,
        "c1.cso",
        "c1p1",
        filters=TicketFilter(
            team="mine",
            holder=str(desk.org("p1")),
            client=str(desk.org("c1")),
            engagement=str(world.engagements["c1p1"].id),
            service=str(world.services["c1.printing"].id),
            site=str(world.sites["c1.annex"].id),
        ),
    )
    assert seen_by(desk)["p1.pm"] == ["Mornings"]


def test_who_may_share_and_change(desk: Desk):
    for by in ("c1.ct", "p1.pt"):
        with pytest.raises(NotAllowed):
            share(desk, by, "c1p1")
    for by in ("c2.cso", "p2.pm"):
        with pytest.raises(NotFound):
            share(desk, by, "c1p1")
    with pytest.raises(NotAllowed):
        save(desk, "c1.aud", shared="own")
    with pytest.raises(NotAllowed):
        save(desk, "c1.req")
    mine = save(desk, "c1.ct")
    ours = save(desk, "c1.ct", shared="own")
    both = share(desk, "c1.cso", "c1p1")
    for view, by, refusal in (
        (mine, "c1.cso", NotFound),
        (ours, "c1.ct2", NotAllowed),
        (both, "p1.pm", NotAllowed),
        (both, "p2.pm", NotFound),
    ):
        with pytest.raises(refusal):
            view_rename(view_id=view.id, name="x", actor=desk.actor(by), at=desk.tick())
        with pytest.raises(refusal):
            view_delete(view_id=view.id, actor=desk.actor(by), at=desk.tick())
    view_delete(view_id=ours.id, actor=desk.actor("c1.cso"), at=desk.tick())
    assert set(SavedView.objects.values_list("name", "shared")) == {("Mornings", "me"), ("Mornings", "both")}


@pytest.mark.req("C11")
def test_a_name_that_somebody_else_uses_is_as_free_as_any(desk: Desk):
    share(desk, "c1.cso", "c1p1", name="Northgate")
    for by in ("c1.ct", "p1.pm", "p2.pm", "c2.cso"):
        assert save(desk, by, name="Northgate").name == "Northgate"


def test_names_and_numbers_have_limits(desk: Desk, monkeypatch):
    for name in ("", "  ", "x" * 81, "a\0b"):
        with pytest.raises(Invalid):
            save(desk, "c1.ct", name=name)
    with pytest.raises(Invalid):
        save(desk, "c1.ct", shared="everybody")
    SavedView.objects.bulk_create(
        SavedView(
            organization_id=desk.org("c1"),
            person=desk.world.people["c1.ct"],
            name=str(i),
            query="",
            created_at=desk.now,
        )
        for i in range(views.MOST)
    )
    with pytest.raises(Conflict):
        save(desk, "c1.ct")


def test_saving_renaming_and_deleting_by_forms(desk: Desk):
    client = seat(desk.world, "c1.cso")
    form = page(client, "/tickets/views/new/?turn=partner")
    engagement = desk.world.engagements["c1p1"].id
    assert f'value="both:{engagement}"' in form
    assert "Cedar Desk and we" in form

    sent = client.post(
        "/tickets/views/new/", {"query": "turn=partner", "name": "Theirs", "shared": f"both:{engagement}"}
    )
    assert (sent.status_code, sent["Location"]) == (303, "/tickets/?turn=partner")
    # The reader's own saved name for the list comes before the one that came with the product.
    assert '<span class="mute cut">Theirs</span>' in page(client, "/tickets/?turn=partner")
    view = SavedView.objects.get()
    assert client.post(f"/tickets/views/{view.id}/", {"name": "Partner"}).status_code == 303
    assert "Partner" in page(client)

    wrong = client.post(f"/tickets/views/{view.id}/", {"name": ""})
    assert wrong.status_code == 422
    assert "Please write something here." in wrong.content.decode()
    for address in (f"/tickets/views/{view.id}/", f"/tickets/views/{uuid4()}/"):
        assert seat(desk.world, "p2.pm").get(address).status_code == 404
    assert seat(desk.world, "p1.pm").get(f"/tickets/views/{view.id}/").status_code == 403
    assert client.get(f"/tickets/views/{view.id}/delete/").status_code == 405
    assert client.post(f"/tickets/views/{view.id}/delete/").status_code == 303
    assert not SavedView.objects.exists()


def test_a_view_with_filters_of_an_older_version_can_still_be_deleted(desk: Desk):
    view = save(desk, "c1.cso")
    SavedView.objects.update(query="colour=blue")
    client = seat(desk.world, "c1.cso")
    assert "Mornings" not in page(client)
    assert page(client, f"/tickets/views/{view.id}/")
    assert client.post(f"/tickets/views/{view.id}/delete/").status_code == 303
