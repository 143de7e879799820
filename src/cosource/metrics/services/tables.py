"""The tables that facts are read from: one list of statements, for all tickets and for some, on both databases.

Each statement is written once, with marks for what the two databases say differently. Ids, times, states and small values are
read; names and texts are not. Not here: the connection (`source`) and what becomes of the rows (`folding`).
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds, by which it is read from the database and taken in."""

    UID = "uid"
    AT = "at"
    INT = "int"
    FLAG = "flag"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Raw:
    """A table of what was read: its columns as (name, kind, expression), where they come from.

    `key`: the column with the ticket's id, by which rows are asked for; empty where all rows are read each time.
    """

    name: str
    columns: tuple[tuple[str, Kind, str], ...]
    source: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one database says in its own way. `blank`: whether a column's type is guessed from its values."""

    name: str
    blank: bool

    def read(self, kind: Kind, expression: str) -> str:
        """Return how a column is read, so that its type never depends on which rows there are."""
        if self.blank:
            return f"COALESCE({expression}, {-1 if kind in (Kind.INT, Kind.FLAG) else "''"})"
        if kind is Kind.AT:
            return f"({expression}) AT TIME ZONE 'UTC'"
        return f"CAST({expression} AS text)" if kind in (Kind.UID, Kind.TEXT) else expression

    def land(self, kind: Kind, name: str) -> str:
        """Return how the column is taken in by the engine."""
        if kind is Kind.UID:
            return f"CAST(NULLIF({name}, '') AS UUID) AS {name}"
        if not self.blank:
            return f"CAST({name} AS {_TYPES[kind]}) AS {name}"
        if kind is Kind.FLAG:
            return f"CASE {name} WHEN 1 THEN true WHEN 0 THEN false END AS {name}"
        empty = "-1" if kind is Kind.INT else "''"
        return f"CAST(NULLIF({name}, {empty}) AS {_TYPES[kind]}) AS {name}"

    def flag(self, condition: str) -> str:
        """Return a condition as a column."""
        return f"CASE WHEN {condition} THEN " + ("1 ELSE 0 END" if self.blank else "true ELSE false END")

    def unless_merged(self, category: str) -> str:
        """Return the category of a line, none for a merge: a duplicate that ends and goes on is not resolved and reopened."""
        merged = " OR ".join(f"{self.json('facts', name)} = 'merged'" for name in ("to", "state"))
        return f"CASE WHEN {merged} THEN NULL ELSE {category} END"

    def json(self, column: str, path: str) -> str:
        """Return the value at a dotted path of a JSON column, as text or as a small number."""
        if self.blank:
            return f"json_extract({column}, '$.{path}')"
        return f"{column} #>> '{{{path.replace('.', ',')}}}'"

    def json_int(self, column: str, path: str) -> str:
        """Return the whole number at a dotted path of a JSON column."""
        return f"CAST({self.json(column, path)} AS integer)"

    def uid(self, hexadecimal: str) -> str:
        """Return an id as a literal."""
        return f"'{hexadecimal}'" if self.blank else f"'{hexadecimal}'::uuid"


_TYPES = {
    Kind.UID: "UUID",
    Kind.AT: "TIMESTAMP",
    Kind.INT: "BIGINT",
    Kind.FLAG: "BOOLEAN",
    Kind.TEXT: "VARCHAR",
}
DIALECTS = {"sqlite": Dialect("sqlite", True), "postgresql": Dialect("postgresql", False)}

LINE, MOVED = "ticket.source_line/1", "ticket.state_changed/1"
# What a party that does not read the move itself learns of it.
KNOWN = "ticket.state_known/1"


def raw_tables(d: Dialect) -> tuple[Raw, ...]:
    """Return all statements in a database's own words."""
    uid, at, whole, flag, text = Kind.UID, Kind.AT, Kind.INT, Kind.FLAG, Kind.TEXT
    return (
        Raw(
            "raw_ticket",
            (
                ("ticket", uid, "t.id"), ("owner", uid, "t.owner_id"), ("import_id", uid, "t.import_id"),
                ("ticket_kind", text, "t.kind"), ("merged", flag, d.flag("t.state = 'merged'")),
                ("category", text, "t.category"), ("priority", whole, "t.priority"), ("impact", whole, "t.impact"),
                ("urgency", whole, "t.urgency"), ("topic", text, "t.topic"), ("subtopic", text, "t.subtopic"),
                ("service", uid, "t.service_id"), ("site", uid, "t.site_id"), ("requester", uid, "t.requester_id"),
                ("holder", uid, "t.holder_organization_id"), ("team", uid, "t.holder_team_id"),
                ("sample", flag, "t.demo"), ("opened_at", at, "t.opened_at"), ("resolved_at", at, "t.resolved_at"),
                ("closed_at", at, "t.closed_at"), ("stated_resolved_at", at, "s.resolved_at"),
                ("reassignments", whole, "s.reassignments"), ("reopenings", whole, "s.reopens"),
                ("sla_stated", flag, "s.sla_met"), ("knowledge_stated", flag, "s.knowledge"), ("kept", text, "s.kept"),
            ),
            "tickets_ticket t LEFT JOIN tickets_statedfigures s ON s.ticket_id = t.id",
            "t.id",
        ),
        Raw(
            "raw_part",
            (("ticket", uid, "ticket_id"), ("engagement", uid, "engagement_id"), ("asked_at", at, "asked_at"),
             ("is_worker", flag, d.flag("kind = 'worker' AND engagement_id IS NOT NULL"))),
            "tickets_participation",
            "ticket_id",
        ),
        Raw(
            "raw_held",
            (("ticket", uid, "ticket_id"), ("place", whole, "sequence"), ("party", uid, "organization_id"),
             ("team", uid, "team_id"), ("from_at", at, "from_at")),
            "tickets_possession",
            "ticket_id",
        ),
        Raw(
            "raw_line",
            (("ticket", uid, "subject_id"), ("id", uid, "id"), ("from_at", at, "occurred_at"), ("place", whole, "source_seq"),
             ("kind", text, "kind"), ("audience", uid, "audience_id"),
             ("party", uid, d.json("facts", "holder")), ("team", uid, d.json("facts", "team")),
             ("category", text, d.unless_merged(d.json("facts", "category"))),
             ("reassignments", whole, d.json_int("facts", "stated.reassignments")),
             ("reopenings", whole, d.json_int("facts", "stated.reopens"))),
            f"(SELECT * FROM foundation_entry WHERE {{where}} AND kind IN ('{LINE}', '{MOVED}', '{KNOWN}')) AS lines",
            "subject_id",
        ),
        Raw(
            "raw_pause",
            (("ticket", uid, "ticket_id"), ("place", whole, "sequence"), ("turn", text, "turn"),
             ("party", uid, "turn_organization_id"), ("from_at", at, "from_at"), ("until_at", at, "until_at")),
            "tickets_pause",
            "ticket_id",
        ),
        Raw(
            "raw_clock",
            (("ticket", uid, "ticket_id"), ("clock", uid, "id"), ("engagement", uid, "engagement_id"),
             ("version", uid, "version_id"), ("kind", text, "kind"), ("round", whole, "round"),
             ("target_minutes", whole, "target_minutes"), ("started_at", at, "started_at"), ("due_at", at, "due_at"),
             ("met_at", at, "met_at"), ("stopped_at", at, "stopped_at"),
             ("paused", flag, "paused"), ("elsewhere", text, "elsewhere")),
            "tickets_clock",
            "ticket_id",
        ),
        Raw(
            "raw_message",
            (("ticket", uid, "ticket_id"), ("audience", uid, "audience_id"), ("party", uid, "author_organization_id"),
             ("author", uid, "author_id"), ("sent_at", at, "at")),
            "(SELECT * FROM tickets_message WHERE {where} AND kind = 'message' AND author_id IS NOT NULL) AS messages",
            "ticket_id",
        ),
        Raw(
            "raw_article",
            (("ticket", uid, "ticket_id"), ("audience", uid, "audience_id")),
            "(SELECT * FROM tickets_ticketarticle WHERE {where} AND removed_at IS NULL) AS articles",
            "ticket_id",
        ),
        Raw(
            "raw_contact",
            (("ticket", uid, "ticket_id"), ("audience", uid, "audience_id"), ("solved", flag, "solved")),
            "(SELECT * FROM tickets_contact WHERE {where} AND opened) AS contacts",
            "ticket_id",
        ),
        Raw(
            "raw_survey",
            (("ticket", uid, "ticket_id"), ("audience", uid, "audience_id"), ("score", whole, "score")),
            "tickets_survey",
            "ticket_id",
        ),
        # Calls are asked for by their own ids, as tickets are.
        Raw(
            "raw_call",
            (("call", uid, "id"), ("owner", uid, "organization_id"), ("engagement", uid, "engagement_id"),
             ("offered_at", at, "offered_at"), ("answered_at", at, "answered_at"), ("abandoned_at", at, "abandoned_at"),
             ("ended_at", at, "ended_at"), ("queue", text, "queue"), ("sample", flag, "demo")),
            "tickets_call",
            "id",
        ),
        Raw(
            "raw_engagement",
            (("engagement", uid, "id"), ("client", uid, "client_id"), ("partner", uid, "partner_id")),
            "parties_engagement",
        ),
        Raw(
            "raw_reader",
            (("audience", uid, "a.id"), ("with_requester", flag, "a.with_requester"),
             ("party", uid, "r.organization_id")),
            "foundation_audience a LEFT JOIN foundation_audiencereader r ON r.audience_id = a.id",
        ),
    )  # fmt: skip
