"""Requests that may be sent twice and happen once.

A client sends `Idempotency-Key` with a create or an edit. The key is claimed in the transaction that does it, so there is no
moment at which one stands without the other. The same key with the same request gets the first answer again, byte by byte;
with another request it is refused. Two at once: the second waits for the first and then gets its answer. A refused request
leaves no claim, so it may be sent again once its reason is gone.

Not here: how long answers are kept (`services.replays`).
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja.decorators import decorate_view

from cosource.foundation import clock
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import Invalid
from cosource.foundation.services.replays import Claim, replay_claim, replay_keep

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,120}")
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
_FIRST_ERROR = 400


class Replayed(Exception):
    """Carries the answer that this request was given before."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def creates[F: Callable[..., Any]](view: F) -> F:
    """Mark an operation that makes something; put it directly under the router's decorator.

    The operation runs in one transaction: answered with an error, it has changed nothing.
    """
    return once(view, always=True)


def once[F: Callable[..., Any]](view: F, *, always: bool) -> F:
    """Let an operation take a key. `always`: it wants one transaction around it without a key too."""

    @wraps(view)
    def claimed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if always or key is not None:
            # Only now is it known who asks for what: until here nobody else had to wait for this request.
            request.__dict__.pop("begin")()
        if key is not None:
            _claim(request, key)
        return view(request, *args, **kwargs)

    claimed.__dict__["takes_idempotency_key"] = True
    marked: F = decorate_view(_in_one_transaction)(claimed)  # type: ignore[assignment]  # wraps keeps the signature
    return marked


def _claim(request: HttpRequest, key: str) -> None:
    if not _KEY.fullmatch(key):
        raise Invalid(
            f"{HEADER} is 1 to 120 visible ASCII characters.",
            code="bad_key",
            fields={HEADER: ["give another key"]},
        )
    actor = actor_of(request)
    if actor.id is None:
        raise Invalid("Only a person or a token repeats a request.", code="bad_key")
    claim = replay_claim(actor_id=actor.id, key=key, request_digest=_digest(request), at=clock.now())
    if isinstance(claim, Claim):
        request.__dict__["claim"] = claim
        return
    response = HttpResponse(claim.text, status=claim.status)
    for name, value in claim.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    raise Replayed(response)


def _digest(request: HttpRequest) -> str:
    sha = hashlib.sha256()
    for part in (str(request.method).encode(), request.get_full_path().encode(), request.body):
        sha.update(len(part).to_bytes(8, "big") + part)
    return sha.hexdigest()


def _in_one_transaction(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(run)
    def inside(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        with ExitStack() as opened:
            request.__dict__["begin"] = lambda: opened.enter_context(transaction.atomic())
            response = run(request, **kwargs)
            has_begun = request.__dict__.pop("begin", None) is None
            claim: Claim | None = request.__dict__.pop("claim", None)
            if has_begun and response.status_code >= _FIRST_ERROR:
                transaction.set_rollback(True)
            elif claim is not None:
                replay_keep(
                    claim=claim,
                    status=response.status_code,
                    text=response.content.decode(),
                    headers={name: response[name] for name in _KEPT_HEADERS if name in response},
                )
        return response

    return inside
