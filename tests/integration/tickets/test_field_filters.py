"""Lists by what a desk's own fields say: found by who reads the answers, and by nobody else."""

from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of
from tests.integration.tickets.test_fields import answer, begin, declare
from tests.integration.tickets.test_list_views import share

from cosource.foundation.errors import Invalid
from cosource.foundation.services.erasure import payload_erase
from cosource.tickets.models import FieldAnswers, FieldSet, Ticket
from cosource.tickets.queries.filter_words import filter_offers, filters_typed
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_count, ticket_list

pytestmark = [pytest.mark.req("C14"), pytest.mark.django_db]

FORM = "Größe | line\nRoom | line\nFloor | choice | First; Second\nBy | date\nCost | number\nDone | yes_no"


def by_field(one: FieldSet, key: str, value: str = "") -> TicketFilter:
    return TicketFilter(state="all", order="newest", field=f"{one.id.hex}.{key}:{value}")


def found(desk: Desk, who: str, one: FieldSet, key: str, value: str = "", **more: Any) -> list[str]:
    page = ticket_list(actor=desk.actor(who), filters=by_field(one, key, value), at=desk.now, **more)
    return [row.title for row in page.rows]


def given(desk: Desk, one: FieldSet, title: str, **answers: str) -> Ticket:
    return begin(desk, {one.id: answers}, title=title)


def test_each_kind_of_field_is_found_by_what_it_says(desk: Desk) -> None:
    one = declare(desk, form=FORM)
    given(desk, one, "a", größe="Ward 4 West", room="O'Neill 50%", floor="First", cost="3,5", done="yes")
    given(desk, one, "b", room="12", floor="Second", by="2026-03-02", cost="35", done="no")
    given(desk, one, "c")
    for key, value, titles in (
        ("größe", "4 west", ["a"]),
        ("room", "o'neill 50%", ["a"]),
        # What an index of words or a pattern would take for more is just what it says.
        ("room", "%", ["a"]),
        ("room", "1_", []),
        ("room", "", ["b", "a"]),
        ("floor", "first", ["a"]),
        ("floor", "Fir", []),
        ("by", "2026-03-02", ["b"]),
        ("cost", "3.5", ["a"]),
        ("done", "no", ["b"]),
        ("none", "x", []),
    ):
        assert (key, value, found(desk, "c1.ct", one, key, value)) == (key, value, titles)
    assert ticket_count(actor=desk.actor("c1.ct"), filters=by_field(one, "floor", "First"), at=desk.now) == 1
    # It stops after so many keys, says so, and goes on from there.
    page = ticket_list(
        actor=desk.actor("c1.ct"), filters=by_field(one, "room", "O"), at=desk.now, scan_limit=2
    )
    assert (page.rows, page.stopped_after) == ([], 2)
    assert found(desk, "c1.ct", one, "room", "O", scan_limit=2, cursor=page.next_cursor) == ["a"]


def test_a_party_finds_by_what_it_reads_alone(desk: Desk) -> None:
    one = declare(desk, form=FORM)
    theirs = declare(desk, "p1.pm", name="Project", form="Number | line", internal=True)
    ticket, other = given(desk, one, "shared", room="12"), given(desk, one, "kept", room="12")
    # Nothing was told to it yet, so there is nothing to find by.
    assert filter_offers(desk.actor("p1.pm"), TicketFilter(), "Room:") == []
    assert found(desk, "p1.pm", one, "room", "12") == []
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    answer(desk, ticket, "p1.pt", theirs, number="7")
    assert found(desk, "p1.pm", one, "room", "12") == ["shared"]
    assert found(desk, "c1.aud", one, "room", "12") == ["kept", "shared"]
    assert found(desk, "p1.pt", theirs, "number", "7") == ["shared"]
    # To the client it is as if it never was; who only asks for help filters by nothing of the desk's.
    for who in ("c1.cso", "p2.pm", "c2.cso"):
        assert found(desk, who, theirs, "number", "7") == []
        assert found(desk, who, theirs, "number", "8") == []
    assert found(desk, "p2.pm", one, "room", "12") == []
    with pytest.raises(Invalid):
        found(desk, "c1.req", one, "room", "12")
    assert "Project" not in words_of(Reader(desk, "c1.cso").get("/tickets/filters/"))
    for who, label in (("c1.cso", "Number"), ("p2.pm", "Room")):
        assert filter_offers(desk.actor(who), TicketFilter(), f"{label}:") == []
    assert (
        Reader(desk, "c1.cso").get(f"/tickets/?{by_field(theirs, 'number', '7').query()}").status_code == 400
    )
    # An internal one of the own house is for who works there.
    ours = declare(desk, name="Budget", form="Line | line", internal=True)
    answer(desk, other, "c1.ct", ours, line="A")
    assert found(desk, "c1.ct", ours, "line") == ["kept"]
    assert found(desk, "c1.aud", ours, "line") == []
    assert found(desk, "p1.pm", ours, "line") == []
    for held in FieldAnswers.objects.filter(ticket=ticket, field_set=one, organization_id=desk.org("c1")):
        payload_erase(entry_id=held.entry_id, reason="gdpr", actor=desk.actor("c1.cso"), at=desk.tick())
    assert found(desk, "p1.pm", one, "room") == []
    assert found(desk, "c1.cso", one, "room") == ["kept"]


def test_it_is_typed_chosen_shared_and_refused_by_name(desk: Desk) -> None:
    one, own = declare(desk, form=FORM), declare(desk, name="Own", form="Wing | line", internal=True)
    given(desk, one, "a", room="12", floor="Second")
    actor = desk.actor("c1.ct")
    typed = filters_typed(actor, TicketFilter(text="jam floor:second Room:12"))
    assert (typed.field, typed.text) == (f"{one.id.hex}.room:12", "jam")
    assert [(o.label, o.value) for o in filter_offers(actor, TicketFilter(), "seco")] == [("Floor", "Second")]
    reader = Reader(desk, "c1.ct")
    # The form of all filters has one place for the field and one for what it says.
    answered = reader.get(f"/tickets/?state=all&field={one.id.hex}.room%3A&field_is=12")
    assert (answered.status_code, answered["Location"]) == (
        302,
        f"/tickets/?state=all&field={one.id.hex}.room%3A12",
    )
    page = reader.get(answered["Location"])
    assert "Room" in words_of(page)
    assert page.content.decode().count("data-row ") == 1
    form = reader.get(f"/tickets/filters/?field={one.id.hex}.room%3A12").content.decode()
    assert 'name="field_is" value="12"' in form
    for field in ("x", f"{one.id.hex}.room", f"{'-' * 32}.room:1", f"{one.id.hex}.room:{'1' * 201}"):
        with pytest.raises(Invalid):
            TicketFilter(field=field)
    for value in ("by:soon", "cost:dear", "done:perhaps", "none:1"):
        assert reader.get(f"/tickets/?field={one.id.hex}.{value}").status_code == 400
    share(desk, "c1.cso", "c1p1", filters=by_field(one, "floor", "Second"))
    with pytest.raises(Invalid) as refused:
        share(desk, "c1.cso", "c1p1", filters=by_field(own, "wing", "North"))
    assert list(refused.value.details["fields"]) == ["field"]
