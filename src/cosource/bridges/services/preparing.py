"""What is settled before a file is brought in: who may, which mapping, which party is which organization.

Not here: reading and writing (`import_run`).
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping as ReadOnly
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.assets.models import CHOICES
from cosource.assets.queries.rights import keeps
from cosource.bridges.models import Import
from cosource.bridges.rules.asset_mapping import AssetMapping, parse_asset_mapping
from cosource.bridges.rules.mapping import Mapping
from cosource.bridges.rules.mapping_parse import MappingError, parse_mapping
from cosource.bridges.services.places import Seat
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.sight import ADMINISTRATOR, MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Engagement, Organization
from cosource.parties.queries.sight import WRITE

IMPORTERS = {
    Import.Of.TICKETS: frozenset({SERVICE_OWNER, ADMINISTRATOR}),
    Import.Of.ASSETS: frozenset({SERVICE_OWNER, ADMINISTRATOR, MANAGER}),
}
CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Plan:
    """A file's way in: the mapping as text and value, and each of its parties with the organization that it is here."""

    mapping: Mapping
    mapping_name: str
    mapping_text: str
    mapping_digest: str
    seats: dict[str, Seat]

    @property
    def owner(self) -> Organization:
        """Return the organization that the tickets will belong to."""
        return self.seats[self.mapping.client.key].organization

    @property
    def people(self) -> frozenset[str]:
        """Return the kept columns that name people."""
        return frozenset(self.mapping.columns.people)

    @property
    def party_ids(self) -> dict[str, str]:
        """Return the organization of each party key."""
        return {key: seat.organization.id.hex for key, seat in self.seats.items()}


def require_importer(actor: Actor, of: str = Import.Of.TICKETS) -> UUID:
    """Return the organization into whose desk the actor may bring tickets, or assets into its inventory.

    For who owns the service or administers the organization, and for a token of the own desk that may write; the system may
    where it acts for an organization. Assets: for who keeps the inventory and leads the desk. Raises: NotFound, NotAllowed.
    """
    if actor.organization_id is None:
        raise NotFound
    if not may_import(actor, of):
        said = (
            _("Only who owns the service or administers the organization brings in tickets.")
            if of == Import.Of.TICKETS
            else _("Only who leads the desk and keeps its inventory brings in assets.")
        )
        raise NotAllowed(said, action="import.run")
    return actor.organization_id


def may_import(actor: Actor, of: str = Import.Of.TICKETS) -> bool:
    """Tell whether the actor may bring tickets into its own desk, or assets into its inventory."""
    sight = actor.sight
    if sight.organization_id is None or sight.as_host:
        return False
    if of == Import.Of.ASSETS and not keeps(actor):
        return False
    if actor.kind == "system":
        return True
    if actor.kind == "token":
        return any(grant.engagement_id is None and WRITE in grant.rights for grant in sight.grants)
    return bool(sight.roles_on(None) & IMPORTERS[Import.Of(of)])


def mapping_read(text: str) -> Mapping:
    """Read a mapping of tickets. Raises: Invalid with every fault."""
    try:
        return parse_mapping(text)
    except MappingError as error:
        raise _unusable(error.faults) from None


def asset_mapping_read(text: str) -> AssetMapping:
    """Return a mapping of assets, its choices checked too. Raises: Invalid with every fault."""
    try:
        mapping = parse_asset_mapping(text)
    except MappingError as error:
        raise _unusable(error.faults) from None
    faults = [
        f"{place} = {meant!r}; allowed: {', '.join(filter(None, CHOICES[name].values))}."
        for name in CHOICES
        for place, meant in (
            *((f'words.{name}."{word}"', meant) for word, meant in mapping.words.get(name, {}).items()),
            *([(f"defaults.{name}", mapping.defaults[name])] if name in mapping.defaults else []),
        )
        if meant not in CHOICES[name].values
    ]
    if faults:
        raise _unusable(faults)
    # A source may speak in this product's own words, too.
    own = {name: {str(value): str(value) for value in CHOICES[name].values} for name in CHOICES}
    return replace(mapping, words={name: own[name] | dict(mapping.words.get(name, {})) for name in own})


def _unusable(faults: Sequence[str]) -> Invalid:
    return Invalid(_("The mapping cannot be used."), code="bad_mapping", fields={"mapping": list(faults)})


def import_plan(
    *, actor: Actor, mapping_text: str, mapping_name: str, parties: ReadOnly[str, str] | None = None
) -> Plan:
    """Settle who is who, without writing anything.

    `parties`: party key of the mapping (or `client`) to the name of an organization, or to its id as 32 hexadecimal digits; the
    mapping's own names stand for the rest.
    Raises: NotFound, NotAllowed, Invalid naming what there is.
    """
    owner_id = require_importer(actor)
    mapping = mapping_read(mapping_text)
    owner = Organization.objects.get(pk=owner_id)
    engagements = list(
        Engagement.objects.filter(client=owner).select_related("partner").order_by("starts_at", "id")
    )
    # Of several engagements with one partner, the one that began last.
    partners: dict[str, Engagement] = {}
    for engagement in sorted(engagements, key=lambda e: e.ends_at is None):
        partners[engagement.partner.name.casefold()] = partners[engagement.partner_id.hex] = engagement
    names = {party.key: party.name for party in mapping.parties.values()}
    for key, name in (parties or {}).items():
        known = mapping.client.key if key == CLIENT and CLIENT not in names else key
        if known not in names:
            raise _unknown_party(_("The mapping has no party %(key)s.") % {"key": key}, sorted(names))
        names[known] = name.strip()
    seats: dict[str, Seat] = {}
    for key, name in names.items():
        if key == mapping.client.key:
            if name and name.casefold() not in (owner.name.casefold(), owner.id.hex):
                raise _unknown_party(
                    _("The client of this mapping is %(name)s, and you act for %(own)s.")
                    % {"name": name, "own": owner.name},
                    [f'{key}="{owner.name}"'],
                )
            seats[key] = Seat(owner, None)
            continue
        found = partners.get(name.casefold())
        if found is None:
            raise _unknown_party(
                _("%(own)s has no engagement with %(name)s, which the mapping names as %(key)s.")
                % {"own": owner.name, "name": name, "key": key},
                sorted({e.partner.name for e in partners.values()}),
            )
        seats[key] = Seat(found.partner, found)
    plan = Plan(mapping, mapping_name, mapping_text, "", seats)
    return Plan(mapping, mapping_name, mapping_text, _digest(mapping_text, plan.party_ids), seats)


def partners_of(owner_id: UUID) -> dict[str, str]:
    """Return the organizations with which the owner has or had an engagement: id as 32 hexadecimal digits, and name."""
    engagements = Engagement.objects.filter(client_id=owner_id).select_related("partner")
    return {e.partner_id.hex: e.partner.name for e in engagements.order_by("partner__name", "id")}


def _unknown_party(message: str, there_are: list[str]) -> Invalid:
    choice = (
        _("There are: %(names)s.") % {"names": ", ".join(there_are)} if there_are else _("There are none.")
    )
    return Invalid(f"{message} {choice}", code="unknown_party", fields={"parties": [f"{message} {choice}"]})


def _digest(text: str, party_ids: ReadOnly[str, str]) -> str:
    """Return the digest of what a mapping means: its comments and the order of its keys change nothing."""
    document = json.dumps([tomllib.loads(text), dict(party_ids)], sort_keys=True, default=str)
    return hashlib.sha256(document.encode()).hexdigest()


def require_same_mapping(plan: Plan, file_digest: str) -> None:
    """Refuse a file of which something was kept under another mapping. Raises: Conflict."""
    other = (
        Import.objects.filter(owner=plan.owner, file_digest=file_digest, dry_run=False, position__gt=0)
        .exclude(mapping_digest=plan.mapping_digest)
        .order_by("-created_at")
        .first()
    )
    if other is not None:
        raise Conflict(
            _(
                "This file was brought in on %(day)s under another mapping (%(mapping)s). Under a second one its tickets would "
                "be told in two ways. Use that mapping again, or export the file anew if it was wrong."
            )
            % {"day": other.created_at.date().isoformat(), "mapping": other.mapping_name},
            code="other_mapping",
        )
