"""The teams, sites and services that a foreign record names: found by name, or made for it, set-wise.

What is made for history alone is ended when the import is done: nothing can be handed to it, and no form offers it. Not here:
teams that people run themselves (`parties.services.teams`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cosource.bridges.rules.events import TicketReading
from cosource.foundation.bulk import insert_rows
from cosource.foundation.ids import new_id
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import Draft
from cosource.parties.models import Engagement, EngagementTeam, Organization, Service, Site, Team

LONGEST_NAME = 120
type PlaceModel = type[Team | Site | Service]
MODELS: dict[str, PlaceModel] = {"team": Team, "site": Site, "service": Service}


def cut(text: str, limit: int = LONGEST_NAME) -> str:
    """Return the text, cut with a mark where it is longer than a column takes.

    >>> cut("Service desk", 8)
    'Service…'
    """
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Seat:
    """A party of the mapping: its organization, and the engagement under which a partner works for the owner."""

    organization: Organization
    engagement: Engagement | None

    @property
    def stream_id(self) -> UUID:
        """Return the stream that the party reads together with the owner."""
        return self.engagement.stream_id if self.engagement else self.organization.own_stream_id


@dataclass(slots=True)
class PlaceBook:
    """The names of places and their ids, as 32 hexadecimal digits, by kind, party and name.

    One book serves a run. What a batch makes is `made`, until the batch is written; a batch that fails leaves the book behind
    the database, so its run opens a new one.
    """

    ids: dict[tuple[str, str, str], str] = field(default_factory=dict)
    made: list[tuple[str, str, str]] = field(default_factory=list)

    def team(self, party: str | None, name: str | None) -> str | None:
        """Return the id of a party's team."""
        return None if party is None or name is None else self.ids["team", party, cut(name)]

    def place(self, kind: str, party: str, name: str | None) -> str | None:
        """Return the id of a party's site or service."""
        return None if name is None else self.ids[kind, party, cut(name)]

    def knows_team(self, party: str, team_id: str) -> None:
        """Let a team be found by its id, as entries name it."""
        self.ids["team", party, team_id] = team_id

    def want(self, readings: Iterable[TicketReading], client: str) -> None:
        """Give an id to each place that these lines name and that has none."""
        for event in (event for reading in readings for event in reading.events):
            if event.party is not None and event.team is not None:
                self._want("team", event.party, event.team)
            if event.service is not None:
                self._want("service", client, event.service)
            if event.site is not None:
                self._want("site", client, event.site)

    def _want(self, kind: str, party: str, name: str) -> None:
        key = (kind, party, cut(name))
        if key not in self.ids:
            self.ids[key] = new_id().hex
            self.made.append(key)


def open_book(seats: dict[str, Seat], client: str) -> PlaceBook:
    """Return the book of what is there, ended or not."""
    book = PlaceBook()
    party_of = {seat.organization.id: party for party, seat in seats.items()}
    for row in Team.objects.filter(organization_id__in=party_of).values_list("organization_id", "name", "id"):
        book.ids["team", party_of[row[0]], row[1]] = row[2].hex
    owner = seats[client].organization
    for kind in ("site", "service"):
        for name, place_id in MODELS[kind].objects.filter(organization=owner).values_list("name", "id"):
            book.ids[kind, client, name] = place_id.hex
    return book


def places_write(book: PlaceBook, seats: dict[str, Seat], *, import_id: UUID, at: datetime) -> list[Draft]:
    """Write what the book has newly given ids to, and return the entries that tell of it.

    Teams of a partner work under its engagement, so both parties see them: `team.added/1` and `team.offered/1` there; the
    owner's own `team.added/1`, `site.added/1` and `service.added/1` in its own record.
    """
    drafts: list[Draft] = []
    rows: dict[str, list[tuple[str, str, str]]] = {"team": [], "site": [], "service": []}
    offered: list[tuple[str, str, str, datetime]] = []
    for kind, party, name in book.made:
        seat = seats[party]
        place_id = book.ids[kind, party, name]
        rows[kind].append((place_id, seat.organization.id.hex, name))
        kinds = [f"{kind}.added/1"]
        if kind == "team" and seat.engagement is not None:
            offered.append((new_id().hex, seat.engagement.id.hex, place_id, at))
            kinds.append("team.offered/1")
        drafts += [
            Draft(
                kind=entry_kind,
                subject_kind=kind,
                subject_id=UUID(place_id),
                audience_id=audience_intern([seat.stream_id]),
                occurred_at=at,
                facts={"import": import_id.hex},
                payload={"name": name},
            )
            for entry_kind in kinds
        ]
    if rows["team"]:
        insert_rows(Team, ("id", "organization_id", "name", "mailbox"), [(*row, "") for row in rows["team"]])
        insert_rows(EngagementTeam, ("id", "engagement_id", "team_id", "starts_at"), offered)
    if rows["site"]:
        insert_rows(
            Site, ("id", "organization_id", "name", "time_zone"), [(*row, "") for row in rows["site"]]
        )
    if rows["service"]:
        insert_rows(Service, ("id", "organization_id", "name"), rows["service"])
    return drafts


def places_end(
    made: Iterable[tuple[str, UUID]], in_use: frozenset[UUID], seats: dict[str, Seat], *, at: datetime
) -> list[Draft]:
    """End what an import made and no open ticket needs, and return the entries that tell of it.

    `made`: (kind, id). The owner's teams that go on are offered to nobody: who may hand to them is for people to say.
    """
    drafts: list[Draft] = []
    streams = {seat.organization.id: seat.stream_id for seat in seats.values()}
    by_kind: dict[str, list[UUID]] = {"team": [], "site": [], "service": []}
    for kind, place_id in made:
        if place_id not in in_use:
            by_kind[kind].append(place_id)
    for kind, ids in by_kind.items():
        ending = MODELS[kind].objects.filter(id__in=ids, ended_at__isnull=True)
        found = list(ending.order_by("id").values_list("id", "organization_id"))
        ending.update(ended_at=at)
        if kind == "team":
            EngagementTeam.objects.filter(team_id__in=[i for i, _ in found], ends_at__isnull=True).update(
                ends_at=at
            )
        drafts += [
            Draft(
                kind=f"{kind}.ended/1",
                subject_kind=kind,
                subject_id=place_id,
                audience_id=audience_intern([streams[organization_id]]),
                occurred_at=at,
                facts={"members": 0} if kind == "team" else {},
            )
            for place_id, organization_id in found
        ]
    return drafts
