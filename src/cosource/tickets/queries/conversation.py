"""A ticket's conversation as one reader may see it: messages with their readers named, and between them what happened.

Everything comes from ledger entries whose audience has the reader's organization; a requester without another role reads only
what was written for requesters. A party that the reader does not know of is "another party" here too.
Not here: who may write, and to whom (`steps`); what the texts look like (`markup`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, UUIDField, Value
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cosource.foundation.models import AudienceReader, Entry
from cosource.foundation.pages import PartyBadge
from cosource.foundation.prepared import OfMany, Prepared
from cosource.foundation.sight import WORKERS
from cosource.parties.models import Person, Service, Site, Team
from cosource.tickets.queries.attachments import Attachment, attachments_in
from cosource.tickets.queries.entry_rows import (
    ENTRY_COLUMNS,
    LEADS,
    SOURCE_LINE,
    EntryRow,
    by_rules,
    hidden_from,
)
from cosource.tickets.queries.events import Event, Names, event_of
from cosource.tickets.queries.markup import plain_text, rich_text
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.sayings import LABELS

# The newest entries that a page shows at once; older ones are a link away.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads an entry: the parties by id, their badges (None: another party), and whether the requester does."""

    party_ids: frozenset[UUID]
    badges: tuple[PartyBadge | None, ...]
    with_requester: bool
    is_internal: bool
    words: str

    @property
    def known(self) -> tuple[PartyBadge, ...]:
        """Return the badges that can be drawn."""
        return tuple(b for b in self.badges if b is not None)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. A message has `html`, or `erased` when its text is gone; an event has `event`, some have both.

    `hidden`: the text is kept from all but a few; `html` is there for those alone.

    `author`: a person's name, or empty when the system or a party that the reader does not know of acted. `files`: what came
    along with a message.
    """

    id: UUID
    kind: str
    at: datetime
    recorded_at: datetime
    author: str
    initials: str
    badge: PartyBadge | None
    by_system: bool
    readers: Readers
    is_message: bool = False
    html: SafeString | None = None
    erased: "ErasedText | None" = None
    hidden: "HiddenText | None" = None
    event: Event | None = None
    kept_for: PartyBadge | None = None
    says: str = ""
    files: tuple[Attachment, ...] = ()

    @property
    def said_as(self) -> str:
        """Return as what the text stands, where it is more than a message."""
        return _(LABELS[self.says]) if self.says in LABELS else ""


@dataclass(frozen=True, slots=True)
class ErasedText:
    """What is left of a text: when it was erased, and why."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class HiddenText:
    """A text that is kept from all but a few: since when, and whether the reader decides what becomes of it."""

    at: datetime
    may_decide: bool = False


@dataclass(slots=True)
class Conversation:
    """The lines in order, oldest first. `older`: there are more before the first. `routed`: entries of what rules decided."""

    lines: list[Line] = field(default_factory=list)
    older: bool = False
    notes: dict[datetime, str] = field(default_factory=dict)
    audiences: dict[UUID, Readers] = field(default_factory=dict)
    routed: list[EntryRow] = field(default_factory=list)
    names: Names = field(default_factory=Names)

    @property
    def messages(self) -> list[Line]:
        """Return the messages alone."""
        return [line for line in self.lines if line.is_message]


def conversation_of(
    record: Record,
    badges: Mapping[UUID, PartyBadge],
    *,
    organization_id: UUID,
    for_requester: bool,
    roles: frozenset[str],
    person_id: UUID | None = None,
    shows_all: bool = False,
    articles: Mapping[UUID, str] | None = None,
) -> Conversation:
    """Return the conversation that the reader's organization may see, in at most six queries.

    `articles`: titles of those that helped, as far as they are read. `for_requester`: only what is for requesters. `roles`: an
    auditor alone does not read notes among one party's own, and what is hidden is read by who leads; `person_id`: who reads;
    authors read their own.
    """
    entries = _entries(record, organization_id, for_requester=for_requester, shows_all=shows_all)
    older = not shows_all and len(entries) > SHOWN
    entries = entries[1:] if older else entries
    leads = bool(roles & LEADS)
    entries = [replace(e, payload=None) if hidden_from(e, person_id, leads=leads) else e for e in entries]
    audiences = {a: readers_of(m, badges, with_requester=r) for a, (m, r) in _audiences(entries).items()}
    if roles and not roles & WORKERS:
        entries = [e for e in entries if not (audiences[e.audience_id].is_internal and e.has_text)]
    names = replace(_names(record, entries, badges), articles=articles or {})
    talk = Conversation(older=older, audiences=audiences, names=names)
    described = False
    before: EntryRow | None = None
    for entry in entries:
        is_message = entry.has_text and not (entry.is_description and described)
        readers = audiences[entry.audience_id]
        if is_message and entry.is_description:
            readers = _described_to(entries, audiences, badges)
        described = described or entry.is_description
        event = event_of(entry, before, record, replace(names, readers=readers.party_ids))
        if entry.kind == SOURCE_LINE:
            before = entry
        if by_rules(entry):
            talk.routed.append(entry)
        line = _line(entry, event, badges, readers, names, is_message=is_message)
        if is_message and line.hidden and leads:
            owner = organization_id in {entry.organization_id, record.ticket.owner_id}
            line = replace(line, hidden=replace(line.hidden, may_decide=owner))
        talk.lines.append(line)
        if event is not None and event.note:
            talk.notes[entry.occurred_at] = event.note
    return talk


def _described_to(
    entries: Sequence[EntryRow], audiences: Mapping[UUID, Readers], badges: Mapping[UUID, PartyBadge]
) -> Readers:
    """Name all who read the description: it stands once, however often it was shared on."""
    told = [audiences[e.audience_id] for e in entries if e.is_description]
    return readers_of(
        frozenset().union(*(r.party_ids for r in told)),
        badges,
        with_requester=any(r.with_requester for r in told),
    )


def _entries(
    record: Record, organization_id: UUID, *, for_requester: bool, shows_all: bool
) -> list[EntryRow]:
    ask = _ASKED[for_requester, shows_all]
    return [EntryRow(*row) for row in reversed(ask(ticket_id=record.ticket.id, reader_id=organization_id))]


def _asking(*, for_requester: bool, shows_all: bool) -> Prepared[tuple[Any, ...]]:
    def build(ticket_id: UUID, reader_id: UUID) -> "QuerySet[Entry, tuple[Any, ...]]":
        found = Entry.objects.filter(
            subject_id=ticket_id, subject_kind="ticket", audience__readers__organization_id=reader_id
        )
        if for_requester:
            found = found.filter(audience__with_requester=True)
        rows = found.order_by("-occurred_at", "-source_seq", "-id").values_list(*ENTRY_COLUMNS)
        return rows if shows_all else rows[: SHOWN + 1]

    return Prepared[tuple[Any, ...]](build, ticket_id=UUID, reader_id=UUID)


_ASKED = {(r, a): _asking(for_requester=r, shows_all=a) for r in (False, True) for a in (False, True)}


# Who reads an audience never changes, so a process may remember it.
_members: dict[UUID, tuple[frozenset[UUID], bool]] = {}
_MEMBERS_LIMIT = 20_000


def _audiences(entries: Iterable[EntryRow]) -> dict[UUID, tuple[frozenset[UUID], bool]]:
    """Return for each audience its organizations, and whether the requester reads along. At most one query."""
    ids = {e.audience_id for e in entries}
    missing = [i for i in ids if i not in _members]
    if missing:
        if len(_members) > _MEMBERS_LIMIT:
            _members.clear()
        parties: dict[UUID, set[UUID]] = {}
        requester: dict[UUID, bool] = {}
        rows = AudienceReader.objects.filter(audience_id__in=missing).values_list(
            "audience_id", "organization_id", "audience__with_requester"
        )
        for audience_id, party_id, with_requester in rows:
            parties.setdefault(audience_id, set()).add(party_id)
            requester[audience_id] = with_requester
        _members.update({a: (frozenset(found), requester[a]) for a, found in parties.items()})
    return {i: _members[i] for i in ids}


def readers_of(
    party_ids: Iterable[UUID], badges: Mapping[UUID, PartyBadge], *, with_requester: bool
) -> Readers:
    """Name the readers in the order of their badges; those whom the reader does not know of are one "another party"."""
    members = frozenset(party_ids)
    known = [badge for i, badge in badges.items() if i in members]
    hidden = bool(members - set(badges))
    internal = len(members) == 1 and not with_requester
    if internal and known:
        words = _("%(name)s only") % {"name": known[0].name}
    else:
        names = [b.name for b in known] + ([_("another party")] if hidden else [])
        words = (
            _("All parties")
            if len(known) > 2 and len(known) == len(badges) and not hidden
            else " + ".join(names)
        )
        if with_requester:
            words = f"{words} + {_('requester')}"
    return Readers(members, (*known, None) if hidden else tuple(known), with_requester, internal, words)


def _line(
    entry: EntryRow,
    event: Event | None,
    badges: Mapping[UUID, PartyBadge],
    readers: Readers,
    names: Names,
    *,
    is_message: bool,
) -> Line:
    party = entry.on_behalf_of_id or entry.organization_id
    badge = badges.get(party) if party is not None else None
    # The name of a person goes with the party: where that is unknown to the reader, so is the person.
    author = names.people.get(entry.actor_id, "") if badge is not None and entry.actor_id is not None else ""
    if entry.kind == SOURCE_LINE:
        badge, author = names.party(entry.facts.get("holder")), str((entry.payload or {}).get("author", ""))
    text = str((entry.payload or {}).get("text", "")) if is_message else ""
    drawn = plain_text if entry.kind == SOURCE_LINE else rich_text
    return Line(
        id=entry.id,
        kind=entry.kind,
        at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        author=author,
        initials=initials_of(author),
        badge=badge,
        by_system=entry.actor_kind == "system",
        readers=readers,
        is_message=is_message,
        html=drawn(text) if text else None,
        erased=ErasedText(entry.erased_at, entry.erased_for or "")
        if is_message and entry.erased_at
        else None,
        hidden=HiddenText(entry.hidden_at) if is_message and entry.hidden_at else None,
        event=event,
        kept_for=badges.get(entry.on_behalf_of_id) if entry.on_behalf_of_id else None,
        says=str(entry.facts.get("says", "")) if is_message else "",
        files=attachments_in(entry.facts, entry.payload) if is_message else (),
    )


def _names(record: Record, entries: Sequence[EntryRow], badges: Mapping[UUID, PartyBadge]) -> Names:
    """Look up at once all names that the entries mention by id: people, teams, services, sites."""
    people: set[UUID] = {e.actor_id for e in entries if e.actor_kind == "person" and e.actor_id is not None}
    teams: set[UUID] = set()
    places: dict[str, set[UUID]] = {"service_id": set(), "site_id": set()}
    for entry in entries:
        facts = entry.facts
        people |= _ids(facts.get("person"), facts.get("named_owner"), facts.get("runner_up"))
        teams |= _ids(facts.get("from_team"), facts.get("to_team"), facts.get("team"))
        for name, wanted in places.items():
            if isinstance(facts.get(name), dict):
                wanted.update(_ids(facts[name].get("from"), facts[name].get("to")))
    ticket = record.ticket
    if ticket.holder_team_id is not None:
        teams.add(ticket.holder_team_id)
    people |= {i for i in (ticket.assignee_id, ticket.requester_id, ticket.named_owner_id) if i is not None}
    named = {i: (name, party) for i, name, party in _named([*(people | teams)])}
    return Names(
        parties=dict(badges),
        people={i: named[i][0] for i in people if i in named},
        teams={i: named[i][0] for i in teams if i in named and named[i][1] in badges},
        services=_titles(Service, places["service_id"]),
        sites=_titles(Site, places["site_id"]),
    )


# People and teams by id, each team with its party.
_named = OfMany[tuple[UUID, str, UUID | None]](
    lambda ids: (
        Person.objects.filter(id__in=ids)
        .values_list("id", "name", Value(None, UUIDField()))
        .union(Team.objects.filter(id__in=ids).values_list("id", "name", "organization_id"), all=True)
    )
)


def _titles(model: "type[Service | Site]", ids: set[UUID]) -> dict[UUID, str]:
    return dict(model.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}


def _ids(*texts: Any) -> set[UUID]:
    return {UUID(text) for text in texts if isinstance(text, str) and len(text) == 32}


def initials_of(name: str) -> str:
    """Return the letters for a person's mark.

    >>> initials_of("Ruth van Allen"), initials_of("Kim"), initials_of("")
    ('RA', 'KI', '')
    """
    words = name.split()
    if len(words) < 2:
        return name[:2].upper()
    return (words[0][0] + words[-1][0]).upper()


def changed_since(talk: Conversation, since: datetime) -> list[Line]:
    """Return what was recorded after an instant, oldest first."""
    return [line for line in talk.lines if line.recorded_at > since]
