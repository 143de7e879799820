"""Forgetting somebody who is known here by a name, a number or an address alone: a caller, a technician of a telephone system,
a contact of an escalation matrix.

Not here: what was written into tickets, which is hidden and erased text by text (`tickets.services.hiding`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid, NotAllowed
from cosource.foundation.models import Entry
from cosource.foundation.services.erasure import may_decide, payload_erase
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Organization
from cosource.parties.models.scope import kept_q, reach_q
from cosource.parties.services.record import append_own
from cosource.tickets.matrix.rules.line import CONTACT
from cosource.tickets.matrix.services.keeping import SET, SUBJECT, lines_store
from cosource.tickets.models import Call, MatrixPart
from cosource.tickets.services.record import require_text

KIND = "outsider.forgotten/1"
_LEADS = frozenset({SERVICE_OWNER, MANAGER})
# Fewer digits are no number that is somebody's own.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Forgotten:
    """From how many calls, contacts of matrices and entries of their record somebody was taken."""

    calls: int
    contacts: int
    entries: int


def may_forget(actor: Actor) -> bool:
    """Tell, without a query, whether the actor leads a desk as a person of its own party."""
    return actor.kind == "person" and not actor.sight.as_host and bool(actor.sight.roles & _LEADS)


@transaction.atomic
def outsider_forget(*, named: str, reason: str, actor: Actor, at: datetime) -> Forgotten:
    """Take somebody out of the calls that the actor's party brought in, and of the matrices that it keeps, with their record.

    `named`: a whole name, number or address as it is kept there; capitals, blanks and the way of writing a number make no
    difference. Calls still count. Appends `outsider.forgotten/1` to the own record, without the name, and for each matrix that
    changed what it says now. Raises: NotAllowed, Invalid.
    """
    if not may_forget(actor) or actor.organization_id is None:
        raise NotAllowed("Who leads a desk has somebody forgotten.", action="person.forget")
    named = require_text(" ".join(named.split()), "named", limit=120)
    if len(named) < _DIGITS // 2:
        raise Invalid("That is too short to be one person.", fields={"named": "Write the whole of it."})
    why = require_text(reason, "reason", limit=300)
    is_meant = _meaning(named)
    contacts, entries = _out_of_matrices(is_meant, why, actor, at)
    found = Forgotten(_out_of_calls(is_meant, actor), contacts, entries)
    if found != Forgotten(0, 0, 0):
        append_own(
            Organization.objects.get(id=actor.organization_id),
            KIND,
            ("organization", actor.organization_id),
            actor=actor,
            at=at,
            facts={"calls": found.calls, "contacts": found.contacts, "entries": found.entries},
            payload={"reason": why},
        )
    return found


def _meaning(named: str) -> Callable[[str], bool]:
    """Return what tells whether a text is that name, number or address."""
    plain, number = named.casefold(), _number(named)

    def is_meant(text: str) -> bool:
        same = " ".join(text.split()).casefold() == plain
        return same or (number != "" and _number(text) == number)

    return is_meant


def _number(text: str) -> str:
    """Return the digits of a telephone number, with its country's where that is given; empty for what is none."""
    if not re.fullmatch(r"[\d\s+()/.-]+", text):
        return ""
    digits = re.sub(r"\D", "", text)
    return digits.removeprefix("00") if len(digits) >= _DIGITS else ""


def _out_of_calls(is_meant: Callable[[str], bool], actor: Actor) -> int:
    ours = Call.objects.visible_to(actor).filter(load__brought_for=actor.organization_id)
    touched = set()
    for name in ("caller", "technician"):
        kept = ours.exclude(**{name: ""}).values_list(name, flat=True).order_by().distinct()
        meant = [text for text in kept.iterator() if is_meant(text)]
        rows = list(ours.filter(**{f"{name}__in": meant}).values_list("id", flat=True)) if meant else []
        for start in range(0, len(rows), 500):
            Call.objects.filter(id__in=rows[start : start + 500]).update(**{name: ""})
        touched |= set(rows)
    return len(touched)


def _out_of_matrices(
    is_meant: Callable[[str], bool], reason: str, actor: Actor, at: datetime
) -> tuple[int, int]:
    """Take the contact out of all parts in the actor's hand; a line that then names nobody goes. Return how many, and entries."""
    assert actor.organization_id is not None  # noqa: S101 - who calls has looked
    parts = MatrixPart.objects.filter(
        reach_q(actor.sight, "engagement__"), kept_q(actor.organization_id, "organization__")
    ).select_related("engagement", "organization")
    contacts = entries = 0
    for part in parts.order_by("id"):
        left = [
            line | {"who": [place for place in line["who"] if not _is_contact(place, is_meant)]}
            for line in part.document
        ]
        gone = sum(len(line["who"]) for line in part.document) - sum(len(line["who"]) for line in left)
        before = Entry.objects.filter(subject_kind=SUBJECT, subject_id=part.id, kind=SET)
        told = [
            entry
            for entry in before.filter(payload__isnull=False).select_related("payload").order_by("id")
            if may_decide(entry, actor) and _names(entry.payload.body.get("lines", []), is_meant)
        ]
        if gone:
            lines_store(part, [line for line in left if line["who"]], actor=actor, at=at)
        for entry in told:
            payload_erase(entry_id=entry.id, reason=reason, actor=actor, at=at)
        contacts, entries = contacts + gone, entries + len(told)
    return contacts, entries


def _names(lines: list[dict[str, Any]], is_meant: Callable[[str], bool]) -> bool:
    return any(_is_contact(place, is_meant) for line in lines for place in line["who"])


def _is_contact(place: dict[str, Any], is_meant: Callable[[str], bool]) -> bool:
    return place["is"] == CONTACT and any(is_meant(place.get(key, "")) for key in ("name", "phone", "mail"))


def told_of(found: Forgotten) -> str:
    """Return in words what became of it."""
    if found == Forgotten(0, 0, 0):
        return _("Nothing is kept here under that name, number or address.")
    return _(
        "Forgotten in %(calls)s calls and as %(contacts)s contacts; %(entries)s entries of the record were erased."
    ) % {"calls": found.calls, "contacts": found.contacts, "entries": found.entries}
