"""Agreements as lists and pages show them, always within sight.

A reader of targets alone gets versions in force and their terms; text, names and words are for those who read more. Not here:
terms at work (`queries.terms`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.agreements.models import Agreement, AgreementVersion, Confirmation
from cosource.agreements.rules.rights import Level, level_on
from cosource.agreements.rules.standing import Stand, Standing, VersionFact, stands
from cosource.foundation.errors import NotFound
from cosource.foundation.pages import PARTY_SLOTS, PartyBadge
from cosource.foundation.queries.paging import key_page
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization, Person

_TAKEN_BACK_FROM = frozenset({Standing.DRAFT, Standing.TABLED, Standing.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Word:
    """A party and its word to a version: `at` None while it is awaited. `may_give`: the reader may give it now."""

    organization_id: UUID
    organization_name: str
    person_name: str = ""
    at: datetime | None = None
    kept_by_one_side: bool = False
    may_give: bool = False
    is_stand_in: bool = False


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as listed; `until`: when the next one starts, for versions that all parties confirmed."""

    id: UUID
    number: int | None
    name: str
    digest: str
    standing: Standing
    starts_at: datetime
    until: datetime | None
    time_zone: str
    proposed_by_id: UUID
    proposed_by_name: str
    proposed_at: datetime
    in_force_at: datetime | None
    words: tuple[Word, ...]
    may_withdraw: bool
    may_table: bool

    @property
    def waits_for_reader(self) -> bool:
        """Tell whether the reader's own word is awaited, not that of a stand-in."""
        return any(word.may_give and not word.is_stand_in for word in self.words)


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement with the versions in the reader's sight, the newest first; `current`: the one that holds now."""

    id: UUID
    name: str
    level: Level
    owner_id: UUID
    owner_name: str
    partner_id: UUID | None
    partner_name: str
    engagement_id: UUID | None
    badges: Mapping[UUID, PartyBadge]
    versions: tuple[VersionRow, ...]

    @property
    def current(self) -> VersionRow | None:
        """Return the version whose terms hold now."""
        return self._first(Standing.IN_FORCE)

    @property
    def offered(self) -> VersionRow | None:
        """Return the version that is on the table."""
        return self._first(Standing.TABLED)

    def version(self, version_id: UUID | None) -> VersionRow:
        """Return one version; without an id the one to read first: what is on the table, what holds, the newest.

        Raises: NotFound out of sight.
        """
        if version_id is None:
            return self.offered or self.current or self.versions[0]
        found = next((v for v in self.versions if v.id == version_id), None)
        if found is None:
            raise NotFound
        return found

    def _first(self, standing: Standing) -> VersionRow | None:
        return next((v for v in self.versions if v.standing is standing), None)


@dataclass(frozen=True, slots=True)
class AgreementPageRows:
    """One page of agreements, and the cursor of the next."""

    items: list[AgreementView]
    next_cursor: str = ""


def agreement_list(actor: Actor, *, at: datetime, cursor: str = "", limit: int = 50) -> AgreementPageRows:
    """Return one page of the agreements in sight, by name."""
    rows = Agreement.objects.visible_to(actor).select_related("owner", "engagement__partner")
    page = key_page(rows, order=("name", "id"), cursor=cursor, limit=limit)
    return AgreementPageRows(_views(page.items, actor, at), page.next_cursor)


def agreement_get(agreement_id: UUID, actor: Actor, *, at: datetime) -> AgreementView:
    """Return one agreement with its versions. Raises: NotFound out of sight."""
    rows = Agreement.objects.visible_to(actor).select_related("owner", "engagement__partner")
    found = rows.filter(pk=agreement_id).first()
    if found is None:
        raise NotFound
    return _views([found], actor, at)[0]


def version_home(version_id: UUID, actor: Actor) -> UUID:
    """Return the agreement of a version. Raises: NotFound out of sight."""
    seen = AgreementVersion.objects.visible_to(actor).filter(pk=version_id)
    found = seen.values_list("agreement_id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def version_text(version_id: UUID, actor: Actor) -> str:
    """Return the text of a version. Raises: NotFound out of sight, or where the reader reads targets only."""
    found = (
        AgreementVersion.objects.visible_to(actor)
        .select_related("agreement__engagement")
        .filter(pk=version_id)
        .first()
    )
    if found is None or level_at(found.agreement, actor) < Level.READ:
        raise NotFound
    return found.text


def level_at(agreement: Agreement, actor: Actor) -> Level:
    """Return how far an actor gets with an agreement, its engagement loaded."""
    engagement = agreement.engagement
    return level_on(
        actor,
        owner_id=agreement.owner_id,
        engagement_id=agreement.engagement_id,
        partner_id=engagement.partner_id if engagement else None,
    )


def _views(agreements: list[Agreement], actor: Actor, at: datetime) -> list[AgreementView]:
    ids = [a.id for a in agreements]
    versions: dict[UUID, list[AgreementVersion]] = defaultdict(list)
    for version in (
        AgreementVersion.objects.visible_to(actor)
        .filter(agreement_id__in=ids)
        .select_related("proposed_by_organization")
        .defer("text", "calendars")
        .order_by("-proposed_at", "-id")
    ):
        versions[version.agreement_id].append(version)
    given: dict[UUID, dict[UUID, Confirmation]] = defaultdict(dict)
    for word in Confirmation.objects.filter(version__agreement_id__in=ids):
        given[word.version_id][word.organization_id] = word
    person_ids = {word.person_id for words in given.values() for word in words.values()}
    names = dict(Person.objects.filter(id__in=person_ids).values_list("id", "name"))
    reading = _Reading(actor, at, given, names)
    return [reading.view(agreement, versions[agreement.id]) for agreement in agreements]


def _badges(agreement: Agreement) -> dict[UUID, PartyBadge]:
    owner, engagement = agreement.owner, agreement.engagement
    badges = {owner.id: PartyBadge(1, owner.initials, owner.name)}
    if engagement is not None:
        partner = engagement.partner
        slot = engagement.slot if engagement.slot <= PARTY_SLOTS else 0
        badges[partner.id] = PartyBadge(slot, engagement.initials or partner.initials, partner.name)
    return badges


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reader at one instant, with the words given to the versions at hand and the names of who gave them."""

    actor: Actor
    at: datetime
    given: dict[UUID, dict[UUID, Confirmation]]
    names: dict[UUID, str]

    def view(self, agreement: Agreement, versions: list[AgreementVersion]) -> AgreementView:
        """Return an agreement as this reader gets it."""
        partner = agreement.engagement.partner if agreement.engagement else None
        parties = [agreement.owner, *([partner] if partner else [])]
        level = level_at(agreement, self.actor)
        facts = [
            VersionFact(v.id, v.number, v.starts_at, v.in_force_at, v.withdrawn_at is not None)
            for v in versions
        ]
        found = stands(facts, self.at)
        return AgreementView(
            id=agreement.id,
            name=agreement.name,
            level=level,
            owner_id=agreement.owner_id,
            owner_name=agreement.owner.name,
            partner_id=partner.id if partner else None,
            partner_name=partner.name if partner else "",
            engagement_id=agreement.engagement_id,
            badges=_badges(agreement),
            versions=tuple(self.row(v, found[v.id], parties, level) for v in versions),
        )

    def row(
        self, version: AgreementVersion, stand: Stand, parties: list[Organization], level: Level
    ) -> VersionRow:
        """Return a version as listed."""
        leads = level is Level.LEAD
        own = leads and version.proposed_by_organization_id == self.actor.organization_id
        asks = leads and stand.standing is Standing.TABLED
        given = self.given[version.id]
        words = (
            tuple(self.word(party, given.get(party.id), asks) for party in parties)
            if level >= Level.READ
            else ()
        )
        return VersionRow(
            id=version.id,
            number=version.number,
            name=version.name,
            digest=version.digest,
            standing=stand.standing,
            starts_at=version.starts_at,
            until=stand.until,
            time_zone=version.time_zone,
            proposed_by_id=version.proposed_by_organization_id,
            proposed_by_name=version.proposed_by_organization.name,
            proposed_at=version.proposed_at,
            in_force_at=version.in_force_at,
            words=words,
            may_withdraw=own and stand.standing in _TAKEN_BACK_FROM,
            may_table=own and stand.standing is Standing.DRAFT,
        )

    def word(self, party: Organization, given: Confirmation | None, asks: bool) -> Word:
        """Return a party's word, given or awaited."""
        own = party.id == self.actor.organization_id
        kept = party.stand_in and party.kept_by_id == self.actor.organization_id
        if given is None:
            return Word(party.id, party.name, may_give=asks and (own or kept), is_stand_in=party.stand_in)
        return Word(
            party.id,
            party.name,
            self.names.get(given.person_id, ""),
            given.at,
            given.kept_by_one_side,
            is_stand_in=party.stand_in,
        )
