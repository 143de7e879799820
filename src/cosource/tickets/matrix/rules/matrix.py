"""Who is to be reached for a ticket at an instant, in which order and why; and who is not, and why not.

One function of lines, people and instant, without a look at anything else. Not here: over which stretches nobody can be reached,
which is worked out in another way (`gaps`), so that each proves the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cosource.parties.rules.duty import duty_at
from cosource.tickets.matrix.rules.line import CONTACT, DIRECTIONS, DUTY, PERSON, Line, Place
from cosource.tickets.matrix.rules.world import Crew, World, within

OFF_HOURS, HOLIDAY = "off_hours", "holiday"
LEFT, ABSENT, UNREACHED, INACTIVE, NO_REACH = "left", "absent", "unreached", "inactive", "no_reach"
NO_ROSTER, NOBODY_ON_DUTY, NO_LEAD, TEAM_ENDED, UNKNOWN = (
    "no_roster",
    "nobody_on_duty",
    "no_lead",
    "team_ended",
    "unknown",
)


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody who can be reached. `person`: their id as hex, empty for a contact without an account.

    `turn`: 0 for whom the line names, 1 for the first deputy and so on. `via`: what kind of place named them; `team`: its name.
    `deputy_of`: whom they stand for, where they do.
    """

    line: Line
    turn: int
    via: str
    person: str
    name: str
    phone: str
    mail: str
    team: str = ""
    deputy_of: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody, or a whole line, that is passed over, and why. `name`: of the person, team or contact; empty for a line."""

    line: Line
    why: str
    turn: int = 0
    name: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who is asked, first to last, and who is passed over."""

    reached: tuple[Reached, ...]
    passed: tuple[Passed, ...]


def ordered(lines: Iterable[Line]) -> list[Line]:
    """Return lines in the order in which they are asked: functional before hierarchical, low levels first."""
    directions = list(DIRECTIONS)
    return sorted(lines, key=lambda line: (directions.index(line.direction), line.level))


def resolve(lines: Iterable[Line], world: World, *, kind: str, priority: int, at: datetime) -> Resolution:
    """Return who is asked about a ticket of a kind and priority at an aware instant in UTC, and who is passed over.

    >>> from datetime import UTC
    >>> from cosource.tickets.matrix.rules.world import Someone
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> line = Line("a", "functional", 1, (Place(PERSON, "1"), Place(PERSON, "2")))
    >>> since = ((datetime(2020, 1, 1, tzinfo=UTC), None),)
    >>> people = {"1": Someone("Ann", serves=since, absent=since, mail="a@x.example"),
    ...           "2": Someone("Bo", serves=since, mail="b@x.example")}
    >>> found = resolve([line], World(people), kind="incident", priority=1, at=noon)
    >>> [(r.name, r.turn, r.deputy_of) for r in found.reached], [(p.name, p.why) for p in found.passed]
    ([('Bo', 1, 'Ann')], [('Ann', 'absent')])
    """
    reached: list[Reached] = []
    passed: list[Passed] = []
    for line in ordered(lines):
        if not line.fits(kind, priority):
            continue
        if line.hours is not None and not line.hours.holds(at):
            on_holiday = bool(line.hours.country) and replace(line.hours, country="", subdivision="").holds(
                at
            )
            passed.append(Passed(line, HOLIDAY if on_holiday else OFF_HOURS))
            continue
        named = _name(line.who[0], world) if line.who else ""
        for turn, place in enumerate(line.who):
            for found in _at_place(line, turn, place, world, at):
                if isinstance(found, Passed):
                    passed.append(found)
                else:
                    reached.append(replace(found, deputy_of=named) if turn else found)
    return Resolution(tuple(reached), tuple(passed))


def _name(place: Place, world: World) -> str:
    if place.kind == CONTACT:
        return place.name
    if place.kind == PERSON:
        return world.people[place.id].name if place.id in world.people else ""
    return world.teams[place.id].name if place.id in world.teams else ""


def _at_place(line: Line, turn: int, place: Place, world: World, at: datetime) -> Iterator[Reached | Passed]:
    if place.kind == CONTACT:
        lacks = line.by_phone and not place.phone
        yield (
            Passed(line, NO_REACH, turn, place.name)
            if lacks
            else Reached(line, turn, CONTACT, "", place.name, place.phone, place.mail)
        )
        return
    if place.kind == PERSON:
        yield _person(line, turn, place, place.id, "", world, at)
        return
    team = world.teams.get(place.id)
    if team is None:
        yield Passed(line, UNKNOWN, turn)
        return
    people, why = _of_team(place, team, at)
    if why:
        yield Passed(line, why, turn, team.name)
    for person in people:
        yield _person(line, turn, place, person, team.name, world, at)


def _of_team(place: Place, team: Crew, at: datetime) -> tuple[Sequence[str], str]:
    """Return whom a place of a team means at an instant, or why it means nobody."""
    if team.ended_at is not None and team.ended_at <= at:
        return (), TEAM_ENDED
    members = [m for m in team.members if within([m.span], at)]
    if place.kind != DUTY:
        leads = [m.person for m in members if m.leads]
        return leads, "" if leads else NO_LEAD
    duty = duty_at((shift for shift, span in team.shifts if within([span], at)), at)
    if not duty.kept:
        return (), NO_ROSTER
    meant = [m.person for m in members] if duty.whole_team else []
    # Who is named of a shift comes first.
    people = list(dict.fromkeys([*sorted(duty.people), *meant]))
    return people, "" if people else NOBODY_ON_DUTY


def _person(  # noqa: PLR0917 - private, called twice
    line: Line, turn: int, place: Place, person: str, team: str, world: World, at: datetime
) -> Reached | Passed:
    someone = world.people.get(person)
    if someone is None:
        return Passed(line, UNKNOWN, turn, team)
    phone, mail = place.phone or someone.phone, place.mail or someone.mail
    why = ""
    if not someone.active:
        why = INACTIVE
    elif not within(someone.serves, at):
        why = LEFT
    elif within(someone.absent, at):
        why = ABSENT
    elif within(someone.barred, at):
        why = UNREACHED
    elif not phone and (line.by_phone or not mail):
        why = NO_REACH
    if why:
        return Passed(line, why, turn, someone.name, person)
    return Reached(line, turn, place.kind, person, someone.name, phone, mail, team)
