"""Filters by typing: what is offered, what a word of the form `name:value` becomes, and what nobody is offered."""

from urllib.parse import parse_qs

import pytest
from django.utils import translation
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader

from cosource.tickets.queries.filter_words import filter_offers, filters_typed
from cosource.tickets.queries.filters import TicketFilter

ANY = TicketFilter()


def offered(desk: Desk, who: str, typed: str, filters: TicketFilter = ANY) -> list[tuple[str, str]]:
    return [(one.label, one.value) for one in filter_offers(desk.actor(who), filters, typed)]


def test_the_last_word_offers_what_it_may_mean(desk: Desk) -> None:
    assert offered(desk, "c1.ct", "printer turn:ou") == [("turn", "ours")]
    assert offered(desk, "c1.ct", "overd") == [("due", "overdue")]
    assert ("turn", "a partner’s") in offered(desk, "c1.ct", "turn:")
    assert [label for label, _value in offered(desk, "c1.ct", "service:c1 p")] == []
    assert ("service", "c1 printing") in offered(desk, "c1.ct", "printing")
    assert offered(desk, "c1.ct", "o") == []
    [one] = filter_offers(desk.actor("c1.ct"), TicketFilter(priority="1"), "printer jam due:overdue")
    assert parse_qs(one.query) == {"priority": ["1"], "due": ["overdue"], "text": ["printer jam"]}


def test_nobody_is_offered_what_is_out_of_sight(desk: Desk) -> None:
    assert offered(desk, "p2.pt", "team:alder") == []
    assert ("team", "p1 alder team") in offered(desk, "p1.pt", "team:alder")
    # Who only asks for help filters by nothing of the desk's.
    assert offered(desk, "c1.req", "turn:ours") == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("turn:ours printer", TicketFilter(turn="mine", text="printer")),
        ("priority:1 due:overdue", TicketFilter(priority="1", due="overdue")),
        ("state:waiting jam", TicketFilter(state="paused", text="jam")),
        # What means none, or several, stays among the words.
        ("error:5", TicketFilter(text="error:5")),
        ("http://printer", TicketFilter(text="http://printer")),
        ("turn:nobody", TicketFilter(text="turn:nobody")),
        ("turn:the", TicketFilter(text="turn:the")),
        ("12:30 :", TicketFilter(text="12:30 :")),
    ],
)
def test_a_name_with_a_value_is_a_filter_where_it_means_just_one(desk: Desk, typed, meant) -> None:
    assert filters_typed(desk.actor("c1.ct"), TicketFilter(text=typed)) == meant


def test_they_are_said_in_the_readers_language_and_as_addresses_have_them(desk: Desk) -> None:
    with translation.override("de"):
        said = filters_typed(desk.actor("c1.ct"), TicketFilter(text="fällig:überfällig"))
        assert filters_typed(desk.actor("c1.ct"), TicketFilter(text="due:overdue")).due == "overdue"
    assert said.due == "overdue"


def test_the_page_leads_on_to_the_filters_that_were_typed(desk: Desk) -> None:
    client = Reader(desk, "c1.ct")
    answer = client.get("/tickets/?text=printer+turn%3Aours")
    assert (answer.status_code, answer["Location"]) == (302, "/tickets/?turn=mine&text=printer")
    assert client.get(answer["Location"]).status_code == 200
    assert client.get("/tickets/?text=error%3A5").status_code == 200
