"""What was read becomes facts: the way from hand to hand against the rules of possession, and lives that are out of order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosource.metrics.services.folding import FACTS, fold
from cosource.metrics.services.tables import DIALECTS, LINE, MOVED, Kind, raw_tables
from cosource.tickets.rules.possession import (
    By,
    PossessionInterval,
    direct_returns,
    handovers,
    mutual_pairs,
    returns,
)

pytestmark = pytest.mark.req("C10", "C16")

TYPES = {
    Kind.UID: "UUID",
    Kind.AT: "TIMESTAMP",
    Kind.INT: "BIGINT",
    Kind.FLAG: "BOOLEAN",
    Kind.TEXT: "VARCHAR",
}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OWNER, PARTNER, OTHER = (UUID(int=n) for n in (1, 2, 3))
ENGAGEMENT, TICKET = UUID(int=10), UUID(int=20)
# Of the owner, of the partner, of the other partner: two teams each.
TEAMS = {OWNER: (UUID(int=101), UUID(int=102)), PARTNER: (UUID(int=201), UUID(int=202)), OTHER: (UUID(int=301), UUID(int=302))}  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    engine = duckdb.connect()
    for raw in raw_tables(DIALECTS["sqlite"]):
        columns = ", ".join(f"{name} {TYPES[kind]}" for name, kind, _ in raw.columns)
        engine.execute(f"CREATE TEMP TABLE {raw.name} ({columns})")
    engine.execute("CREATE TEMP TABLE raw_import (import_id UUID, states_resolve BOOLEAN)")
    yield engine
    engine.close()


def filled(engine, **tables) -> dict[str, list[dict[str, object]]]:
    """The facts of one ticket of OWNER on which PARTNER works; each table is given as rows by the names of its columns."""
    ticket = {
        "ticket": TICKET,
        "owner": OWNER,
        "category": "open",
        "priority": 1,
        "sample": False,
        "opened_at": NOON,
    }
    given_rows = {
        "raw_ticket": [ticket | tables.pop("ticket", {})],
        "raw_part": [{"ticket": TICKET, "engagement": ENGAGEMENT, "is_worker": True}],
        "raw_engagement": [{"engagement": ENGAGEMENT, "client": OWNER, "partner": PARTNER}],
    } | {f"raw_{name}": rows for name, rows in tables.items()}
    for raw in raw_tables(DIALECTS["sqlite"]):
        engine.execute(f"DELETE FROM {raw.name}")
        for row in given_rows.get(raw.name, ()):
            marks = ", ".join("?" * len(row))
            values = [v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row.values()]
            engine.execute(f"INSERT INTO {raw.name} ({', '.join(row)}) VALUES ({marks})", values)
    fold(engine)
    found = {}
    for name, select in FACTS.items():
        asked = engine.execute(select)
        names = [column[0] for column in asked.description]
        found[name] = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
    return found


holders = st.sampled_from([None, *((party, team) for party, teams in TEAMS.items() for team in teams)])


# Folding costs far more than an example does elsewhere.
@settings(max_examples=max(settings().max_examples // 4, 1))
@given(path=st.lists(holders, max_size=9), imported=st.booleans(), data=st.data())
def test_the_way_from_hand_to_hand_is_what_the_rules_say(engine, path, imported, data) -> None:
    """Of an own desk, and of an engagement's, for which other parties are unknown; with stretches of no length."""
    minutes = [data.draw(st.integers(0, 2)) for _ in path]
    starts = [NOON + timedelta(minutes=sum(minutes[:n])) for n in range(len(path))]
    rows = [
        {
            "ticket": TICKET,
            "place": number,
            "party": holder and holder[0],
            "team": holder and holder[1],
            "from_at": at,
        }
        for number, (holder, at) in enumerate(zip(path, starts, strict=True), start=1)
    ]
    if imported:
        lines = [row | {"id": UUID(int=n), "kind": LINE, "category": "open"} for n, row in enumerate(rows)]
        facts = filled(engine, line=lines)
    else:
        facts = filled(engine, held=rows)
    for desk, known in ((OWNER, {OWNER, PARTNER, OTHER}), (ENGAGEMENT, {OWNER, PARTNER})):
        seen = [h if h is not None and h[0] in known else (None, None) for h in path]
        intervals = [PossessionInterval(p, t, at, at) for (p, t), at in zip(seen, starts, strict=True)]
        [row] = [r for r in facts["tickets"] if r["desk"] == desk]
        for by in By:
            expected = (
                len(handovers(intervals, by)),
                len(returns(intervals, by)),
                len(direct_returns(intervals, by)),
                len(mutual_pairs(intervals, by)),
            )
            got = tuple(
                row[f"{by}_{what}"] for what in ("handovers", "returns", "direct_returns", "mutual_pairs")
            )
            nobody = not any(interval.holder.key(by) for interval in intervals)
            assert got == ((None,) * 4 if nobody else expected)
            ways = [
                (r["from_key"], r["holder_key"])
                for r in sorted(facts["holdings"], key=lambda r: r["step"])
                if r["desk"] == desk and r["level"] == by and r["from_key"] is not None
            ]
            assert ways == [(h.from_id, h.to_id) for h in handovers(intervals, by)]


@pytest.mark.req("C28", "D21")
@settings(max_examples=max(settings().max_examples // 4, 1))
@given(path=st.lists(holders, min_size=1, max_size=8), imported=st.booleans(), data=st.data())
def test_what_others_do_out_of_sight_moves_no_fact_of_an_engagement(engine, path, imported, data) -> None:
    """Whoever else has the ticket meanwhile, however it goes among them, and what else they work on: not one row differs."""
    hours = [data.draw(st.integers(1, 5)) for _ in path]
    starts = [NOON + timedelta(hours=sum(hours[:n])) for n in range(len(path))]
    end = NOON + timedelta(hours=sum(hours))
    ended = {
        "category": "closed",
        "resolved_at": end,
        "closed_at": end,
        "sla_stated": data.draw(st.booleans()),
    }
    known = [holder if holder is None or holder[0] != OTHER else OTHER for holder in path]

    def told(others) -> tuple[list[object], list[object]]:
        """The rows of the ticket, where `others` says who had it in the stretches of which the engagement may know nothing."""
        held = []
        for holder, at, length in zip(known, starts, hours, strict=True):
            stretches = [(at, holder)] if holder is not OTHER else others(at, length)
            held += [
                {"ticket": TICKET, "party": one and one[0], "team": one and one[1], "from_at": since}
                for since, one in stretches
            ]
        for place, row in enumerate(held, start=1):
            row["place"] = place
        lines = [row | {"id": UUID(int=n), "kind": LINE, "category": "open"} for n, row in enumerate(held)]
        return held, lines if imported else []

    def folded(others, elsewhere) -> list[dict[str, object]]:
        held, lines = told(others)
        facts = filled(engine, ticket=ended, held=held + elsewhere, line=lines)
        # They are put in order only when they are written.
        return {
            name: sorted((row for row in rows if row["desk"] == ENGAGEMENT), key=repr)
            for name, rows in facts.items()
        }

    def simply(at, _length):
        return [(at, (OTHER, TEAMS[OTHER][0]))]

    def busily(at, length):
        """Among two further parties and two teams, hour by hour."""
        hands = st.sampled_from(
            [(OTHER, TEAMS[OTHER][0]), (OTHER, TEAMS[OTHER][1]), (UUID(int=4), UUID(int=401))]
        )
        return [(at + timedelta(hours=n), data.draw(hands)) for n in range(length)]

    stranger = {"ticket": UUID(int=21), "place": 1, "party": OTHER, "team": TEAMS[OTHER][0], "from_at": NOON}
    before = folded(simply, [])
    assert before["judged"]
    assert folded(busily, [stranger]) == before


def own(facts):
    return next(row for row in facts["tickets"] if row["desk"] == OWNER)


def test_a_life_that_ends_before_it_begins_gives_no_duration(engine) -> None:
    ended = {
        "category": "closed",
        "resolved_at": NOON - timedelta(hours=1),
        "closed_at": NOON - timedelta(hours=1),
    }
    row = own(filled(engine, ticket=ended))
    assert (row["out_of_order"], row["resolve_hours"], row["net_hours"], row["close_hours"]) == (
        True,
        None,
        None,
        None,
    )
    assert row["gross_hours"] == 0.0


def test_a_pause_counts_within_the_life_of_its_ticket(engine) -> None:
    ended = {"category": "resolved", "resolved_at": NOON + timedelta(hours=10)}
    pauses = [
        {"turn": "requester", "from_at": NOON - timedelta(hours=2), "until_at": NOON + timedelta(hours=1)},
        {"turn": "requester", "from_at": NOON + timedelta(hours=2), "until_at": NOON + timedelta(hours=4)},
        {"turn": "partner", "party": OTHER, "from_at": NOON + timedelta(hours=8), "until_at": None},
        {"turn": "client", "from_at": NOON + timedelta(hours=11), "until_at": NOON + timedelta(hours=12)},
    ]
    rows = [{"ticket": TICKET, "place": n} | pause for n, pause in enumerate(pauses)]
    facts = filled(engine, ticket=ended, pause=rows)
    row = own(facts)
    assert (row["resolve_hours"], row["net_hours"], row["wait_hours"]) == (10.0, 5.0, 5.0)
    assert (row["wait_requester"], row["wait_partner"], row["wait_third_party"], row["wait_client"]) == (
        3.0,
        2.0,
        None,
        0.0,
    )
    # On the engagement's desk the other partner is a third party, and nobody in particular.
    shared = next(r for r in facts["tickets"] if r["desk"] == ENGAGEMENT)
    assert (shared["wait_requester"], shared["wait_partner"], shared["wait_third_party"]) == (3.0, None, 2.0)


def test_an_open_ticket_has_no_durations_yet(engine) -> None:
    pause = {"ticket": TICKET, "place": 1, "turn": "client", "from_at": NOON}
    facts = filled(engine, pause=[pause])
    row = own(facts)
    assert {
        row[name] for name in ("ended_at", "resolve_hours", "net_hours", "gross_hours", "wait_hours")
    } == {None}
    assert [wait["hours"] for wait in facts["waits"]] == [None, None]


def test_what_the_source_states_rules_until_the_ticket_is_worked_on_here(engine) -> None:
    batch = UUID(int=77)
    engine.execute("INSERT INTO raw_import VALUES (?, true)", [batch])
    closed = {
        "category": "closed",
        "closed_at": NOON + timedelta(hours=9),
        "resolved_at": NOON + timedelta(hours=3),
    }
    blank = own(filled(engine, ticket=closed | {"import_id": batch}))
    assert (blank["resolve_hours"], blank["ended_at"]) == (
        None,
        (NOON + timedelta(hours=9)).replace(tzinfo=None),
    )
    stated = closed | {"import_id": batch, "stated_resolved_at": NOON + timedelta(hours=2), "reopenings": 4}
    row = own(filled(engine, ticket=stated))
    assert (row["resolve_hours"], row["reopenings"], row["reassignments"]) == (2.0, 4, 0)
    moves = [
        {"ticket": TICKET, "id": UUID(int=n), "place": 0, "kind": MOVED, "category": category, "from_at": NOON + timedelta(hours=n)}
        for n, category in enumerate(("resolved", "open", "resolved"))
    ]  # fmt: skip
    row = own(filled(engine, ticket=stated, line=moves))
    assert (row["resolve_hours"], row["reopenings"]) == (3.0, 4)
    no_column = own(filled(engine, ticket=closed))
    assert no_column["resolve_hours"] == 3.0


def test_a_counter_of_the_source_is_taken_from_what_both_parties_read(engine) -> None:
    """Where a further party had the ticket too, its lines count for the owner alone."""
    lines = [
        {"ticket": TICKET, "id": UUID(int=n), "place": n, "kind": LINE, "category": "open", "party": party,
         "team": TEAMS[party][0], "reassignments": n, "from_at": NOON + timedelta(hours=n)}
        for n, party in enumerate((OWNER, PARTNER, OTHER))
    ]  # fmt: skip
    facts = filled(engine, ticket={"reassignments": 2, "kept": '{"code": "7"}'}, line=lines)
    assert {row["desk"]: (row["reassignments"], row["kept"]) for row in facts["tickets"]} == {
        OWNER: (2, '{"code": "7"}'),
        ENGAGEMENT: (1, None),
    }


def test_a_clock_belongs_to_the_desk_that_owes_it(engine) -> None:
    clocks = [
        {"ticket": TICKET, "clock": UUID(int=1), "kind": "resolve", "due_at": NOON, "paused": True,
         "elsewhere": '[["2026-03-02T09:00:00.000000Z", "2026-03-02T10:00:00.000000Z"]]'},
        {"ticket": TICKET, "clock": UUID(int=2), "kind": "resolve", "due_at": NOON, "engagement": ENGAGEMENT, "paused": True,
         "elsewhere": '[["2026-03-02T11:00:00.000000Z", null]]'},
    ]  # fmt: skip
    pause = {"ticket": TICKET, "place": 1, "turn": "client", "from_at": NOON - timedelta(minutes=5)}
    facts = filled(engine, clock=clocks, pause=[pause])
    assert {row["desk"]: row["still_since"].minute for row in facts["clocks"]} == {OWNER: 55, ENGAGEMENT: 0}


def test_what_the_terms_need_is_laid_out_for_each_desk(engine) -> None:
    """When the partner had it first and when it was with others; the first resolution that the desk's parties may read."""
    held = [
        {"ticket": TICKET, "place": n, "party": party, "team": None, "from_at": NOON + timedelta(hours=n)}
        for n, party in enumerate((OWNER, PARTNER, OTHER, None, PARTNER, OWNER))
    ]
    lines = [
        {"ticket": TICKET, "id": UUID(int=n), "place": n, "kind": LINE, "category": category, "party": party,
         "from_at": NOON + timedelta(hours=n)}
        for n, (party, category) in enumerate(((OWNER, "open"), (OTHER, "resolved"), (PARTNER, "resolved"), (OWNER, "closed")), 2)
    ]  # fmt: skip
    ended = {"category": "closed", "resolved_at": NOON + timedelta(hours=4), "closed_at": NOON + timedelta(hours=5), "sla_stated": True}  # fmt: skip
    rows = {row["desk"]: row for row in filled(engine, ticket=ended, held=held, line=lines)["judged"]}

    def hour(at) -> int | None:
        return None if at is None else (at.replace(tzinfo=UTC) - NOON) // timedelta(hours=1)

    laid_out = {
        desk: (
            hour(row["since"]),
            hour(row["first_resolved_at"]),
            [(hour(span["from_at"]), hour(span["until_at"])) for span in row["away"] or ()],
        )
        for desk, row in rows.items()
    }
    assert laid_out == {OWNER: (0, 3, []), ENGAGEMENT: (1, 4, [(0, 1), (2, 4), (5, None)])}
    assert filled(engine, ticket=ended | {"sla_stated": None}, held=held, line=lines)["judged"] == []
