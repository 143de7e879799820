"""The plan of a change, the review after it, and the times in which nothing may be changed.

Not here: approvals (`services.approving`), and carrying it out, which is a move like others.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.ids import new_id
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Engagement, Organization, Service, Site
from cosource.parties.queries.sight import live
from cosource.tickets.models import ChangePlan, Freeze
from cosource.tickets.queries.changes import plan_of
from cosource.tickets.rules.states import AWAITING_APPROVAL, CLOSED, NEW, RESOLVED, SCHEDULED, TicketKind, Who
from cosource.tickets.services import policy
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.moving import state_set
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import load, note, readers_with, require_text, save

# Nobody plans further than this; beyond it some zones cannot say the time.
YEARS = (2000, 2200)
PLANNED = ("type", "risk", "starts_at", "ends_at")


@transaction.atomic
def plan_set(
    *,
    ticket_id: UUID,
    changes: dict[str, Any],
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Set type, risk (1 high to 3 low) and window of a change.

    What was asked for or approved was another plan: a change that waits for approval or its window goes back to its draft.
    Appends `ticket.planned/1` with what changed from what to what.
    Raises: NotFound, NotAllowed (also a standard change by a partner), Conflict (no change, or carried out already), Invalid,
    StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.PLAN, record)
    ticket = record.ticket
    if ticket.kind != TicketKind.CHANGE or ticket.state not in (NEW, AWAITING_APPROVAL, SCHEDULED):
        raise Conflict("This is no change that could be planned now.", code="not_to_be_planned")
    if changes.get("type") == ChangePlan.Type.STANDARD and Who.OWNER not in policy.capacities(actor, record):
        raise NotAllowed("Only the owner approves a kind of change once for all.", code="not_owner")
    kept = plan_of(ticket.id)
    plan = kept or ChangePlan(ticket=ticket)
    before = {name: getattr(plan, name) for name in PLANNED}
    for name, value in _checked(changes).items():
        setattr(plan, name, value)
    if plan.starts_at is not None and (plan.ends_at is None or plan.ends_at <= plan.starts_at):
        raise Invalid("The window ends before it begins.", fields={"ends_at": "An instant after the start."})
    if plan.starts_at is None and plan.ends_at is not None:
        raise Invalid("The window has no beginning.", fields={"starts_at": "Say from when."})
    changed = {name: (was, now) for name, was in before.items() if was != (now := getattr(plan, name))}
    if kept is not None and not changed:
        return
    save(record, at=at)
    plan.save()
    note(
        record,
        kind="ticket.planned/1",
        actor=actor,
        at=at,
        readers=readers_with(record, actor, ticket.holder_organization_id),
        facts={name: {"from": _plain(was), "to": _plain(now)} for name, (was, now) in changed.items()},
    )
    if ticket.state != NEW:
        state_set(record, NEW, actor=actor, at=at)
    sync(record, at=at)


@transaction.atomic
def change_review(
    *,
    ticket_id: UUID,
    outcome: str,
    text: str,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Say what became of a change that was carried out, and close it. Appends `ticket.change_reviewed/1`.

    Raises: NotFound, NotAllowed, Conflict (not carried out), Invalid, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.REVIEW, record)
    ticket = record.ticket
    if ticket.kind != TicketKind.CHANGE or ticket.state != RESOLVED:
        raise Conflict("There is nothing to review yet.", code="nothing_to_review")
    if outcome not in ChangePlan.Outcome.values:
        raise Invalid(
            "There is no such outcome.",
            fields={"outcome": _("One of %(choices)s.") % {"choices": ", ".join(ChangePlan.Outcome.values)}},
        )
    body = require_text(text, "text", limit=20_000)
    ChangePlan.objects.update_or_create(ticket=ticket, defaults={"outcome": outcome, "reviewed_at": at})
    note(
        record,
        kind="ticket.change_reviewed/1",
        actor=actor,
        at=at,
        readers=readers_with(record, actor, ticket.holder_organization_id),
        facts={"outcome": outcome},
    )
    state_set(record, CLOSED, actor=actor, at=at, text=body)
    sync(record, at=at)


@transaction.atomic
def freeze_add(
    *,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    at: datetime,
    service_id: UUID | None = None,
    site_id: UUID | None = None,
    shared: bool = True,
) -> Freeze:
    """Say that the actor's organization wants nothing changed for a time.

    Appends `freeze.added/1` to its own record, and where partners see it to that of each live engagement, one by one.
    Raises: NotAllowed, NotFound, Invalid.
    """
    organization = _led(actor)
    title = require_text(" ".join(name.split()), "name", limit=120)
    _require_near(starts_at, ends_at)
    if ends_at <= starts_at:
        raise Invalid("The freeze ends before it begins.", fields={"ends_at": "An instant after the start."})
    for model, pk in ((Service, service_id), (Site, site_id)):
        if pk is not None and not model.objects.filter(pk=pk, organization=organization).exists():
            raise NotFound
    freeze = Freeze.objects.create(
        id=new_id(),
        organization=organization,
        name=title,
        starts_at=starts_at,
        ends_at=ends_at,
        service_id=service_id,
        site_id=site_id,
        shared=shared,
        created_at=at,
        created_by_id=actor.person_id,
    )
    facts = {"from": instant_text(starts_at), "until": instant_text(ends_at)}
    _tell(freeze, actor, at, kind="freeze.added/1", said={"facts": facts, "payload": {"name": title}})
    return freeze


@transaction.atomic
def freeze_lift(*, freeze_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a freeze back. Appends `freeze.lifted/1`. Raises: NotFound, NotAllowed, Conflict (lifted before)."""
    freeze = Freeze.objects.visible_to(actor).filter(id=freeze_id).first()
    if freeze is None:
        raise NotFound
    organization = _led(actor)
    if freeze.organization_id != organization.id:
        raise NotAllowed("Only who set a freeze takes it back.")
    if not Freeze.objects.filter(id=freeze.id, lifted_at__isnull=True).update(lifted_at=at):
        raise Conflict("This freeze was taken back before.", code="lifted_before")
    _tell(freeze, actor, at, kind="freeze.lifted/1", said={"facts": {}})


def _tell(freeze: Freeze, actor: Actor, at: datetime, *, kind: str, said: dict[str, Any]) -> None:
    """Append an entry to each stream by itself: partners of one client need not know of each other."""
    streams = [freeze.organization.own_stream_id]
    if freeze.shared:
        served = Engagement.objects.filter(live(at), client=freeze.organization).order_by("id")
        streams += served.values_list("stream_id", flat=True)
    for stream_id in streams:
        append(
            kind=kind,
            subject_kind="freeze",
            subject_id=freeze.id,
            audience_id=audience_intern([stream_id]),
            actor=actor,
            at=at,
            **said,
        )


def _led(actor: Actor) -> Organization:
    if actor.organization_id is None or not actor.sight.roles_on(None) & {SERVICE_OWNER, MANAGER}:
        raise NotAllowed("A service owner or manager decides when nothing may be changed.")
    return Organization.objects.get(id=actor.organization_id)


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    unknown = set(changes) - set(PLANNED)
    if unknown:
        raise Invalid(
            "Unknown fields.", fields=dict.fromkeys(sorted(unknown), "This cannot be changed here.")
        )
    if changes.get("type", ChangePlan.Type.NORMAL) not in ChangePlan.Type.values:
        raise Invalid(
            "There is no such type of change.",
            fields={"type": _("One of %(choices)s.") % {"choices": ", ".join(ChangePlan.Type.values)}},
        )
    _require_near(changes.get("starts_at"), changes.get("ends_at"))
    if changes.get("risk", 2) not in (1, 2, 3):
        raise Invalid("Risk is 1, 2 or 3.", fields={"risk": "1 high, 2 medium, 3 low."})
    return changes


def _require_near(starts_at: datetime | None, ends_at: datetime | None) -> None:
    """Refuse an instant that no zone could write, or that is a slip of the keyboard. Raises: Invalid, naming the field."""
    for name, at in (("starts_at", starts_at), ("ends_at", ends_at)):
        if at is not None and not YEARS[0] <= at.year <= YEARS[1]:
            raise Invalid(
                "That is too far away.",
                fields={name: _("Between %(first)s and %(last)s.") % {"first": YEARS[0], "last": YEARS[1]}},
            )


def _plain(value: Any) -> Any:
    return instant_text(value) if isinstance(value, datetime) else value
