"""A server of somebody else on this machine: what the product sends to it, and what it answers."""

import contextlib
import ipaddress
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

LOCAL = ipaddress.ip_network("127.0.0.0/8")


class Receiver:
    """Takes what is posted.

    `came`: path, body and headers of each. `status`: the answer; None: hangs up without one. `first`: answers before that one.
    """

    def __init__(self) -> None:
        self.came: list[tuple[str, bytes, dict[str, str]]] = []
        self.status: int | None = 200
        self.first: list[int] = []

    @property
    def said(self) -> list[str]:
        return [json.loads(body)["text"] for _, body, _ in self.came]

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen at `address` meanwhile."""
        receiver = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status is None:
                    self.close_connection = True
                    return
                receiver.came.append((self.path, body, dict(self.headers)))
                self.send_response(receiver.first.pop(0) if receiver.first else receiver.status)
                self.send_header("Location", f"{receiver.address}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Answers) as server:
            self.address = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
