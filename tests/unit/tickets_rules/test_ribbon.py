"""The possession ribbon: what is drawn where, what a reader does not get to see, and what it says."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cosource.calendars.rules.business_time import Calendar
from cosource.tickets.rules.possession import PossessionInterval
from cosource.tickets.rules.ribbon import Ribbon, RibbonDue, ribbon
from cosource.tickets.rules.ribbon_axis import Axis, axis_labels, axis_of, widened
from cosource.tickets.rules.ribbon_pieces import RibbonParty, RibbonPause, RibbonTeam

OPENED = datetime(2026, 3, 2, 7, 52, tzinfo=UTC)  # a Monday
HARBOUR = RibbonParty("hh", 1, "HH", "Harbour Health")
BRIGHTLINE = RibbonParty("bl", 2, "BL", "Brightline")
KESTREL = RibbonParty("kn", 3, "KN", "Kestrel")
ALL = (HARBOUR, BRIGHTLINE, KESTREL)
TEAMS = (RibbonTeam("desk", "Service desk"), RibbonTeam("print", "Print"), RibbonTeam("net", "Network"))
OFFICE = Calendar("UTC", (((8 * 60, 17 * 60),),) * 5 + ((), ()))


def minute(count: float) -> datetime:
    return OPENED + timedelta(minutes=count)


def clock(instant: datetime) -> str:
    return instant.strftime("%H:%M")


def held(*steps: tuple[float, str | None, str | None]) -> list[PossessionInterval]:
    """From (minute, party, team) on, each until the next; the last is open."""
    ends = [minute(step[0]) for step in steps[1:]]
    return [
        PossessionInterval(party, team, minute(start), end)
        for (start, party, team), end in zip(steps, [*ends, None], strict=True)
    ]


WAY = held(
    (0, "hh", "desk"),
    (13, "bl", "print"),
    (96, "kn", "net"),
    (111, "bl", "print"),
    (118, "kn", "net"),
)


def draw(possession: list[PossessionInterval], now: float, **more: Any) -> Ribbon:
    more = {"parties": ALL, "teams": TEAMS, **more}
    return ribbon(opened_at=OPENED, now=minute(now), possession=possession, **more)


def wristbands(**more: Any) -> Ribbon:
    return draw(
        WAY,
        140,
        pauses=[RibbonPause(minute(58), minute(80), "hh", "site access")],
        due=RibbonDue("Resolve", minute(262), minute(240)),
        notes={minute(111): "port is up"},
        return_limit=2,
        **more,
    )


def places(drawn: Ribbon) -> list[tuple[float, float, int, str]]:
    return [(piece.start, piece.width, piece.slot, piece.state) for piece in drawn.pieces]


def told(drawn: Ribbon) -> str:
    return drawn.story.text(write_instant=clock)


def test_a_ticket_of_three_parties_with_a_pause_and_a_return() -> None:
    drawn = wristbands()
    assert places(drawn) == [
        (0.0, 4.71, 1, "held"),
        (4.71, 16.3, 2, "held"),
        (21.01, 7.97, 1, "paused"),
        (28.99, 5.8, 2, "held"),
        (34.78, 5.43, 3, "held"),
        (40.22, 2.54, 2, "held"),
        (42.75, 7.97, 3, "held"),
    ]
    assert drawn.future_from == 50.72
    assert [(mark.at, mark.is_return, mark.is_between_parties) for mark in drawn.handovers] == [
        (4.71, False, True),
        (34.78, False, True),
        (40.22, True, True),
        (42.75, True, True),
    ]
    assert str(drawn.handovers[0].title) == "Harbour Health to Brightline"
    assert str(drawn.handovers[2].title) == "Kestrel to Brightline: port is up"
    assert [(m.kind, m.at, m.anchor, m.label and m.label.text(write_instant=clock)) for m in drawn.marks] == [  # type: ignore[union-attr]  # every label of this picture is a phrase
        ("first_due", 86.96, "end", "11:52, moved 22 m by a pause"),
        ("due", 94.93, "end", "Resolve due 12:14"),
        ("now", 50.72, "middle", "now 10:12"),
    ]
    assert [(str(item.name), str(item.net), item.slot, item.state) for item in drawn.legend] == [
        ("Harbour Health", "13 m", 1, "held"),
        ("Brightline", "1 h 08", 2, "held"),
        ("Kestrel", "37 m", 3, "held"),
        ("Paused, on the turn of Harbour Health", "22 m", 1, "paused"),
    ]
    assert str(drawn.came_back) == "came back, 2 of 2 allowed"
    assert not drawn.is_squeezed
    assert told(drawn) == (
        "Possession from 07:52 to 10:12: Harbour Health 13 m; Brightline 45 m; "
        "paused 22 m on Harbour Health for site access; Brightline 16 m; Kestrel 15 m; "
        "returned to Brightline 7 m; returned to Kestrel 22 m, until now. "
        "Resolve due 12:14, moved from 11:52 by a pause."
    )


@pytest.mark.parametrize(("seconds", "kinds"), [(59, ["due", "now"]), (60, ["first_due", "due", "now"])])
def test_a_due_time_that_moved_by_seconds_is_not_said_to_have_moved(seconds: int, kinds: list[str]) -> None:
    due = RibbonDue("Resolve", minute(240) + timedelta(seconds=seconds), minute(240))
    drawn = draw(WAY, 140, due=due)
    assert [mark.kind for mark in drawn.marks] == kinds
    assert ("by a pause" in told(drawn)) == (seconds == 60)


def test_labels_show_where_there_is_room() -> None:
    drawn = wristbands()
    assert [(p.initials, p.team, p.shows_initials, p.shows_team) for p in drawn.pieces] == [
        ("HH", "Service desk", True, False),
        ("BL", "Print", True, True),
        ("HH", "", True, True),
        ("BL", "Print", True, False),
        ("KN", "Network", True, False),
        ("BL", "Print", False, False),
        ("KN", "Network", True, False),
    ]
    assert str(drawn.pieces[1].title) == "Brightline · Print · 45 m"
    assert str(drawn.pieces[2].title) == "Paused, on the turn of Harbour Health: site access · 22 m"


def test_axis_labels_are_even_times_of_the_reader() -> None:
    drawn = wristbands()
    assert [(label.at, clock(label.instant), label.is_major) for label in drawn.axis_labels] == [
        (0.0, "07:52", True),
        (13.77, "08:30", False),
        (24.64, "09:00", False),
        (35.51, "09:30", True),
        (46.38, "10:00", False),
        (57.25, "10:30", False),
        (68.12, "11:00", True),
        (78.99, "11:30", False),
        (89.86, "12:00", False),
    ]
    assert {label.anchor for label in drawn.axis_labels[1:]} == {"middle"}
    assert drawn.axis_labels[0].anchor == "start"
    assert not any(label.has_day for label in drawn.axis_labels)
    kathmandu = wristbands(zone=ZoneInfo("Asia/Kathmandu"))
    assert clock(kathmandu.axis_labels[1].instant) == "08:15"


def test_the_same_as_a_table() -> None:
    rows = wristbands().rows
    assert [
        (
            clock(row.from_at),
            clock(row.until_at) if row.until_at else None,
            str(row.holder),
            row.team,
            str(row.turn) if row.turn else None,
            row.reason,
            str(row.duration),
        )
        for row in rows
    ] == [
        ("07:52", "08:05", "Harbour Health", "Service desk", None, "", "13 m"),
        ("08:05", "08:50", "Brightline", "Print", None, "", "45 m"),
        ("08:50", "09:12", "Brightline", "Print", "Harbour Health", "site access", "22 m"),
        ("09:12", "09:28", "Brightline", "Print", None, "", "16 m"),
        ("09:28", "09:43", "Kestrel", "Network", None, "", "15 m"),
        ("09:43", "09:50", "Brightline", "Print", None, "", "7 m"),
        ("09:50", None, "Kestrel", "Network", None, "", "22 m"),
    ]


def test_what_a_reader_may_not_see_is_one_neutral_party() -> None:
    drawn = wristbands(parties=(HARBOUR, KESTREL))
    assert places(drawn)[1] == (4.71, 16.3, 0, "held")
    assert [str(item.name) for item in drawn.legend] == [
        "Harbour Health",
        "another party",
        "Kestrel",
        "Paused, on the turn of Harbour Health",
    ]
    assert drawn.pieces[1].initials == ""
    assert drawn.pieces[1].team == ""
    assert not drawn.pieces[1].shows_initials
    assert "Brightline" not in told(drawn)
    assert [mark.is_return for mark in drawn.handovers] == [False, False, False, True]
    assert str(drawn.came_back) == "came back, 1 of 2 allowed"


def test_unseen_parties_that_follow_each_other_are_one_piece() -> None:
    way = held((0, "hh", None), (10, "bl", "print"), (20, "kn", "net"), (30, "bl", "x"), (40, "hh", None))
    pauses = [RibbonPause(minute(35), minute(40), "kn", "spare part")]
    drawn = draw(way, 100, parties=[HARBOUR], pauses=pauses)
    assert [(clock(p.from_at), str(p.title)) for p in drawn.pieces] == [
        ("07:52", "Harbour Health · 10 m"),
        ("08:02", "another party · 25 m"),
        ("08:27", "Paused, on the turn of another party · 5 m"),
        ("08:32", "Harbour Health · 1 h 00"),
    ]
    assert [(mark.at, mark.is_return) for mark in drawn.handovers] == [(9.52, False), (38.1, True)]
    assert "paused 5 m on another party;" in told(drawn)
    assert str(drawn.came_back) == "came back 1 time"


def test_unknown_possession_is_neutral_and_no_handover() -> None:
    drawn = draw(held((0, "hh", "desk"), (10, None, None), (20, "hh", "desk"), (30, "bl", None)), 40)
    assert [(p.slot, str(p.title)) for p in drawn.pieces] == [
        (1, "Harbour Health · Service desk · 10 m"),
        (0, "unknown · 10 m"),
        (1, "Harbour Health · Service desk · 10 m"),
        (2, "Brightline · 10 m"),
    ]
    assert [str(mark.title) for mark in drawn.handovers] == ["Harbour Health to Brightline"]


def test_stretches_that_the_record_leaves_out_are_unknown() -> None:
    way = [
        PossessionInterval("hh", None, minute(10), minute(20)),
        PossessionInterval("hh", None, minute(15), minute(30)),
        PossessionInterval("bl", None, minute(30), minute(30)),
        PossessionInterval("bl", None, minute(40), minute(50)),
    ]
    drawn = draw(way, 60)
    assert [(clock(p.from_at), clock(p.until_at), str(p.title)) for p in drawn.pieces] == [
        ("07:52", "08:02", "unknown · 10 m"),
        ("08:02", "08:22", "Harbour Health · 20 m"),
        ("08:22", "08:32", "unknown · 10 m"),
        ("08:32", "08:42", "Brightline · 10 m"),
        ("08:42", "08:52", "unknown · 10 m"),
    ]


def test_teams_of_one_party_hand_over_too() -> None:
    way = held((0, "hh", "desk"), (10, "hh", "field"), (20, "hh", None), (30, "hh", "desk"))
    drawn = draw(way, 40, teams=[*TEAMS, RibbonTeam("field", "On site")])
    assert [(str(m.title), m.is_return, m.is_between_parties) for m in drawn.handovers] == [
        ("Service desk to On site", False, False),
    ]
    assert drawn.came_back is None
    back = draw(held((0, "hh", "desk"), (10, "hh", "net"), (20, "hh", "desk")), 40)
    assert [(str(m.title), m.is_return) for m in back.handovers] == [
        ("Service desk to Network", False),
        ("Network to Service desk", True),
    ]


def test_pauses_cut_across_holders_and_never_overlap() -> None:
    pauses = [
        RibbonPause(minute(30), None, None, "spare part"),
        RibbonPause(minute(15), minute(35), "hh", "approval"),
        RibbonPause(minute(16), minute(18), "hh", "inside the other"),
        RibbonPause(minute(90), None, "hh", "after the end"),
    ]
    drawn = draw(held((0, "bl", "print"), (20, "kn", "net")), 60, pauses=pauses)
    assert [(clock(p.from_at), p.slot, p.state, p.reason) for p in drawn.pieces] == [
        ("07:52", 2, "held", ""),
        ("08:07", 1, "paused", "approval"),
        ("08:12", 1, "paused", "approval"),
        ("08:27", 0, "paused", "spare part"),
    ]
    assert str(drawn.pieces[3].title) == "Paused, on the turn of nobody here: spare part · 25 m"
    assert [(str(r.holder), str(r.turn)) for r in drawn.rows[1:3]] == [
        ("Brightline", "Harbour Health"),
        ("Kestrel", "Harbour Health"),
    ]


def test_a_resolved_ticket_ends_with_its_last_event() -> None:
    due = RibbonDue("Resolve", minute(200))
    drawn = draw(held((0, "hh", None), (50, "bl", None)), 500, ended_at=minute(100), due=due)
    assert places(drawn) == [(0.0, 50.0, 1, "held"), (50.0, 50.0, 2, "held")]
    assert (drawn.future_from, drawn.marks) == (None, ())
    assert drawn.rows[-1].until_at == minute(100)
    assert told(drawn) == (
        "Possession from 07:52 to 09:32: Harbour Health 50 m; Brightline 50 m. Resolve due 11:12."
    )
    late = draw(
        held((0, "hh", None)), 500, ended_at=minute(100), due=RibbonDue("Resolve", minute(10), minute(10))
    )
    assert [(m.kind, m.at, m.anchor) for m in late.marks] == [("due", 10.0, "start")]


def test_labels_that_would_collide_give_way_to_the_due_time() -> None:
    drawn = draw(held((0, "hh", None)), 95, due=RibbonDue("Resolve", minute(100)))
    assert [(m.kind, str(m.label) == "", m.anchor) for m in drawn.marks] == [
        ("due", False, "end"),
        ("now", True, "end"),
    ]
    fresh = draw(held((0, "hh", None)), 1, due=RibbonDue("Resolve", minute(100)))
    assert [(m.kind, str(m.label) == "", m.anchor) for m in fresh.marks] == [
        ("due", False, "end"),
        ("now", False, "start"),
    ]


def test_a_ticket_just_opened() -> None:
    drawn = draw([], 0)
    assert (drawn.pieces, drawn.handovers, drawn.legend, drawn.rows) == ((), (), (), ())
    assert str(drawn.story) == "Nobody has held the ticket yet."
    assert drawn.future_from == 0.0
    assert [(label.at, clock(label.instant)) for label in drawn.axis_labels] == [
        (0.0, "07:52"),
        (50.0, "07:53"),
    ]


def test_pieces_too_thin_to_see_are_widened_and_the_marks_follow() -> None:
    drawn = draw(held((0, "hh", None), (500, "bl", None), (500.5, "hh", None)), 1000)
    assert places(drawn) == [(0.0, 47.27, 1, "held"), (47.27, 0.4, 2, "held"), (47.67, 47.57, 1, "held")]
    assert [mark.at for mark in drawn.handovers] == [47.27, 47.67]


def test_nights_are_squeezed_and_marked() -> None:
    drawn = draw(held((0, "hh", None)), 3 * 1440, calendar=OFFICE, due=RibbonDue("Resolve", minute(2000)))
    breaks = [mark for mark in drawn.marks if mark.kind == "break"]
    assert drawn.is_squeezed
    assert [(clock(m.instant), m.at, str(m.label)) for m in breaks] == [
        ("17:00", 29.06, "closed hours, not to scale"),
        ("17:00", 58.7, "closed hours, not to scale"),
        ("17:00", 88.35, "closed hours, not to scale"),
    ]
    assert [(label.instant.strftime("%a %H:%M"), label.at, label.has_day) for label in drawn.axis_labels] == [
        ("Mon 07:52", 0.0, True),
        ("Tue 08:00", 30.06, True),
        ("Wed 08:00", 59.7, True),
        ("Thu 08:00", 89.35, True),
    ]
    assert str(drawn.legend[0].net) == "27 h 00"


def test_many_nights_share_what_is_left_and_are_not_marked() -> None:
    axis = axis_of(OPENED, OPENED + timedelta(days=60), is_open=False, calendar=OFFICE)
    assert len(axis.breaks) == 44
    assert axis.marked_breaks == ()
    assert sum(axis.x(end) - axis.x(start) for start, end in axis.breaks) == pytest.approx(30.0)


def test_axis_stays_linear_where_squeezing_gains_nothing() -> None:
    always = Calendar("UTC", (((0, 1440),),) * 7)
    long_day = Calendar("UTC", (((0, 20 * 60),),) * 7)
    saturday = OPENED + timedelta(days=5)
    assert axis_of(OPENED, OPENED + timedelta(days=3), is_open=False, calendar=always).breaks == ()
    assert axis_of(OPENED, OPENED + timedelta(days=3), is_open=False, calendar=long_day).breaks == ()
    assert axis_of(OPENED, OPENED + timedelta(hours=11), is_open=False, calendar=OFFICE).breaks == ()
    assert axis_of(saturday, saturday + timedelta(days=1), is_open=False, calendar=OFFICE).breaks == ()


def test_an_axis_that_begins_or_ends_in_a_night() -> None:
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    axis = axis_of(evening, evening + timedelta(hours=26), is_open=False, calendar=OFFICE)
    assert [(clock(at), round(x, 2)) for at, x in axis.knots] == [
        ("20:00", 0.0),
        ("08:00", 2.0),
        ("17:00", 98.0),
        ("22:00", 100.0),
    ]
    assert axis.x(evening - timedelta(hours=1)) == 0.0
    assert axis.x(evening + timedelta(hours=30)) == 100.0


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (timedelta(days=3), ["02 07:52", "03 00:00", "03 12:00", "04 00:00", "04 12:00", "05 00:00"]),
        (timedelta(days=8), ["02 07:52", "03 00:00", "04 00:00", "05 00:00"]),
    ],
)
def test_long_axes_count_from_midnight(length: timedelta, labels: list[str]) -> None:
    chosen = axis_labels(Axis(((OPENED, 0.0), (OPENED + length, 100.0)), ()), ZoneInfo("UTC"))
    written = [label.instant.strftime("%d %H:%M") for label in chosen]
    assert written[: len(labels)] == labels
    assert all(label.has_day for label in chosen)


def test_days_of_an_axis_are_local_midnights_over_a_change_of_the_clocks() -> None:
    start = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
    axis = Axis(((start, 0.0), (start + timedelta(days=5), 100.0)), ())
    instants = [label.instant for label in axis_labels(axis, ZoneInfo("Europe/Berlin"))][1:]
    assert [instant.strftime("%d %H:%M") for instant in instants if instant.hour > 20] == [
        "27 23:00",
        "28 23:00",
        "29 22:00",
        "30 22:00",
        "31 22:00",
    ]


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        ([5.0, 5.0], [5.0, 5.0]),
        ([0.0, 0.0, 0.3], [0.1, 0.1, 0.1]),
        ([0.0, 6.0, 4.0], [0.5, 5.5, 4.0]),
        ([9.0, 0.0, 0.0, 0.0], [7.5, 0.5, 0.5, 0.5]),
        ([0.6, 0.2, 0.6, 9.0], [0.6, 0.5, 0.6, 8.7]),
        ([0.0, 0.8, 0.8], [0.5, 0.5, 0.6]),
    ],
)
def test_thin_pieces_take_from_the_longest(widths: list[float], expected: list[float]) -> None:
    assert [round(width, 9) for width in widened(widths, 0.5)] == expected
