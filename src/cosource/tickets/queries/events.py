"""What an entry of a ticket says happened, as an icon and a sentence. Names that the reader may not have become "another party".

Not here: messages, which speak for themselves, and reading the entries (`conversation`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_of
from cosource.foundation.pages import PartyBadge
from cosource.tickets.models import Participation
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.entry_rows import SOURCE_LINE, EntryRow
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.change_words import OUTCOMES
from cosource.tickets.rules.clock_kinds import KINDS
from cosource.tickets.rules.contacts import SAID
from cosource.tickets.rules.handover import DECLINE_REASONS, OFFER_REASONS
from cosource.tickets.rules.priority import LEVEL_LABELS
from cosource.tickets.rules.states import STATES, label_of
from cosource.tickets.rules.surveys import SCORES
from cosource.tickets.rules.wording import Phrase, gettext_lazy


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. `badge`: the party that it is about. `note`: words for the ribbon's handover mark.

    `quiet`: said elsewhere on the page already, so only the ledger shows it.
    """

    icon: str
    words: Phrase
    badge: PartyBadge | None = None
    note: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """The names that entries mention by id, as far as the reader may have them; `readers`: of the entry at hand."""

    parties: Mapping[UUID, PartyBadge] = field(default_factory=dict)
    people: Mapping[UUID, str] = field(default_factory=dict)
    teams: Mapping[UUID, str] = field(default_factory=dict)
    services: Mapping[UUID, str] = field(default_factory=dict)
    sites: Mapping[UUID, str] = field(default_factory=dict)
    articles: Mapping[UUID, str] = field(default_factory=dict)
    readers: frozenset[UUID] = frozenset()

    def party(self, value: Any) -> PartyBadge | None:
        """Return the badge of the party with this id as facts write it."""
        return self.parties.get(UUID(value)) if value else None

    def whom(self, party: Any, team: Any) -> str:
        """Return a party with its team, "another party" or "unknown"."""
        if not party:
            return _("unknown")
        badge = self.party(party)
        if badge is None:
            return _("another party")
        team_name = self.teams.get(UUID(team)) if team else None
        return f"{badge.name}, {team_name}" if team_name else badge.name


def event_of(entry: EntryRow, before: EntryRow | None, record: Record, names: Names) -> Event | None:
    """Return what the entry says happened; None for a plain message. `before`: the line of the source before this one."""
    kind = entry.kind.partition("/")[0]
    if kind == "ticket.message_added":
        return None
    if entry.kind == SOURCE_LINE:
        return _source_line(entry, before, names)
    told = _TOLD.get(kind)
    if told is None:
        return Event(
            "timeline-event", gettext_lazy("%(kind)s", kind=kind.rpartition(".")[2].replace("_", " "))
        )
    return told(entry, record, names)


def _opened(entry: EntryRow, record: Record, names: Names) -> Event:
    whom = names.whom(entry.facts.get("holder"), entry.facts.get("team"))
    priority = entry.facts.get("priority", record.ticket.priority)
    words = gettext_lazy(
        "Opened with priority %(priority)s, held by %(holder)s", priority=priority, holder=whom
    )
    return Event("route", words, names.party(entry.facts.get("holder")))


def _shared(entry: EntryRow, record: Record, names: Names) -> Event:
    parts = [p for p in record.parts if p.organization_id in names.parties]
    newcomer = next((names.parties[p.organization_id] for p in parts if _joined_by(p, names.readers)), None)
    if newcomer is None:
        return Event("share-3", gettext_lazy("Shared with a further party"))
    return Event("share-3", gettext_lazy("Shared with %(name)s", name=newcomer.name), newcomer)


def _joined_by(part: Participation, readers: frozenset[UUID]) -> bool:
    """Tell whether an audience is that of the engagement under which a party takes part."""
    return part.engagement is not None and readers == {part.engagement.client_id, part.organization_id}


def _offered(entry: EntryRow, record: Record, names: Names) -> Event:
    facts = entry.facts
    to = names.party(facts.get("to"))
    whom = names.whom(facts.get("to"), facts.get("to_team"))
    reason = _(OFFER_REASONS.get(facts.get("reason", ""), facts.get("reason", "")))
    if facts.get("is_return"):
        words = gettext_lazy("Offered back to %(whom)s: %(reason)s", whom=whom, reason=reason)
    else:
        words = gettext_lazy("Offered to %(whom)s: %(reason)s", whom=whom, reason=reason)
    owner = _person(facts.get("named_owner"), names)
    if owner:
        words = gettext_lazy("%(words)s. %(person)s is to keep it to the end", words=words, person=owner)
    return Event("arrows-exchange", words, to)


def _handed_over(entry: EntryRow, record: Record, names: Names) -> Event:
    facts = entry.facts
    whom = names.whom(facts.get("to"), facts.get("to_team"))
    reason = _(OFFER_REASONS.get(facts.get("reason", ""), facts.get("reason", "")))
    if facts.get("is_return"):
        words = gettext_lazy("Accepted: it came back to %(whom)s", whom=whom)
    else:
        words = gettext_lazy("Accepted: it is with %(whom)s now", whom=whom)
    return Event("arrows-exchange", words, names.party(facts.get("to")), note=reason)


def _declined(entry: EntryRow, record: Record, names: Names) -> Event:
    whom = names.whom(entry.facts.get("to"), entry.facts.get("to_team"))
    key = entry.facts.get("reason", "")
    reason = _(DECLINE_REASONS.get(key, key))
    return Event(
        "hand-stop",
        gettext_lazy("Declined by %(whom)s: %(reason)s", whom=whom, reason=reason),
        names.party(entry.facts.get("to")),
    )


def _withdrawn(entry: EntryRow, record: Record, names: Names) -> Event:
    whom = names.whom(entry.facts.get("to"), entry.facts.get("to_team"))
    return Event("arrow-back-up", gettext_lazy("Offer to %(whom)s taken back", whom=whom))


_STATE_ICONS = {"paused": "player-pause", "resolved": "circle-check", "closed": "archive"}


def _state_changed(entry: EntryRow, record: Record, names: Names) -> Event:
    facts = entry.facts
    to, came_from = STATES.get(facts.get("to", "")), STATES.get(facts.get("from", ""))
    if to is None:
        return Event("circle-dot", gettext_lazy("%(state)s", state=str(facts.get("to", ""))))
    icon = _STATE_ICONS.get(to.category, "player-play")
    turn = names.party(facts.get("turn_organization"))
    if to.category == "paused":
        label = _(to.label)
        if turn is not None and facts.get("turn") in ("client", "partner"):
            label = _("Waiting for %(party)s") % {"party": turn.name}
        reason = facts.get("reason")
        if not reason:
            return Event(icon, gettext_lazy("%(state)s", state=label), turn)
        words = gettext_lazy("%(state)s: %(reason)s", state=label, reason=_reason(reason, record, names))
        return Event(icon, words, turn)
    if came_from is not None and came_from.category == "paused" and to.key == "in_progress":
        return Event(icon, gettext_lazy("Taken up again"))
    if came_from is not None and came_from.category == "resolved" and to.key == "in_progress":
        return Event("repeat", gettext_lazy("Reopened"))
    return Event(icon, gettext_lazy("%(state)s", state=_(label_of(record.ticket.kind, to.key))))


def _answer_challenged(entry: EntryRow, record: Record, names: Names) -> Event:
    reason = _reason(str(entry.facts.get("reason", "")), record, names)
    words = gettext_lazy("That was no answer; it still waits: %(reason)s", reason=reason)
    return Event("player-pause", words, names.party(entry.facts.get("turn_organization")))


def _answer_accepted(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("check", gettext_lazy("Taken as the answer"))


def _restored(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("tool", gettext_lazy("The service works again"))


def _raised(entry: EntryRow, record: Record, names: Names) -> Event:
    kind = KINDS.get(str(entry.facts.get("clock_kind")))
    label = kind.label if kind else gettext_lazy("Clock")
    words = {
        "team": gettext_lazy("“%(clock)s”: the team was told", clock=label),
        "manager": gettext_lazy("“%(clock)s”: the manager was told", clock=label),
        "deputy": gettext_lazy("“%(clock)s”: the deputy was told", clock=label),
    }.get(str(entry.facts.get("notify")), gettext_lazy("“%(clock)s”: the other side was told", clock=label))
    return Event("urgent", words, names.party(entry.facts.get("party")))


def _acknowledged(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("check", gettext_lazy("Escalation acknowledged"), names.party(entry.facts.get("party")))


def _recomputed(entry: EntryRow, record: Record, names: Names) -> Event:
    if "holidays" in entry.facts:
        return Event("clock", gettext_lazy("Due times worked out anew, since the public holidays changed"))
    return Event("clock", gettext_lazy("Due times worked out anew, since the time zones changed"))


def _approval_asked(entry: EntryRow, record: Record, names: Names) -> Event:
    party = names.party(entry.facts.get("party"))
    if party is None:
        return Event("gavel", gettext_lazy("Approval asked of another party"))
    return Event("gavel", gettext_lazy("Approval asked of %(name)s", name=party.name), party)


def _approval_decided(entry: EntryRow, record: Record, names: Names) -> Event:
    party = names.party(entry.facts.get("party"))
    words = {
        "approved": gettext_lazy("Approved"),
        "sent_back": gettext_lazy("Sent back to be mended"),
    }.get(str(entry.facts.get("decision")), gettext_lazy("Not approved"))
    return Event("gavel", words, party)


def _declared(entry: EntryRow, record: Record, names: Names) -> Event:
    person = _person(entry.facts.get("person"), names)
    if person:
        return Event("urgent", gettext_lazy("Led as a major incident by %(person)s", person=person))
    return Event("urgent", gettext_lazy("Led as a major incident"))


def _major_ended(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("circle-check", gettext_lazy("The major incident is over; its review is open"))


def _major_reviewed(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("list-check", gettext_lazy("The review of the major incident is closed"))


def _planned(entry: EntryRow, record: Record, names: Names) -> Event:
    names_of = {"type": _("type"), "risk": _("risk"), "starts_at": _("start"), "ends_at": _("end")}
    said = ", ".join(label for key, label in names_of.items() if key in entry.facts)
    return Event("calendar-event", gettext_lazy("Planned anew: %(fields)s", fields=said))


def _reviewed(entry: EntryRow, record: Record, names: Names) -> Event:
    outcome = str(entry.facts.get("outcome"))
    return Event(
        "list-check", gettext_lazy("Reviewed: %(outcome)s", outcome=_(OUTCOMES.get(outcome, outcome)))
    )


def _reason(key: str, record: Record, names: Names) -> str:
    """Find what an agreement that the reader knows of calls the reason."""
    for part in record.parts:
        if part.agreement_version_id is None or part.organization_id not in names.parties:
            continue
        found = terms_of(part.agreement_version_id).pause_reason(key)
        if found is not None:
            return found.label
    return key.replace("_", " ")


def _state_known(entry: EntryRow, record: Record, names: Names) -> Event:
    state = STATES.get(entry.facts.get("state", ""))
    # The owner has read the step itself.
    quiet = record.mine.kind == Kind.OWNER
    if state is None:
        return Event("circle-dot", gettext_lazy("The state of the ticket changed"), quiet=quiet)
    return Event(
        "circle-dot",
        gettext_lazy("It is now: %(state)s", state=_(label_of(record.ticket.kind, state.key))),
        quiet=quiet,
    )


def _changed(entry: EntryRow, record: Record, names: Names) -> Event:
    texts = entry.payload or {}
    said = [
        _change(name, value, texts.get(name), names)
        for name, value in entry.facts.items()
        if _is_change(name, value)
    ]
    if not said:
        return Event("edit", gettext_lazy("Changed"))
    words = said[0]
    for more in said[1:]:
        words = gettext_lazy("%(first)s; %(second)s", first=words, second=more)
    return Event("edit", words)


def _is_change(name: str, value: Any) -> bool:
    return name in _FIELDS and not (isinstance(value, dict) and value.get("from") == value.get("to"))


def _change(name: str, value: Any, text: Any, names: Names) -> Phrase:
    label = _FIELDS[name]()
    if isinstance(value, dict):
        before, after = (_shown(name, value.get(end), names) for end in ("from", "to"))
    elif isinstance(text, dict):
        before, after = str(text.get("from", "")) or "–", str(text.get("to", "")) or "–"
    else:
        return gettext_lazy("%(field)s changed", field=label)
    return gettext_lazy("%(field)s: %(before)s → %(after)s", field=label, before=before, after=after)


def _shown(name: str, value: Any, names: Names) -> str:
    if value is None:
        return "–"
    if name in ("impact", "urgency"):
        return _(LEVEL_LABELS.get(value, str(value)))
    if name in ("service_id", "site_id"):
        titles = names.services if name == "service_id" else names.sites
        return titles.get(UUID(value), "–")
    return str(value)


_FIELDS: dict[str, Callable[[], str]] = {
    "title": lambda: _("Title"),
    "topic": lambda: _("Topic"),
    "subtopic": lambda: _("Subtopic"),
    "asset_name": lambda: _("Asset"),
    "requester_name": lambda: _("Requester"),
    "impact": lambda: _("Impact"),
    "urgency": lambda: _("Urgency"),
    "priority": lambda: _("Priority"),
    "service_id": lambda: _("Service"),
    "site_id": lambda: _("Site"),
}


def _assigned(entry: EntryRow, record: Record, names: Names) -> Event:
    person = _person(entry.facts.get("person"), names)
    if not person:
        return Event("user-minus", gettext_lazy("Assigned to nobody yet"))
    return Event("user-check", gettext_lazy("Assigned to %(person)s", person=person))


def _fields_set(entry: EntryRow, record: Record, names: Names) -> Event:
    name = str((entry.payload or {}).get("name", "")) or "–"
    # The owner reads what was told to a partner apart as well; once is enough in the conversation.
    told_apart = entry.actor_kind == "system" and record.mine.kind == Kind.OWNER
    return Event("list-details", gettext_lazy("Filled in: %(name)s", name=name), quiet=told_apart)


def _erased(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("trash", gettext_lazy("A text was erased"))


def _hidden(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("shield-lock", gettext_lazy("A text was hidden: it contains personal or patient data"))


def _released(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("eye", gettext_lazy("A hidden text is shown again: it was harmless"))


def _source_line(entry: EntryRow, before: EntryRow | None, names: Names) -> Event:
    """Say what a line of the source changed against the line before it."""
    facts, earlier = entry.facts, before.facts if before is not None else {}
    whom = names.whom(facts.get("holder"), facts.get("team"))
    badge = names.party(facts.get("holder"))
    state = str(facts.get("source_state") or facts.get("state") or "")
    if before is None:
        words = gettext_lazy("In the source: %(state)s, held by %(holder)s", state=state, holder=whom)
        return Event("file-import", words, badge)
    said: list[Phrase] = []
    if (facts.get("holder"), facts.get("team")) != (earlier.get("holder"), earlier.get("team")):
        said.append(gettext_lazy("Held by %(holder)s", holder=whom))
    if facts.get("source_state") != earlier.get("source_state"):
        said.append(gettext_lazy("%(state)s", state=state))
    if facts.get("priority") != earlier.get("priority") and facts.get("priority"):
        said.append(gettext_lazy("Priority %(priority)s", priority=facts["priority"]))
    if not said:
        return Event("file-import", gettext_lazy("Updated in the source"), quiet=True)
    words = said[0]
    for more in said[1:]:
        words = gettext_lazy("%(first)s; %(second)s", first=words, second=more)
    held = facts.get("holder") != earlier.get("holder") or facts.get("team") != earlier.get("team")
    return Event("arrows-exchange" if held else "file-import", words, badge if held else None)


def _source_names(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("user", gettext_lazy("Names from the source"), quiet=True)


def _article_used(entry: EntryRow, record: Record, names: Names) -> Event:
    title = names.articles.get(UUID(str(entry.facts.get("article"))), "")
    return Event(
        "book-2",
        gettext_lazy("“%(title)s” helped", title=title) if title else gettext_lazy("An article helped"),
    )


def _contact_logged(entry: EntryRow, record: Record, names: Names) -> Event:
    words = Phrase(SAID[entry.facts["channel"]])
    if entry.facts["solved"]:
        words = gettext_lazy("%(words)s: solved at once", words=words)
    return Event("phone", words)


def _survey_asked(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("star", gettext_lazy("Asked how well it was solved"), quiet=True)


def _survey_answered(entry: EntryRow, record: Record, names: Names) -> Event:
    score = int(entry.facts["score"])
    words = gettext_lazy("Solved %(how)s: %(score)s of 5", how=_(SCORES[score]), score=score)
    return Event("star", words)


def _article_unused(entry: EntryRow, record: Record, names: Names) -> Event:
    return Event("book-2", gettext_lazy("An article did not help after all"), quiet=True)


def _person(value: Any, names: Names) -> str:
    return names.people.get(UUID(value), "") if value else ""


def _routed(entry: EntryRow, record: Record, names: Names) -> Event:
    facts, rule = entry.facts, str((entry.payload or {}).get("rule", ""))
    whom = names.whom(facts.get("to"), facts.get("team"))
    words = gettext_lazy(
        "Routed to %(whom)s by rule %(place)s, “%(rule)s”",
        whom=_person(facts.get("person"), names) or whom,
        place=str(facts.get("place", "")),
        rule=rule or "–",
    )
    return Event("route", words, names.party(facts.get("to")))


_TOLD: dict[str, Callable[[EntryRow, Record, Names], Event]] = {
    "ticket.opened": _opened,
    "ticket.shared": _shared,
    "ticket.routed": _routed,
    "ticket.handover_offered": _offered,
    "ticket.handed_over": _handed_over,
    "ticket.handover_declined": _declined,
    "ticket.handover_withdrawn": _withdrawn,
    "ticket.state_changed": _state_changed,
    "ticket.state_known": _state_known,
    "ticket.answer_challenged": _answer_challenged,
    "ticket.answer_accepted": _answer_accepted,
    "ticket.restored": _restored,
    "escalation.raised": _raised,
    "escalation.acknowledged": _acknowledged,
    "clock.recomputed": _recomputed,
    "ticket.changed": _changed,
    "ticket.fields_set": _fields_set,
    "ticket.assigned": _assigned,
    "ticket.approval_asked": _approval_asked,
    "ticket.approval_decided": _approval_decided,
    "ticket.planned": _planned,
    "ticket.major_declared": _declared,
    "ticket.major_ended": _major_ended,
    "ticket.major_reviewed": _major_reviewed,
    "ticket.change_reviewed": _reviewed,
    "ticket.contact_logged": _contact_logged,
    "ticket.survey_asked": _survey_asked,
    "ticket.survey_answered": _survey_answered,
    "ticket.article_used": _article_used,
    "ticket.article_unused": _article_unused,
    "payload.erased": _erased,
    "payload.hidden": _hidden,
    "payload.released": _released,
    "ticket.source_names": _source_names,
}
