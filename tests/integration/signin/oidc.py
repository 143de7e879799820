"""A small OpenID Connect server of an organization, on this machine, for the tests that sign in with one."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET = "cosource-client", "a-secret-of-the-server"


@dataclass
class Server:
    address: str
    person: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    challenge: str = ""
    issuer: str = ""

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer or self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def authorize(self, location: str) -> dict[str, str]:
        """What the server sends back with a browser that was sent to it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(f"{self.address}/authorize?")
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        self.challenge = asked["code_challenge"]
        return {"code": "one-code", "state": asked["state"]}

    def token(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        verifier = form.get("code_verifier", [""])[0].encode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        right = form["client_secret"] == [SECRET] and form["code"] == ["one-code"] and proof == self.challenge
        return {"access_token": "access", "token_type": "Bearer"} if right else None


@contextmanager
def oidc_server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self, body: Any, status: int = 200) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            server.asked.append(self.path)
            if self.path == "/.well-known/openid-configuration":
                self.answer(server.described())
            elif self.path == "/userinfo" and self.headers["Authorization"] == "Bearer access":
                self.answer(server.person)
            elif self.path.startswith("/away/"):
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
                self.end_headers()
            elif self.path.startswith("/huge/"):
                self.answer({"issuer": "x" * 2_000_000})
            else:
                self.answer({"secret": "inside"}, 404)

        def do_POST(self) -> None:
            server.asked.append(self.path)
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            token = server.token(form)
            self.answer(token or {"error": "invalid_grant"}, 200 if token else 400)

        def log_message(self, *args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{listener.server_port}")
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
