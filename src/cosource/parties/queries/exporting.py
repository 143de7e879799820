"""The parties, places, people and engagements that somebody may take out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from cosource.foundation.exports import register_export
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person, Service, Site, Skill, Team


def _named(rows: "QuerySet[Any]", *names: str) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("pk").values("id", *names).iterator(chunk_size=2_000)


def _organizations(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    # Of other parties what every page shows of them, and no more.
    return _named(Organization.objects.visible_to(actor), "name", "initials", "time_zone", "stand_in")


def _sites(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    return _named(Site.objects.visible_to(actor), "organization_id", "name", "time_zone", "ended_at")


def _services(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    return _named(Service.objects.visible_to(actor), "organization_id", "name")


def _engagements(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    return _named(
        Engagement.objects.visible_to(actor),
        "client_id",
        "partner_id",
        "name",
        "prefix",
        "stage",
        "provider_kind",
        "sites_limited",
        "starts_at",
        "ends_at",
        "export_until",
    )


def _people(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    return _named(
        Person.objects.visible_to(actor), "name", "email", "locale", "time_zone", "is_active", "created_at"
    )


def _teams(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    return _named(Team.objects.visible_to(actor), "organization_id", "name", "site_id", "mailbox", "ended_at")


def _skills(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    return _named(Skill.objects.visible_to(actor), "name")


def register() -> None:
    """Let them be taken out."""
    register_export("organizations", _organizations)
    register_export("sites", _sites)
    register_export("services", _services)
    register_export("engagements", _engagements)
    register_export("people", _people)
    register_export("teams", _teams)
    register_export("skills", _skills)
