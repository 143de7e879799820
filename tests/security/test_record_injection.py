"""Whatever a name holds, it makes one entry with exactly that name; and without its entry nothing is changed."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils.html import escape

from cosource.foundation.errors import Invalid
from cosource.foundation.models import Entry, Payload
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.sealing import seal_all
from cosource.parties.models import Team
from cosource.parties.services.teams import team_add
from cosource.tickets.services.opening import ticket_open
from tests.access.reader import Reader, standing_still
from tests.access.scene import Scene

pytestmark = pytest.mark.threat("S23")

NAMES = [
    'Night"}, {"kind": "grant.given/1',
    "<script>alert(1)</script><b>bold",
    "{{ actor }}{% debug %}",
    "\x1b[31mred\x1b[0m",
    "=HYPERLINK(1)",
    "\u202etxt.exe",
    "O'Brien; DROP TABLE parties_team; --",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_strange_name_is_one_entry_with_exactly_that_name(scene: Scene, name: str) -> None:
    before = Entry.objects.count()
    try:
        team = team_add(name=name, actor=scene.actor("c1.cso"), at=scene.tick())
    except Invalid:
        # Refusing what cannot be shown is as good; then there is nothing of it.
        assert Entry.objects.count() == before
        return
    made = Entry.objects.filter(subject_id=team.pk)
    added = [e for e in made if e.kind == "team.added/1"]
    assert len(added) == 1
    assert Payload.objects.get(entry=added[0]).body["name"] == name
    assert not Entry.objects.filter(kind="grant.given/1", recorded_at=scene.clock).exists()
    seal_all()
    assert verify(scene.world.organizations["c1"].id).holds
    with standing_still(scene):
        answer = Reader(scene, "CSO").get(f"/audit/{added[0].pk}/")
    assert answer.status == 200
    shown = json.dumps(name, ensure_ascii=False)[1:-1]
    assert escape(name) in answer.text or escape(shown) in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("text", ["a\r\nb: c\r\n\r\n{}", "line\nline", "\x1b]0;title\x07"])
def test_a_text_of_many_lines_is_one_entry(scene: Scene, text: str) -> None:
    ticket = ticket_open(title="Lines", text=text, actor=scene.actor("c1.ct"), at=scene.tick())
    # Beside it stands to which team it went, and why.
    entries = Entry.objects.filter(subject_id=ticket.id).order_by("id")
    assert [entry.kind for entry in entries] == ["ticket.opened/1", "ticket.routed/1"]
    [said] = [p.body["text"] for p in Payload.objects.filter(entry__in=entries) if "text" in p.body]
    assert said == text.replace("\r\n", "\n").strip()


@pytest.mark.parametrize("name", ["x" * 1_000_000, "a\x00b"])
def test_what_cannot_be_kept_is_refused_with_nothing_done(scene: Scene, name: str) -> None:
    before = Entry.objects.count(), Team.objects.count()
    with pytest.raises(Invalid):
        team_add(name=name, actor=scene.actor("c1.cso"), at=scene.tick())
    assert (Entry.objects.count(), Team.objects.count()) == before


def test_without_its_entry_nothing_is_changed(scene: Scene) -> None:
    """The database refuses every new entry, as a full disk would: then there is no team either."""
    before = Team.objects.count()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no entry'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER refused BEFORE INSERT ON foundation_entry EXECUTE FUNCTION refused()"
            )
        else:
            cursor.execute(
                "CREATE TEMP TRIGGER refused BEFORE INSERT ON main.foundation_entry BEGIN SELECT RAISE(ABORT, 'no entry'); END"
            )
        with pytest.raises(DatabaseError, match="no entry"):
            team_add(name="Night watch", actor=scene.actor("c1.cso"), at=scene.tick())
        transaction.set_rollback(True)
    assert Team.objects.count() == before
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER IF EXISTS refused")
