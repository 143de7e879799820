"""Two small parties and their people, as the sign-in tests need them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client

from cosource.foundation import clock
from cosource.foundation.sight import ADMINISTRATOR, TECHNICIAN, Actor, system_actor
from cosource.parties.models import Grant, Organization, Person
from cosource.parties.queries.sight import actor_for_person
from cosource.parties.services.organizations import organization_create
from cosource.parties.services.people import employment_write, person_write

PASSWORD = "correct horse battery"
LONG_AGO = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass
class Party:
    organization: Organization
    admin: Person

    def actor(self, person: Person | None = None) -> Actor:
        chosen = person or self.admin
        return actor_for_person(chosen, organization_id=self.organization.id, at=clock.now())


def party(name: str, domain: str) -> Party:
    founded = organization_create(
        name=name,
        time_zone="Europe/Berlin",
        leads_as="service_owner",
        person_name=f"Ada of {name}",
        person_email=f"ada@{domain}",
        password=PASSWORD,
        actor=system_actor(reason="test"),
        at=LONG_AGO,
    )
    return Party(founded.organization, founded.person)


def colleague(of: Party, email: str, *, role: str = TECHNICIAN) -> Person:
    person = person_write(
        email=email, name=email.partition("@")[0].title(), password=PASSWORD, verified=True, at=LONG_AGO
    )
    employment_write(person=person, organization=of.organization, title="", at=LONG_AGO)
    Grant.objects.create(organization=of.organization, person=person, role=role, starts_at=LONG_AGO)
    return person


def administrator(of: Party, email: str) -> Person:
    return colleague(of, email, role=ADMINISTRATOR)


def signed_in(person: Person) -> Client:
    client = browser()
    answer = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def browser(address: str = "192.0.2.10") -> Client:
    return Client(headers={"host": "localhost"}, REMOTE_ADDR=address)
