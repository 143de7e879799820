"""Programs that repeat each write, with the same key, until it is acknowledged; and what must then be there."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from typing import Any
from uuid import UUID

from cosource.foundation.models import Entry, PendingEntry, ReplayedRequest
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.sealing import seal_all
from cosource.tickets.models import Message, Participation, Possession, Ticket, TicketReference
from tests.worlds import World

# Of so many writes one opens a ticket; the others are replies to it.
WRITES_OF_A_TICKET = 4


class Writers:
    """Clients that write beside each other: those with an even number for the owner's desk, the others for a partner."""

    def __init__(self, world: World, port: int, *, clients: int, writes: int, pause: float = 0) -> None:
        self.world, self.port, self.clients, self.pause = world, port, clients, pause
        self.shares = [writes // clients + (n < writes % clients) for n in range(clients)]
        self.opened: dict[str, UUID] = {}
        self.replied: dict[str, UUID] = {}
        self.statuses: Counter[int] = Counter()
        self.broken = self.repeated = 0
        self.unforeseen: list[str] = []
        self.longest_wait = self.longest_answer = 0.0
        self.comes_back_after = {503}
        self._enough = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(n,), name=f"client-{n}", daemon=True)
            for n in range(clients)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each end after the write that it is at."""
        self._enough.set()

    def are_done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def acknowledged(self) -> int:
        return len(self.opened) + len(self.replied)

    def join(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), (self.acknowledged(), self.statuses, self.broken)
        assert self.unforeseen == []

    def _write(self, number: int) -> None:
        client = _Client(self, number)
        ticket = ""
        for n in range(self.shares[number]):
            name = f"client-{number}-write-{n}"
            if n % WRITES_OF_A_TICKET == 0:
                ticket = client.create("/tickets", {"title": name, "text": name, **client.more}, name)
                if ticket:
                    self.opened[name] = UUID(ticket)
            else:
                body = {"text": name, "party_ids": [], "wider_confirmed": True}
                made = client.create(f"/tickets/{ticket}/messages", body, name)
                if made:
                    self.replied[name] = UUID(made)
            if self.unforeseen or self._enough.is_set():
                break
            time.sleep(self.pause)
        client.hang_up()

    def check(self) -> None:
        """Everything acknowledged is there once and whole, and nothing else; every chain holds."""
        tickets = dict(Ticket.objects.values_list("title", "id"))
        assert tickets == self.opened
        assert Ticket.objects.count() == len(self.opened)
        opened = Entry.objects.filter(kind="ticket.opened/1").values_list("subject_id", flat=True)
        assert Counter(opened) == Counter(self.opened.values())

        said = Entry.objects.filter(kind="ticket.message_added/1").values_list("payload__body", "id")
        assert Counter((body["text"], i) for body, i in said) == Counter(self.replied.items())
        messages = Message.objects.values_list("id", flat=True)
        assert set(self.replied.values()) <= set(messages)

        for model in (Participation, Possession, TicketReference):
            rows = Counter(model._default_manager.values_list("ticket_id", flat=True))
            assert set(rows) == set(self.opened.values()), model
        series: dict[UUID, list[int]] = {}
        for series_id, number in TicketReference.objects.values_list("series_id", "number"):
            series.setdefault(series_id, []).append(number)
        for numbers in series.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1))

        kept = dict(ReplayedRequest.objects.values_list("key", "status"))
        assert kept == dict.fromkeys([*self.opened, *self.replied], 201)
        seal_all()
        assert not PendingEntry.objects.exists()
        for organization in self.world.organizations.values():
            assert verify(organization.id).findings == []


class _Client:
    def __init__(self, writers: Writers, number: int) -> None:
        self.writers = writers
        key = ("c1", "p1")[number % 2]
        self.more = {"engagement_id": str(writers.world.engagements["c1p1"].id)} if key == "p1" else {}
        self.headers = {
            "Authorization": f"Bearer {writers.world.secrets[key]}",
            "Content-Type": "application/json",
        }
        self.noise = random.Random(number)
        self.line: http.client.HTTPConnection | None = None

    def create(self, path: str, body: Any, name: str) -> str:
        """Send until it is acknowledged; give the id of what was made, or nothing where the answer was one nobody foresaw."""
        writers = self.writers
        began = time.monotonic()
        tries = 0
        while True:
            tries += 1
            asked = time.monotonic()
            try:
                status, head, said = self._send(path, body, name)
            except (OSError, http.client.HTTPException):
                writers.broken += 1
                self.hang_up()
                time.sleep(self.noise.uniform(0.02, 0.3))
                continue
            writers.statuses[status] += 1
            writers.longest_answer = max(writers.longest_answer, time.monotonic() - asked)
            if status in self.writers.comes_back_after and (
                status != 503 or head.get("Retry-After", "").isdigit()
            ):
                time.sleep(self.noise.uniform(0.1, 0.5))
                continue
            if status != 201:
                writers.unforeseen.append(f"{status} {path} {dict(head)} {said[:300]!r}")
                return ""
            writers.repeated += tries > 1
            writers.longest_wait = max(writers.longest_wait, time.monotonic() - began)
            return str(json.loads(said)["id"])

    def hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None

    def _send(self, path: str, body: Any, key: str) -> tuple[int, Any, bytes]:
        if self.line is None:
            self.line = http.client.HTTPConnection("127.0.0.1", self.writers.port, timeout=60)
        headers = self.headers | {"Idempotency-Key": key}
        self.line.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = self.line.getresponse()
        return answer.status, answer.headers, answer.read()
