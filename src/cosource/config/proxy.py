"""Believes forwarded headers from the proxies that were named, and from nobody else.

After this middleware REMOTE_ADDR is the reader's own address, so that rate limits and lock-outs need no second thought.
"""

import ipaddress
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cosource.config.shapes import Network

FORWARDED_HEADERS = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
)


class TrustedProxyMiddleware:
    """Runs first: everything after it may use the request's address, scheme and host as they stand."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.trusted: Sequence[Network] = settings.TRUSTED_PROXY_NETWORKS

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace the peer's address by the reader's, or drop headers that anyone could have written."""
        peer = request.META.get("REMOTE_ADDR", "")
        if is_within(peer, self.trusted):
            request.META["REMOTE_ADDR"] = reader_address(
                peer, request.META.get("HTTP_X_FORWARDED_FOR", ""), trusted=self.trusted
            )
            request.META.pop("HTTP_X_FORWARDED_FOR", None)
        else:
            for name in FORWARDED_HEADERS:
                request.META.pop(name, None)
        return self.get_response(request)


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether the address is one of the networks'; text that is no address is in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def reader_address(peer: str, forwarded_for: str, *, trusted: Sequence[Network]) -> str:
    """Give the nearest address that is no proxy of ours, read from the right: the left end is the reader's own claim.

    >>> reader_address("10.0.0.1", "6.6.6.6, 192.0.2.7, 10.0.0.2", trusted=[ipaddress.ip_network("10.0.0.0/8")])
    '192.0.2.7'
    """
    nearest = peer
    for hop in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
        try:
            nearest = str(ipaddress.ip_address(hop))
        except ValueError:
            return nearest
        if not is_within(nearest, trusted):
            return nearest
    return nearest
