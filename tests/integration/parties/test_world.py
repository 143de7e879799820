"""The shared world stands as its docstring draws it."""

import pytest
from tests.worlds import two_clients_three_partners

from cosource.foundation.services.sealing import seal_all

pytestmark = pytest.mark.django_db


def test_the_world_has_its_parties_engagements_and_slots():
    world = two_clients_three_partners()
    drawn = {
        key: (
            world.engagement(key).client.name,
            world.engagement(key).partner.name,
            world.engagement(key).slot,
        )
        for key in world.engagements
    }
    assert drawn == {
        "c1p1": ("Alder Hospitals", "Cedar Desk", 2),
        "c1p2": ("Alder Hospitals", "Dogwood Networks", 3),
        "c2p1": ("Birch Rail", "Cedar Desk", 2),
        "c2p3": ("Birch Rail", "Elm Print", 3),
        "sub": ("Cedar Desk", "Elm Print", 2),
    }
    assert world.actor("emb").sight.as_host
    assert seal_all() > 50
