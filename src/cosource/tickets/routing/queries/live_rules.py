"""The rules that are in force, ready to be asked, and what they need to know of teams and people at an instant.

Not here: deciding (`services.deciding`), and reading rules as a page (`rule_sets`).
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from cosource.foundation.prepared import Prepared
from cosource.parties.models import EngagementTeam, Membership, Person, PersonSkill, Team
from cosource.parties.queries.duty import duty_of
from cosource.parties.queries.sight import live
from cosource.parties.rules.duty import Duty
from cosource.tickets.models import Participation, RoutingRules
from cosource.tickets.routing.rules.choosing import Candidate, TeamNow
from cosource.tickets.routing.rules.matching import RuleBook, folded
from cosource.tickets.routing.rules.reading import read_rules
from cosource.tickets.routing.rules.rule import Need


@dataclass(frozen=True, slots=True)
class LiveRules:
    """A version in force. `number`: of the version, as people see it."""

    id: UUID
    number: int
    book: RuleBook


def live_rules(organization_id: UUID) -> LiveRules | None:
    """Return the rules of an organization that are in force. One statement; a version is read once by a process."""
    found = _live.first(organization_id=organization_id)
    return None if found is None else LiveRules(found[0], found[1], _book(found[0]))


_live = Prepared[tuple[UUID, int]](
    lambda organization_id: RoutingRules.objects.filter(
        organization_id=organization_id, state=RoutingRules.State.LIVE
    ).values_list("id", "version"),
    organization_id=UUID,
)


@lru_cache(maxsize=256)
def _book(rules_id: UUID) -> RuleBook:
    """Read a version that is or was in force: it never changes any more."""
    document = RoutingRules.objects.values_list("document", flat=True).get(id=rules_id)
    return RuleBook(read_rules(document))


def teams_of_rules(book: RuleBook) -> set[UUID]:
    """Return the teams that the rules name."""
    return {UUID(team) for rule in book.rules for team in rule.teams}


def takers(
    party_id: UUID,
    named: Collection[UUID],
    *,
    engagement_id: UUID | None = None,
    internal: bool = False,
    at: datetime,
) -> dict[UUID, Team]:
    """Return of the named teams those that may hold or be offered a ticket of this party, by id. At most two statements.

    `engagement_id`: under which the party works on it for its client; then its own teams are those that it offers there, and
    others only those of subcontractors. Internal tickets go to own teams alone.
    """
    own = Q(organization_id=party_id)
    if engagement_id is not None:
        own &= Q(id__in=_offered(at, engagement_id=engagement_id))
    reach = own
    if not internal:
        reach |= Q(
            id__in=_offered(at, engagement__client_id=party_id, engagement__parent_id=engagement_id)
            if engagement_id is not None
            else _offered(at, engagement__client_id=party_id)
        )
    found = Team.objects.filter(reach, id__in=named, ended_at__isnull=True)
    return {team.id: team for team in found}


def _offered(at: datetime, **where: Any) -> "QuerySet[EngagementTeam, Any]":
    return EngagementTeam.objects.filter(live(at), live(at, "engagement__"), **where).values("team_id")


def language_of(person_id: UUID | None) -> str:
    """Return the language in which a person reads pages, or nothing where it is not said."""
    locale = Person.objects.filter(id=person_id).values_list("locale", flat=True).first() if person_id else ""
    return folded(locale or "").partition("-")[0]


def teams_now(teams: Collection[Team], at: datetime) -> dict[str, TeamNow]:
    """Return each team as it is at an instant. One statement."""
    duty = duty_of([team.id for team in teams], at)
    return {
        team.id.hex: TeamNow(
            duty[team.id].on_duty if team.id in duty else None, team.site_id.hex if team.site_id else ""
        )
        for team in teams
    }


def candidates_of(team_id: UUID, party_id: UUID, need: Need, at: datetime) -> list[Candidate]:
    """Return who of a team could be chosen, with level, load and language. At most four statements."""
    members = dict(
        Membership.objects.filter(live(at), team_id=team_id, person__is_active=True)
        .order_by("person_id")
        .values_list("person_id", "person__locale")
    )
    held = Counter(
        Participation.objects.filter(organization_id=party_id, assignee_id__in=members, open=True)
        .order_by()
        .values_list("assignee_id", flat=True)
    )
    levels: dict[UUID, int] = {}
    if need.skill:
        skilled = PersonSkill.objects.filter(person_id__in=members, skill_id=UUID(need.skill))
        levels = dict(skilled.values_list("person_id", "level"))
    duty = duty_of([team_id], at).get(team_id, Duty()) if need.on_duty else Duty()
    return [
        Candidate(
            id=person_id.hex,
            open_tickets=held[person_id],
            level=levels.get(person_id, 0),
            language=folded(locale).partition("-")[0],
            on_duty=duty.has(person_id.hex),
        )
        for person_id, locale in members.items()
    ]
