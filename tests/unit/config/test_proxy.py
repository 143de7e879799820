"""Forwarded headers count from the named proxies only."""

import ipaddress

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from cosource.config.proxy import TrustedProxyMiddleware, reader_address

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "reader"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "6.6.6.6, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "6.6.6.6, not an address", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, <script>, 10.0.0.2", "10.0.0.2"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_is_the_readers(peer: str, forwarded: str, reader: str) -> None:
    assert reader_address(peer, forwarded, trusted=TRUSTED) == reader


def passed_on(settings, **headers: str) -> HttpRequest:
    settings.TRUSTED_PROXY_NETWORKS = TRUSTED
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    request = RequestFactory().get("/")
    request.META.update(headers)
    TrustedProxyMiddleware(view)(request)
    return seen[0]


def test_a_stranger_cannot_claim_anything(settings) -> None:
    request = passed_on(
        settings,
        REMOTE_ADDR="192.0.2.9",
        HTTP_X_FORWARDED_FOR="10.0.0.5",
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_X_FORWARDED_PORT="443",
    )
    assert request.META["REMOTE_ADDR"] == "192.0.2.9"
    assert [name for name in request.META if "FORWARDED" in name] == []


def test_a_named_proxy_is_believed(settings) -> None:
    request = passed_on(
        settings, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.7", HTTP_X_FORWARDED_PROTO="https"
    )
    assert request.META["REMOTE_ADDR"] == "192.0.2.7"
    assert request.META["HTTP_X_FORWARDED_PROTO"] == "https"
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_a_peer_without_an_address_is_a_stranger(settings) -> None:
    request = passed_on(settings, REMOTE_ADDR="", HTTP_X_FORWARDED_PROTO="https")
    assert "HTTP_X_FORWARDED_PROTO" not in request.META
