"""Reading an allocation instance from JSON text, so that every fault is named and every good line is kept.

A fault in a line leaves out that line alone. A fault in what all lines rest on (teams, rules) is refused: no plan could be
trusted that silently lost a team. What is merely odd is a note.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from cosource.allocation.rules.cycles import cycles
from cosource.allocation.rules.eligibility import Eligibility
from cosource.allocation.rules.fields import Names, Note, Problem, nearest, read_record, shown
from cosource.allocation.rules.instance import (
    Band,
    Choice,
    Instance,
    Joint,
    Line,
    Party,
    RepairPrices,
    Scenario,
    Service,
    Skill,
    Team,
    Union,
    Weights,
)
from cosource.allocation.rules.records import INSTANCE, LINE, LOCK

MOST_LINES = 200_000
MOST_TEAMS = 1_000
LARGEST_TEXT = 256 * 1024 * 1024
_LISTS = ("parties", "bands", "skills", "unions", "services", "teams", "lines")
_REST = tuple(f for f in INSTANCE if f.name not in {"lines", "locks"})


class BadInstance(ValueError):
    """The instance can't be used. `problems` names each fault with its place and remedy."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems[:3]))
        self.problems = list(problems)


@dataclass(frozen=True)
class Reading:
    """`instance` has the good lines; `blocked` says why lines were left out, `notes` what is odd but used."""

    instance: Instance
    blocked: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def parse(text: bytes | str) -> Any:
    """Return the JSON value of a text. Raises: BadInstance, with line and column of the fault."""
    if len(text) > LARGEST_TEXT:
        raise BadInstance(
            [
                Problem(
                    "the file",
                    f"it is larger than {LARGEST_TEXT // 2**20} MiB",
                    "split it by service or by site",
                )
            ]
        )
    try:
        return json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except UnicodeDecodeError as error:
        problem = Problem(f"byte {error.start}", "this is not UTF-8 text", "save the file as UTF-8")
    except json.JSONDecodeError as error:
        problem = Problem(
            f"line {error.lineno}, column {error.colno}", f"this is not JSON: {error.msg}", "mend it there"
        )
    except RecursionError:
        problem = Problem("the file", "it is nested too deeply", "give the format of the reference")
    except ValueError as error:
        problem = Problem("the file", f"it has a number that cannot be read: {error}", "give fewer digits")
    raise BadInstance([problem])


def read_instance(document: Any) -> Reading:
    """Return the instance in a parsed document, with what was left out. Raises: BadInstance."""
    if not isinstance(document, dict):
        raise BadInstance(
            [Problem("the file", f"{shown(document)} is no object", "give the format of the reference")]
        )
    refused: list[Problem] = []

    def refuse(place: str, what: str, remedy: str) -> None:
        refused.append(Problem(place or "the file", what, remedy))

    names = _names(document)
    given = dict(document)
    lines, locks = given.pop("lines", None), given.pop("locks", None) or []
    values = read_record(given, _REST, names, refuse)
    for name in (n for n in _LISTS if n != "lines"):
        for twice, count in Counter(row["id"] for row in values[name] or ()).items():
            if count > 1:
                refuse(name, f"{shown(twice)} is there {count} times", "give each a name of its own")
    if not isinstance(lines, list) or not lines:
        refuse("lines", "there are none", "give at least one line of work")
    for name, found, most in (("lines", lines, MOST_LINES), ("teams", values["teams"], MOST_TEAMS)):
        if isinstance(found, list | tuple) and len(found) > most:
            refuse(name, f"there are {len(found):,}, and {most:,} are worked out at once", "split them")
    if refused:
        raise BadInstance(refused)
    blocked: list[Problem] = []
    good = list(_lines(lines, names, blocked))
    instance = _instance(values, good)
    good = _without(good, blocked, _missing_costs(instance, lines))
    good = _without(good, blocked, _in_cycles(good, lines))
    instance = _instance(values, good)
    settled = _locks(locks, names, instance, blocked)
    return Reading(_instance(values, good, settled), tuple(blocked), tuple(_notes(instance, blocked)))


def _names(document: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for name in _LISTS:
        rows = document.get(name)
        found = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        names[name] = {i for i in found if isinstance(i, str)}
    access = document.get("access")
    names["access"] = {a for a in access if isinstance(a, str)} if isinstance(access, list) else set()
    return names


def _lines(rows: list[Any], names: Names, blocked: list[Problem]) -> Iterable[Line]:
    first: dict[str, int] = {}
    for number, row in enumerate(rows):
        where = f"lines[{number}]"
        named = row.get("id") if isinstance(row, dict) else None
        name = named if isinstance(named, str) else where
        faults: list[Problem] = []
        note = _noting(where, faults, name)
        values = read_record(row, LINE, names, note)
        if name in first:
            note("id", f"{shown(name)} is already lines[{first[name]}]", "give each line a name of its own")
        elif not faults:
            line = _line(values)
            if not 0 < line.hours < 1e9:
                note(
                    "effort_hours",
                    f"{line.hours:g} hours in the period cannot be planned",
                    "mend effort and occurrences",
                )
            elif not faults:
                yield line
        first.setdefault(name, number)
        blocked += faults


def _noting(where: str, found: list[Problem], line: str | None = None) -> Note:
    return lambda place, what, remedy: found.append(
        Problem(f"{where}.{place}" if place else where, what, remedy, line)
    )


def _line(values: dict[str, Any]) -> Line:
    sets = ("residency", "access", "separate_from")
    values = values | {name: frozenset(values[name]) for name in sets}
    return Line(**values | {"current": _choice(values["current"])})


def _choice(values: dict[str, Any] | None) -> Choice | None:
    return Choice(values["lead"], values["support"]) if values else None


def _without(lines: list[Line], blocked: list[Problem], faults: Iterable[Problem]) -> list[Line]:
    found = list(faults)
    blocked += found
    out = {fault.line for fault in found}
    return [line for line in lines if line.id not in out]


def _places(rows: list[Any]) -> dict[str, str]:
    """Return where each line stands; the first of two with one name."""
    places: dict[str, str] = {}
    for number, row in enumerate(rows):
        name = row.get("id") if isinstance(row, dict) else None
        if isinstance(name, str):
            places.setdefault(name, f"lines[{number}]")
    return places


def _missing_costs(instance: Instance, rows: list[Any]) -> Iterable[Problem]:
    eligibility, places = Eligibility(instance), _places(rows)
    for line in instance.lines:
        lacking = [team.id for team in eligibility.teams(line) if line.hourly(team) is None]
        if lacking:
            yield Problem(
                f"{places[line.id]}.costs",
                f"what {', '.join(lacking[:5])} would cost is not known",
                "give the cost here, or the team a rate",
                line.id,
            )


def _in_cycles(lines: list[Line], rows: list[Any]) -> Iterable[Problem]:
    known, places = {line.id for line in lines}, _places(rows)
    after = {line.id: [d for d in line.depends_on if d in known] for line in lines}
    for ring in cycles(after):
        for name in ring:
            yield Problem(
                f"{places[name]}.depends_on",
                f"it comes after itself: {' → '.join([*ring[:6], *(['…'] if len(ring) > 6 else []), ring[0]])}",
                "take one of these dependencies away",
                name,
            )


def _instance(
    values: dict[str, Any], lines: Sequence[Line], locks: dict[str, Choice] | None = None
) -> Instance:
    return Instance(
        client=values["client"],
        currency=values["currency"],
        parties=_made(Party, values["parties"]),
        bands=_made(Band, values["bands"]),
        skills=_made(Skill, values["skills"]),
        unions=_made(Union, values["unions"]),
        services=_made(Service, values["services"]),
        teams=_made(Team, values["teams"], sets=("skills", "access", "duties")),
        lines=tuple(lines),
        joint=Joint(**values["joint"]) if values["joint"] else None,
        change_budget=values["change_budget"],
        weights=Weights(**values["weights"] or {}),
        repair_prices=RepairPrices(**values["repair_prices"] or {}),
        locks=locks or {},
        scenarios=_made(Scenario, values["scenarios"], sets=("without_teams", "without_parties")),
    )


def _made[T](kind: type[T], rows: Sequence[dict[str, Any]], sets: tuple[str, ...] = ()) -> tuple[T, ...]:
    wanted = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # all are dataclasses
    return tuple(
        kind(**{n: frozenset(v) if n in sets else v for n, v in row.items() if n in wanted}) for row in rows
    )


def read_locks(rows: Any, instance: Instance) -> dict[str, Choice]:
    """Return lines settled by hand, as a list of {line, lead, support}, by line. Raises: BadInstance."""
    names = {"lines": set(instance.line_named), "teams": set(instance.team_named)}
    return _locks(rows, names, instance, [])


def _locks(rows: Any, names: Names, instance: Instance, blocked: Sequence[Problem]) -> dict[str, Choice]:
    refused: list[Problem] = []
    found: dict[str, Choice] = {}
    if not isinstance(rows, list):
        raise BadInstance([Problem("locks", f"{shown(rows)} is no list", "give objects in brackets")])
    eligibility, out = Eligibility(instance), {fault.line for fault in blocked}
    for number, row in enumerate(rows):
        where = f"locks[{number}]"
        before = len(refused)
        values = read_record(row, LOCK, names, _noting(where, refused))
        if len(refused) > before or values["line"] in out:
            continue  # a line that is blocked says so itself
        choice = Choice(values["lead"], values["support"])
        fault = why_not(instance, eligibility, instance.line_named[values["line"]], choice)
        if values["line"] in found and found[values["line"]] != choice:
            fault = ("it is locked twice, in two ways", "keep one of the two")
        if fault:
            refused.append(Problem(where, *fault))
        found[values["line"]] = choice
    if refused:
        raise BadInstance(refused)
    return found


def why_not(
    instance: Instance, eligibility: Eligibility, line: Line, choice: Choice
) -> tuple[str, str] | None:
    """Say why a line can't be done in a way, with the remedy; None where it can."""
    reasons = eligibility.reasons(line)
    for team in (choice.lead, choice.support):
        if team in reasons:
            return (
                f'{team} may not do "{line.id}": {", ".join(reasons[team])}',
                nearest("", [t.id for t in eligibility.teams(line)]),
            )
    if choice not in eligibility.choices(line):
        return (
            f'"{line.id}" cannot be {"shared by these two" if choice.is_joint else "done by one team"}',
            'look at the line\'s "joint", at the instance\'s "joint", and whose teams they are',
        )
    return None


def _notes(instance: Instance, blocked: Sequence[Problem]) -> Iterable[Problem]:
    out = {fault.line for fault in blocked}
    for number, team in enumerate(instance.teams):
        where = f"teams[{number}].capacity"
        if team.capacity is None:
            yield Problem(where, f"{team.id} has no calendar and takes no line", "give its hours by band")
        elif not any(team.capacity.values()):
            yield Problem(where, f"the capacity of {team.id} is zero in all bands", "give its hours by band")
    for line in instance.lines:
        waits = [name for name in line.depends_on if name in out]
        if waits:
            yield Problem(
                f'line "{line.id}"',
                f"comes after {', '.join(waits[:5])}, which is left out",
                "mend that line",
                line.id,
            )
