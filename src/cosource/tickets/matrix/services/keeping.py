"""Keeping a party's part of the matrix: the whole of it is set at once, so that no half of an edit is ever in force.

A person who leads the side does it. The other party reads names and means of reach: who is called at night has to be known there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from cosource.foundation.errors import Invalid, NotFound, StaleVersion
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.sight import Actor
from cosource.parties.services.policy import engagement_in_sight, require, require_running
from cosource.parties.services.record import append_shared
from cosource.tickets.matrix.queries.parts import nameable_people, nameable_teams
from cosource.tickets.matrix.rules.line import CONTACT, PERSON, Line
from cosource.tickets.matrix.rules.reading import BadLines, read_lines, write_lines
from cosource.tickets.models import MatrixPart

SUBJECT = "escalation_matrix"
SET = "escalation_matrix.set/1"


@transaction.atomic
def part_set(
    *,
    engagement_id: UUID,
    side: str,
    document: object,
    actor: Actor,
    at: datetime,
    expected_version: int | None,
) -> MatrixPart:
    """Put these lines in place of what a side of the engagement keeps; none: it keeps no part any more.

    `side`: client or partner, one's own or that of a stand-in that one keeps. `document`: as `rules.reading` explains.
    `expected_version`: as it was read, 0 for none; None does not look. Appends `escalation_matrix.set/1` for both parties.
    Raises: NotFound, NotAllowed, Conflict, Invalid (naming the line), StaleVersion.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    if side not in {"client", "partner"}:
        raise NotFound
    party = require(actor, "escalation.manage", engagement, side="client" if side == "client" else "partner")
    require_running(engagement, at)
    part = MatrixPart.objects.filter(engagement=engagement, organization=party.organization).first()
    if expected_version is not None and expected_version != (part.version if part else 0):
        raise StaleVersion
    lines = _checked(document, part, party.organization.id, at)
    written = write_lines(lines)
    if part is None:
        part = MatrixPart(engagement=engagement, organization=party.organization)
    lines_store(part, written, actor=party.actor, at=at)
    return part


def lines_store(part: MatrixPart, written: list[dict[str, Any]], *, actor: Actor, at: datetime) -> None:
    """Put lines in place of a part's, or begin it with them; within the caller's transaction.

    Appends `escalation_matrix.set/1` for both parties. Raises: StaleVersion when somebody else was first.
    """
    if part._state.adding:  # noqa: SLF001 - Django's own word for a row that is not there yet
        part.document, part.changed_at = written, at
        try:
            with transaction.atomic():
                part.save(force_insert=True)
        except IntegrityError:
            raise StaleVersion from None
    else:
        same = MatrixPart.objects.filter(pk=part.pk, version=part.version)
        if not same.update(document=written, version=part.version + 1, changed_at=at):
            raise StaleVersion
        part.document, part.version, part.changed_at = written, part.version + 1, at
    append_shared(
        part.engagement,
        SET,
        (SUBJECT, part.id),
        actor=actor,
        at=at,
        facts={"organization": part.organization_id.hex, "version": part.version, "lines": len(written)},
        payload={"lines": written},
    )


def _checked(
    document: object, part: MatrixPart | None, organization_id: UUID, at: datetime
) -> Sequence[Line]:
    """Read lines that name only people and teams of the party, or whom they named before."""
    try:
        lines = read_lines(document)
    except BadLines as fault:
        raise Invalid(
            "This matrix cannot be read.", code="bad_matrix", fields={fault.place: fault.fix}
        ) from None
    people, teams = nameable_people(organization_id, at), nameable_teams(organization_id)
    before = {
        place["id"] for line in (part.document if part else []) for place in line["who"] if "id" in place
    }
    for number, line in enumerate(lines, start=1):
        for turn, place in enumerate(line.who, start=1):
            known = people if place.kind == PERSON else teams
            if place.kind != CONTACT and place.id not in before and UUID(place.id) not in known:
                raise Invalid(
                    "This matrix names somebody who is not there.",
                    code="bad_matrix",
                    fields={f"line {number}, who {turn}": "Choose a person or a team that there is."},
                )
    return lines


def register() -> None:
    """The matrix changes nobody's rights."""
    register_harmless(SUBJECT)
