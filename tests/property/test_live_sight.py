"""Who is told at once is who could read it on the page: decided on values, against what the database and the page say."""

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.access import fixtures
from tests.access.reader import ROLES as PEOPLE_BY_ROLE
from tests.access.scene import Scene
from tests.tickets_made import PEOPLE, TEAMS, noon, random_tickets
from tests.worlds import World

from cosource.foundation.errors import NotFound
from cosource.foundation.models import Entry
from cosource.foundation.services.audience import audience_readers
from cosource.foundation.sight import ROLES, GrantFact, Sight, system_actor
from cosource.tickets.models import Participation
from cosource.tickets.queries.entry_rows import is_written
from cosource.tickets.queries.live import _parts
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.rules.sight import READ_IN_SCOPE, may_be_told, reaching

pytestmark = pytest.mark.req("D21")
scene = fixtures.scene
_own_database = fixtures._own_database
_standing_scene = fixtures._standing_scene


def _sight(world: World, chance: random.Random) -> Sight:
    key = chance.choice(("c1", "c2", "p1", "p2", "p3"))
    engagements = [e.id for name, e in sorted(world.engagements.items())]

    def some(ids: list) -> frozenset:
        return frozenset(chance.sample(ids, chance.randint(1, 2))) if chance.random() < 0.3 else frozenset()

    def grant() -> GrantFact:
        since = noon() - timedelta(hours=chance.randint(2, 6))
        return GrantFact(
            engagement_id=chance.choice([None, None, *engagements]),
            role=chance.choice(ROLES),
            service_ids=some(sorted(s.id for s in world.services.values())),
            site_ids=some(sorted(s.id for s in world.sites.values())),
            history_from=since if chance.random() < 0.2 else None,
            history_until=since + timedelta(hours=2) if chance.random() < 0.2 else None,
            rights=frozenset({READ_IN_SCOPE}) if chance.random() < 0.4 else frozenset(),
        )

    return Sight(
        organization_id=None if chance.random() < 0.02 else world.organizations[key].id,
        person_id=None if chance.random() < 0.1 else world.people[chance.choice([*PEOPLE[key], "c1.req"])].id,
        grants=tuple(grant() for _ in range(chance.randint(0, 3))),
        team_ids=frozenset(world.teams[t].id for t in TEAMS[key] if chance.random() < 0.5),
    )


def test_values_and_database_agree_on_sight(world: World) -> None:
    chance = random.Random(20260301)
    tickets = random_tickets(world, chance, 120, noon())
    parts = _parts([t.id for t in tickets], [o.id for o in world.organizations.values()])
    seen = 0
    for _ in range(150):
        sight = _sight(world, chance)
        actor = replace(system_actor(reason="test"), sight=sight)
        by_database = set(Participation.objects.visible_to(actor).values_list("organization_id", "ticket_id"))
        by_value = {
            (organization_id, ticket_id)
            for organization_id, mine in parts.items()
            for ticket_id, part in mine.items()
            if reaching(sight, part)
        }
        assert by_value == by_database, sight
        seen += len(by_value)
    assert seen > 500


@pytest.mark.threat("S19")
def test_what_is_told_is_what_the_page_shows(scene: Scene) -> None:
    """For everybody in the scene and every entry of every ticket; an event that is told is a line that can be read."""
    told = 0
    for key, ticket_id in itertools.product(PEOPLE_BY_ROLE.values(), scene.tickets.values()):
        kind, _, token = key.partition(":")
        actor = scene.world.token_actor(token, scene.now) if token else scene.actor(kind, scene.now)
        try:
            view = ticket_get(actor=actor, ticket_id=ticket_id, at=scene.now, whole_conversation=True)
            shown = {line.id for line in view.conversation.lines}
        except NotFound:
            shown = set()
        parts = _parts([ticket_id], [actor.reads_as])
        part = parts[actor.reads_as].get(ticket_id) if parts else None
        for entry in Entry.objects.filter(subject_kind="ticket", subject_id=ticket_id):
            readers, with_requester = audience_readers(entry.audience_id)
            may = part is not None and may_be_told(
                actor.sight,
                part,
                readers=readers,
                with_requester=with_requester,
                is_written=is_written(entry.kind),
            )
            assert may == (entry.id in shown), (key, entry.kind, ticket_id)
            told += may
    assert told > 100
