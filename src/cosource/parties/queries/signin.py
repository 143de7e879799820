"""Who signs in how: the organizations whose own sign-in fits an address, and whom such a sign-in may let in.

These are the few reads that happen before anybody is an actor; each returns no more than the sign-in needs.
"""

from datetime import datetime
from uuid import UUID

from cosource.parties.models import Employment, Person, SignInProvider
from cosource.parties.queries.sight import live


def providers_for(email: str) -> list[SignInProvider]:
    """Return the enabled sign-ins of organizations that use the address's domain, by name.

    Whether anybody has the address makes no difference.
    """
    domain = email.rpartition("@")[2].strip().lower()
    if not domain:
        return []
    enabled = (
        SignInProvider.objects.filter(enabled=True).select_related("organization").order_by("name", "id")
    )
    return [p for p in enabled if domain in p.organization.email_domains]


def provider_get(provider_id: str) -> SignInProvider | None:
    """Return an enabled sign-in by the public id in its address."""
    return (
        SignInProvider.objects.filter(provider_id=provider_id, enabled=True)
        .select_related("organization")
        .first()
    )


def person_for_provider(provider: SignInProvider, email: str, at: datetime) -> Person | None:
    """Return the person with this address who works for the provider's organization at `at`."""
    employed = Employment.objects.filter(live(at), organization=provider.organization)
    return Person.objects.filter(
        email__iexact=email, is_active=True, pk__in=employed.values("person_id")
    ).first()


def anybody_signs_in() -> bool:
    """Return whether there is any person yet; while there is none, the first page founds an organization."""
    return Person.objects.exists()


def own_provider(organization_id: UUID | None) -> SignInProvider | None:
    """Return the organization's own sign-in, enabled or not, for its administrators."""
    if organization_id is None:
        return None
    return SignInProvider.objects.filter(organization_id=organization_id).first()
