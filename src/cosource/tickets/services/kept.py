"""What a desk keeps as settings of its own: who may, changing a row by compare-and-set, and the entry in its own record."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from cosource.foundation.bulk import update_guarded
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization
from cosource.tickets.queries.catalog import may_keep
from cosource.tickets.rules.forms import BadForm, fields_read, fields_written
from cosource.tickets.services.policy import WRITE
from cosource.tickets.services.record import require_text

LONGEST_FORM = 10_000


class Kept(Protocol):
    """A row that a desk keeps."""

    id: UUID
    organization: Organization
    name: str
    ended_at: datetime | None
    version: int


def keeper_of(actor: Actor) -> Organization:
    """Return the organization whose settings the actor keeps. Raises: NotAllowed."""
    if not may_keep(actor) or actor.sight.as_host:
        raise NotAllowed("A service owner or manager decides this for the desk.", code="not_kept_by_you")
    if actor.kind == "token" and not any(
        WRITE in g.rights for g in actor.sight.grants if g.engagement_id is None
    ):
        raise NotAllowed("This token may read only.", code="read_only_token")
    return Organization.objects.get(id=actor.reads_as)


def kept_get[M: models.Model](rows: "models.QuerySet[M]", pk: UUID, actor: Actor) -> M:
    """Return a row in sight, for its keeper alone. Raises: NotFound, NotAllowed."""
    found = rows.filter(pk=pk).select_related("organization").first()
    if found is None:
        raise NotFound
    keeper_of(actor)
    return found


def require_kept(row: Kept, expected_version: int | None) -> None:
    """Refuse to change what is no longer kept, or has changed meanwhile. Raises: Conflict, StaleVersion."""
    if row.ended_at is not None:
        raise Conflict("This was taken away.", code="ended")
    if expected_version is not None and row.version != expected_version:
        raise StaleVersion


def require_room(rows: "models.QuerySet[Any]", organization: Organization, most: int) -> None:
    """Refuse one more than a desk keeps. Raises: Conflict."""
    if rows.filter(organization=organization, ended_at=None).count() >= most:
        raise Conflict(
            _("There are %(most)s already; take one away first.") % {"most": most}, code="too_many"
        )


def require_known(values: Collection[str], known: Collection[str]) -> None:
    """Refuse values that a row has no place for. Raises: Invalid."""
    if unknown := set(values) - set(known):
        raise Invalid("Unknown fields.", fields=dict.fromkeys(sorted(unknown), "This cannot be set here."))


def one_line(value: Any, name: str, *, limit: int, optional: bool = True) -> str:
    """Return a text as one line. Raises: Invalid, naming the field."""
    return require_text(" ".join(str(value or "").split()), name, limit=limit, optional=optional)


def form_written(text: str, *, optional: bool) -> str:
    """Return a form as it is kept, a field in a line. Raises: Invalid, naming the line."""
    if len(text) > LONGEST_FORM or "\x00" in text:
        raise Invalid(
            "The form is too long.",
            fields={"form": _("At most %(limit)s characters.") % {"limit": LONGEST_FORM}},
        )
    try:
        fields = fields_read(text)
    except BadForm as bad:
        raise Invalid("A line of the form cannot be read.", fields={"form": bad.words}) from None
    if not fields and not optional:
        raise Invalid("Something is missing.", fields={"form": "Write at least one field."})
    return fields_written(fields)


def kept_change(row: Any, before: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Write what differs from `before`, while nobody else did; return its names. Raises: StaleVersion."""
    changed = {name: getattr(row, name) for name in names if getattr(row, name) != before[name]}
    if changed and not update_guarded(row, changed, guard="version"):
        raise StaleVersion
    row.version += bool(changed)
    return sorted(changed)


def kept_end(row: Any, at: datetime) -> None:
    """Take a row away; it stays in the record. Raises: Conflict."""
    rows = type(row)._default_manager.filter(pk=row.pk, ended_at__isnull=True)  # noqa: SLF001 - Django's own way to name it
    if not rows.update(ended_at=at, version=row.version + 1):
        raise Conflict("This was taken away.", code="ended")


def kept_tell(row: Kept, kind: str, actor: Actor, at: datetime, *, subject: str = "", **facts: Any) -> None:
    """Append an entry to the organization's own record; its name is in the payload.

    `kind`: such as `ticket_template.added/1`. `subject`: what it is about, where that is not the kind's first word.
    """
    append(
        kind=kind,
        subject_kind=subject or kind.partition(".")[0],
        subject_id=row.id,
        audience_id=audience_intern([row.organization.own_stream_id]),
        actor=actor,
        at=at,
        facts={"version": row.version, **facts},
        payload={"name": row.name},
    )
