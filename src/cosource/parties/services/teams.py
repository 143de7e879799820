"""Teams, who is in them, and which of them the other party of an engagement sees."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound, StaleVersion
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, EngagementTeam, Membership, Organization, Person, Site, Team
from cosource.parties.models.people import PersonQuerySet
from cosource.parties.models.scope import kept_q, live_q
from cosource.parties.services.checks import clean_email, clean_text, field_error
from cosource.parties.services.policy import (
    Party,
    engagement_in_sight,
    organization_for,
    owner_for,
    require,
    require_running,
    side_of,
)
from cosource.parties.services.record import append_own, append_shared


@transaction.atomic
def team_add(
    *,
    name: str,
    actor: Actor,
    at: datetime,
    organization_id: UUID | None = None,
    site_id: UUID | None = None,
    mailbox: str = "",
    engagement_ids: Iterable[UUID] | None = None,
) -> Team:
    """Add a team of the own organization, or of a stand-in that it keeps.

    `engagement_ids`: under which engagements it works, so that the other party sees it. None: under all in which the
    organization is the client, and under its one engagement as a partner; with several clients a partner says for whom.
    Appends `team.added/1`, and `team.offered/1` to each engagement. Raises: NotFound, NotAllowed, Invalid.
    """
    party = organization_for(actor, "team.manage", organization_id)
    site = _site(site_id, party.organization)
    offered = _engagements(engagement_ids, party.organization, at)
    team = Team(
        organization=party.organization,
        name=clean_text("name", name, limit=120),
        site=site,
        mailbox=clean_email("mailbox", mailbox, required=False),
    )
    try:
        with transaction.atomic():
            team.save(force_insert=True)
    except IntegrityError:
        raise field_error("name", _("There is one of this name already."), "taken") from None
    append_own(
        party.organization,
        "team.added/1",
        ("team", team.id),
        actor=party.actor,
        at=at,
        facts={"site": site.id.hex} if site else {},
        payload={"name": team.name},
    )
    for engagement in offered:
        offer_write(engagement, team, actor=party.actor, at=at)
    return team


def _site(site_id: UUID | None, organization: Organization) -> Site | None:
    if site_id is None:
        return None
    site = Site.objects.filter(pk=site_id, organization=organization, ended_at__isnull=True).first()
    if site is None:
        raise field_error("site_id", _("There is no such site here."), "unknown")
    return site


def _engagements(chosen: Iterable[UUID] | None, organization: Organization, at: datetime) -> list[Engagement]:
    ours = Engagement.objects.filter(live_q(at), Q(client=organization) | Q(partner=organization)).order_by(
        "created_at", "id"
    )
    if chosen is None:
        return offered_by_default(list(ours), organization)
    wanted = set(chosen)
    found = [e for e in ours if e.id in wanted]
    if len(found) != len(wanted):
        raise field_error("engagement_ids", _("There is no such engagement here."), "unknown")
    return found


def offered_by_default(running: list[Engagement], organization: Organization) -> list[Engagement]:
    """Return the engagements under which a team works when nobody says: a partner's clients never learn of each other."""
    as_partner = [e for e in running if e.partner_id == organization.id]
    as_client = [e for e in running if e.client_id == organization.id]
    return [*as_client, *(as_partner if len(as_partner) == 1 else [])]


def offer_write(engagement: Engagement, team: Team, *, actor: Actor, at: datetime) -> None:
    """Write that a team works under an engagement. Appends `team.offered/1`."""
    EngagementTeam.objects.create(engagement=engagement, team=team, starts_at=at)
    append_shared(
        engagement,
        "team.offered/1",
        ("team", team.id),
        actor=actor,
        at=at,
        payload={"name": team.name},
    )


def _own_team(actor: Actor, team_id: UUID) -> tuple[Team, Party]:
    team = Team.objects.visible_to(actor).select_related("organization__kept_by").filter(pk=team_id).first()
    if team is None:
        raise NotFound
    return team, owner_for(actor, "team.manage", team.organization)


@transaction.atomic
def team_rename(*, team_id: UUID, name: str, was: str, actor: Actor, at: datetime) -> None:
    """Give a team another name; `was` is the name as it was read. Appends `team.renamed/1`.

    Raises: NotFound, NotAllowed, Invalid, StaleVersion when somebody renamed or ended it meanwhile.
    """
    team, party = _own_team(actor, team_id)
    name = clean_text("name", name, limit=120)
    try:
        with transaction.atomic():
            changed = Team.objects.filter(pk=team.pk, name=was, ended_at__isnull=True).update(name=name)
    except IntegrityError:
        raise field_error("name", _("There is one of this name already."), "taken") from None
    if not changed:
        raise StaleVersion
    append_own(
        party.organization,
        "team.renamed/1",
        ("team", team.id),
        actor=party.actor,
        at=at,
        payload={"was": was, "name": name},
    )


@transaction.atomic
def team_end(*, team_id: UUID, actor: Actor, at: datetime) -> None:
    """End a team with its memberships; nothing can be handed to it from then on. Appends `team.ended/1`.

    Raises: NotFound, NotAllowed, Conflict when it ended before.
    """
    team, party = _own_team(actor, team_id)
    if not Team.objects.filter(pk=team.pk, ended_at__isnull=True).update(ended_at=at):
        raise Conflict(_("This has ended already."), code="already_ended")
    left = Membership.objects.filter(live_q(at), team=team).update(ends_at=at)
    EngagementTeam.objects.filter(live_q(at), team=team).update(ends_at=at)
    append_own(
        party.organization,
        "team.ended/1",
        ("team", team.id),
        actor=party.actor,
        at=at,
        facts={"members": left},
    )


@transaction.atomic
def team_offer(*, team_id: UUID, engagement_id: UUID, actor: Actor, at: datetime) -> None:
    """Let a team work under an engagement: the other party sees it and may hand tickets to it.

    Appends `team.offered/1`. Raises: NotFound, NotAllowed, Conflict when it does already or the engagement has ended.
    """
    team, engagement, party = _team_under(actor, team_id, engagement_id)
    require_running(engagement, at)
    if team.ended_at is not None:
        raise Conflict(_("This team has ended."), code="team_ended")
    if EngagementTeam.objects.filter(live_q(at), team=team, engagement=engagement).exists():
        raise Conflict(_("This team works under this engagement already."), code="already_offered")
    offer_write(engagement, team, actor=party.actor, at=at)


@transaction.atomic
def team_withdraw(*, team_id: UUID, engagement_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a team from an engagement; what it holds it keeps until it is handed on. Appends `team.withdrawn/1`.

    Raises: NotFound, NotAllowed, Conflict when it does not work there.
    """
    team, engagement, party = _team_under(actor, team_id, engagement_id)
    if not EngagementTeam.objects.filter(live_q(at), team=team, engagement=engagement).update(ends_at=at):
        raise Conflict(_("This team does not work under this engagement."), code="not_offered")
    append_shared(engagement, "team.withdrawn/1", ("team", team.id), actor=party.actor, at=at)


def _team_under(actor: Actor, team_id: UUID, engagement_id: UUID) -> tuple[Team, Engagement, Party]:
    engagement = engagement_in_sight(actor, engagement_id)
    team = Team.objects.visible_to(actor).filter(pk=team_id).first()
    if team is None or team.organization_id not in (engagement.client_id, engagement.partner_id):
        raise NotFound
    party = require(actor, "engagement.teams", engagement, side=side_of(engagement, team.organization_id))
    return team, engagement, party


@transaction.atomic
def membership_add(
    *, team_id: UUID, person_id: UUID, actor: Actor, at: datetime, leads: bool = False
) -> Membership:
    """Make a person a member of a team of the own organization; people placed here may be members too.

    Appends `membership.started/1`. Raises: NotFound, NotAllowed, Conflict when they are a member already or the team ended.
    """
    team, party = _own_team(actor, team_id)
    person = members_of(party.organization, at).filter(pk=person_id).first()
    if person is None:
        raise NotFound
    if team.ended_at is not None:
        raise Conflict(_("This team has ended."), code="team_ended")
    if Membership.objects.filter(live_q(at), team=team, person=person).exists():
        raise Conflict(_("They are a member already."), code="already_member")
    return membership_write(team, person, leads=leads, actor=party.actor, at=at)


def members_of(organization: Organization, at: datetime) -> PersonQuerySet:
    """Return the people who work for the organization at `at`, or are placed with it."""
    employed = Q(employments__in=organization.employments.filter(live_q(at)))
    placed = Q(placements__in=organization.placements.filter(live_q(at), agreed_by_host_at__isnull=False))
    return Person.objects.get_queryset().filter(employed | placed).distinct()


def membership_write(team: Team, person: Person, *, leads: bool, actor: Actor, at: datetime) -> Membership:
    """Write a membership. Appends `membership.started/1`."""
    membership = Membership.objects.create(team=team, person=person, leads=leads, starts_at=at)
    append_own(
        team.organization,
        "membership.started/1",
        ("membership", membership.id),
        actor=actor,
        at=at,
        facts={"team": team.id.hex, "person": person.id.hex, "leads": leads},
        payload={"name": person.name},
    )
    return membership


@transaction.atomic
def membership_end(*, membership_id: UUID, actor: Actor, at: datetime) -> None:
    """End a membership. Appends `membership.ended/1`. Raises: NotFound, NotAllowed, Conflict when it ended before."""
    if actor.organization_id is None:
        raise NotFound
    # The other party's team may be in sight; who is in it is not.
    ours = Team.objects.visible_to(actor).filter(kept_q(actor.organization_id, "organization__"))
    membership = (
        Membership.objects.select_related("team__organization__kept_by")
        .filter(pk=membership_id, team__in=ours)
        .first()
    )
    if membership is None:
        raise NotFound
    party = owner_for(actor, "team.manage", membership.team.organization)
    if not Membership.objects.filter(live_q(at), pk=membership_id).update(ends_at=at):
        raise Conflict(_("This has ended already."), code="already_ended")
    append_own(
        party.organization,
        "membership.ended/1",
        ("membership", membership_id),
        actor=party.actor,
        at=at,
        facts={"team": membership.team_id.hex, "person": membership.person_id.hex},
    )
