"""Somebody else's storage on this machine that speaks as much of S3 as the product asks for: put, get, remove, list."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from cosource.foundation import clock


class _Answers(BaseHTTPRequestHandler):
    storage: "Storage"
    protocol_version = "HTTP/1.1"

    def _key(self) -> str:
        path = unquote(urlsplit(self.path).path)
        return path.removeprefix(f"/{self.storage.bucket}").removeprefix("/")

    def _say(self, status: int, body: bytes = b"", kind: str = "application/xml") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refused(self) -> bool:
        self.storage.asked.append(f"{self.command} {self._key()}")
        if self.storage.refuses is None and "AWS4-HMAC-SHA256" in self.headers.get("Authorization", ""):
            return False
        self._say(self.storage.refuses or 403, b"<Error><Code>InternalError</Code></Error>")
        return True

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._refused():
            return
        if hashlib.sha256(body).hexdigest() != self.headers["x-amz-content-sha256"]:
            self._say(400, b"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>")
            return
        self.storage.objects[self._key()] = body
        self.storage.since[self._key()] = clock.here()
        self._say(200)

    def do_GET(self) -> None:
        if self._refused():
            return
        if not self._key():
            self._say(200, self.storage.listed(parse_qs(urlsplit(self.path).query)))
        elif self._key() in self.storage.objects:
            self._say(200, self.storage.objects[self._key()], "application/octet-stream")
        else:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_DELETE(self) -> None:
        if self._refused():
            return
        self.storage.objects.pop(self._key(), None)
        self._say(204)

    def log_message(self, *_: object) -> None:
        pass


class Storage:
    """One bucket. `objects`: content by key; `since`: when each was put; `refuses`: the status that all requests get."""

    def __init__(self, bucket: str = "desk") -> None:
        self.bucket = bucket
        self.objects: dict[str, bytes] = {}
        self.since: dict[str, datetime] = {}
        self.refuses: int | None = None
        self.asked: list[str] = []
        # So that paging is met with few objects.
        self.page = 2

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen at `address` meanwhile."""
        answers = type("Answers", (_Answers,), {"storage": self})
        with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
            server.daemon_threads = True
            self.address = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def listed(self, asked: dict[str, list[str]]) -> bytes:
        """The answer to a request for a list, a page of it."""
        prefix, after = asked.get("prefix", [""])[0], asked.get("continuation-token", [""])[0]
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        here = keys[: self.page]
        rows = "".join(
            f"<Contents><Key>{escape(quote(key))}</Key><Size>{len(self.objects[key])}</Size>"
            f"<LastModified>{self.since[key]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
            for key in here
        )
        more = len(keys) > len(here)
        token = f"<NextContinuationToken>{escape(here[-1])}</NextContinuationToken>" if more else ""
        return (
            f"<ListBucketResult><Name>{self.bucket}</Name><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        ).encode()
