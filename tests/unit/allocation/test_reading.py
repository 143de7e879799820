"""What can't be used is named with its place and remedy, and costs no more than it must."""

import json
from typing import Any

import pytest
from tests.unit.allocation.instances import instance, line, team

from cosource.allocation.rules.reading import BadInstance, parse, read_instance, read_locks
from cosource.allocation.rules.scenarios import scenario_named

pytestmark = pytest.mark.req("C2")
INFINITE = float("inf")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"effort_hours": -3},
            "lines[1].effort_hours: -3 is outside of what it may be; give a number above 0",
        ),
        (
            {"effort_hours": float("nan")},
            "lines[1].effort_hours: nan is no finite number; give a number above 0",
        ),
        ({"effort_hours": 10**400}, "is no finite number; give a number above 0"),
        ({"effort_hours": "12"}, 'lines[1].effort_hours: "12" is no number; give a number above 0'),
        ({"effort_hours": True}, "lines[1].effort_hours: True is no number; give a number above 0"),
        (
            {"effort_hours": 1e9},
            "lines[1].effort_hours: 1e+09 hours in the period cannot be planned; mend effort and occurrences",
        ),
        ({"effort_hours": None}, "lines[1].effort_hours: it is missing; give a number: hours each time"),
        (
            {"criticality": 1.5},
            "lines[1].criticality: 1.5 is outside of what it may be; give a number from 0 up to 1",
        ),
        ({"skill": "nett"}, 'lines[1].skill: "nett" is not among the skills; did you mean "net"?'),
        ({"skill": 7}, "lines[1].skill: 7 is no text of 1 to 200 letters; give a text in quotes"),
        (
            {"joint": "maybe"},
            'lines[1].joint: "maybe" is not known here; give one of allowed, never, required',
        ),
        (
            {"retained": "yes"},
            'lines[1].retained: "yes" is neither true nor false; give true or false, without quotes',
        ),
        ({"access": "vault"}, 'lines[1].access: "vault" is no list; give the texts in brackets'),
        ({"access": ["vault"]}, 'lines[1].access[0]: "vault" is not among the access; there is none yet'),
        ({"costs": [1]}, "lines[1].costs: [1] is no object; give the numbers by id, in braces"),
        ({"costs": {"aa": 3}}, 'lines[1].costs: "aa" is not among the teams; did you mean "a"?'),
        ({"costs": {"a": -3}}, "lines[1].costs.a: -3 is outside of what it may be; give a number from 0"),
        (
            {"current": {"lead": "x"}},
            'lines[1].current.lead: "x" is not among the teams; give one of a, b, c',
        ),
        ({"current": 3}, "lines[1].current: 3 is no object; give the values by name, in braces"),
        ({"effort": 3}, 'lines[1].effort: there is no such field; did you mean "effort_hours"?'),
        (
            {"depends_on": ["zero"]},
            'lines[1].depends_on[0]: "zero" is not among the lines; give one of one, two',
        ),
        (
            {"depends_on": ["two"]},
            "lines[1].depends_on: it comes after itself: two → two; take one of these dependencies away",
        ),
        ({"id": "one"}, 'lines[1].id: "one" is already lines[0]; give each line a name of its own'),
    ],
)
def test_a_fault_in_a_line_leaves_out_that_line_alone(change: dict[str, Any], said: str) -> None:
    reading = read_instance(instance([line("one"), {**line("two"), **change}]))
    assert [one.id for one in reading.instance.lines] == ["one"]
    assert len(reading.blocked) == 1
    assert str(reading.blocked[0]).endswith(said)


def test_what_is_no_line_is_named_by_its_place() -> None:
    reading = read_instance(instance([line("one"), 5]))  # type: ignore[list-item]
    assert [one.id for one in reading.instance.lines] == ["one"]
    assert (str(reading.blocked[0]), reading.blocked[0].line) == (
        "lines[1]: 5 is no object; give the values by name, in braces",
        "lines[1]",
    )


def test_a_cost_that_is_missing_blocks_its_line_only() -> None:
    staff = [team("a", "own", 60), team("b", "north", None)]
    reading = read_instance(
        instance([line("one", costs={"b": 400}), line("two"), line("three", retained=True)], staff)
    )
    assert [one.id for one in reading.instance.lines] == ["one", "three"]
    assert [str(fault) for fault in reading.blocked] == [
        "lines[1].costs: what b would cost is not known; give the cost here, or the team a rate"
    ]


def test_a_ring_of_dependencies_is_named_and_what_hangs_on_it_is_told() -> None:
    work = [
        line("a", depends_on=["b"]),
        line("b", depends_on=["c"]),
        line("c", depends_on=["a"]),
        line("d", depends_on=["a"]),
    ]
    reading = read_instance(instance(work))
    assert [one.id for one in reading.instance.lines] == ["d"]
    assert {fault.line for fault in reading.blocked} == {"a", "b", "c"}
    assert reading.blocked[0].what == "it comes after itself: a → b → c → a"
    assert [str(note) for note in reading.notes] == [
        'line "d": comes after a, which is left out; mend that line'
    ]


def test_a_team_without_calendar_or_hours_is_told() -> None:
    staff = [team("a", "own"), team("b", "north", day=None), team("c", "south", day=0)]
    assert [str(note) for note in read_instance(instance([line("one")], staff)).notes] == [
        "teams[1].capacity: b has no calendar and takes no line; give its hours by band",
        "teams[2].capacity: the capacity of c is zero in all bands; give its hours by band",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"teams": [team("a", "own"), team("a", "own")]},
            'teams: "a" is there 2 times; give each a name of its own',
        ),
        (
            {"teams": [team("a", "owm")]},
            'teams[0].party: "owm" is not among the parties; did you mean "own"?',
        ),
        (
            {"teams": [team("a", "own", day=-1)]},
            "teams[0].capacity.day: -1 is outside of what it may be; give a number from 0",
        ),
        ({"teams": 3}, "teams: 3 is no list; give objects in brackets"),
        ({"client": None}, "client: it is missing; give a text: the party that owns the work"),
        ({"lines": []}, "lines: there are none; give at least one line of work"),
        (
            {"lines": [1] * 200_001},
            "lines: there are 200,001, and 200,000 are worked out at once; split them",
        ),
        ({"format": "other/1"}, 'format: "other/1" is not known here; give one of cosource-allocation/1'),
        ({"weights": {"risk": -1}}, "weights.risk: -1 is outside of what it may be; give a number from 0"),
        ({"locks": {}}, None),
        ({"locks": 3}, "locks: 3 is no list; give objects in brackets"),
        (
            {"locks": [{"line": "x", "lead": "a"}]},
            'locks[0].line: "x" is not among the lines; give one of one',
        ),
        (
            {"locks": [{"line": "one", "lead": "a"}, {"line": "one", "lead": "b"}]},
            "locks[1]: it is locked twice, in two ways; keep one of the two",
        ),
        (
            {"locks": [{"line": "one", "lead": "a", "support": "b"}]},
            (
                'locks[0]: "one" cannot be shared by these two; look at the line\'s "joint", at the instance\'s "joint", and'
                " whose teams they are"
            ),
        ),
        (
            {"locks": [{"line": "one", "lead": "b"}], "lines": [line("one", retained=True)]},
            'locks[0]: b may not do "one": retained; give one of a',
        ),
        (
            {"locks": [{"line": "one", "lead": "b"}], "lines": [line("one", joint="required")], "joint": {}},
            (
                'locks[0]: "one" cannot be done by one team; look at the line\'s "joint", at the instance\'s "joint", and whose'
                " teams they are"
            ),
        ),
    ],
)
def test_a_fault_in_what_all_lines_rest_on_is_refused(change: dict[str, Any], said: str | None) -> None:
    document = {**instance([line("one")]), **change}
    if said is None:
        assert read_instance(document).instance.locks == {}
        return
    with pytest.raises(BadInstance) as refused:
        read_instance(document)
    assert str(refused.value.problems[0]) == said


def test_a_lock_of_a_line_that_is_left_out_is_left_out_with_it() -> None:
    document = instance([line("one"), line("two", -1)], locks=[{"line": "two", "lead": "a"}])
    assert read_instance(document).instance.locks == {}


def test_locks_of_a_file_are_read_by_the_same_rules() -> None:
    here = read_instance(instance([line("one")])).instance
    assert [choice.lead for choice in read_locks([{"line": "one", "lead": "c"}], here).values()] == ["c"]
    with pytest.raises(BadInstance, match="is not among the teams"):
        read_locks([{"line": "one", "lead": "x"}], here)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            b"{",
            "line 1, column 2: this is not JSON: Expecting property name enclosed in double quotes; mend it there",
        ),
        (b"\xff\xfe", "byte 0: this is not UTF-8 text; save the file as UTF-8"),
        (b"[" * 200_000, "the file: it is nested too deeply; give the format of the reference"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(text: bytes, said: str) -> None:
    with pytest.raises(BadInstance) as refused:
        parse(text)
    assert str(refused.value.problems[0]) == said


def test_a_number_of_too_many_digits_and_a_file_too_large_are_refused() -> None:
    with pytest.raises(BadInstance, match="it has a number that cannot be read"):
        parse("1" * 5_000)
    with pytest.raises(BadInstance, match="it is larger than 256 MiB"):
        parse(b" " * (256 * 2**20 + 1))


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(BadInstance, match="is no object"):
        read_instance([])


def test_not_a_number_is_read_as_json_has_it_and_named() -> None:
    document = parse(json.dumps(instance([line("one"), line("two", INFINITE)])))
    assert [str(fault) for fault in read_instance(document).blocked] == [
        "lines[1].effort_hours: inf is no finite number; give a number above 0"
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("volume=x", '"x" is no factor; give one above 0 and below 100, such as volume=1.2'),
        ("without-team=aa", 'there is no team "aa"; did you mean "a"?'),
        ("without-party=owm", 'there is no party "owm"; did you mean "own"?'),
        ("stom", 'there is no such scenario; did you mean "storm"?'),
    ],
)
def test_a_scenario_that_is_not_known_is_refused(name: str, said: str) -> None:
    here = read_instance(instance([line("one")], scenarios=[{"id": "storm", "volume": 2}])).instance
    with pytest.raises(BadInstance) as refused:
        scenario_named(here, name)
    assert str(refused.value.problems[0]) == f'scenario "{name}": {said}'


def test_scenarios_that_need_no_preparation() -> None:
    here = read_instance(instance([line("one")], scenarios=[{"id": "storm", "volume": 2}])).instance
    assert scenario_named(here, "storm").volume == 2
    assert scenario_named(here, "volume=1.2").volume == 1.2
    assert scenario_named(here, "without-team=a").without_teams == {"a"}
    assert scenario_named(here, "without-party=north").without_parties == {"north"}
