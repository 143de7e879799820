"""Who may be told at once that something happened to a ticket.

Decided over the participations of the changed tickets, read once for everybody who is connected. A reader is also told of a
ticket that has just left their sight, so that their page lets go of it: what each part was before is remembered.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import batched
from uuid import UUID

from cosource.foundation.live.registry import LiveEntry, register_harmless, register_live
from cosource.foundation.sight import Sight
from cosource.tickets.models import Participation
from cosource.tickets.queries.entry_rows import is_written
from cosource.tickets.rules.sight import Part, may_be_told

# So many parts are remembered by a web process: about those of the tickets that change in a day.
_REMEMBERED = 50_000
_IDS_AT_ONCE = 1_000
_FIELDS = (
    "organization_id",
    "engagement_id",
    "kind",
    "service_id",
    "site_id",
    "team_id",
    "offered_team_id",
    "assignee_id",
    "requester_id",
    "internal",
    "opened_at",
)


type _About = list[tuple[LiveEntry, tuple[Part, ...]]]


class TicketTeller:
    """Decides for one web process who is told of which ticket."""

    def __init__(self) -> None:
        # By organization, so that what nobody follows any more is dropped at once.
        self._before: dict[UUID, OrderedDict[UUID, Part]] = defaultdict(OrderedDict)

    def __call__(self, entries: Sequence[LiveEntry], sights: Sequence[Sight]) -> list[set[UUID]]:
        """Return for each sight the tickets that it may be told of now."""
        concerned = {s.organization_id for s in sights if s.organization_id is not None}
        now = _parts({e.subject_id for e in entries}, concerned)
        about: dict[UUID | None, _About] = {i: _about(i, entries, now[i], self._before[i]) for i in concerned}
        told = [_told(sight, about.get(sight.organization_id, [])) for sight in sights]
        for organization_id, parts in now.items():
            self._remember(organization_id, parts)
        return told

    def forget(self, organization_id: UUID) -> None:
        """Drop what is remembered for an organization."""
        self._before.pop(organization_id, None)

    def _remember(self, organization_id: UUID, parts: dict[UUID, Part]) -> None:
        known = self._before[organization_id]
        for ticket_id, part in parts.items():
            known[ticket_id] = part
            known.move_to_end(ticket_id)
        while len(known) > _REMEMBERED:
            known.popitem(last=False)


def _about(
    organization_id: UUID,
    entries: Iterable[LiveEntry],
    now: Mapping[UUID, Part],
    before: Mapping[UUID, Part],
) -> _About:
    """Return the entries that an organization reads, each with its part in the ticket as it is and as it was."""
    found = []
    for entry in entries:
        if organization_id in entry.readers:
            parts = (now.get(entry.subject_id), before.get(entry.subject_id))
            found.append((entry, tuple(dict.fromkeys(part for part in parts if part is not None))))
    return found


def _told(sight: Sight, about: _About) -> set[UUID]:
    told: set[UUID] = set()
    for entry, parts in about:
        if entry.subject_id not in told and any(
            may_be_told(
                sight,
                part,
                readers=entry.readers,
                with_requester=entry.with_requester,
                is_written=is_written(entry.kind),
            )
            for part in parts
        ):
            told.add(entry.subject_id)
    return told


def _parts(ticket_ids: Collection[UUID], organization_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Part]]:
    """Return of each organization its parts in the tickets, by ticket."""
    found: dict[UUID, dict[UUID, Part]] = defaultdict(dict)
    for ids in batched(ticket_ids, _IDS_AT_ONCE):
        rows = Participation.objects.filter(ticket_id__in=ids, organization_id__in=organization_ids)
        for ticket_id, *fields in rows.values_list("ticket_id", *_FIELDS):
            part = Part(*fields)
            found[part.organization_id][ticket_id] = part
    return found


def register() -> None:
    """Tell browsers of tickets. A saved list is nobody's right."""
    register_live("ticket", "tickets", TicketTeller)
    register_harmless("view")
