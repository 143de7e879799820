"""Setting up a measuring process: Django, the world's clock, readers that are signed in, and the whole WSGI stack."""

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import django

from benchmarks.places import NOW

type Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def set_up(*, in_the_world: bool = True) -> None:
    """Set Django up; with the clock at the world's moment, from where it goes on."""
    django.setup()
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = False
    if in_the_world:
        from cosource.foundation import clock

        began, start = time.monotonic(), datetime.fromisoformat(NOW).astimezone(UTC)
        clock.now = lambda: start + timedelta(seconds=time.monotonic() - began)


class Reader:
    """Somebody signed in, asking the application in this process: all middleware, no network."""

    def __init__(self, application: Application, person: Any = None) -> None:
        self.application = application
        self.cookie = signed_in(person) if person is not None else ""
        self.status = ""

    def get(self, path: str) -> bytes:
        """Return the body of a page. Raises: RuntimeError for any status but 200."""
        path, _, query = path.partition("?")
        body = b"".join(self.application(_environ(path, query, self.cookie), self._start))
        if not self.status.startswith("200"):
            raise RuntimeError(f"{path}?{query}: {self.status}")
        return body

    def _start(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status = status


def _environ(path: str, query: str, cookie: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_COOKIE": cookie,
        "HTTP_ACCEPT": "text/html",
        "HTTP_ACCEPT_LANGUAGE": "en",
        "HTTP_USER_AGENT": "benchmarks",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def signed_in(person: Any) -> str:
    """Return the cookie of a person who is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
