"""An organization's own sign-in: where its OIDC server is, and which mail domains belong to it.

It signs in that organization's own people only (`web.signin`). Its secret is kept encrypted and never shown again.
"""

import secrets
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.outward import Unreachable, fetch_json
from cosource.foundation.secrecy import text_encrypt
from cosource.foundation.sight import Actor
from cosource.parties.models import SignInProvider
from cosource.parties.services.checks import clean_text, field_error
from cosource.parties.services.policy import organization_for
from cosource.parties.services.record import append_own

WELL_KNOWN = "/.well-known/openid-configuration"
_ENDPOINTS = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


def provider_probe(server_url: str) -> str:
    """Return the address of an OIDC server in its plain form, after asking it for its description.

    Done before any transaction, since it talks to the network. Raises: Invalid; never with what the server said.
    """
    plain = server_url.strip().removesuffix(WELL_KNOWN).rstrip("/")
    parts = urlsplit(plain)
    schemes = {"https", "http"} if settings.PRIVATE_TARGETS else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise field_error("server_url", _("Give an address that starts with https://."), "server_url")
    try:
        described = fetch_json(plain + WELL_KNOWN)
    except Unreachable:
        raise field_error(
            "server_url", _("No OpenID Connect server answers at this address."), "server_unreachable"
        ) from None
    if any(not isinstance(described.get(name), str) for name in _ENDPOINTS):
        raise field_error(
            "server_url", _("No OpenID Connect server answers at this address."), "server_unreachable"
        )
    if described["issuer"].rstrip("/") != plain:
        raise field_error("server_url", _("The server names itself differently."), "issuer")
    return plain


@transaction.atomic
def provider_set(
    *,
    name: str,
    server_url: str,
    client_id: str,
    client_secret: str,
    enabled: bool,
    actor: Actor,
    at: datetime,
) -> SignInProvider:
    """Set up or change the organization's own sign-in. `server_url` comes from `provider_probe`.

    `client_secret`: empty keeps the one that is stored.
    Appends `sign_in_provider.set/1` to the organization's own record. Raises: Invalid, NotAllowed, NotFound.
    """
    organization = organization_for(actor, "sign_in.manage").organization
    provider = SignInProvider.objects.filter(organization=organization).first()
    if provider is None:
        provider = SignInProvider(
            organization=organization, provider_id=secrets.token_hex(8), created_at=at, client_secret=""
        )
    provider.name = clean_text("name", name, limit=80)
    provider.server_url = server_url
    provider.client_id = clean_text("client_id", client_id, limit=200)
    provider.enabled = enabled
    if client_secret:
        provider.client_secret = text_encrypt(client_secret.strip())
    elif not provider.client_secret:
        raise field_error("client_secret", _("This is needed."), "required")
    provider.save()
    append_own(
        organization,
        "sign_in_provider.set/1",
        ("sign_in_provider", provider.id),
        actor=actor,
        at=at,
        facts={"enabled": enabled, "secret_changed": bool(client_secret)},
        payload={"name": provider.name, "server_url": provider.server_url, "client_id": provider.client_id},
    )
    return provider


@transaction.atomic
def provider_remove(*, actor: Actor, at: datetime) -> UUID | None:
    """Remove the organization's own sign-in and its secret; its people sign in by password or passkey from then on.

    Appends `sign_in_provider.removed/1`. Returns its id, or None when there was none. Raises: NotAllowed, NotFound.
    """
    organization = organization_for(actor, "sign_in.manage").organization
    provider = SignInProvider.objects.filter(organization=organization).first()
    if provider is None:
        return None
    provider_id = provider.id
    provider.delete()
    append_own(
        organization,
        "sign_in_provider.removed/1",
        ("sign_in_provider", provider_id),
        actor=actor,
        at=at,
    )
    return provider_id
