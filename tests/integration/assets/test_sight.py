"""Who sees which asset, for everybody in the world: by owner, by what engagements cover, by what was shown, by use."""

from datetime import timedelta

import pytest
from tests.integration.assets.conftest import Store

from cosource.assets.models import Asset
from cosource.foundation.sight import TECHNICIAN
from cosource.parties.models import Grant
from cosource.parties.services.engagements import engagement_end
from cosource.parties.services.scope import engagement_site_add

pytestmark = [pytest.mark.django_db, pytest.mark.req("C3")]

DESK = {"c1.cso", "c1.ct", "c1.ct2", "c1.aud", "emb", "token:c1"}
PARTNER = {"p1.pm", "p1.pt", "token:p1"}


def test_what_no_engagement_covers_its_owners_people_see(store: Store) -> None:
    assert store.readers(store.enter()) == DESK
    assert store.readers(store.enter(service="c1.payroll")) == DESK


def test_what_an_engagement_covers_its_partner_sees_and_no_other(store: Store) -> None:
    asset = store.enter(service="c1.printing")
    assert store.readers(asset) == DESK | PARTNER

    store.change(asset, service_id=store.world.services["c1.network"].id)
    assert store.readers(asset) == DESK | {"p2.pm", "p2.pt", "token:p2"}


def test_an_engagement_with_limited_sites_covers_what_stands_there(store: Store) -> None:
    at_main, elsewhere, nowhere = (
        store.enter(service="c1.printing", **site) for site in ({"site": "c1.main"}, {"site": "c1.annex"}, {})
    )
    assert store.readers(elsewhere) == DESK | PARTNER
    engagement_site_add(
        engagement_id=store.engagement("c1p1"),
        site_id=store.world.sites["c1.main"].id,
        actor=store.actor("c1.cso"),
        at=store.tick(),
    )
    store.tick()

    assert store.readers(at_main) == DESK | PARTNER
    assert store.readers(elsewhere) == store.readers(nowhere) == DESK
    seen = Asset.objects.visible_to(store.actor("p1.pt")).values_list("id", flat=True)
    assert list(seen) == [at_main.id]


def test_what_is_shown_by_name_is_seen_until_it_is_taken_back(store: Store) -> None:
    asset = store.enter()
    store.change(asset, "c1.cso", shared_in=[store.engagement("c1p2")])
    assert store.readers(asset) == DESK | {"p2.pm", "p2.pt", "token:p2"}

    store.change(asset, "c1.cso", shared_in=[])
    assert store.readers(asset) == DESK
    assert store.told(asset) == [("added", {"c1"}), ("shared", {"c1", "p2"}), ("unshared", {"c1", "p2"})]


def test_who_only_asks_for_help_sees_what_they_use(store: Store) -> None:
    asset = store.enter("LAP-1", used_by_id=store.world.people["c1.req"].id)

    assert store.readers(asset) == DESK | {"c1.req"}


def test_a_partners_own_and_a_subcontracts(store: Store) -> None:
    spare = store.enter(by="p1.pm", service="p1.spares")

    assert store.readers(spare) == {"p1.pm", "p3.pm", "p3.ptsub"}


def test_an_engagement_that_ended_shows_nothing_more(store: Store) -> None:
    covered, shared = store.enter(service="c1.printing"), store.enter("Shown")
    store.change(shared, "c1.cso", shared_in=[store.engagement("c1p1")])
    engagement = store.world.engagement("c1p1")
    engagement_end(
        engagement_id=engagement.id,
        version=engagement.version,
        export_days=0,
        actor=store.actor("c1.cso"),
        at=store.tick(),
    )
    store.tick()

    assert store.readers(covered) == store.readers(shared) == DESK


def test_a_grants_limits_hold(store: Store) -> None:
    old = store.enter(service="c1.printing", site="c1.main")
    store.now += timedelta(days=2)
    new, other = store.enter(service="c1.printing", site="c1.main"), store.enter(service="c1.payroll")
    of_printing = [store.world.services["c1.printing"].id.hex]
    for key in ("c1.ct", "p1.pt"):
        Grant.objects.filter(person=store.world.people[key], role=TECHNICIAN).update(
            service_ids=of_printing, history_from=store.now - timedelta(days=1)
        )
    seen = {
        key: set(Asset.objects.visible_to(store.actor(key)).values_list("id", flat=True))
        for key in ("c1.ct", "p1.pt", "c1.ct2")
    }

    assert seen == {"c1.ct": {new.id}, "p1.pt": {new.id}, "c1.ct2": {old.id, new.id, other.id}}
