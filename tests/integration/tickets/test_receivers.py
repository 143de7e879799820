"""Whether one team may be offered a ticket is answered as the list of those that may be."""

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.parties.models import Team
from cosource.parties.services.teams import team_end
from cosource.tickets.queries.receivers import reachable_engagements, receiving_team, receiving_teams
from cosource.tickets.queries.record import load


@pytest.mark.req("C11")
def test_one_team_is_judged_as_the_list_judges_it(desk: Desk) -> None:
    alone = desk.open()
    shared = desk.open(service_id=desk.world.services["c1.printing"].id)
    passed_on = desk.open()
    desk.give(passed_on, "p1.alder", "c1.ct", "p1.pt")
    back = desk.open()
    desk.give(back, "p1.alder", "c1.ct", "p1.pt")
    desk.give(back, "c1.apps", "p1.pt", "c1.ct2")
    internal = desk.open(internal=True)
    team_end(team_id=desk.world.teams["p2.noc"].id, actor=desk.actor("p2.pm"), at=desk.tick())
    answers = set()

    for ticket, readers in (
        (alone, ("c1.ct",)),
        (shared, ("c1.ct", "p1.pm")),
        (passed_on, ("c1.ct", "p1.pt")),
        (back, ("c1.ct", "p1.pm")),
        (internal, ("c1.ct",)),
    ):
        for reader in readers:
            record = load(ticket.id, desk.actor(reader))
            engagements = reachable_engagements(record, desk.now)
            listed = set(receiving_teams(record, engagements, desk.now))
            single = {
                team
                for team in Team.objects.all()
                if receiving_team(record, team.id, engagements, desk.now) == team
            }
            assert single == listed, (ticket.title, reader)
            answers.add((reader, frozenset(team.name for team in listed)))

    # The comparison means something: who may be offered a ticket differs by ticket and by reader.
    assert len(answers) >= 4
    assert all(listed for _, listed in answers)
