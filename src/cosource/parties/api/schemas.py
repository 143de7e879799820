"""What this room's endpoints answer; apart from the models, so that a new column never shows by itself."""

from uuid import UUID

from cosource.foundation.api import Out


class OrganizationOut(Out):
    """An organization, as far as a program must know it."""

    id: UUID
    name: str
    initials: str
    time_zone: str


class PartyOut(Out):
    """A party of an engagement."""

    id: UUID
    name: str


class EngagementOut(Out):
    """An engagement by its names: what it covers and who holds rights on it is for people to read."""

    id: UUID
    name: str
    prefix: str
    client: PartyOut
    partner: PartyOut


class NamedOut(Out):
    """Something that a ticket may name: a team, a site or a service. `organization_id`: whose it is."""

    id: UUID
    name: str
    organization_id: UUID
