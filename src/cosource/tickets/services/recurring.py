"""Recurring tickets: setting the rule, pausing it, and opening what is due, each day once.

What is due is looked for by the worker. A rule is claimed by compare-and-set on its next instant, in the transaction that opens
the ticket; a row that is unique for rule and day stands behind it. After days without a worker one ticket opens and names what
was missed. Not here: when a rule comes (`rules.recurrence`).
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cosource.foundation.errors import CosourceError, Invalid, NotAllowed, NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.sight import Actor
from cosource.parties.models import Person
from cosource.tickets.models import Recurrence, RecurringTicket, Ticket, TicketTemplate
from cosource.tickets.queries.desks import desks_of
from cosource.tickets.queries.recurring import (
    calendar_names,
    dates_after,
    own_zone,
    recurring_get,
    rule_words,
)
from cosource.tickets.queries.templates import filled_on
from cosource.tickets.rules.recurrence import KEEP, ON_HOLIDAYS, BadRule, rule_read, rule_written
from cosource.tickets.rules.wording import gettext_noop
from cosource.tickets.services.acting import acting_for
from cosource.tickets.services.beginning import ticket_begin
from cosource.tickets.services.kept import (
    keeper_of,
    kept_change,
    kept_end,
    kept_get,
    kept_tell,
    one_line,
    require_kept,
    require_known,
    require_room,
)
from cosource.tickets.services.opening import LONGEST_TEXT
from cosource.tickets.services.recurring_halting import recurring_halt

MOST_KEPT = 300
NEVER = gettext_noop(
    "For years to come its days are all closed days. Change the rule, or what becomes of closed days."
)
# Of what was missed so many days are named one by one.
NAMED = 20
# A rule that nobody's worker looked at for longer has come too often to be counted day by day.
_LOOKED_BACK = 1_000
_AT_ONCE = 100
CHANGEABLE = (
    "name",
    "template_id",
    "engagement_id",
    "rule",
    "zone",
    "first_on",
    "calendar",
    "on_holidays",
    "paused",
)
# What decides when it comes; a pause ends where it goes on.
_TIMES = ("rule", "zone", "first_on", "calendar", "on_holidays", "paused")
_KEPT = (*CHANGEABLE, "next_at", "trouble", "by_id", "by_token")

log = structlog.get_logger(__name__)


@transaction.atomic
def recurring_add(*, values: dict[str, Any], actor: Actor, at: datetime) -> RecurringTicket:
    """Let a template open by a rule, in the actor's name. Appends `recurring_ticket.added/1` to the organization's own record.

    `values`: of `CHANGEABLE`; time zone and first day begin with the desk's own and today. Raises: NotAllowed, NotFound, Invalid
    naming the field, Conflict.
    """
    organization = keeper_of(actor)
    require_room(RecurringTicket.objects.all(), organization, MOST_KEPT)
    row = recurring_draft(values={"name": "", "template_id": None, **values}, actor=actor, at=at)
    row.save()
    kept_tell(row, "recurring_ticket.added/1", actor, at, rule=row.rule, zone=row.zone)
    return row


def recurring_draft(*, values: dict[str, Any], actor: Actor, at: datetime) -> RecurringTicket:
    """Return a recurring ticket that is not kept yet, with when it would open next. Raises: as `recurring_add`."""
    organization = keeper_of(actor)
    zone = own_zone(organization.id)
    row = RecurringTicket(organization=organization, created_at=at, on_holidays=KEEP, zone=zone)
    _set(row, {"rule": "", **values}, actor, at)
    return row


@transaction.atomic
def recurring_change(
    *,
    recurring_id: UUID,
    values: dict[str, Any],
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> RecurringTicket:
    """Change a rule, pause it or let it go on; from now on it opens in the actor's name. Appends `recurring_ticket.changed/1`.

    What fell into a pause is not made up for. Raises: NotFound, NotAllowed, Invalid, Conflict (taken away), StaleVersion.
    """
    row = kept_get(RecurringTicket.objects.visible_to(actor), recurring_id, actor)
    require_kept(row, expected_version)
    before = {name: getattr(row, name) for name in _KEPT}
    _set(row, values, actor, at)
    if changed := kept_change(row, before, _KEPT):
        kept_tell(row, "recurring_ticket.changed/1", actor, at, fields=changed, rule=row.rule, zone=row.zone)
    return row


@transaction.atomic
def recurring_end(*, recurring_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a rule away; what it opened stays. Appends `recurring_ticket.ended/1`. Raises: NotFound, NotAllowed, Conflict."""
    row = kept_get(RecurringTicket.objects.visible_to(actor), recurring_id, actor)
    kept_end(row, at)
    kept_tell(row, "recurring_ticket.ended/1", actor, at)


def recurring_open_due(*, at: datetime) -> int:
    """Open what is due at `at`, each rule in a transaction of its own; return how many tickets that were.

    A rule whose ticket is refused, since who set it may not open it any more, stands still and says why; what is refused only
    for now is tried again the next time.
    """
    due = RecurringTicket.objects.filter(next_at__lte=at, paused=False, ended_at=None, trouble="")
    opened, broken = 0, None
    for row in due.select_related("template", "organization").order_by("next_at", "id"):
        # Counted by what opened, so that those which have to wait keep nobody else waiting.
        if opened >= _AT_ONCE:
            break
        try:
            opened += _open(row, at) is not None
        except (NotFound, NotAllowed, Invalid) as refusal:
            said = [refusal.message, *map(str, refusal.details.get("fields", {}).values())]
            recurring_halt(row, at_next=row.next_at, why="; ".join(said), code=refusal.code, at=at)
        except CosourceError as refusal:
            log.warning("recurring.postponed", recurring=str(row.id), reason=refusal.code)
        except Exception as trouble:  # noqa: BLE001 - one rule must not hold up the others; raised below
            log.warning("recurring.postponed", recurring=str(row.id), reason=type(trouble).__name__)
            broken = trouble
    if broken is not None:
        raise broken
    return opened


@transaction.atomic
def _open(row: RecurringTicket, at: datetime) -> Ticket | None:
    """Open the one ticket of a rule that is due; None when another worker did."""
    due, next_at = _due(row, at)
    mine = RecurringTicket.objects.filter(
        pk=row.pk, next_at=row.next_at, paused=False, ended_at=None, trouble=""
    )
    if not mine.update(next_at=next_at):
        return None
    if next_at is None:
        recurring_halt(row, at_next=None, why=NEVER, code="never", at=at)
    if not due:
        return None
    actor = acting_for(by_id=row.by_id, by_token=row.by_token, organization_id=row.organization_id, at=at)
    *missed, last = due
    locale = Person.objects.filter(pk=actor.person_id or NIL).values_list("locale", flat=True).first()
    with translation.override(locale or settings.LANGUAGE_CODE):
        template, found = filled_on(
            template_id=row.template_id, engagement_id=row.engagement_id, actor=actor, at=at
        )
        said = _said(row, last, missed, found.left_out)
    values = dict(found.values)
    values["title"] = values["title"] or template.name
    values["text"] = _with(values["text"], said)
    values["checklist"] = values["checklist"].splitlines()
    try:
        with transaction.atomic():
            record = ticket_begin(actor=actor, at=at, engagement_id=row.engagement_id, must=False, **values)
            Recurrence.objects.create(
                recurring=row, due_at=last, missed=[m.isoformat() for m in missed], ticket=record.ticket
            )
    except IntegrityError:
        if Recurrence.objects.filter(recurring=row, due_at=last).exists():
            return None
        raise
    return record.ticket


def _due(row: RecurringTicket, at: datetime) -> tuple[list[datetime], datetime | None]:
    """Return what came up to `at`, oldest first, and what comes next."""
    assert row.next_at is not None  # noqa: S101 - it was chosen for it
    due: list[datetime] = []
    before = row.next_at - timedelta(microseconds=1)
    while True:
        some = dates_after(row, before, at, count=50)
        due += [instant for instant in some if instant <= at]
        later = next((instant for instant in some if instant > at), None)
        if later is not None or not some or len(due) >= _LOOKED_BACK:
            return due, later if later is not None or not some else _next(row, at)
        before = some[-1]


def _next(row: RecurringTicket, at: datetime) -> datetime | None:
    return next(iter(dates_after(row, at, at, count=1)), None)


def _said(row: RecurringTicket, due: datetime, missed: list[datetime], left_out: list[str]) -> str:
    """Say which rule opened the ticket, what was missed, and what of the template could not be chosen."""

    def when(instant: datetime) -> str:
        return date_format(instant.astimezone(ZoneInfo(row.zone)), _("j M Y, H:i"))

    lines = [
        _("Recurring ticket: %(rule)s (%(zone)s). Due %(due)s.")
        % {"rule": rule_words(rule_read(row.rule)), "zone": row.zone, "due": when(due)}
    ]
    if missed:
        named = ", ".join(when(m) for m in missed[-NAMED:])
        more = len(missed) - NAMED
        if more > 0:
            named = _("%(n)d earlier ones, %(named)s") % {"n": more, "named": named}
        lines.append(_("Missed before, and not opened: %(named)s.") % {"named": named})
    if left_out:
        lines.append(f"{_('Left out, since it cannot be chosen here:')} {', '.join(left_out)}.")
    return "\n\n".join(f"*{line}*" for line in lines)


def _with(text: str, said: str) -> str:
    """Return the template's text, cut where what is said of the rule would find no room below it."""
    room = LONGEST_TEXT - len(said) - 2
    kept = text if len(text) <= room else f"{text[: room - 1]}…"
    return "\n\n".join(filter(None, (kept, said)))


def _set(row: RecurringTicket, values: dict[str, Any], actor: Actor, at: datetime) -> None:
    require_known(values, CHANGEABLE)
    was = {name: getattr(row, name) for name in _TIMES}
    for name, value in values.items():
        setattr(row, name, _checked(name, value, row, at))
    if row.first_on is None:
        row.first_on = at.astimezone(ZoneInfo(row.zone)).date()
    if "template_id" in values:
        templates = TicketTemplate.objects.filter(organization_id=row.organization_id, ended_at=None)
        if values["template_id"] is None or not templates.filter(pk=values["template_id"]).exists():
            raise Invalid("Something is missing.", fields={"template_id": "Choose one of your templates."})
    desks = {d.engagement.id if d.engagement else None for d in desks_of(actor, at)}
    if row.engagement_id not in desks:
        raise NotFound
    if any(getattr(row, name) != was[name] for name in _TIMES) or row.next_at is None:
        row.next_at = _next(row, at)
    # Otherwise what is overdue, since it stood still or no worker ran, is opened late and not lost.
    row.by_id, row.by_token, row.trouble = actor.id, actor.kind == "token", ""
    if row.next_at is None:
        raise Invalid("This never comes.", fields={"rule": NEVER})


def _checked(name: str, value: Any, row: RecurringTicket, at: datetime) -> Any:
    if name == "name":
        return one_line(value, name, limit=120, optional=False)
    if name == "rule":
        try:
            return rule_written(rule_read(str(value or "")[:200]))
        except BadRule as bad:
            raise Invalid("The rule cannot be read.", fields={"rule": str(bad)}) from None
    if name == "zone":
        try:
            return ZoneInfo(str(value)).key
        except (OSError, ValueError, KeyError):
            raise Invalid(
                "There is no such time zone.", fields={"zone": "Name one, such as Europe/Berlin."}
            ) from None
    if name == "first_on":
        if value is not None and not 1970 <= value.year <= 2200:
            raise Invalid("That day is too far away.", fields={"first_on": "From 1970 to 2200."})
        return value
    if name == "calendar" and value and value not in calendar_names(row.organization_id, at):
        raise Invalid(
            "Your agreement names no such calendar.", fields={"calendar": "Choose one of the list."}
        )
    if name == "on_holidays" and value not in ON_HOLIDAYS:
        raise Invalid(
            "That is not one of the choices.",
            fields={"on_holidays": _("One of %(choices)s.") % {"choices": ", ".join(ON_HOLIDAYS)}},
        )
    return value or "" if name == "calendar" else bool(value) if name == "paused" else value


def recurring_read(recurring_id: UUID, actor: Actor) -> RecurringTicket:
    """Return one for its keeper. Raises: NotFound, NotAllowed."""
    keeper_of(actor)
    return recurring_get(recurring_id, actor)
