"""Which of a rule's teams, and whom of the team: by duty, place, skill, language and load, never by chance.

Not here: who is in a team, and who is on duty; both are handed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cosource.tickets.routing.rules.rule import Need


@dataclass(frozen=True, slots=True)
class TeamNow:
    """A team at the instant of a decision. `on_duty`: None where it keeps no roster. `site`: where it sits, as hex, or empty."""

    on_duty: bool | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of a team. `level`: of the skill that is asked for, 0 for none. `open_tickets`: held now, of one's party.

    `on_duty`: None where the team keeps no roster.
    """

    id: str
    open_tickets: int = 0
    level: int = 0
    language: str = ""
    on_duty: bool | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a rule chose. `considered`: how many fitted; `runner_up`: who comes next, if somebody does."""

    candidate: Candidate
    considered: int
    runner_up: str = ""


def choose_team(teams: Sequence[str], now: Callable[[str], TeamNow], site: str) -> tuple[str, str]:
    """Return the team that takes it and why: the first on duty, of these one at the ticket's site, else the first.

    A team without a roster counts as on duty. The reason is "duty", "site", "order", or "only" where there is one team.

    >>> choose_team(["a", "b"], lambda team: TeamNow(on_duty=team == "b"), "")
    ('b', 'duty')
    """
    if len(teams) == 1:
        return teams[0], "only"
    known = {team: now(team) for team in teams}
    awake = [team for team in teams if known[team].on_duty is not False]
    among = awake or list(teams)
    near = [team for team in among if site and known[team].site == site]
    if near:
        return near[0], "site"
    return among[0], "order" if among[0] == teams[0] else "duty"


def choose_person(need: Need, candidates: Sequence[Candidate], language: str) -> Chosen | None:
    """Return whom of a team a rule chooses; None where nobody fits.

    Of those who fit: who holds fewest open tickets, then who has the higher level, then the earlier id.

    >>> choose_person(Need("s", 2), [Candidate("a", 1, 2), Candidate("b", 0, 1), Candidate("c", 1, 3)], "").candidate.id
    'c'
    """
    fitting = [person for person in candidates if fits(need, person, language)]
    ranked = sorted(fitting, key=lambda person: (person.open_tickets, -person.level, person.id))
    if not ranked:
        return None
    return Chosen(ranked[0], len(ranked), ranked[1].id if len(ranked) > 1 else "")


def fits(need: Need, person: Candidate, language: str) -> bool:
    """Tell whether somebody is whom a rule wants; where nobody knows the requester's language, none is asked for."""
    if need.skill and person.level < need.level:
        return False
    if need.on_duty and person.on_duty is False:
        return False
    return not (need.language and language and person.language != language)
