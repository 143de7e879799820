"""What rules would have done with past tickets: counted in one pass over any number of them.

Not here: which tickets, and who solved them; both are handed in.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cosource.tickets.routing.rules.choosing import TeamNow, choose_team
from cosource.tickets.routing.rules.matching import Case, RuleBook

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Past:
    """A past ticket. `solved_by`: the team, as hex, that had it when it was solved; empty where it is unknown or not solved."""

    id: str
    case: Case
    solved_by: str = ""
    internal: bool = False


@dataclass(slots=True)
class Comparison:
    """Pairs of teams with how many tickets they stand for; an empty id is no team.

    `confusion`: routed by the rules, solved by. `moved`: where the rules so far would have sent it, where these would. `by_rule`:
    how many tickets each place of the list decides, 0 for none of them.
    """

    tickets: int = 0
    solved: int = 0
    right: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_rule: Counter[int] = field(default_factory=Counter)
    examples: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def differing(self) -> int:
        """Return how many tickets would be routed differently."""
        return sum(self.moved.values())

    @property
    def accuracy(self) -> float | None:
        """Return the share of solved tickets that were routed to whoever solved them; None where none was solved."""
        return self.right / self.solved if self.solved else None


class Router:
    """Rules as they decide on the team alone.

    `can_take`: the teams that may be given or offered a ticket, of which `own` alone get internal ones. `default`: where a
    ticket goes that no rule decides. `then`: a team as it was at an instant, by the roster of now.
    """

    def __init__(
        self,
        book: RuleBook,
        can_take: frozenset[str],
        own: frozenset[str],
        default: str,
        then: Callable[[str, datetime], TeamNow],
    ) -> None:
        self._book = book
        self._can_take = {False: can_take, True: own}
        self._default = default
        self._then = then

    def team_of(self, ticket: Past) -> tuple[str, int]:
        """Return the team, and the place of the rule that decided."""
        case = ticket.case
        found = self._book.decide(case, self._can_take[ticket.internal])
        if found.rule is None:
            return self._default, 0
        if not found.teams:
            return case.team or self._default, found.place
        return choose_team(found.teams, lambda team: self._then(team, case.at), case.site)[0], found.place


def compare_one(found: Comparison, ticket: Past, router: Router, before: Router) -> None:
    """Route one more ticket; count it beside who solved it, and beside where the rules before would have sent it."""
    team, place = router.team_of(ticket)
    found.tickets += 1
    found.by_rule[place] += 1
    if ticket.solved_by:
        found.solved += 1
        found.right += team == ticket.solved_by
        found.confusion[team, ticket.solved_by] += 1
    was, _place = before.team_of(ticket)
    if was != team:
        found.moved[was, team] += 1
        if len(found.examples) < EXAMPLES:
            found.examples.append((ticket.id, was, team))
