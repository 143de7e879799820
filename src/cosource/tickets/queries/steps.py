"""What the reader may do with a ticket now: moves, pauses, handovers, answers, people to assign, audiences to write to.

Only what the services would accept is offered; they decide again. Not here: drawing it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import PauseTerm
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import SERVICE_OWNER, Actor
from cosource.parties.models import Membership, Organization, Service, Site
from cosource.parties.queries.sight import live
from cosource.tickets.models import Handover
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.approvals import may_approve
from cosource.tickets.queries.capacities import capacities, keeps, may_write, roles_on
from cosource.tickets.queries.conversation import Conversation, Readers, readers_of
from cosource.tickets.queries.receivers import handover_teams
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.audience import audience_words
from cosource.tickets.rules.sayings import sayings_for
from cosource.tickets.rules.states import (
    AWAITING_APPROVAL,
    CANCELLED,
    CLOSED,
    IN_PROGRESS,
    KNOWN_ERROR,
    MERGED,
    NEW,
    RESOLVED,
    SCHEDULED,
    WAITING_CLIENT,
    WAITING_PARTNER,
    WAITING_REQUESTER,
    TicketKind,
    Transition,
    Who,
    may_move,
    next_moves,
)
from cosource.tickets.rules.wording import Phrase, gettext_lazy

WAITING = {
    WAITING_REQUESTER: ("requester",),
    WAITING_CLIENT: ("client",),
    WAITING_PARTNER: ("partner", "third_party"),
}


@dataclass(frozen=True, slots=True)
class PauseChoice:
    """A reason to wait: the state it leads to, its key, what it is called, on whose turn, and which clocks it stops."""

    state: str
    reason: str
    label: str
    turn: str
    badge: PartyBadge | None
    stops: str

    @property
    def value(self) -> str:
        """Return how a form sends it."""
        return f"{self.state}:{self.reason}"


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team that may be offered the ticket."""

    id: UUID
    name: str
    party: str
    badge: PartyBadge | None
    is_stand_in: bool
    has_address: bool


@dataclass(frozen=True, slots=True)
class AudienceChoice:
    """Whom a message may go to; `words` say it as a sentence, `by_mail` of whom nobody is here and whether mail reaches them.

    The requester is part of the choice where one party reads along with them; with several parties they can be added.
    """

    value: str
    readers: Readers
    words: str
    is_default: bool
    may_add_requester: bool
    by_mail: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """The open handover as the reader meets it."""

    to: PartyBadge | None
    to_team: str
    is_return: bool
    offered_at: datetime
    reason: str
    may_answer: bool
    may_withdraw: bool
    for_stand_in: bool


@dataclass(slots=True)
class Steps:
    """All that the reader may do; empty lists and false for what is not theirs to do now.

    `restored`: a clock waits for the word that the service works again. `answer_until`: until when the answer that ended the
    pause may be challenged.
    """

    start: Transition | None = None
    resume: Transition | None = None
    resolve: bool = False
    close: bool = False
    reopen: bool = False
    cancel: bool = False
    hand_over: bool = False
    assign: bool = False
    update: bool = False
    reply: bool = False
    as_requester: bool = False
    pauses: list[PauseChoice] = field(default_factory=list)
    audiences: list[AudienceChoice] = field(default_factory=list)
    requester_by_default: bool = False
    has_requester: bool = False
    offer: Offer | None = None
    link: bool = False
    merge: bool = False
    unmerge: bool = False
    restored: bool = False
    know_cause: bool = False
    declare: bool = False
    plan: bool = False
    ask_approval: bool = False
    decide: bool = False
    review: bool = False
    sayings: tuple[str, ...] = ()
    answer_until: datetime | None = None
    may_hide: bool = False

    @property
    def any_move(self) -> bool:
        """Tell whether there is anything to do but reading."""
        return bool(
            self.start
            or self.resume
            or self.resolve
            or self.close
            or self.reopen
            or self.hand_over
            or self.pauses
            or self.decide
            or self.review
        )


def steps_of(
    record: Record,
    actor: Actor,
    badges: Mapping[UUID, PartyBadge],
    talk: Conversation,
    offer: Handover | None,
) -> Steps:
    """Return what the actor may do now. No query of its own."""
    have = capacities(actor, record)
    ticket = record.ticket
    steps = Steps(has_requester=ticket.requester_id is not None)
    if not have:
        return steps
    allowed = {m.to_key: m for m in next_moves(ticket.state, have, kind=ticket.kind)}
    is_open = ticket.category != "closed"
    owner_rights = Who.OWNER in have and SERVICE_OWNER in roles_on(actor, record.mine)
    steps.as_requester = Who.ANY not in have
    steps.may_hide = bool(have & {Who.ANY, Who.REQUESTER})
    steps.reply = is_open
    _add_kinds_steps(steps, record, actor, have, allowed)
    in_progress = allowed.get(IN_PROGRESS)
    steps.start = in_progress if in_progress and ticket.state in (NEW, SCHEDULED, KNOWN_ERROR) else None
    steps.resume = in_progress if in_progress and ticket.category == "paused" else None
    steps.reopen = in_progress is not None and ticket.category == "resolved"
    steps.resolve, steps.cancel = RESOLVED in allowed, CANCELLED in allowed
    steps.close = CLOSED in allowed and not steps.review
    steps.pauses = pause_choices(record, badges, [k for k in allowed if k in WAITING])
    may_pass = is_open and (Who.HOLDER in have or owner_rights)
    steps.offer = _offer(record, actor, badges, offer, may_withdraw=may_pass) if offer else None
    steps.hand_over = may_pass and offer is None
    steps.assign = may_pass
    may_end = bool(have & {Who.HOLDER, Who.OWNER})
    steps.update = is_open and may_end
    steps.link = Who.ANY in have
    steps.merge = may_end and ticket.category in ("open", "paused")
    steps.unmerge = may_end and ticket.state == MERGED
    if steps.reply and not steps.as_requester:
        steps.audiences, steps.requester_by_default = audience_choices(record, badges, talk)
    return steps


def _add_kinds_steps(
    steps: Steps, record: Record, actor: Actor, have: Collection[Who], allowed: Collection[str]
) -> None:
    """Add what only some kinds of ticket have: naming a cause, planning, asking for approval, deciding, reviewing."""
    ticket = record.ticket
    works = bool(set(have) & {Who.HOLDER, Who.OWNER})
    is_change = ticket.kind == TicketKind.CHANGE
    steps.know_cause = KNOWN_ERROR in allowed
    steps.plan = works and is_change and ticket.state in (NEW, AWAITING_APPROVAL, SCHEDULED)
    steps.ask_approval = works and may_move(ticket.state, AWAITING_APPROVAL, kind=ticket.kind)
    steps.review = works and is_change and ticket.state == RESOLVED
    steps.sayings = sayings_for(ticket.kind) if works and ticket.category != "closed" else ()
    steps.decide = (
        ticket.state == AWAITING_APPROVAL
        and ticket.turn_organization_id == record.mine.organization_id
        and may_approve(actor, record.mine)
    )


def pause_choices(
    record: Record, badges: Mapping[UUID, PartyBadge], states: Sequence[str]
) -> list[PauseChoice]:
    """Return the agreed reasons for which the ticket may wait now, with what each does to the clocks."""
    ticket = record.ticket
    holder = record.part_of(ticket.holder_organization_id) or record.owner_part
    choices = []
    for state in states:
        for reason in _reasons(holder.agreement_version_id, state):
            if not _makes_sense(record, reason.turn):
                continue
            choices.append(
                PauseChoice(
                    state=state,
                    reason=reason.key,
                    label=reason.label,
                    turn=_turn_words(reason.turn, record, badges),
                    badge=badges.get(ticket.owner_id) if reason.turn == "client" else None,
                    stops=_stops(record, badges, reason.turn),
                )
            )
    return choices


def _reasons(version_id: UUID | None, state: str) -> list[PauseTerm]:
    if version_id is None:
        return [PauseTerm("", _("No agreement lists reasons"), WAITING[state][0])]
    return [r for r in terms_of(version_id).pause_reasons if r.turn in WAITING[state]]


def _makes_sense(record: Record, turn: str) -> bool:
    ticket = record.ticket
    if turn == "requester":
        return ticket.requester_id is not None or bool(ticket.requester_name)
    if turn == "client":
        return ticket.holder_organization_id != ticket.owner_id
    if turn == "partner":
        others = {p.organization_id for p in record.parts} - {ticket.owner_id, ticket.holder_organization_id}
        return bool(others)
    return True


def _turn_words(turn: str, record: Record, badges: Mapping[UUID, PartyBadge]) -> str:
    if turn == "client" and record.ticket.owner_id in badges:
        return badges[record.ticket.owner_id].name
    return {
        "requester": _("the requester"),
        "partner": _("another partner"),
        "third_party": _("a third party"),
    }.get(turn, _("the client"))


def _stops(record: Record, badges: Mapping[UUID, PartyBadge], turn: str) -> str:
    """Say which of the clocks that the reader knows of this turn would stop."""
    stopped = []
    for part in record.parts:
        if part.agreement_version_id is None or part.organization_id not in badges:
            continue
        is_owner = part.kind == Kind.OWNER
        if not is_owner and part.organization_id != record.ticket.holder_organization_id:
            continue
        if terms_of(part.agreement_version_id).pauses_clock(turn, is_owner):
            stopped.append(_("the customer’s clock") if is_owner else badges[part.organization_id].name)
    if not stopped:
        return _("No clock stops.")
    return _("Stops: %(clocks)s.") % {"clocks": ", ".join(stopped)}


def _offer(
    record: Record, actor: Actor, badges: Mapping[UUID, PartyBadge], offer: Handover, *, may_withdraw: bool
) -> Offer:
    receiver = record.part_of(offer.to_organization_id)
    own = receiver is not None and receiver.id == record.mine.id
    kept = receiver is not None and not own and keeps(actor, receiver)
    return Offer(
        to=badges.get(offer.to_organization_id),
        to_team=offer.to_team.name if offer.to_organization_id in badges else "",
        is_return=offer.is_return,
        offered_at=offer.offered_at,
        reason=offer.reason,
        may_answer=(own or kept) and may_write(actor, record.mine),
        may_withdraw=may_withdraw,
        for_stand_in=kept,
    )


def audience_choices(
    record: Record, badges: Mapping[UUID, PartyBadge], talk: Conversation
) -> tuple[list[AudienceChoice], bool]:
    """Return the sets of readers that make sense, narrowest first, and whether the requester reads along by default.

    The default is the audience of the last message that went beyond one party; before there is one, whoever engaged the
    reader, or for the owner the party that holds the ticket.
    """
    me = record.mine.organization_id
    sets: dict[frozenset[UUID], None] = {frozenset({me}): None}
    for party in badges:
        if party != me:
            sets[_closed(record, {me, party})] = None
    sets[_closed(record, set(badges))] = None
    usable = [s for s in sets if s <= set(badges)]
    usable.sort(key=len)
    default, with_requester = _default(record, usable, talk)
    absent = {p.organization_id: _by_mail(p.organization) for p in record.parts if p.organization.stand_in}
    asks_for_somebody = record.ticket.requester_id is not None
    owner_id = record.ticket.owner_id
    choices = []
    for members in usable:
        alone = len(members) == 1
        choices.append(
            _choice(members, badges, is_default=members == default and not (alone and with_requester))
        )
        if asks_for_somebody and alone and owner_id in members:
            choices.append(
                _choice(
                    members,
                    badges,
                    with_requester=True,
                    is_default=members == default and with_requester,
                )
            )
        elif asks_for_somebody and owner_id in members:
            choices[-1] = replace(choices[-1], may_add_requester=True)
        told = say_plainly([absent[i] for i in sorted(members & absent.keys() - {me}, key=str)])
        choices[-1] = replace(choices[-1], by_mail=told)
    return choices, with_requester and asks_for_somebody and len(default) > 1


def _choice(
    members: frozenset[UUID],
    badges: Mapping[UUID, PartyBadge],
    *,
    is_default: bool,
    with_requester: bool = False,
) -> AudienceChoice:
    readers = readers_of(members, badges, with_requester=with_requester)
    names = [b.name for b in readers.known]
    return AudienceChoice(
        value=".".join(sorted(i.hex for i in members)) + ("+" if with_requester else ""),
        readers=readers,
        words=say_plainly(audience_words(names, requester_reads=with_requester or None)),
        is_default=is_default,
        may_add_requester=False,
    )


def _by_mail(absent: Organization) -> Phrase:
    """Say of a party that is not here yet whether mail reaches it."""
    if absent.contact_email:
        return gettext_lazy("%(party)s is not here yet and gets it by mail.", party=absent.name)
    return gettext_lazy(
        "Nobody of %(party)s is told: it is not here yet, and no address of it is known.", party=absent.name
    )


def say_plainly(phrases: Sequence[Phrase]) -> str:
    """Write phrases in the reader's language, one after the other."""
    return " ".join(p.text(lambda message, _plural, _count: _(message)) for p in phrases)


def _closed(record: Record, parties: set[UUID]) -> frozenset[UUID]:
    """Add whoever has to read along: a partner reads only together with the party that engaged it."""
    found = set(parties)
    while len(found) > 1:
        more = {
            p.engagement.client_id
            for p in record.parts
            if p.organization_id in found and p.engagement is not None
        }
        if more <= found:
            break
        found |= more
    return frozenset(found)


def _default(
    record: Record, usable: Sequence[frozenset[UUID]], talk: Conversation
) -> tuple[frozenset[UUID], bool]:
    for line in reversed(talk.messages):
        readers = line.readers
        if not readers.is_internal and readers.party_ids in usable:
            return readers.party_ids, readers.with_requester
    mine = record.mine
    if mine.engagement is not None:
        return _closed(record, {mine.organization_id, mine.engagement.client_id}), False
    holder = record.ticket.holder_organization_id
    wanted = _closed(record, {mine.organization_id, holder} if holder else {mine.organization_id})
    return (wanted if wanted in usable else usable[0]), False


def team_choices(
    record: Record, actor: Actor, badges: Mapping[UUID, PartyBadge], at: datetime
) -> list[TeamChoice]:
    """Return the teams to which the ticket may be offered, by party. Two queries."""
    return [
        TeamChoice(
            t.id,
            t.name,
            t.organization.name,
            badges.get(t.organization_id),
            t.organization.stand_in,
            bool(t.organization.contact_email),
        )
        for t in handover_teams(record, at)
    ]


def people_choices(team_id: UUID | None, at: datetime) -> list[tuple[UUID, str]]:
    """Return the people of a team that the reader knows of, by name. One query."""
    if team_id is None:
        return []
    found = Membership.objects.filter(live(at), team_id=team_id).order_by("person__name", "person_id")
    return list(found.values_list("person_id", "person__name"))


def place_choices(record: Record, actor: Actor) -> tuple[list[tuple[UUID, str]], list[tuple[UUID, str]]]:
    """Return the owner's live services and sites that the reader knows of, by name, and the present ones. Two queries."""
    owner_id, ticket = record.ticket.owner_id, record.ticket
    services = Service.objects.visible_to(actor).filter(organization_id=owner_id, ended_at__isnull=True)
    sites = Site.objects.visible_to(actor).filter(organization_id=owner_id, ended_at__isnull=True)
    service_names = dict(services.order_by("name", "id").values_list("id", "name"))
    site_names = dict(sites.order_by("name", "id").values_list("id", "name"))
    if ticket.service is not None:
        service_names.setdefault(ticket.service.id, ticket.service.name)
    if ticket.site is not None:
        site_names.setdefault(ticket.site.id, ticket.site.name)
    return list(service_names.items()), list(site_names.items())
