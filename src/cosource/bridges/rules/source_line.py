"""One line of a foreign record as an entry of the ledger: its facts, its names, and the way back.

Here: what is said in facts (ids, times, states, small values), what in the payload (names and texts, which can be erased), and
how the story of a ticket is told again from entries when more of its lines arrive. Not here: who reads a line (services).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cosource.bridges.rules.events import SourceEvent, Stated

LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Places:
    """The ids, as 32 hexadecimal digits, of what a line names; None where it names nothing."""

    holder: str | None
    team: str | None
    service: str | None
    site: str | None


def line_facts(event: SourceEvent, places: Places, people: Collection[str]) -> dict[str, Any]:
    """Return the facts of a line. `people`: the kept columns that name people, which stay out."""
    facts: dict[str, Any] = {
        "state": event.state,
        "category": event.category,
        "turn": event.turn,
        "source_state": event.source_state,
        "holder": places.holder,
        "team": places.team,
        "service": places.service,
        "site": places.site,
        "priority": event.priority,
        "impact": event.impact,
        "urgency": event.urgency,
        "stated": stated_facts(event.stated),
    }
    if event.pause_reason is not None:
        facts["reason"] = event.pause_reason
    if event.opened_at is not None:
        facts["opened_at"] = _instant(event.opened_at)
    kept = {
        name: text for name, text in event.kept.items() if name not in people and len(text) <= LONGEST_VALUE
    }
    if kept:
        facts["kept"] = kept
    return facts


def stated_facts(stated: Stated) -> dict[str, Any]:
    """Return what the source states, without what it leaves out."""
    return {
        name: _instant(value) if isinstance(value, datetime) else value
        for name, value in zip(Stated._fields, stated, strict=True)
        if value is not None
    }


def line_names(event: SourceEvent, people: Collection[str], *, withheld: bool) -> dict[str, Any]:
    """Return the names of a line.

    `withheld`: it is read by several parties that need not know of each other, so that whoever acted is not named: a line that
    one party holds may have been written by the hand of another.
    """
    names: dict[str, Any] = {}
    if event.group is not None:
        names["group"] = event.group
    if event.requester is not None:
        names["requester"] = event.requester
    if event.category_name is not None:
        names["topic"] = event.category_name
    if event.subcategory is not None:
        names["subtopic"] = event.subcategory
    if event.asset is not None:
        names["asset"] = event.asset
    if event.channel is not None:
        names["channel"] = event.channel
    long = {
        name: text for name, text in event.kept.items() if name not in people and len(text) > LONGEST_VALUE
    }
    if long:
        names["kept"] = long
    if withheld:
        if event.assignee is not None and event.group is not None:
            names["assignee"] = event.assignee
    else:
        names |= hands(event, people)
    return names


def hands(event: SourceEvent, people: Collection[str]) -> dict[str, Any]:
    """Return the names of those who acted, as far as the line has them."""
    found: dict[str, Any] = {}
    if event.assignee is not None:
        found["assignee"] = event.assignee
    if event.author is not None:
        found["author"] = event.author
    named = {name: text for name, text in event.kept.items() if name in people}
    if named:
        found["people"] = named
    return found


def event_again(
    ticket_key: str,
    *,
    key: str,
    occurred_at: datetime,
    source_seq: int,
    facts: Mapping[str, Any],
    names: Mapping[str, Any],
    party: str | None,
) -> SourceEvent:
    """Return the event that an entry was written from, as far as a ticket's story needs it.

    `party`: the holder's key in the mapping. `names`: the payload, empty when it was erased; the team then stands for the
    group.
    """
    team = facts.get("team")
    stated = facts.get("stated", {})
    return SourceEvent(
        ticket_key=ticket_key,
        ordinal=1,
        row_number=0,
        digest=key,
        occurred_at=occurred_at,
        source_seq=source_seq,
        opened_at=_read(facts.get("opened_at")),
        created_at=None,
        state=facts["state"],
        category=facts["category"],
        turn=facts["turn"],
        pause_reason=facts.get("reason"),
        source_state=facts["source_state"],
        group=None if team is None else str(names.get("group", team)),
        party=None if team is None else party,
        team=team,
        assignee=None,
        requester=names.get("requester"),
        author=None,
        priority=facts.get("priority"),
        impact=facts.get("impact"),
        urgency=facts.get("urgency"),
        category_name=names.get("topic"),
        subcategory=names.get("subtopic"),
        service=None,
        site=None,
        asset=names.get("asset"),
        channel=names.get("channel"),
        title=None,
        description=None,
        stated=Stated(
            resolved_at=_read(stated.get("resolved_at")),
            closed_at=_read(stated.get("closed_at")),
            reassignments=stated.get("reassignments"),
            reopens=stated.get("reopens"),
            sla_met=stated.get("sla_met"),
            knowledge=stated.get("knowledge"),
        ),
        kept=facts.get("kept", {}),
    )


def _instant(value: datetime) -> str:
    """Write an instant as the ledger does: UTC, six decimals.

    >>> _instant(datetime(2016, 2, 29, 1, 16, tzinfo=UTC))
    '2016-02-29T01:16:00.000000Z'
    """
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
