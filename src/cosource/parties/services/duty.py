"""Duty rosters: adding a shift to a team of one's own, and ending it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.calendars.rules.weekly import WEEKDAYS, minute_of
from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import DutyShift, Membership, Team
from cosource.parties.models.scope import kept_q, live_q
from cosource.parties.services.checks import clean_zone, field_error
from cosource.parties.services.policy import owner_for
from cosource.parties.services.record import append_own

MOST = 100
_DAY_MINUTES = 24 * 60


@transaction.atomic
def shift_add(
    *,
    team_id: UUID,
    person_id: UUID | None,
    days: Sequence[str],
    begins: str,
    ends: str,
    zone: str,
    actor: Actor,
    at: datetime,
) -> DutyShift:
    """Put a team, or one of its members, on duty on some weekdays; from then on the team keeps a roster.

    `begins`, `ends`: times of day as 08:00, at most 24:00; an end before the begin is on the next day. Appends
    `duty.shift_added/1`. Raises: NotFound, NotAllowed, Conflict (ended team, too many), Invalid.
    """
    team = _own_team(actor, team_id)
    party = owner_for(actor, "team.manage", team.organization)
    if team.ended_at is not None:
        raise Conflict(_("This team has ended."), code="team_ended")
    if DutyShift.objects.filter(live_q(at), team=team).count() >= MOST:
        raise Conflict(_("This team has as many shifts as it can; end one first."), code="too_many_shifts")
    chosen = [day for day in WEEKDAYS if day in days]
    if not chosen:
        raise field_error("days", _("Choose a day."), "required")
    if person_id is not None and not _is_member(team, person_id, at):
        raise NotFound
    shift = DutyShift.objects.create(
        team=team,
        person_id=person_id,
        zone=clean_zone("zone", zone),
        days=chosen,
        from_minute=_minute("begins", begins),
        until_minute=_minute("ends", ends),
        starts_at=at,
    )
    append_own(
        party.organization,
        "duty.shift_added/1",
        ("duty_shift", shift.id),
        actor=party.actor,
        at=at,
        facts={
            "team": team.id.hex,
            "person": person_id.hex if person_id else None,
            "days": chosen,
            "from_minute": shift.from_minute,
            "until_minute": shift.until_minute,
            "zone": shift.zone,
        },
    )
    return shift


@transaction.atomic
def shift_end(*, shift_id: UUID, actor: Actor, at: datetime) -> None:
    """End a shift. Appends `duty.shift_ended/1`. Raises: NotFound, NotAllowed, Conflict when it ended before."""
    shift = DutyShift.objects.select_related("team").filter(pk=shift_id).first()
    if shift is None:
        raise NotFound
    team = _own_team(actor, shift.team_id)
    party = owner_for(actor, "team.manage", team.organization)
    if not DutyShift.objects.filter(live_q(at), pk=shift_id).update(ends_at=at):
        raise Conflict(_("This has ended already."), code="already_ended")
    append_own(
        party.organization,
        "duty.shift_ended/1",
        ("duty_shift", shift_id),
        actor=party.actor,
        at=at,
        facts={"team": team.id.hex},
    )


def _own_team(actor: Actor, team_id: UUID) -> Team:
    """Return a team of one's own. The other party's team may be in sight; when it is on duty is its own business."""
    if actor.organization_id is None:
        raise NotFound
    own = Team.objects.visible_to(actor).filter(kept_q(actor.organization_id, "organization__"), pk=team_id)
    team = own.select_related("organization__kept_by").first()
    if team is None:
        raise NotFound
    return team


def _is_member(team: Team, person_id: UUID, at: datetime) -> bool:
    return Membership.objects.filter(live_q(at), team=team, person_id=person_id).exists()


def _minute(field: str, text: str) -> int:
    minute = minute_of(text.strip())
    if minute is None:
        raise field_error(field, _("A time of day such as 08:00."), "time")
    return minute % _DAY_MINUTES
