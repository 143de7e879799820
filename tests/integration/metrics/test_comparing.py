"""Partners side by side: for those who answer for a desk and for auditors; others ask for one engagement at a time."""

import json

import pytest
import time_machine
from django.test import Client
from tests.integration.metrics.conftest import refresh
from tests.integration.metrics.test_scoreboard_page import browser, of, page, played
from typer.testing import CliRunner

from cosource.config.cli import app
from cosource.foundation.errors import NotAllowed
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.matrix import handovers_between
from cosource.metrics.rules.fields import COMPARING

__all__ = ["played"]
pytestmark = [pytest.mark.req("C16"), pytest.mark.django_db(transaction=True)]
EVERY = sorted(COMPARING)


def refused(desk, who: str, **more) -> bool:
    """Whether an actor is refused, in all of its forms; it is never half and half."""

    def is_refused(ask) -> bool:
        try:
            ask()
        except NotAllowed as said:
            return said.code == "comparison"
        return False

    answers = {is_refused(lambda by=by: figures(desk.actor(who), by=by, at=desk.now, **more)) for by in EVERY}
    answers.add(is_refused(lambda: handovers_between(desk.actor(who), at=desk.now, **more)))
    assert len(answers) == 1
    return answers.pop()


def test_who_sets_partners_beside_each_other(played):
    own, shared = [played.org("c1")], [played.world.engagements["c1p1"].id]
    both = [*shared, played.world.engagements["c1p2"].id]
    seen = {
        (who, name): refused(played, who, scope=scope)
        for who in ("c1.cso", "c1.aud", "c1.ct")
        for name, scope in (("own", own), ("one", shared), ("two", both))
    }
    assert {who for who, is_refused in seen.items() if is_refused} == {("c1.ct", "own"), ("c1.ct", "two")}
    for who in ("p1.pm", "p1.pt"):
        assert not refused(played, who, scope=shared)


def test_the_page_offers_what_may_be_asked(played):
    technician, boss = browser(played, "c1.ct"), browser(played, "c1.cso")
    shown = page(technician.get("/scoreboard/?period=2026-03"))
    assert 'id="teams"' not in shown
    assert 'id="parties"' not in shown
    for name in ("party", "team"):
        assert f"by={name}" not in shown
        assert technician.get(f"/scoreboard/?period=2026-03&by={name}").status_code == 403
    assert "by=service" in shown
    for table in ("groups?by=party", "groups?by=team", "teams", "parties"):
        name, _, query = table.partition("?")
        address = f"/scoreboard/table/{name}.csv?period=2026-03&{query}"
        answers = {
            who: client.get(address).status_code for who, client in (("ct", technician), ("cso", boss))
        }
        assert answers == {"ct": 403, "cso": 200}, address
    assert technician.get("/scoreboard/figure/tickets/?period=2026-03&by=party").status_code == 403
    assert 'id="parties"' in page(boss.get("/scoreboard/?period=2026-03"))
    assert 'id="parties"' in page(technician.get(f"/scoreboard/?period=2026-03&{of(played)}"))


def test_programs_and_the_command_line_are_told_the_same(played):
    refresh(played)
    with time_machine.travel(played.tick(60), tick=False):
        for who, status in (("c1.ct", 2), (played.world.person("c1.cso").email, 0), ("Alder Hospitals", 0)):
            name = played.world.person(who).email if who == "c1.ct" else who
            asked = CliRunner().invoke(app, ["metrics", "show", "--json", "--by", "party", "--as", name])
            assert asked.exit_code == status, (who, asked.stderr)
            # Without a field there is all that the reader may have.
            whole = CliRunner().invoke(app, ["metrics", "show", "--json", "--as", name])
            assert (whole.exit_code, len(json.loads(whole.stdout)) > 0) == (0, True)
        robot = Client(
            headers={"host": "localhost", "authorization": f"Bearer {played.world.secrets['c1']}"},
            raise_request_exception=False,
        )
        assert robot.get("/api/v1/metrics/figures", {"by": "party"}).status_code == 403
