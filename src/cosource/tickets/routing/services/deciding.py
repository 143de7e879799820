"""Deciding by the live rules: who gets a ticket that is opened, and who of a party goes on with one that it has taken.

A rule only ever gives its own party's tickets to its own teams; another party's team is offered the ticket as by hand, and
accepts or declines. Why it was decided so is an entry that the party alone reads: `ticket.routed/1`, with ids and numbers as
facts, and the rule's name and words in its payload.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import CosourceError
from cosource.foundation.sight import Actor, system_actor
from cosource.parties.models import Skill, Team
from cosource.tickets.queries.entry_rows import ROUTED_ENTRY
from cosource.tickets.queries.record import Record
from cosource.tickets.routing.queries.live_rules import (
    LiveRules,
    candidates_of,
    language_of,
    live_rules,
    takers,
    teams_now,
    teams_of_rules,
)
from cosource.tickets.routing.rules.choosing import Chosen, TeamNow, choose_person, choose_team
from cosource.tickets.routing.rules.matching import Case, Outcome, folded, in_words
from cosource.tickets.rules.handover import ROUTED
from cosource.tickets.services import at_hand
from cosource.tickets.services.first_team import Opening, register_router
from cosource.tickets.services.handover import handover_offer
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.record import note, readers_with, save
from cosource.tickets.services.telling import assignment_tell


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules of a party say of one ticket. `team`: where it goes; None leaves it where it is."""

    party_id: UUID
    rules: LiveRules
    case: Case
    outcome: Outcome
    team: Team | None
    team_because: str
    chosen: Chosen | None

    @property
    def is_own(self) -> bool:
        """Tell whether the ticket stays with the party whose rules these are."""
        return self.team is None or self.team.organization_id == self.party_id

    @property
    def team_id(self) -> UUID | None:
        """Return the party's own team that holds the ticket; None where it goes on to another party, or stays."""
        return self.team.id if self.team is not None and self.is_own else None

    @property
    def person_id(self) -> UUID | None:
        """Return who works on it."""
        return UUID(self.chosen.candidate.id) if self.chosen else None

    def follow(self, record: Record, *, at: datetime) -> None:
        """Note why; tell who has it, or offer it to the other party's team."""
        actor = _actor(self.party_id)
        _note_why(self, record, actor, at)
        if self.person_id is not None:
            _note_person(record, self.person_id, actor, at)
        if not self.is_own:
            _offer(self, record, actor, at)


class DeskRules:
    """The rules of the desks, as opening and acceptance ask them."""

    def opening(self, opening: Opening, at: datetime) -> Decision | None:
        """Return what the live rules of the party that is to hold the ticket choose."""
        rules = live_rules(opening.party_id)
        if rules is None:
            return None
        case = Case(
            at=at,
            kind=folded(opening.kind),
            topic=folded(opening.topic),
            subtopic=folded(opening.subtopic),
            service=_hex(opening.service_id),
            site=_hex(opening.site_id),
            priority=str(opening.priority),
            language=language_of(opening.requester_id) if opening.requester_id else "",
            title=in_words(opening.title),
        )
        teams = takers(
            opening.party_id,
            teams_of_rules(rules.book),
            engagement_id=opening.engagement_id,
            internal=opening.internal,
            at=at,
        )
        return _decide(opening.party_id, rules, case, teams, None, at)

    def taken(self, record: Record, at: datetime) -> None:
        """Let the rules of the party that has just taken a ticket choose who of the team works on it, or another of its teams."""
        ticket = record.ticket
        party_id, team_id = ticket.holder_organization_id, ticket.holder_team_id
        if party_id is None or team_id is None:
            return
        rules = live_rules(party_id)
        if rules is None:
            return
        part = record.part_of(party_id)
        case = Case(
            at=at,
            kind=folded(ticket.kind),
            topic=folded(ticket.topic),
            subtopic=folded(ticket.subtopic),
            service=_hex(ticket.service_id),
            site=_hex(ticket.site_id),
            priority=str(ticket.priority),
            language=language_of(ticket.requester_id) if part and part.engagement_id is None else "",
            team=team_id.hex,
            title=in_words(ticket.title),
        )
        # What had the ticket before does not get it again by a rule: two rules could send it round for ever.
        had_it = {p.team_id for p in at_hand.possessions(record)} - {team_id}
        teams = takers(
            party_id,
            {*teams_of_rules(rules.book), team_id} - had_it,
            engagement_id=part.engagement_id if part else None,
            internal=ticket.internal,
            at=at,
        )
        own = {i: team for i, team in teams.items() if team.organization_id == party_id or i == team_id}
        decided = _decide(party_id, rules, case, own, team_id, at)
        if decided is not None:
            _carry_on(decided, record, at)


def _carry_on(decided: Decision, record: Record, at: datetime) -> None:
    ticket, actor = record.ticket, _actor(decided.party_id)
    stays = decided.team is None or decided.team.id == ticket.holder_team_id
    if not stays:
        _note_why(decided, record, actor, at)
        _offer(decided, record, actor, at)
        return
    if ticket.assignee_id is not None or decided.person_id is None:
        return
    save(record, at=at, assignee_id=decided.person_id)
    _note_why(decided, record, actor, at)
    sync(record, at=at, told=_note_person(record, decided.person_id, actor, at))


def _note_person(record: Record, person_id: UUID, actor: Actor, at: datetime) -> set[UUID]:
    """Note who works on the ticket for all who would read it had it been said by hand, and tell that person."""
    readers = readers_with(record, actor, record.ticket.holder_organization_id)
    entry_id = note(
        record,
        kind="ticket.assigned/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={"person": person_id.hex},
    )
    assignment_tell(record, entry_id=entry_id, person_id=person_id, actor=actor, at=at)
    return readers


def _decide(  # noqa: PLR0917 - private, what a decision is made of
    party_id: UUID,
    rules: LiveRules,
    case: Case,
    teams: dict[UUID, Team],
    present_team_id: UUID | None,
    at: datetime,
) -> Decision | None:
    outcome = rules.book.decide(case, frozenset(i.hex for i in teams))
    rule = outcome.rule
    if rule is None:
        return None
    team, because = None, "stays"
    if outcome.teams:
        among = [teams[UUID(t)] for t in outcome.teams]
        now = teams_now(among, at) if len(among) > 1 else {}
        chosen_id, because = choose_team(outcome.teams, lambda i: now.get(i, TeamNow()), case.site)
        team = teams[UUID(chosen_id)]
    chosen = None
    at_work = team.id if team is not None else present_team_id
    if rule.need is not None and at_work is not None and (team is None or team.organization_id == party_id):
        candidates = candidates_of(at_work, party_id, rule.need, at)
        chosen = choose_person(rule.need, candidates, case.language)
    return Decision(party_id, rules, case, outcome, team, because, chosen)


def _offer(decided: Decision, record: Record, actor: Actor, at: datetime) -> None:
    """Offer the ticket as by hand; where that is refused it stays where it is, and the entry says what the rule wanted."""
    rule, team = decided.outcome.rule, decided.team
    if rule is None or team is None:
        return
    handover_offer(
        record,
        to_team_id=team.id,
        reason=ROUTED,
        text=rule.note or _("Our rules for such tickets name your team."),
        actor=actor,
        at=at,
    )


def _note_why(decided: Decision, record: Record, actor: Actor, at: datetime) -> UUID:
    outcome, chosen = decided.outcome, decided.chosen
    rule = outcome.rule
    if rule is None:
        raise CosourceError("No rule decided.")
    facts: dict[str, Any] = {
        "rules": decided.rules.id.hex,
        "version": decided.rules.number,
        "rule": rule.id,
        "place": outcome.place,
        "held": [name for name, _values in rule.when]
        + ["words"] * bool(rule.words)
        + ["hours"] * bool(rule.hours),
        "passed": [[place, what] for place, what in outcome.passed][:20],
        "to": (decided.team.organization_id if decided.team else decided.party_id).hex,
        "team": decided.team.id.hex if decided.team else decided.case.team,
        "team_because": decided.team_because,
        "teams": len(outcome.teams),
        "person": decided.person_id.hex if decided.person_id else None,
        "wanted_person": rule.need is not None and decided.is_own,
    }
    payload: dict[str, Any] = {"rule": rule.name, "word": outcome.word}
    if rule.need is not None and rule.need.skill:
        skill = Skill.objects.filter(id=UUID(rule.need.skill)).values_list("name", flat=True).first()
        payload["skill"] = skill or ""
        facts["asked_level"] = rule.need.level
    if chosen is not None:
        facts |= {
            "level": chosen.candidate.level,
            "open_tickets": chosen.candidate.open_tickets,
            "on_duty": chosen.candidate.on_duty,
            "considered": chosen.considered,
            "runner_up": chosen.runner_up or None,
        }
    return note(
        record,
        kind=ROUTED_ENTRY,
        actor=actor,
        at=at,
        readers={decided.party_id},
        facts=facts,
        payload=payload,
    )


def _actor(party_id: UUID) -> Actor:
    return system_actor(reason="the routing rules in force", organization_id=party_id)


def _hex(value: UUID | None) -> str:
    return value.hex if value else ""


def register() -> None:
    """Let opening and acceptance ask the rules."""
    register_router(_DESK_RULES)


_DESK_RULES = DeskRules()
