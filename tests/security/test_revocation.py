"""Access that ended is felt by the very next request, through every door, whatever it covered."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cosource.parties.models import Grant
from cosource.parties.services.engagements import engagement_end
from cosource.parties.services.grants import grant_end
from cosource.parties.services.leaving import employment_end
from cosource.parties.services.placements import placement_end
from cosource.parties.services.tokens import token_revoke
from cosource.tickets.models import Participation
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list
from tests.access.reader import Reader, standing_still
from tests.access.scene import Scene, mark_of

pytestmark = [pytest.mark.req("D21"), pytest.mark.threat("S21")]
type End = Callable[[Scene], None]


def _grant(scene: Scene) -> None:
    row = Grant.objects.get(person=scene.world.people["p1.pt"], engagement=scene.world.engagements["c1p1"])
    grant_end(grant_id=row.pk, actor=scene.actor("p1.pm", scene.now), at=scene.now)


def _employment(scene: Scene) -> None:
    person = scene.world.people["p1.pt"]
    employment_end(person_id=person.id, actor=scene.actor("p1.pm", scene.now), at=scene.now)


def _engagement(scene: Scene) -> None:
    engagement = scene.world.engagement("c1p1")
    engagement_end(
        engagement_id=engagement.id,
        version=engagement.version,
        export_days=0,
        actor=scene.actor("c1.cso", scene.now),
        at=scene.now,
    )


def _placement(scene: Scene) -> None:
    assert scene.world.placement is not None
    placement_end(placement_id=scene.world.placement.pk, actor=scene.actor("c1.cso", scene.now), at=scene.now)


def _token(scene: Scene) -> None:
    token_revoke(token_id=scene.world.tokens["p1"].pk, actor=scene.actor("p1.pm", scene.now), at=scene.now)


@pytest.mark.parametrize(
    ("end", "role", "key"),
    [
        (_grant, "PT", "assigned"),
        (_employment, "PT", "assigned"),
        (_engagement, "PT", "assigned"),
        (_engagement, "PM", "assigned"),
        (_engagement, "TOK", "assigned"),
        (_placement, "EMB", "internalmine"),
        (_token, "TOK", "assigned"),
    ],
)
def test_the_next_request_is_denied(scene: Scene, end: End, role: str, key: str) -> None:
    pk, mark = scene.tickets[key], mark_of(key)
    with standing_still(scene):
        reader = Reader(scene, role)
        pages = (
            [f"/api/v1/tickets/{pk}", "/api/v1/tickets?state=all"]
            if reader.is_token
            else [f"/tickets/{pk}/", "/"]
        )
        assert reader.get(pages[0]).status == 200
        assert mark in reader.get(pages[0]).text
        end(scene)
        reader.pages.clear()
        for url in pages:
            answer = reader.get(url)
            assert mark not in answer.text, url
            assert answer.status in ((200, 302, 401, 404) if url != pages[0] else (302, 401, 404)), (
                url,
                answer.status,
            )
        words = {"text": "Still here?", "audience": ""}
        written = (
            reader.send("POST", f"/api/v1/tickets/{pk}/messages", {"text": "Still here?"})
            if reader.is_token
            else reader.post(f"/tickets/{pk}/reply/", words)
        )
        assert written.status in (302, 401, 404)
        found = ticket_list(actor=reader.actor, filters=TicketFilter(state="all", text=mark), at=scene.now)
        assert not found.rows


def test_ending_a_grant_costs_the_same_whatever_it_covered(scene: Scene) -> None:
    """One row ends, not one for each ticket: a second is more than enough for any number of them."""
    row = Grant.objects.get(person=scene.world.people["p1.pm"], engagement=scene.world.engagements["c1p1"])
    covered = Participation.objects.filter(engagement=scene.world.engagements["c1p1"]).count()
    assert covered > 5
    with CaptureQueriesContext(connection) as queries:
        grant_end(grant_id=row.pk, actor=scene.actor("p1.pm", scene.now), at=scene.now)
    assert not [q for q in queries if "participation" in q["sql"] or "tickets_ticket" in q["sql"]]
    assert len(queries) < 40
    later = scene.actor("p1.pm", scene.now + timedelta(microseconds=1))
    engagement = scene.world.engagements["c1p1"]
    assert engagement.pk not in later.sight.engagement_ids
