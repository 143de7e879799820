"""Bringing in calls as a telephone system counted them: twice is as once, and good rows are kept beside bad ones.

Not here: reading a file's rows (`rules.calls`), and what figures make of calls.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Engagement, Organization
from cosource.parties.queries.sight import live
from cosource.tickets.models import Call, CallLoad
from cosource.tickets.rules.calls import CallProblem, CallRow, NoHeading, rows_read
from cosource.tickets.services.policy import WRITE
from cosource.tickets.services.record import require_text

SUBJECT = "call_load"
# So many calls at once: a desk's year; problems are all counted, and so many are named.
MOST, NAMED = 1_000_000, 200
_AT_ONCE, _ASKED_AT_ONCE = 2_000, 500
_REFUSED = gettext_noop("Who leads the desk, or a token of it that may write, brings calls in.")


@dataclass(slots=True)
class Brought:
    """What became of calls: how many are new, were there already, could not be used, and why; `load_id`: where any are new."""

    taken: int = 0
    known: int = 0
    refused: int = 0
    problems: list[CallProblem] = field(default_factory=list)
    load_id: UUID | None = None


@transaction.atomic
def calls_bring(
    *,
    rows: Iterable[CallRow | CallProblem],
    source: str,
    actor: Actor,
    at: datetime,
    engagement_id: UUID | None = None,
    demo: bool = False,
) -> Brought:
    """Bring in calls of the actor's own desk, or of the desk of an engagement's client under it.

    A call that its source named before is there already and stays as it is. Where any is new, appends `calls.brought/1` to the
    desk's own record or the engagement's. Raises: NotFound, NotAllowed, Invalid (source, too many rows).
    """
    owner, engagement = _desk(actor, engagement_id, at)
    source = require_text(" ".join(source.split()), "source", limit=60)
    brought = Brought()
    new = _new(_read(rows, brought), owner, engagement, source, brought)
    if not new:
        return brought
    load = CallLoad(
        organization=owner,
        engagement=engagement,
        brought_for_id=actor.organization_id,
        source=source,
        refused=brought.refused,
        at=at,
    )
    # In one order, so that two who bring the same calls in at once wait for each other instead of standing crosswise.
    new.sort(key=lambda row: row.outside_id)
    for some in batched(new, _AT_ONCE):
        insert_all([_call(row, load, demo=demo) for row in some], known_too=True)
    brought.taken = Call.objects.filter(load_id=load.id).count()
    brought.known += len(new) - brought.taken
    if not brought.taken:
        return brought
    load.taken, load.known = brought.taken, brought.known
    load.save(force_insert=True)
    brought.load_id = load.id
    append(
        kind="calls.brought/1",
        subject_kind=SUBJECT,
        subject_id=load.id,
        audience_id=audience_intern([engagement.stream_id if engagement else owner.own_stream_id]),
        actor=actor,
        at=at,
        facts={"taken": load.taken, "known": load.known, "refused": load.refused},
        payload={"source": source},
    )
    return brought


def calls_read(
    *,
    lines: Iterable[str],
    source: str,
    actor: Actor,
    at: datetime,
    zone: str = "",
    engagement_id: UUID | None = None,
) -> Brought:
    """Bring in the calls of a file's lines. `zone`: of times that name none; empty: that of the desk.

    Raises: as `calls_bring`; Invalid where the heading lacks something.
    """
    owner, _engagement = _desk(actor, engagement_id, at)
    zone = zone or owner.time_zone
    if zone not in available_timezones():
        raise Invalid("There is no time zone of this name.", fields={"zone": "Such as Europe/Berlin."})
    try:
        return calls_bring(
            rows=rows_read(lines, zone, at), source=source, actor=actor, at=at, engagement_id=engagement_id
        )
    except NoHeading as lacking:
        raise Invalid("The file has no heading that can be used.", fields={"file": str(lacking)}) from None


def _read(rows: Iterable[CallRow | CallProblem], brought: Brought) -> Iterator[CallRow]:
    for number, row in enumerate(rows):
        if number >= MOST:
            raise Invalid(
                "There are too many calls at once.",
                fields={"file": _("At most %(most)s; bring it in parts.") % {"most": MOST}},
            )
        if isinstance(row, CallProblem):
            brought.refused += 1
            if len(brought.problems) < NAMED:
                brought.problems.append(row)
        else:
            yield row


def _new(
    rows: Iterator[CallRow], owner: Organization, engagement: Engagement | None, source: str, brought: Brought
) -> list[CallRow]:
    """Return the calls that are not there yet, each once; whoever brings them in at the same time may still be quicker."""
    here = Call.objects.filter(organization=owner, engagement=engagement, source=source)
    seen: set[str] = set()
    new: list[CallRow] = []
    for some in batched(rows, _ASKED_AT_ONCE):
        ids = {row.outside_id for row in some}
        seen |= set(here.filter(outside_id__in=ids).values_list("outside_id", flat=True))
        for row in some:
            if row.outside_id in seen:
                brought.known += 1
            else:
                seen.add(row.outside_id)
                new.append(row)
    return new


def _call(row: CallRow, load: CallLoad, *, demo: bool) -> Call:
    return Call(
        load=load,
        organization_id=load.organization_id,
        engagement_id=load.engagement_id,
        source=load.source,
        demo=demo,
        **{name: getattr(row, name) for name in CallRow.__dataclass_fields__},
    )


def _desk(actor: Actor, engagement_id: UUID | None, at: datetime) -> tuple[Organization, Engagement | None]:
    """Return at whose desk, and under which engagement, calls are brought in. Raises: NotFound, NotAllowed."""
    if actor.organization_id is None or actor.sight.as_host:
        raise NotAllowed(_REFUSED)
    if engagement_id is None:
        _require(actor, None)
        return Organization.objects.get(id=actor.organization_id), None
    found = Engagement.objects.filter(live(at), id=engagement_id).select_related("client").first()
    if found is None or actor.organization_id not in (found.client_id, found.partner_id):
        raise NotFound
    of_client = actor.organization_id == found.client_id and actor.sight.roles_on(None)
    if not actor.sight.roles_on(found.id) and not of_client:
        raise NotFound
    if not _leads(actor, found.id) and not (of_client and _leads(actor, None)):
        raise NotAllowed(_REFUSED)
    return found.client, found


def _require(actor: Actor, engagement_id: UUID | None) -> None:
    if not _leads(actor, engagement_id):
        raise NotAllowed(_REFUSED)


def _leads(actor: Actor, engagement_id: UUID | None) -> bool:
    """Tell whether the actor leads a desk, or is a program that may write there."""
    if actor.kind == "token":
        return any(WRITE in g.rights for g in actor.sight.grants if g.engagement_id == engagement_id)
    return bool(actor.sight.roles_on(engagement_id) & {SERVICE_OWNER, MANAGER})


def register() -> None:
    """Calls change nobody's rights, and no page waits for them."""
    register_harmless(SUBJECT)
