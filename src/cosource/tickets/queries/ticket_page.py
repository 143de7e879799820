"""One ticket, ready to render for one reader: header, ribbon, conversation, clocks, facts and what may be done.

One view for every kind of reader; what a reader may not see is not in it. Not here: markup, and taking steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import RESTORE
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.knowledge.rules.rights import works
from cosource.tickets.models import Handover, Participation, Ticket
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.answers import open_to_challenge
from cosource.tickets.queries.articles import UsedArticle, articles_used
from cosource.tickets.queries.as_requester import reads_as_requester
from cosource.tickets.queries.badges import badges_of
from cosource.tickets.queries.capacities import capacities
from cosource.tickets.queries.checklists import ChecklistLine, checklist_lines
from cosource.tickets.queries.clocks import (
    ClockPanel,
    calendar_of,
    clock_lines,
    clock_panel,
    clocks_of,
    draw_ribbon,
    is_urgent,
    main_clock,
    pauses_of,
    possession_of,
)
from cosource.tickets.queries.conversation import Conversation, conversation_of
from cosource.tickets.queries.effort import EffortSum, effort_sums
from cosource.tickets.queries.escalations import escalation_lines
from cosource.tickets.queries.events import Names
from cosource.tickets.queries.fields import AnsweredSet, answered_sets
from cosource.tickets.queries.kind_panel import KindPanel, kind_panel
from cosource.tickets.queries.links import LinkLine, link_lines
from cosource.tickets.queries.major import MajorView, is_declarable, leaders_of, major_view
from cosource.tickets.queries.record import Record, load
from cosource.tickets.queries.steps import (
    Steps,
    TeamChoice,
    people_choices,
    place_choices,
    steps_of,
    team_choices,
)
from cosource.tickets.queries.surveys import SurveyView, survey_asked
from cosource.tickets.queries.ticket_beside import Beside, beside_of
from cosource.tickets.queries.writing import Kept
from cosource.tickets.rules.links import MERGED_INTO
from cosource.tickets.rules.priority import LEVEL_LABELS, PRIORITY_LABELS
from cosource.tickets.rules.ribbon import Ribbon
from cosource.tickets.rules.states import ACCEPT, KIND_LABELS, NEW, STATES, TicketKind, Who, label_of, verb_of


@dataclass(frozen=True, slots=True)
class TurnView:
    """Whose turn it is from the reader's seat, and the verb."""

    is_mine: bool
    badge: PartyBadge | None
    words: str
    verb: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ticket says of itself."""

    service: str
    site: str
    topic: str
    asset: str
    requester: str
    impact: str
    urgency: str
    client: PartyBadge | None
    assignee: str
    named_owner: str
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    other_references: tuple[tuple[PartyBadge, str], ...]
    kept_by_one_side: tuple[PartyBadge, ...]


@dataclass(frozen=True, slots=True)
class StatedLine:
    """A figure that the source stated, in words, beside what the events show ("" where they show nothing)."""

    name: str
    stated: str
    shown: str = ""

    @property
    def differs(self) -> bool:
        """Tell whether the events show something else."""
        return self.shown not in {"", self.stated}


@dataclass(slots=True)
class TicketView:
    """A ticket as one reader sees it."""

    id: UUID
    version: int
    reference: str
    title: str
    state: str
    state_label: str
    kind: str
    kind_label: str
    kind_icon: str
    category: str
    priority: int
    priority_label: str
    holder: PartyBadge | None
    holder_known: bool
    holder_team: str
    turn: TurnView
    is_demo: bool
    is_internal: bool
    is_imported: bool
    for_requester: bool
    facts: Facts
    conversation: Conversation
    steps: Steps
    badges: Mapping[UUID, PartyBadge]
    read_at: datetime
    my_badge: PartyBadge | None = None
    progress: int = 1
    ribbon: Ribbon | None = None
    clocks: ClockPanel | None = None
    due_is_urgent: bool = False
    links: list[LinkLine] = field(default_factory=list)
    effort: list[EffortSum] = field(default_factory=list)
    checklist: list[ChecklistLine] = field(default_factory=list)
    survey: SurveyView | None = None
    stated: list[StatedLine] = field(default_factory=list)
    teams: list[TeamChoice] = field(default_factory=list)
    people: list[tuple[UUID, str]] = field(default_factory=list)
    services: list[tuple[UUID, str]] = field(default_factory=list)
    sites: list[tuple[UUID, str]] = field(default_factory=list)
    editable: Ticket | None = None
    kinds: KindPanel | None = None
    major: MajorView | None = None
    leaders: list[tuple[UUID, str]] = field(default_factory=list)
    articles: tuple[UsedArticle, ...] = ()
    writes_articles: bool = False
    writing: Kept | None = None
    follows: bool = False
    recurring: tuple[UUID, str] | None = None
    fields: list[AnsweredSet] = field(default_factory=list)
    has_matrix: bool = False

    @property
    def goes_on_in(self) -> LinkLine | None:
        """Return the ticket that this one was merged into, where the reader sees it."""
        return next((line for line in self.links if line.kind == MERGED_INTO), None)


# By kind of ticket, in the sprite of the page kit.
KIND_ICONS = {
    TicketKind.INCIDENT: "bolt",
    TicketKind.REQUEST: "clipboard-list",
    TicketKind.PROBLEM: "zoom-question",
    TicketKind.CHANGE: "git-compare",
}


def progress_of(state: str, category: str) -> int:
    """Return how far a ticket is for who asked: 1 received, 2 being worked on, 3 to be checked, 4 done.

    >>> [progress_of("new", "open"), progress_of("waiting_client", "paused"), progress_of("resolved", "resolved")]
    [1, 2, 3]
    """
    if category in ("resolved", "closed"):
        return 3 if category == "resolved" else 4
    return 1 if state == NEW else 2


def ticket_get(
    *,
    actor: Actor,
    ticket_id: UUID,
    at: datetime,
    whole_conversation: bool = False,
    form: str = "",
    chosen_team_id: UUID | None = None,
) -> TicketView:
    """Return the ticket as the actor sees it at `at`, in at most fifteen queries however long it is.

    `form`: also the choices of the form that is open: "hand-over" (with the people of `chosen_team_id`), "assign" or "edit".
    Raises: NotFound.
    """
    record = load(ticket_id, actor)
    ticket = record.ticket
    beside = beside_of(ticket.id, actor)
    for_requester = reads_as_requester(record, actor)
    badges = badges_of(record)
    articles = articles_used(ticket.id, actor) if beside.has_articles else ()
    talk = conversation_of(
        record,
        badges,
        organization_id=actor.reads_as,
        for_requester=for_requester,
        roles=actor.sight.roles_on(record.mine.engagement_id),
        person_id=actor.person_id,
        shows_all=whole_conversation,
        articles={used.id: used.title for used in articles},
    )
    if for_requester:
        # Names on the replies are theirs to read; who holds the ticket is the desk's own business.
        badges = {i: b for i, b in badges.items() if i == record.mine.organization_id}
    offer = (
        Handover.objects.filter(ticket=ticket, state=Handover.State.OFFERED).select_related("to_team").first()
        if any(p.unanswered for p in record.parts)
        else None
    )
    state = STATES[ticket.state]
    holder = badges.get(ticket.holder_organization_id) if ticket.holder_organization_id else None
    view = TicketView(
        id=ticket.id,
        version=record.mine.revision,
        reference=record.mine.reference,
        title=ticket.title,
        state=ticket.state,
        state_label=_(label_of(ticket.kind, state.key)),
        kind=ticket.kind,
        kind_label=_(KIND_LABELS[TicketKind(ticket.kind)]),
        kind_icon=KIND_ICONS[TicketKind(ticket.kind)],
        category=ticket.category,
        priority=ticket.priority,
        priority_label=_(PRIORITY_LABELS[ticket.priority]),
        holder=holder,
        holder_known=ticket.holder_organization_id is not None,
        holder_team=_name(talk.names.teams, ticket.holder_team_id) if holder is not None else "",
        turn=_turn(record, badges, offer),
        is_demo=ticket.demo,
        is_internal=ticket.internal,
        is_imported=ticket.import_id is not None,
        for_requester=for_requester,
        facts=_facts(record, badges, beside, talk.names),
        conversation=talk,
        steps=steps_of(record, actor, badges, talk, offer),
        badges=badges,
        read_at=at,
        my_badge=badges.get(record.mine.organization_id),
        articles=articles,
        writes_articles=not for_requester and works(actor),
        progress=progress_of(ticket.state, ticket.category),
        writing=beside.writing,
        follows=beside.follows,
        recurring=beside.recurring if works(actor) and not for_requester else None,
        has_matrix=beside.has_matrix and not for_requester and not actor.sight.as_host,
        links=link_lines(record, actor),
        fields=answered_sets(record, actor) if beside.has_fields and not for_requester else [],
        survey=survey_asked(record, actor, at),
        checklist=[] if for_requester else checklist_lines(record, actor),
        effort=[] if for_requester else effort_sums(record, actor, badges),
    )
    view.steps.unmerge &= view.goes_on_in is not None
    if not for_requester:
        _add_times(view, record, badges, talk, actor, at)
        if actor.sight.as_host and view.clocks is not None:
            # Somebody placed with a host reads the clocks, not what the host agreed with partners.
            view.clocks = replace(view.clocks, agreements=())
        view.stated = _stated(record, beside)
        if beside.major_at is not None:
            view.major = major_view(record, actor, badges, talk)
        view.steps.declare = beside.major_at is None and is_declarable(actor, record)
        if ticket.kind != TicketKind.INCIDENT:
            view.kinds = kind_panel(record, actor, badges, talk)
        _add_choices(view, record, actor, form=form, chosen_team_id=chosen_team_id, at=at)
    return view


def _add_choices(
    view: TicketView,
    record: Record,
    actor: Actor,
    *,
    form: str,
    chosen_team_id: UUID | None,
    at: datetime,
) -> None:
    if form == "hand-over" and view.steps.hand_over:
        view.teams = team_choices(record, actor, view.badges, at)
        if chosen_team_id in {t.id for t in view.teams}:
            view.people = people_choices(chosen_team_id, at)
    elif form == "assign" and view.steps.assign:
        view.people = people_choices(record.ticket.holder_team_id, at)
    elif form == "declare" and view.steps.declare:
        view.leaders = leaders_of(record, at)
    elif form == "edit" and view.steps.update:
        view.services, view.sites = place_choices(record, actor)
        view.editable = record.ticket


def _turn(record: Record, badges: Mapping[UUID, PartyBadge], offer: Handover | None) -> TurnView:
    ticket = record.ticket
    me = record.mine.organization_id
    if ticket.category not in ("open", "paused"):
        words = ""
        if ticket.category == "resolved":
            words = _("The requester may confirm") if ticket.requester_id else _("The client may close it")
        return TurnView(is_mine=False, badge=None, words=words, verb="")
    party = offer.to_organization_id if offer else ticket.turn_organization_id
    verb = _(ACCEPT) if offer else _(verb_of(ticket.kind, ticket.state))
    if party is None:
        words = {"requester": _("The requester’s turn"), "third_party": _("A third party’s turn")}.get(
            ticket.turn, ""
        )
        return TurnView(is_mine=False, badge=None, words=words or _("Nobody’s turn yet"), verb=verb)
    if party == me:
        return TurnView(is_mine=True, badge=badges.get(me), words=_("Your turn"), verb=verb)
    badge = badges.get(party)
    words = _("%(name)s’s turn") % {"name": badge.name} if badge else _("Another party’s turn")
    return TurnView(is_mine=False, badge=badge, words=words, verb=verb)


def _name(names: Mapping[UUID, str], which: UUID | None) -> str:
    return names.get(which, "") if which is not None else ""


def _facts(record: Record, badges: Mapping[UUID, PartyBadge], beside: Beside, names: Names) -> Facts:
    ticket = record.ticket
    is_owner = record.mine.kind == Kind.OWNER
    holds = ticket.holder_organization_id in badges
    return Facts(
        service=beside.service,
        site=beside.site,
        topic=" · ".join(t for t in (ticket.topic, ticket.subtopic) if t),
        asset=ticket.asset_name,
        requester=_name(names.people, ticket.requester_id) or ticket.requester_name,
        impact=_(LEVEL_LABELS[ticket.impact]),
        urgency=_(LEVEL_LABELS[ticket.urgency]),
        client=badges.get(ticket.owner_id),
        assignee=_name(names.people, ticket.assignee_id) if holds else "",
        named_owner=_name(names.people, ticket.named_owner_id) if holds else "",
        opened_at=ticket.opened_at,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        other_references=tuple(
            (badges[p.organization_id], p.reference)
            for p in record.parts
            if p.id != record.mine.id
            and p.organization_id in badges
            and (is_owner or _engaged_by_me(p, record))
        ),
        kept_by_one_side=tuple(
            badges[p.organization_id]
            for p in record.parts
            if p.organization.stand_in and p.organization_id in badges
        ),
    )


def _engaged_by_me(part: Participation, record: Record) -> bool:
    return part.engagement is not None and part.engagement.client_id == record.mine.organization_id


def _add_times(  # noqa: PLR0917 - private, called once
    view: TicketView,
    record: Record,
    badges: Mapping[UUID, PartyBadge],
    talk: Conversation,
    actor: Actor,
    at: datetime,
) -> None:
    possessions = possession_of(view.id)
    pauses, clocks = pauses_of(ticket_id=view.id), clocks_of(ticket_id=view.id)
    if Who.HOLDER in capacities(actor, record):
        answered = open_to_challenge(record.ticket, pauses[-1] if pauses else None, at)
        view.steps.answer_until = answered.challenge_until if answered else None
        view.steps.restored = any(
            c.kind == RESTORE and c.met_at is None and c.stopped_at is None for c in clocks
        )
    known = dict(badges)
    lines = clock_lines(record, clocks, pauses, known, at)
    told = escalation_lines(record, actor, clocks)
    lines = tuple(replace(line, escalations=told.get(line.id, ())) for line in lines) if told else lines
    main = main_clock(record, lines)
    pinned = record.mine.agreement_version_id
    view.ribbon = draw_ribbon(
        record,
        possessions,
        pauses,
        known,
        main=main,
        calendar=calendar_of(main, clocks),
        notes=talk.notes,
        return_limit=terms_of(pinned).return_limit if pinned else None,
        at=at,
    )
    view.clocks = clock_panel(record, view.ribbon, lines, known, main)
    view.due_is_urgent = is_urgent(main)


def _stated(record: Record, stated: Beside) -> list[StatedLine]:
    """Set what the source stated beside what the ticket's events show. An import is the owner's own record."""
    ticket = record.ticket
    if stated.kept is None:
        return []
    pairs: list[tuple[str, object, object]] = [
        (_("State"), ticket.stated_state or None, None),
        (_("Resolved"), stated.resolved_at, ticket.resolved_at),
        (_("Closed"), stated.closed_at, ticket.closed_at),
        (_("Reopened"), stated.reopens, None),
        (_("Target met"), stated.sla_met, None),
        (_("Knowledge used"), stated.knowledge, None),
    ]
    if record.mine.kind == Kind.OWNER:
        # How often a ticket changed hands would count parties that a partner does not know of.
        pairs.append((_("Handovers"), stated.reassignments, ticket.handovers))
        pairs += [(str(name), value, None) for name, value in stated.kept.items() if value]
    return [
        StatedLine(name, _in_words(value), _in_words(shown))
        for name, value, shown in pairs
        if value is not None
    ]


def _in_words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(value.astimezone(get_current_timezone()), _("j M Y, H:i"))
    return str(value)
