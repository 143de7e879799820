"""A person at a browser, as the tests of this room's pages use one."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client
from tests.integration.tickets.conftest import Desk

from cosource.tickets.models import Participation, Ticket
from cosource.tickets.web.versions import version_mark


@dataclass
class Reader:
    """Somebody of the world, signed in."""

    desk: Desk
    key: str
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(
            self.desk.world.people[self.key], backend="allauth.account.auth_backends.AuthenticationBackend"
        )

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def page(self, ticket: Ticket, query: str = "") -> str:
        response = self.get(f"/tickets/{ticket.id}/{query}")
        assert response.status_code == 200
        return words_of(response)

    def revision(self, ticket: Ticket) -> int:
        """What the reader's party has learned of the ticket so far; 1 for who has no part in it."""
        parts = Participation.objects.filter(
            ticket=ticket, organization=self.desk.org(self.key.partition(".")[0])
        )
        return parts.values_list("revision", flat=True).first() or 1

    def take(self, ticket: Ticket, step: str, **form: Any) -> Any:
        """Send a form of the ticket's page, drawn from the present state unless a `version` is given."""
        ticket.refresh_from_db()
        given = {
            "version": version_mark(ticket.id, self.revision(ticket)),
            "since": self.desk.now.isoformat(),
        } | form
        return self.client.post(f"/tickets/{ticket.id}/{step}/", given)


def words_of(response: HttpResponse) -> str:
    """The text of a page as a person reads it: without tags, blanks run together."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))
