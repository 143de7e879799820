"""Looking through every door as one role does, with what differs by chance taken out of the answers."""

import html
import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import time_machine
from django.conf import settings
from django.core.cache import cache, caches
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client

from cosource.foundation.sight import Actor
from cosource.parties.web.actor import SESSION_KEY
from tests.access.routes import Route, route_of, routes
from tests.access.scene import Scene

# Role → how it comes: a person by key ("emb" under the host's hat), or a token by the organization that made it.
ROLES = {
    "CSO": "c1.cso",
    "CT": "c1.ct",
    "REQ": "c1.req",
    "PM": "p1.pm",
    "PT": "p1.pt",
    "P2M": "p2.pm",
    "P2": "p2.pt",
    "AUD": "c1.aud",
    "TOK": "token:p1",
    "TOC": "token:c1",
    "OPS": "ops.adm",
    "EMB": "emb",
    "ADM": "c1.adm",
}
# Kept from the answer's headers: whatever could tell two answers apart that should be the same.
_HEADERS_BY_CHANCE = frozenset({"x-request-id", "date", "set-cookie", "server-timing"})
_BY_CHANCE = (
    (re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*'), rb"\1-"),
    (re.compile(rb'("X-CSRFToken": ")[^"]*'), rb"\1-"),
    # The key that makes a form happen once is new with every page.
    (re.compile(rb'(name="once" value=")[^"]*'), rb"\1-"),
    (re.compile(rb"urn:uuid:[0-9a-f-]{36}"), b"urn:uuid:-"),
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINK = re.compile(r"(?:href|hx-get|src|action|data-href)=\"(/[^\"#]*)")
_ANCHOR = re.compile(r"<a\b[^>]*?\bhref=\"(/[^\"#]*)")
_NEVER_FOLLOWED = re.compile(r"^/(static/|accounts/|theme/|acting-for/)")
# Of one kind of page, so many are read, and so many with a question in the address: chips, orders and old entries are endless.
# A program tries each id of each list everywhere: a quick run has it try one of each.
QUICK_EACH, PROOF_EACH = (2, 1), (3, 3)


@dataclass(frozen=True)
class Answer:
    """One answer, without what differs by chance."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def is_page(self) -> bool:
        return dict(self.headers).get("content-type", "").startswith("text/html")

    @property
    def links(self) -> list[str]:
        """Where a reader of the page may go by a click."""
        return [html.unescape(link) for link in _ANCHOR.findall(self.text)]

    def json(self) -> Any:
        return json.loads(self.body)


def plain(response: HttpResponseBase) -> Answer:
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]  # narrowed by `streaming`
    for pattern, instead in _BY_CHANCE:
        body = pattern.sub(instead, body)
    headers = sorted(
        (name.lower(), value)
        for name, value in response.headers.items()
        if name.lower() not in _HEADERS_BY_CHANCE
    )
    return Answer(response.status_code, body, tuple(headers))


@contextmanager
def standing_still(scene: Scene) -> Iterator[None]:
    """Stop the clock at the moment when everybody looks."""
    with time_machine.travel(scene.now, tick=False):
        yield


# The scene stands still, so what a role reads of it is read once a run.
_everything: dict[tuple[str, str], dict[str, Answer]] = {}


def everything(scene: Scene, role: str) -> dict[str, Answer]:
    """All that a role reads from the menus onwards; the looking itself leaves no trace."""
    key = str(connection.settings_dict["NAME"]), role
    if key not in _everything:
        with standing_still(scene), transaction.atomic():
            _everything[key] = Reader(scene, role).read_all()
            transaction.set_rollback(True)
    return dict(_everything[key])


@dataclass
class Reader:
    """Somebody at the doors. `pages`: what was read so far, by address."""

    scene: Scene
    role: str
    pages: dict[str, Answer] = field(default_factory=dict)
    each: ClassVar[tuple[int, int]] = QUICK_EACH

    def __post_init__(self) -> None:
        # What one process remembers of another test's rows (a count, a rate) is not part of an answer.
        cache.clear()
        caches["process"].clear()
        self.key = ROLES.get(self.role, self.role)
        self.is_token = self.key.startswith("token:")
        self.client = Client()
        if self.is_token:
            secret = self.scene.world.secrets[self.key.removeprefix("token:")]
            self.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
            return
        person = self.scene.world.people["p1.emb" if self.key == "emb" else self.key]
        self.client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[-1])
        organization = "c1" if self.key == "emb" else self.key.partition(".")[0]
        session = self.client.session
        session[SESSION_KEY] = self.scene.world.organizations[organization].id.hex
        session.save()

    @property
    def actor(self) -> Actor:
        """The actor that the doors find, for asking the choke points themselves."""
        if self.is_token:
            return self.scene.world.token_actor(self.key.removeprefix("token:"), at=self.scene.now)
        return self.scene.actor(self.key, at=self.scene.now)

    def get(self, url: str) -> Answer:
        """Read an address, once."""
        known = self.pages.get(url)
        if known is None:
            known = self.pages[url] = plain(self.client.get(url))
        return known

    def post(self, url: str, data: Any = None, **headers: Any) -> Answer:
        return plain(self.client.post(url, data or {}, **headers))

    def send(self, method: str, url: str, body: Any = None, **headers: Any) -> Answer:
        """A program's request with a JSON body."""
        return plain(
            self.client.generic(
                method,
                url,
                json.dumps(body if body is not None else {}),
                content_type="application/json",
                **headers,
            )
        )

    def read_all(self) -> dict[str, Answer]:
        """Read everything that can be read from the menus onwards, and every address without a parameter."""
        queue = deque(self._seeds())
        seen = set(queue)
        count: Counter[str] = Counter()
        kinds: dict[str, str] = {}
        spare: dict[str, str] = {}
        most = (1, 1) if self.is_token and self.each == QUICK_EACH else self.each
        while queue:
            url = queue.popleft()
            answer = self.get(url)
            if answer.status != 200:
                # Another of its kind is tried in its stead, so that what can be read is read.
                if (other := spare.pop(kinds.get(url, ""), None)) is not None:
                    queue.append(other)
                continue
            for link in self._links(answer):
                path, _, query = link.partition("?")
                if link in seen or _NEVER_FOLLOWED.match(path):
                    continue
                seen.add(link)
                route = route_of(path)
                # A program tries each id of a list everywhere, so that each list has a share of its own.
                source = url.partition("?")[0] if self.is_token else ""
                kind = f"{route.name}{'?' if query else ''} {source}" if route else path
                count[kind] += 1
                if route is not None and "GET" not in route.methods:
                    continue
                kinds[link] = kind
                if count[kind] <= most[bool(query)]:
                    queue.append(link)
                else:
                    spare.setdefault(kind, link)
        return self.pages

    def _seeds(self) -> list[str]:
        api = "/api/v1/"
        own = [r for r in routes() if "GET" in r.methods and not r.parameters and r.is_api == self.is_token]
        found = [r.path for r in own if not r.path.startswith("/accounts/")]
        if self.is_token:
            found.append(f"{api}tickets?state=all&limit=200")
        else:
            found += [
                "/tickets/?state=all",
                "/tickets/?state=all&order=newest",
                "/tickets/?flag=came_back&state=all",
            ]
        return found

    def _links(self, answer: Answer) -> Iterable[str]:
        kind = dict(answer.headers).get("content-type", "")
        if kind.startswith("text/html"):
            return [link.replace("&amp;", "&") for link in _LINK.findall(answer.text)]
        if "json" in kind and self.is_token:
            return self._read_next(answer.json())
        return ()

    def _read_next(self, body: Any) -> Iterator[str]:
        """The addresses of whatever a list names, by the parameter that its id would be."""
        items = body.get("items", ()) if isinstance(body, dict) else body if isinstance(body, list) else ()
        ids = [UUID(found) for found in _ids_in(items)]
        for route in routes():
            if route.is_api and "GET" in route.methods and len(route.parameters) == 1:
                yield from (route.url(**{route.parameters[0]: i}) for i in ids)


def _ids_in(value: Any) -> Iterator[str]:
    """Every `id` in a body, however deep; a metric's is a word and leads nowhere."""
    if isinstance(value, dict):
        yield from (
            one for key, one in value.items() if key == "id" and isinstance(one, str) and _UUID.fullmatch(one)
        )
    if isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _ids_in(inner)


__all__ = ["ROLES", "Answer", "Reader", "Route", "everything", "plain", "standing_still"]
