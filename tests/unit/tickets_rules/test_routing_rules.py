"""Routing rules as plain functions: read as they are written, faults with their place, the first that holds."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosource.calendars.rules.weekly import WEEKDAYS, WeeklyHours
from cosource.tickets.routing.rules.choosing import Candidate, TeamNow, choose_person, choose_team
from cosource.tickets.routing.rules.learned import NotLearned, from_bytes
from cosource.tickets.routing.rules.matching import Case, RuleBook, in_words
from cosource.tickets.routing.rules.reading import BadRules, read_rules, write_rules
from cosource.tickets.routing.rules.rule import Need

pytestmark = pytest.mark.req("C24")
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEAMS = [f"{n:032x}" for n in range(1, 5)]
TOPICS = ["printing", "payroll", "network"]

rules = st.fixed_dictionaries(
    {"name": st.sampled_from("abc")},
    optional={
        "when": st.fixed_dictionaries(
            {},
            optional={
                "topic": st.lists(st.sampled_from(TOPICS), max_size=2, unique=True),
                "priority": st.lists(st.integers(1, 5), max_size=3, unique=True),
                "words": st.lists(st.sampled_from(["toner", "print*", "vpn"]), max_size=2, unique=True),
                "team": st.lists(st.sampled_from(TEAMS), max_size=1),
                "hours": st.fixed_dictionaries(
                    {
                        "zone": st.sampled_from(["UTC", "Asia/Tokyo", "America/Denver"]),
                        "days": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True),
                        "from": st.sampled_from(["00:00", "08:00", "22:00"]),
                        "until": st.sampled_from(["06:00", "17:30", "24:00"]),
                        "outside": st.booleans(),
                    }
                ),
            },
        )
    },
).flatmap(
    lambda rule: st.lists(st.sampled_from(TEAMS), min_size=1, max_size=3, unique=True).map(
        lambda teams: rule | {"then": {"teams": teams}}
    )
)
cases = st.builds(
    Case,
    at=st.integers(0, 7 * 24 * 4).map(lambda quarter: AT + timedelta(minutes=15 * quarter)),
    topic=st.sampled_from(["", *TOPICS]),
    priority=st.integers(1, 5).map(str),
    team=st.sampled_from(["", *TEAMS]),
    title=st.sampled_from(["Toner low", "Two printers", "VPN and toner", ""]).map(in_words),
)


@given(st.lists(rules, max_size=5))
def test_what_is_written_is_read_as_the_same(document: list[Any]) -> None:
    read = read_rules(document)
    assert read_rules(write_rules(read)) == read


@given(st.lists(rules, max_size=6), cases, st.sets(st.sampled_from(TEAMS)))
def test_the_first_that_holds_decides_as_a_slow_reading_says(
    document: list[Any], case: Case, can_take: set[str]
) -> None:
    found = RuleBook(read_rules(document)).decide(case, frozenset(can_take))
    holding = [place for place, rule in enumerate(document, 1) if _holds(rule, case, can_take)]
    assert found.place == (holding[0] if holding else 0)
    assert len(found.passed) == (found.place - 1 if holding else len(document))
    if found.place:
        assert list(found.teams) == [t for t in document[found.place - 1]["then"]["teams"] if t in can_take]


def _holds(rule: dict[str, Any], case: Case, can_take: set[str]) -> bool:
    """The same in the plainest way: from the document, by the clock on the wall."""
    when = rule.get("when", {})
    words = case.title.split()
    asked = [
        not when.get("topic") or case.topic in when["topic"],
        not when.get("priority") or int(case.priority) in when["priority"],
        not when.get("team") or case.team in when["team"],
        not when.get("words")
        or any(
            w in words if not w.endswith("*") else any(x.startswith(w[:-1]) for x in words)
            for w in when["words"]
        ),
        not when.get("hours") or _within(when["hours"], case.at) is not when["hours"]["outside"],
        bool(set(rule["then"]["teams"]) & can_take),
    ]
    return all(asked)


def _within(hours: dict[str, Any], at: datetime) -> bool:
    wall = at.astimezone(ZoneInfo(hours["zone"]))
    now, begin, end = f"{wall:%H:%M}", hours["from"], hours["until"]
    today, yesterday = (
        WEEKDAYS[wall.weekday()] in hours["days"],
        WEEKDAYS[wall.weekday() - 1] in hours["days"],
    )
    if begin < end:
        return today and begin <= now < end
    return (today and now >= begin) or (yesterday and now < end)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "rules"),
        ([{}], "rule 1, then"),
        ([{"name": "", "then": {"teams": TEAMS}}], "rule 1, name"),
        ([{"name": "a", "then": {"teams": ["me"]}}], "rule 1, teams"),
        ([{"name": "a", "when": {"colour": ["red"]}, "then": {"teams": TEAMS}}], "rule 1, when"),
        ([{"name": "a", "when": {"priority": [6]}, "then": {"teams": TEAMS}}], "rule 1, priority"),
        ([{"name": "a", "when": {"priority": [True]}, "then": {"teams": TEAMS}}], "rule 1, priority"),
        ([{"name": "a", "when": {"words": ["*"]}, "then": {"teams": TEAMS}}], "rule 1, words"),
        ([{"name": "a", "when": {"hours": {"zone": "Berlin"}}, "then": {"teams": TEAMS}}], "rule 1, hours"),
        (
            [{"name": "a", "when": {"hours": {"zone": "UTC", "from": "8"}}, "then": {"teams": TEAMS}}],
            "rule 1, hours, from",
        ),
        ([{"name": "a", "then": {"person": {"level": 9}}}], "rule 1, person, level"),
        ([{"name": "a", "then": {"person": {"on_duty": 1}}}], "rule 1, person, on_duty"),
        ([{"id": "x", "name": "a", "then": {"teams": TEAMS}}] * 2, "rule 2, id"),
        ([{"id": "../x", "name": "a", "then": {"teams": TEAMS}}], "rule 1, id"),
        ([{"name": "a", "then": {"teams": TEAMS}}] * 201, "rules"),
    ],
)
def test_a_fault_names_its_place(document: object, place: str) -> None:
    with pytest.raises(BadRules) as fault:
        read_rules(document)
    assert fault.value.place == place
    assert fault.value.fix


def test_a_new_rule_gets_an_id_that_is_free() -> None:
    given_ids = [
        rule.id
        for rule in read_rules(
            [{"name": n, "then": {"teams": TEAMS}} | i for n, i in (("a", {"id": "r1"}), ("b", {}))]
        )
    ]
    assert given_ids == ["r1", "r2"]


def test_of_teams_the_one_on_duty_and_near_is_taken() -> None:
    now = {"a": TeamNow(False), "b": TeamNow(True), "c": TeamNow(None, "s")}
    assert choose_team("abc", now.__getitem__, "") == ("b", "duty")
    assert choose_team("abc", now.__getitem__, "s") == ("c", "site")
    assert choose_team("bc", now.__getitem__, "") == ("b", "order")
    assert choose_team("a", now.__getitem__, "") == ("a", "only")
    # Nobody awake: the first keeps it.
    assert choose_team("ab", lambda _team: TeamNow(False), "") == ("a", "order")


def test_of_people_who_fits_and_has_least() -> None:
    people = [
        Candidate("a", open_tickets=0, level=1, language="de", on_duty=True),
        Candidate("b", open_tickets=4, level=3, language="en", on_duty=True),
        Candidate("c", open_tickets=4, level=4, language="de", on_duty=False),
    ]

    def chosen(need: Need, language: str = "") -> str:
        found = choose_person(need, people, language)
        return found.candidate.id if found else ""

    assert chosen(Need()) == "a"
    assert chosen(Need("s", 2)) == "c"
    assert chosen(Need("s", 2, on_duty=True)) == "b"
    assert chosen(Need("s", 2, on_duty=True, language=True), "de") == ""
    assert chosen(Need(language=True), "en") == "b"
    assert chosen(Need(language=True)) == "a"


def test_hours_over_a_change_of_the_clocks() -> None:
    night = WeeklyHours("Europe/Berlin", ("sat",), 22 * 60, 6 * 60)
    # The night of 29 March 2026 has an hour less: six in the morning is four in UTC.
    assert night.holds(datetime(2026, 3, 29, 3, 59, tzinfo=UTC))
    assert not night.holds(datetime(2026, 3, 29, 4, 0, tzinfo=UTC))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04.", b"x" * 100])
def test_what_is_no_file_of_ours_is_not_read(content: bytes) -> None:
    with pytest.raises(NotLearned):
        from_bytes(content)
