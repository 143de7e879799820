"""An organization comes into being, and changes what it says of itself."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotAllowed, StaleVersion
from cosource.foundation.ids import new_id
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import stream_create
from cosource.foundation.sight import ADMINISTRATOR, MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Grant, Organization, Person
from cosource.parties.models.organizations import ShowsWriting
from cosource.parties.rules.naming import initials as letters
from cosource.parties.services.checks import clean_email, clean_text, clean_zone, field_error
from cosource.parties.services.people import employment_write, person_write
from cosource.parties.services.policy import organization_for
from cosource.parties.services.record import append_own

FIRST = "organization.first"


@dataclass(frozen=True, slots=True)
class Founded:
    """A new organization and its first person."""

    organization: Organization
    person: Person


def organization_write(
    *,
    name: str,
    time_zone: str,
    at: datetime,
    kept_by: Organization | None = None,
    contact_email: str = "",
    taken: tuple[str, ...] = (),
) -> Organization:
    """Write an organization with its own record; `kept_by` makes it a stand-in. `taken`: letters it cannot have."""
    organization_id = new_id()
    name = clean_text("name", name, limit=120)
    stream = stream_create(first_organization_id=organization_id, second_organization_id=None, at=at)
    return Organization.objects.create(
        id=organization_id,
        name=name,
        initials=letters(name, taken),
        own_stream=stream,
        time_zone=clean_zone("time_zone", time_zone),
        stand_in=kept_by is not None,
        kept_by=kept_by,
        contact_email=clean_email("contact_email", contact_email, required=False),
        created_at=at,
    )


@transaction.atomic
def organization_create(
    *,
    name: str,
    time_zone: str,
    leads_as: str,
    person_name: str,
    person_email: str,
    password: str,
    actor: Actor,
    at: datetime,
    only_first: bool = False,
) -> Founded:
    """Found an organization with its first person, who administers it and leads its desk.

    `leads_as`: `service_owner` for a client, `manager` for a partner. `only_first`: only while there is no organization at all;
    two at once cannot both succeed. For the system alone: whoever has the installation, or finds it empty.
    Appends `organization.created/1`, `person.joined/1` and two `grant.given/1`, read by the new organization.
    Raises: NotAllowed, Conflict when there is one already, Invalid.
    """
    if actor.kind != "system":
        raise NotAllowed(_("Other organizations come in by invitation."), action="organization.create")
    if leads_as not in (SERVICE_OWNER, MANAGER):
        raise field_error("leads_as", _("An organization starts as a client or as a partner."))
    if only_first and Organization.objects.exists():
        raise _not_first()
    organization = organization_write(name=name, time_zone=time_zone, at=at)
    try:
        with transaction.atomic():
            append_own(
                organization,
                "organization.created/1",
                ("organization", organization.id),
                actor=actor,
                at=at,
                facts={"stand_in": False},
                payload={"name": organization.name},
                # The ledger takes a key once: of two first organizations one is refused, on every database.
                key=FIRST if only_first else None,
            )
    except IntegrityError:
        raise _not_first() from None
    if Person.objects.filter(email__iexact=person_email.strip()).exists():
        raise field_error("person_email", _("Somebody signs in with this address already."), "taken")
    person = person_write(email=person_email, name=person_name, password=password, verified=False, at=at)
    found_first_person(organization, person, leads_as=leads_as, title="", actor=actor, at=at)
    return Founded(organization, person)


def _not_first() -> Conflict:
    return Conflict(_("This installation has an organization already."), code="not_first")


def found_first_person(
    organization: Organization, person: Person, *, leads_as: str, title: str, actor: Actor, at: datetime
) -> None:
    """Write the first person of an organization: employment, administration, and the lead of its desk."""
    employment, payload = employment_write(person=person, organization=organization, title=title, at=at)
    append_own(
        organization,
        "person.joined/1",
        ("person", person.id),
        actor=actor,
        at=at,
        facts={"employment": employment.id.hex},
        payload=payload,
    )
    for role in (ADMINISTRATOR, leads_as):
        grant = Grant.objects.create(
            organization=organization, person=person, role=role, starts_at=at, granted_by_id=actor.id
        )
        append_own(
            organization,
            "grant.given/1",
            ("grant", grant.id),
            actor=actor,
            at=at,
            facts={"person": person.id.hex, "role": role},
            payload={"name": person.name},
        )


@transaction.atomic
def organization_update(
    *,
    version: int,
    actor: Actor,
    at: datetime,
    organization_id: UUID | None = None,
    name: str | None = None,
    initials: str | None = None,
    time_zone: str | None = None,
    contact_email: str | None = None,
    email_domains: list[str] | None = None,
    shows_writing: str | None = None,
) -> Organization:
    """Change what an organization says of itself, or what is said of a stand-in; what is None stays.

    `version`: as it was read. Appends `organization.updated/1`. Raises: NotFound, NotAllowed, StaleVersion, Invalid.
    """
    party = organization_for(actor, "organization.update", organization_id)
    changes: dict[str, object] = {}
    if name is not None:
        changes["name"] = clean_text("name", name, limit=120)
    if initials is not None:
        changes["initials"] = clean_initials(initials)
    if time_zone is not None:
        changes["time_zone"] = clean_zone("time_zone", time_zone)
    if contact_email is not None:
        changes["contact_email"] = clean_email("contact_email", contact_email, required=False)
    if email_domains is not None:
        changes["email_domains"] = _clean_domains(email_domains)
    if shows_writing is not None:
        if shows_writing not in ShowsWriting.values:
            raise field_error("shows_writing", _("Give one of %s.") % ", ".join(ShowsWriting.values))
        changes["shows_writing"] = shows_writing
    rows = Organization.objects.filter(pk=party.organization.id, version=version)
    if not rows.update(version=version + 1, **changes):
        raise StaleVersion
    append_own(
        party.organization,
        "organization.updated/1",
        ("organization", party.organization.id),
        actor=party.actor,
        at=at,
        facts={"version": version + 1, "changed": sorted(changes)},
        payload=dict(changes),
    )
    return Organization.objects.get(pk=party.organization.id)


def clean_initials(value: str) -> str:
    """Return a badge's letters, one to three capitals or digits. Raises: Invalid."""
    text = value.strip().upper()
    if not 1 <= len(text) <= 3 or not text.isalnum():
        raise field_error("initials", _("One to three letters or digits."), "initials")
    return text


def _clean_domains(domains: list[str]) -> list[str]:
    cleaned = sorted({d.strip().lower().removeprefix("@") for d in domains if d.strip()})
    for domain in cleaned:
        if "." not in domain or not all(part.replace("-", "").isalnum() for part in domain.split(".")):
            raise field_error(
                "email_domains", _("%(domain)s is not a domain.") % {"domain": domain}, "domain"
            )
    return cleaned


@transaction.atomic
def person_figures_set(
    *, purpose: str, until: datetime | None, version: int, actor: Actor, at: datetime
) -> Organization:
    """Agree that figures about single people of the own organization may be kept, for a purpose and until an instant.

    They are off by default; an empty purpose turns them off again. Appends `person_figures.set/1`.
    Raises: NotAllowed, StaleVersion, Invalid without both purpose and end.
    """
    party = organization_for(actor, "organization.person_figures")
    purpose = clean_text("purpose", purpose, limit=200, required=False)
    if purpose and (until is None or until <= at):
        raise field_error("until", _("Say until when, in the future."), "until_needed")
    if not purpose and until is not None:
        raise field_error("purpose", _("Say for what purpose."), "purpose_needed")
    rows = Organization.objects.filter(pk=party.organization.id, version=version)
    if not rows.update(person_figures_purpose=purpose, person_figures_until=until, version=version + 1):
        raise StaleVersion
    append_own(
        party.organization,
        "person_figures.set/1",
        ("organization", party.organization.id),
        actor=party.actor,
        at=at,
        facts={"on": bool(purpose), "until": instant_text(until) if until else None},
        payload={"purpose": purpose},
    )
    return Organization.objects.get(pk=party.organization.id)
