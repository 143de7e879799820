"""The tickets that somebody may take out, with their clocks; tables and an event log for other programs beside them.

A ticket comes out as its organization's part in it: its own reference, team and assignee. What happened to it is in the ledger's
entries; the event log lists those that are about tickets.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import batched, groupby
from typing import Any, TextIO
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from django.db.models import Q

from cosource.foundation.exports import register_export, register_export_view
from cosource.foundation.ledger_sight import ledger_sight
from cosource.foundation.models import PendingEntry
from cosource.foundation.queries.export_entries import entries_readable
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization
from cosource.tickets.models import Clock, Participation, TicketArticle
from cosource.tickets.models.participation import NEVER, Kind, Turn
from cosource.tickets.queries.record import parties_seen_by

PART = (
    "ticket_id",
    "reference",
    "kind",
    "about",
    "engagement_id",
    "category",
    "priority",
    "turn",
    "holds",
    "came_back",
    "to_approve",
    "service_id",
    "site_id",
    "team_id",
    "assignee_id",
    "next_due_at",
    "asked_at",
    "opened_at",
    "updated_at",
    "agreement_version_id",
    "offered_team_id",
    "unanswered",
    "joint",
    "open",
    "revision",
)
SHARED = ("title", "impact", "urgency", "topic", "subtopic")
# Of a ticket that is somebody else's, its owner's own words and counts stay there.
OWNERS = (
    "state",
    "asset_name",
    "requester_id",
    "requester_name",
    "handovers",
    "returns",
    "internal",
    "source_key",
    "resolved_at",
    "closed_at",
)
_COLUMNS = (
    "reference",
    "title",
    "category",
    "priority",
    "turn",
    "holds",
    "opened_at",
    "updated_at",
    "next_due_at",
    "topic",
    "subtopic",
    "ticket_id",
)
CLOCK = (
    "id",
    "ticket_id",
    "engagement_id",
    "version_id",
    "owed_by_id",
    "kind",
    "round",
    "priority",
    "target_minutes",
    "calendar",
    "started_at",
    "first_due_at",
    "due_at",
    "met_at",
    "stopped_at",
    "elsewhere",
    "late_at",
    "late_from_minutes",
    "paused",
)
ARTICLE = ("id", "ticket_id", "article_id", "linked_for_id", "linked_by_id", "at")
_UNFIT_FOR_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def ticket_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give each ticket in sight as the actor's organization has it, with the other parties that it may know of."""
    known = set(Organization.objects.visible_to(actor).values_list("id", flat=True))
    engaged = set(Engagement.objects.visible_to(actor).values_list("id", flat=True))
    named = [*PART, "owner_id", *(f"ticket__{name}" for name in (*SHARED, *OWNERS))]
    rows = Participation.objects.visible_to(actor).order_by("ticket_id").values(*named).iterator(2_000)
    for some in batched(rows, 1_000):
        others = _others([row["ticket_id"] for row in some], actor, known, engaged)
        for row in some:
            record = {name: row[name] for name in PART}
            record["owner_id"] = row["owner_id"] if row["owner_id"] in known else None
            record |= {name: row[f"ticket__{name}"] for name in SHARED}
            if row["kind"] == Kind.OWNER:
                record |= {name: row[f"ticket__{name}"] for name in OWNERS}
            record["turn"] = Turn(row["turn"]).name.lower()
            record["next_due_at"] = None if row["next_due_at"] == NEVER else row["next_due_at"]
            record["parties"] = others[row["ticket_id"]]
            yield record


def _others(
    ticket_ids: list[UUID], actor: Actor, known: set[UUID], engaged: set[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """Return who else takes part in tickets, as far as the actor's organization may know; a reference where it is of both."""
    parts: dict[UUID, list[Participation]] = {ticket_id: [] for ticket_id in ticket_ids}
    for part in Participation.objects.filter(ticket_id__in=ticket_ids).select_related("engagement"):
        parts[part.ticket_id].append(part)
    found: dict[UUID, list[dict[str, Any]]] = {}
    for ticket_id, of_ticket in parts.items():
        seen = parties_seen_by(actor.organization_id, of_ticket) & known - {actor.organization_id}
        found[ticket_id] = [
            {
                "organization_id": part.organization_id,
                "engagement_id": part.engagement_id,
                "kind": part.kind,
                "reference": part.reference if part.engagement_id else "",
            }
            for part in sorted(of_ticket, key=lambda part: part.organization_id)
            if part.organization_id in seen and (part.engagement_id is None or part.engagement_id in engaged)
        ]
    return found


def clock_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give the clocks of the tickets in sight: those of engagements in sight, and of the own desk."""
    theirs = Q(engagement_id__in=Engagement.objects.visible_to(actor).values("id"))
    own = Q(engagement=None, ticket__owner_id=actor.organization_id)
    rows: Any = Clock.objects.filter(
        theirs | own, ticket_id__in=Participation.objects.visible_to(actor).values("ticket_id")
    ).order_by("pk")
    yield from rows.values(*CLOCK).iterator(2_000)


def article_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give what articles helped with, as far as the entries that say so come along."""
    rows: Any = TicketArticle.objects.visible_to(actor).exclude(
        id__in=PendingEntry.objects.values("entry_id")
    )
    yield from rows.order_by("pk").values(*ARTICLE).iterator(2_000)


def _events(actor: Actor) -> Iterator[dict[str, Any]]:
    """Give what happened to the tickets in sight, ticket by ticket in order: reference, kind, instants, who."""
    parts = Participation.objects.visible_to(actor)
    references = dict(parts.values_list("ticket_id", "reference"))
    rows = (
        entries_readable(actor)
        .filter(subject_kind="ticket", subject_id__in=parts.values("ticket_id"))
        .order_by("subject_id", "occurred_at", "source_seq", "id")
        .values(
            "subject_id", "kind", "occurred_at", "recorded_at", "actor_kind", "actor_id", "organization_id"
        )
    )
    names: dict[UUID | None, str | None] = {}
    for row in rows.iterator(2_000):
        asked = [i for i in (row["actor_id"], row["organization_id"]) if i is not None and i not in names]
        if asked:
            known = ledger_sight().names(actor, asked)
            names.update({i: known.get(i) for i in asked})
        yield {
            "reference": references[row["subject_id"]],
            "kind": row["kind"].partition("/")[0],
            "occurred_at": row["occurred_at"],
            "recorded_at": row["recorded_at"],
            "who": names.get(row["actor_id"]) or row["actor_kind"],
            "organization": names.get(row["organization_id"]) or "",
        }


def _tickets_csv(actor: Actor, at: datetime, out: TextIO) -> None:
    _table(out, _COLUMNS, ticket_records(actor, at))


def _events_csv(actor: Actor, at: datetime, out: TextIO) -> None:
    _table(out, ("reference", "kind", "occurred_at", "recorded_at", "who", "organization"), _events(actor))


def _table(out: TextIO, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    names = list(columns)
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(names)
    lines.writerows([_cell(row[name]) for name in names] for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    text = "" if value is None else str(value)
    # A spreadsheet would compute what begins like a formula.
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _events_xes(actor: Actor, at: datetime, out: TextIO) -> None:
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">\n'
        '<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>\n'
        '<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>\n'
        '<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>\n'
    )
    for reference, events in groupby(_events(actor), key=lambda event: event["reference"]):
        out.write(f"<trace>\n{_string('concept:name', reference)}")
        for event in events:
            when = event["occurred_at"].astimezone(UTC).isoformat()
            out.write(
                f"<event>{_string('concept:name', event['kind'])}"
                f'<date key="time:timestamp" value="{escape(when)}"/>'
                f"{_string('org:resource', event['who'])}{_string('org:group', event['organization'])}</event>\n"
            )
        out.write("</trace>\n")
    out.write("</log>\n")


def _string(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(_UNFIT_FOR_XML.sub("", value))}/>'


def register() -> None:
    """Let them be taken out."""
    register_export("tickets", ticket_records)
    register_export("clocks", clock_records)
    register_export("ticket_articles", article_records)
    register_export_view("tickets.csv", _tickets_csv)
    register_export_view("events.csv", _events_csv)
    register_export_view("events.xes", _events_xes)
