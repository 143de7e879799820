"""A client, two partners and a stranger, written as rows, for the tests of agreements."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cosource.foundation.ids import new_id
from cosource.foundation.models import Entry
from cosource.foundation.services.audience import stream_create
from cosource.foundation.sight import Actor, GrantFact, Sight
from cosource.parties.models import (
    Employment,
    Engagement,
    EngagementService,
    EngagementSite,
    Grant,
    Organization,
    Person,
    Service,
    Site,
)
from cosource.parties.queries.sight import actor_for_person

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def hours(count: float) -> datetime:
    return T0 + timedelta(hours=count)


def organization(
    name: str, *, kept_by: Organization | None = None, zone: str = "Europe/Berlin"
) -> Organization:
    own_id = new_id()
    stream = stream_create(first_organization_id=own_id, second_organization_id=None, at=LONG_AGO)
    return Organization.objects.create(
        id=own_id,
        name=name,
        initials=name[:2].upper(),
        own_stream=stream,
        time_zone=zone,
        stand_in=kept_by is not None,
        kept_by=kept_by,
        created_at=LONG_AGO,
    )


def engagement(client: Organization, partner: Organization, slot: int = 2, **more) -> Engagement:
    stream = stream_create(first_organization_id=client.id, second_organization_id=partner.id, at=LONG_AGO)
    return Engagement.objects.create(
        client=client,
        partner=partner,
        name=f"{client.name} with {partner.name}",
        prefix=partner.name[:3].upper(),
        stream=stream,
        slot=slot,
        starts_at=LONG_AGO,
        created_at=LONG_AGO,
        **more,
    )


def person(employer: Organization, name: str) -> Person:
    row = Person.objects.create(
        email=f"{name}@{employer.name}.example".lower(), name=name.title(), created_at=LONG_AGO
    )
    Employment.objects.create(person=row, organization=employer, starts_at=LONG_AGO)
    return row


def actor(
    employer: Organization, role: str, at: Engagement | None = None, *, name: str = "", **limits
) -> Actor:
    """Somebody of the organization with one grant: on its own desk, or on an engagement."""
    row = person(employer, name or f"{role}{'-' + str(at.slot) if at else ''}")
    Grant.objects.create(
        person=row, organization=employer, engagement=at, role=role, starts_at=LONG_AGO, **limits
    )
    return actor_for_person(row, organization_id=employer.id, at=T0)


def token(employer: Organization, role: str, at: Engagement | None) -> Actor:
    sight = Sight(organization_id=employer.id, grants=(GrantFact(at.id if at else None, role),))
    return Actor(kind="token", id=new_id(), sight=sight)


def kinds(since: UUID | None = None) -> list[str]:
    """The kinds of all ledger entries about agreements, in the order in which they were appended."""
    return list(
        Entry.objects.filter(kind__startswith="agreement.").order_by("id").values_list("kind", flat=True)
    )


@dataclass(frozen=True, slots=True)
class World:
    harbour: Organization
    brightline: Organization
    kestrel: Organization
    stranger: Organization
    with_brightline: Engagement
    with_kestrel: Engagement
    owner: Actor
    manager: Actor


def world() -> World:
    """Harbour Health with Brightline and Kestrel; Harbour's service owner and Brightline's manager."""
    harbour, brightline, kestrel = map(organization, ("Harbour", "Brightline", "Kestrel"))
    stranger = organization("Stranger")
    first, second = engagement(harbour, brightline, 2), engagement(harbour, kestrel, 3)
    for name in ("North", "South"):
        Site.objects.create(organization=harbour, name=name)
    for name in ("Mail", "Print", "Payroll"):
        Service.objects.create(organization=harbour, name=name)
    for covers, names in ((first, ("Mail", "Print")), (second, ("Payroll",))):
        for service in Service.objects.filter(organization=harbour, name__in=names):
            EngagementService.objects.create(engagement=covers, service=service, starts_at=LONG_AGO)
    return World(
        harbour,
        brightline,
        kestrel,
        stranger,
        first,
        second,
        owner=actor(harbour, "service_owner", name="olga"),
        manager=actor(brightline, "manager", first, name="manfred"),
    )


def limit_sites(covers: Engagement, *names: str) -> None:
    covers.sites_limited = True
    covers.save(update_fields=["sites_limited"])
    for site in Site.objects.filter(organization=covers.client, name__in=names):
        EngagementSite.objects.create(engagement=covers, site=site, starts_at=LONG_AGO)


def text(
    starts_on: str = "2026-01-01",
    *,
    name: str = "Harbour with Brightline",
    resolve: str = "4h",
    more: str = "",
) -> str:
    """A short agreement; `more` adds lines of targets."""
    return f"""\
name: {name}
starts_on: {starts_on}
timezone: Europe/Berlin
calendars:
  always:
    hours: {{mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"], sat: ["00:00-24:00"], sun: ["00:00-24:00"]}}
targets:
  - {{kind: respond, priority: 1, within: 15m, calendar: always}}
  - {{kind: resolve, priority: 1, within: {resolve}, calendar: always}}
{more}pause_reasons:
  requester_answer: {{label: Waiting for the requester, turn: requester}}
  client_access: {{label: Waiting for access, turn: client}}
return_limit: 2
"""
