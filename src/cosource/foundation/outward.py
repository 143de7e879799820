"""Requests to addresses that somebody else named, such as an organization's sign-in server.

The check is on the address that is really connected to, at the moment of connecting and on every hop, so that a name which
changes its mind, a redirect or a number written in another way reaches nothing inside. Not here: what is asked and answered.
"""

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from cosource.foundation.rules.addresses import may_be_reached
from cosource.foundation.services.holding import outward_held

TIMEOUT_SECONDS = 5
ANSWER_LIMIT_BYTES = 1_000_000
REDIRECTS_LIMIT = 3


class Unreachable(Exception):
    """The target cannot or may not be asked. Says nothing of what it answered."""


class _GuardedSocket:
    """Opens the connection itself: resolve once, check, connect to exactly that address."""

    _dns_host: str
    port: int
    timeout: Any

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            found = []
        for family, kind, protocol, _, target in found:
            if not may_be_reached(str(target[0]), allowed=settings.PRIVATE_TARGETS):
                continue
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(TIMEOUT_SECONDS)
                opened.connect(target)
            except OSError:
                opened.close()
                continue
            return opened
        raise NewConnectionError(self, "no address that may be reached")  # type: ignore[arg-type]  # mixed into one


class _Plain(_GuardedSocket, HTTPConnection):
    pass


class _Secure(_GuardedSocket, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Guarded(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if urlsplit(str(request.url)).scheme != "https" and not settings.PRIVATE_TARGETS:
            raise requests.exceptions.InvalidSchema("https only")
        kwargs.update(stream=True, timeout=TIMEOUT_SECONDS)
        response = super().send(request, *args, **kwargs)
        body = response.raw.read(ANSWER_LIMIT_BYTES + 1, decode_content=True)
        if len(body) > ANSWER_LIMIT_BYTES:
            response.close()
            raise requests.exceptions.ContentDecodingError("the answer is too large")
        response._content = body  # noqa: SLF001 - the one way to give requests a body that was read with a limit
        return response


def outward_session() -> requests.Session:
    """Return a session that reaches public addresses only, and the networks named in COSOURCE_PRIVATE_TARGETS."""
    session = requests.Session()
    # A proxy from the environment would connect for us, unchecked.
    session.trust_env = False
    session.max_redirects = REDIRECTS_LIMIT
    guarded = _Guarded()
    session.mount("https://", guarded)
    session.mount("http://", guarded)
    return session


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body to an address that somebody else named and return the answer's status. Follows no redirect.

    Raises: Unreachable; also while a restored installation is not released.
    """
    if outward_held():
        raise Unreachable
    try:
        with outward_session() as session:
            answer = session.post(url, data=body, headers=dict(headers), allow_redirects=False)
    except requests.RequestException:
        raise Unreachable from None
    return answer.status_code


def fetch_json(url: str) -> dict[str, Any]:
    """Return the JSON object at an address that somebody else named. Raises: Unreachable."""
    try:
        with outward_session() as session:
            response = session.get(url, headers={"Accept": "application/json"})
        found = response.json() if response.ok else None
    except (requests.RequestException, ValueError):
        raise Unreachable from None
    if not isinstance(found, dict):
        raise Unreachable
    return found
