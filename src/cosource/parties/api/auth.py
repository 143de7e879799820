"""Lets programs in: a bearer token that an organization made for itself.

Only tokens: a browser's session is refused, so no page elsewhere can make somebody's browser speak to the API, and there is
nothing to forge. Our own pages use forms. Not here: making and ending tokens (`parties.services`).
"""

import contextlib
import hashlib
import hmac
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.http import HttpRequest
from ninja.security import HttpBearer

from cosource.foundation import clock
from cosource.foundation.errors import NotAllowed
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import Actor
from cosource.parties.models import IntegrationToken
from cosource.parties.queries.sight import actor_for_token

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_NOTE_USE_AFTER = timedelta(minutes=1)

_with_digest = Prepared[IntegrationToken](
    lambda digest: IntegrationToken.objects.filter(digest=digest), digest=str
)


class TokenAuth(HttpBearer):
    """Finds the token by its digest and sets `request.actor`; an unknown, ended or revoked one is nobody."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Return the actor. Raises: NotAllowed when a token that only reads is used to write."""
        at = clock.now()
        found = find_token(token, at)
        # Whoever sits in the browser does not act here, even if its cookies came along.
        request.__dict__.pop("actor", None)
        if found is None:
            return None
        if not found.may_write and request.method not in READS:
            raise NotAllowed("This token may only read.", code="token_only_reads")
        actor = actor_for_token(found, at=at)
        request.__dict__["actor"] = actor
        return actor


def find_token(secret: str, at: datetime) -> IntegrationToken | None:
    """Return the live token with this secret and note its use, at most once a minute."""
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
    found = _with_digest.first(digest=digest)
    if found is None or not hmac.compare_digest(found.digest, digest):
        return None
    if found.revoked_at is not None or found.expires_at <= at:
        return None
    if found.last_used_at is None or found.last_used_at <= at - _NOTE_USE_AFTER:
        # Whoever reads is not refused for want of room to note it.
        with contextlib.suppress(OperationalError), transaction.atomic():
            IntegrationToken.objects.filter(pk=found.pk).update(last_used_at=at)
    return found
