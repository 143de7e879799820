"""What holds for every possession ribbon, whatever the record and whoever reads it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cosource.calendars.rules.business_time import Calendar
from cosource.tickets.rules.possession import PossessionInterval
from cosource.tickets.rules.ribbon import Ribbon, RibbonDue, ribbon
from cosource.tickets.rules.ribbon_pieces import RibbonParty, RibbonPause, RibbonTeam

OPENED = datetime(2026, 3, 2, 7, 52, tzinfo=UTC)
OFFICE = Calendar("Europe/Berlin", (((8 * 60, 12 * 60), (13 * 60, 17 * 60)),) * 5 + ((), ()))
KEYS = ("p0", "p1", "p2", "p3", "p4", "p5")
PARTIES = {key: RibbonParty(key, slot + 1, f"I{slot}", f"Name-{key}") for slot, key in enumerate(KEYS)}

spans = st.integers(min_value=0, max_value=20_000)
holders = st.tuples(st.sampled_from([*KEYS, None]), st.sampled_from(["a", "b", None]))


def minute(count: int) -> datetime:
    return OPENED + timedelta(minutes=count)


@st.composite
def ribbons(draw: st.DrawFn) -> tuple[frozenset[str], datetime, Ribbon]:
    steps = draw(st.lists(st.tuples(holders, spans), max_size=12))
    possession, at = [], 0
    for (party, team), length in steps:
        team_id = f"{party}-{team}" if party and team else None
        possession.append(PossessionInterval(party, team_id, minute(at), minute(at + length)))
        at += length
    pauses = [
        RibbonPause(minute(start), None if length is None else minute(start + length), turn, f"Reason-{turn}")
        for start, length, turn in draw(
            st.lists(st.tuples(spans, st.none() | spans, st.sampled_from([*KEYS, None])), max_size=4)
        )
    ]
    seen = draw(st.frozensets(st.sampled_from(KEYS)))
    now = minute(at + draw(st.sampled_from([0, 1, 5000])))
    ended = draw(st.sampled_from([None, minute(at)]))
    drawn = ribbon(
        opened_at=OPENED,
        now=now,
        possession=possession,
        parties=[PARTIES[key] for key in seen],
        teams=[RibbonTeam(f"{key}-{team}", f"Team-{key}") for key in KEYS for team in "ab"],
        pauses=pauses,
        due=draw(st.none() | st.builds(RibbonDue, st.just("Resolve"), spans.map(minute), spans.map(minute))),
        ended_at=ended,
        calendar=draw(st.sampled_from([None, OFFICE])),
    )
    return seen, ended or now, drawn


@given(ribbons())
def test_pieces_tile_the_past(given_ribbon: tuple[frozenset[str], datetime, Ribbon]) -> None:
    _, until, drawn = given_ribbon
    if until == OPENED:
        assert drawn.pieces == ()
        return
    assert drawn.pieces[0].from_at == OPENED
    assert drawn.pieces[-1].until_at == until
    assert drawn.pieces[0].start == 0.0
    end = 100.0 if drawn.future_from is None else drawn.future_from
    for before, after in pairwise(drawn.pieces):
        assert before.until_at == after.from_at
        assert abs(before.start + before.width - after.start) <= 0.011
    assert abs(drawn.pieces[-1].start + drawn.pieces[-1].width - end) <= 0.011
    least = min(0.4, end / len(drawn.pieces))
    assert all(piece.width >= least - 0.011 for piece in drawn.pieces)


@given(ribbons())
def test_everything_lies_on_the_line_in_order(given_ribbon: tuple[frozenset[str], datetime, Ribbon]) -> None:
    drawn = given_ribbon[2]
    for places in (
        [mark.at for mark in drawn.handovers],
        [label.at for label in drawn.axis_labels],
        [mark.at for mark in drawn.marks if mark.kind == "break"],
    ):
        assert places == sorted(places)
        assert all(0 <= place <= 100 for place in places)
    assert all(0 <= mark.at <= 100 for mark in drawn.marks)
    edges = {piece.start for piece in drawn.pieces}
    assert all(mark.at in edges for mark in drawn.handovers)
    assert 1 <= len(drawn.axis_labels) <= 10


@given(ribbons())
def test_legend_and_table_sum_up_the_pieces(given_ribbon: tuple[frozenset[str], datetime, Ribbon]) -> None:
    drawn = given_ribbon[2]
    total = sum(piece.minutes for piece in drawn.pieces)
    assert abs(sum(item.minutes for item in drawn.legend) - total) < 1e-6
    assert [str(row.duration) for row in drawn.rows] == [
        str(piece.title).rsplit(" · ", 1)[1] for piece in drawn.pieces
    ]


@given(ribbons())
def test_nothing_of_an_unseen_party_shows(given_ribbon: tuple[frozenset[str], datetime, Ribbon]) -> None:
    seen, _, drawn = given_ribbon
    everything = repr(drawn)
    for key in set(KEYS) - seen:
        for trace in (f"Name-{key}", f"Team-{key}", f"Reason-{key}", f"'{key}", f"I{KEYS.index(key)}"):
            assert trace not in everything
    for before, after in pairwise(drawn.rows):
        if before.turn is None and after.turn is None:
            assert not str(before.holder) == str(after.holder) == "another party"
