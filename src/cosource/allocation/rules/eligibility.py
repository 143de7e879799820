"""Which team may do which line, and for each that may not, every rule that keeps it out.

Lines that ask for the same have the same answer: it is worked out once for each `Profile`.
"""

from dataclasses import dataclass
from enum import StrEnum

from cosource.allocation.rules.instance import Choice, Instance, Line, Team


class Exclusion(StrEnum):
    """Why a team may not do a line."""

    SKILL = "skill"
    CLEARANCE = "clearance"
    RESIDENCY = "residency"
    ACCESS = "access"
    DUTY = "separation_of_duty"
    RETAINED = "retained"
    PARTNER_ONLY = "partner_only"
    UNION = "union"
    NO_CALENDAR = "no_calendar"
    HOURS = "hours"


TEXTS = {
    Exclusion.SKILL: "lacks the skill",
    Exclusion.CLEARANCE: "is not cleared so far",
    Exclusion.RESIDENCY: "works from a place from which it may not be done",
    Exclusion.ACCESS: "may not enter what has to be entered",
    Exclusion.DUTY: "has a duty that must be kept apart from it",
    Exclusion.RETAINED: "is a partner's, and the work stays with the client",
    Exclusion.PARTNER_ONLY: "is the client's, and only partners have the licence",
    Exclusion.UNION: "is not in the union for whose teams it is reserved",
    Exclusion.NO_CALENDAR: "has no calendar",
    Exclusion.HOURS: "has no hours in the band",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a line asks of a team."""

    skill: str
    band: str
    clearance: float
    residency: frozenset[str]
    access: frozenset[str]
    separate_from: frozenset[str]
    retained: bool
    partner_only: bool
    reserved_for: str | None


def profile_of(line: Line) -> Profile:
    """Return what a line asks of a team."""
    return Profile(
        line.skill,
        line.band,
        line.clearance,
        line.residency,
        line.access,
        line.separate_from,
        line.retained,
        line.partner_only,
        line.reserved_for,
    )


def exclusions(asked: Profile, team: Team, client: str) -> tuple[Exclusion, ...]:
    """Return every rule that keeps a team from a line; none where it may do it.

    >>> asked = Profile("dba", "night", 0, frozenset({"DE"}), frozenset(), frozenset(), False, False, None)
    >>> [str(e) for e in exclusions(asked, Team("t", "p", residency="FR", capacity={"day": 10}), "c")]
    ['skill', 'residency', 'hours']
    """
    tests = (
        (Exclusion.SKILL, asked.skill not in team.skills),
        (Exclusion.CLEARANCE, team.clearance < asked.clearance),
        (Exclusion.RESIDENCY, bool(asked.residency) and team.residency not in asked.residency),
        (Exclusion.ACCESS, not asked.access <= team.access),
        (Exclusion.DUTY, bool(asked.separate_from & team.duties)),
        (Exclusion.RETAINED, asked.retained and team.party != client),
        (Exclusion.PARTNER_ONLY, asked.partner_only and team.party == client),
        (Exclusion.UNION, asked.reserved_for is not None and team.union != asked.reserved_for),
        (Exclusion.NO_CALENDAR, team.capacity is None),
        (Exclusion.HOURS, team.capacity is not None and not team.capacity.get(asked.band)),
    )
    return tuple(reason for reason, holds in tests if holds)


class Eligibility:
    """The eligible teams of each line, in the order of the instance, and what excludes the others."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._found: dict[Profile, dict[str, tuple[Exclusion, ...]]] = {}
        self._teams: dict[Profile, tuple[Team, ...]] = {}

    def reasons(self, line: Line) -> dict[str, tuple[Exclusion, ...]]:
        """Return by team what excludes it; eligible teams are not in it."""
        return self._known(profile_of(line))

    def teams(self, line: Line) -> tuple[Team, ...]:
        """Return the teams that may do a line."""
        asked = profile_of(line)
        self._known(asked)
        return self._teams[asked]

    def _known(self, asked: Profile) -> dict[str, tuple[Exclusion, ...]]:
        if asked not in self._found:
            every = {t.id: exclusions(asked, t, self._instance.client) for t in self._instance.teams}
            self._found[asked] = {team: reasons for team, reasons in every.items() if reasons}
            self._teams[asked] = tuple(t for t in self._instance.teams if not every[t.id])
        return self._found[asked]

    def choices(self, line: Line) -> list[Choice]:
        """Return every way in which a line may be done: each team alone, and each pair of two parties where that is allowed."""
        teams = self.teams(line)
        alone = [] if line.joint == "required" else [Choice(t.id) for t in teams]
        if self._instance.joint is None or line.joint == "never":
            return alone
        return alone + [Choice(a.id, b.id) for a in teams for b in teams if a.party != b.party]
