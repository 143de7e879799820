"""What is sent to an address that somebody else named: it reaches nothing inside, and follows nobody elsewhere."""

import ipaddress
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cosource.foundation.outward import Unreachable, post


@pytest.fixture
def inside(local_network):
    """A server on this machine, and what reached it."""
    came: list[tuple[str, bytes, str]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, body, self.headers["Cosource-Signature"]))
            self.send_response(302 if self.path == "/away" else 204)
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_inside_is_reached_only_where_it_is_named(inside, settings):
    address, came = inside
    for url in (
        address,
        address.replace("127.0.0.1", "localhost"),
        address.replace("127.0.0.1", "2130706433"),
    ):
        with pytest.raises(Unreachable):
            post(f"{url}/in", b"{}", {})
    assert came == []
    settings.PRIVATE_TARGETS = (ipaddress.ip_network("127.0.0.0/8"),)
    assert post(f"{address}/in", b'{"a":1}', {"Cosource-Signature": "v1=x"}) == 204
    assert came == [("/in", b'{"a":1}', "v1=x")]


def test_a_redirect_is_an_answer_and_not_followed(inside, settings):
    address, came = inside
    settings.PRIVATE_TARGETS = (ipaddress.ip_network("127.0.0.0/8"),)
    assert post(f"{address}/away", b"{}", {}) == 302
    assert [path for path, _, _ in came] == ["/away"]
