"""Pages of the own organization: what it says of itself, its sites and services, its teams and skills."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.parties.queries.duty import roster_of
from cosource.parties.queries.engagements import engagement_list
from cosource.parties.queries.frame import leads_here
from cosource.parties.queries.organizations import (
    kept_stand_ins,
    organization_own,
    own_services,
    own_sites,
)
from cosource.parties.queries.people import people_choices, placed_on_site, skill_list, team_get, team_list
from cosource.parties.queries.rights import orphan_grants
from cosource.parties.services.duty import shift_add, shift_end
from cosource.parties.services.organizations import organization_update, person_figures_set
from cosource.parties.services.places import service_add, service_end, site_add, site_end
from cosource.parties.services.skills import skill_add
from cosource.parties.services.teams import (
    membership_add,
    membership_end,
    team_add,
    team_end,
    team_offer,
    team_rename,
    team_withdraw,
)
from cosource.parties.web.organization_forms import (
    MemberForm,
    NameForm,
    OfferForm,
    OrganizationForm,
    PersonFiguresForm,
    RenameForm,
    ShiftForm,
    SiteForm,
    TeamForm,
)
from cosource.parties.web.steps import NoForm, RowForm, Step, steps_page

METHODS = ["GET", "POST"]


def choices(rows: Any) -> list[tuple[UUID, str]]:
    """Return rows with a name as choices."""
    return [(row.id, str(row)) for row in rows]


@require_http_methods(METHODS)
@signed_in
def organization_page(request: PageRequest) -> HttpResponseBase:
    """Show what the organization says of itself, who is placed with it, and whom it keeps a seat for."""
    actor, at = request.actor, clock.now()
    organization = organization_own(actor)

    def update(values: dict[str, Any]) -> None:
        organization_update(**values, actor=actor, at=at)

    def figures(values: dict[str, Any]) -> None:
        person_figures_set(**values, actor=actor, at=at)

    shown = ("version", "name", "initials", "time_zone", "contact_email", "shows_writing")
    initial = {name: getattr(organization, name) for name in shown}
    initial["email_domains"] = " ".join(organization.email_domains)
    agreed = {
        "version": organization.version,
        "purpose": organization.person_figures_purpose,
        "until": organization.person_figures_until,
    }
    steps = {
        "update": Step(OrganizationForm, update, _("Saved."), {"initial": initial}),
        "figures": Step(PersonFiguresForm, figures, _("Saved."), {"initial": agreed}),
    }

    def context() -> dict[str, Any]:
        engagements = [row for row in engagement_list(actor, at=at) if not row.over]
        return {
            "organization": organization,
            "leads": leads_here(actor),
            "engagements": engagements,
            # While nobody else has come, the page after the first run says what is left to do.
            "alone": all(row.kept for row in engagements),
            "placed": placed_on_site(actor, at=at),
            "orphans": orphan_grants(actor, at=at) if leads_here(actor) else [],
            "figures_on": organization.person_figures_until is not None
            and organization.person_figures_until > at,
        }

    return steps_page(request, "parties/organization.html", steps, context)


def _of(request: HttpRequest) -> UUID | None:
    """Return whose sites, services or teams are meant: a kept stand-in's, or the own ones (None)."""
    text = request.GET.get("of", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)


@require_http_methods(METHODS)
@signed_in
def places_page(request: PageRequest) -> HttpResponseBase:
    """Show and change sites and services, one's own or those of a kept stand-in."""
    actor, at, of = request.actor, clock.now(), _of(request)

    def add_site(values: dict[str, Any]) -> None:
        site_add(**values, organization_id=of, actor=actor, at=at)

    def add_service(values: dict[str, Any]) -> None:
        service_add(**values, organization_id=of, actor=actor, at=at)

    def end_site(values: dict[str, Any]) -> None:
        site_end(site_id=values["id"], actor=actor, at=at)

    def end_service(values: dict[str, Any]) -> None:
        service_end(service_id=values["id"], actor=actor, at=at)

    steps = {
        "add_site": Step(SiteForm, add_site, _("The site is added.")),
        "add_service": Step(NameForm, add_service, _("The service is added.")),
        "end_site": Step(RowForm, end_site, _("The site has ended.")),
        "end_service": Step(RowForm, end_service, _("The service has ended.")),
    }

    def context() -> dict[str, Any]:
        return {
            "sites": own_sites(actor, of),
            "services": own_services(actor, of),
            "stand_ins": kept_stand_ins(actor),
            "of": of,
            "leads": leads_here(actor),
        }

    return steps_page(request, "parties/places.html", steps, context)


@require_http_methods(METHODS)
@signed_in
def teams_page(request: PageRequest) -> HttpResponseBase:
    """Show teams with their members, add teams and name skills."""
    actor, at, of = request.actor, clock.now(), _of(request)

    def add_team(values: dict[str, Any]) -> None:
        under = values.pop("engagement_ids") or None
        team_add(**values, engagement_ids=under, organization_id=of, actor=actor, at=at)

    def add_skill(values: dict[str, Any]) -> None:
        skill_add(**values, actor=actor, at=at)

    running = [row.engagement for row in engagement_list(actor, at=at) if not row.over]
    options = {
        "sites": choices(s for s in own_sites(actor, of) if s.ended_at is None),
        "engagements": choices(running),
    }
    steps = {
        "add_team": Step(TeamForm, add_team, _("The team is added."), options),
        "add_skill": Step(NameForm, add_skill, _("The skill is added.")),
    }

    def context() -> dict[str, Any]:
        return {
            "teams": team_list(actor, at=at),
            "skills": skill_list(actor),
            "stand_ins": kept_stand_ins(actor),
            "of": of,
            "leads": leads_here(actor),
        }

    return steps_page(request, "parties/teams.html", steps, context)


@require_http_methods(METHODS)
@signed_in
def team_page(request: PageRequest, team_id: UUID) -> HttpResponseBase:
    """Show one team of one's own: members, name, and under which engagements it works."""
    actor, at = request.actor, clock.now()
    team = team_get(actor, team_id, at=at)

    def rename(values: dict[str, Any]) -> None:
        team_rename(team_id=team_id, name=values["name"], was=values["was"], actor=actor, at=at)

    def add_member(values: dict[str, Any]) -> None:
        membership_add(team_id=team_id, **values, actor=actor, at=at)

    def end_member(values: dict[str, Any]) -> None:
        membership_end(membership_id=values["id"], actor=actor, at=at)

    def offer(values: dict[str, Any]) -> None:
        team_offer(team_id=team_id, **values, actor=actor, at=at)

    def withdraw(values: dict[str, Any]) -> None:
        team_withdraw(team_id=team_id, engagement_id=values["id"], actor=actor, at=at)

    def add_shift(values: dict[str, Any]) -> None:
        shift_add(team_id=team_id, **values, actor=actor, at=at)

    def end_shift(values: dict[str, Any]) -> None:
        shift_end(shift_id=values["id"], actor=actor, at=at)

    def end(values: dict[str, Any]) -> None:
        team_end(team_id=team_id, actor=actor, at=at)

    under = {row.engagement_id for row in team.offers}
    free = [
        row.engagement
        for row in engagement_list(actor, at=at)
        if not row.over
        and row.engagement.id not in under
        and team.team.organization_id in {row.engagement.client_id, row.engagement.partner_id}
    ]
    present = {m.person_id for m in team.members}
    people = [p for p in people_choices(actor, at=at) if p.id not in present]
    names = {"id": team_id, "was": team.team.name, "name": team.team.name}
    steps = {
        "rename": Step(RenameForm, rename, _("Saved."), {"initial": names}),
        "add_member": Step(MemberForm, add_member, _("They are in the team."), {"people": choices(people)}),
        "end_member": Step(RowForm, end_member, _("They are no longer in the team.")),
        "offer": Step(OfferForm, offer, _("The team works there now."), {"engagements": choices(free)}),
        "withdraw": Step(RowForm, withdraw, _("The team no longer works there.")),
        "add_shift": Step(
            ShiftForm,
            add_shift,
            _("The shift is in the roster."),
            {
                "people": [(m.person_id, m.person.name) for m in team.members],
                "zone": team.team.organization.time_zone,
            },
        ),
        "end_shift": Step(RowForm, end_shift, _("The shift has ended.")),
        "end": Step(NoForm, end, _("The team has ended."), goes_to=reverse("parties:teams")),
    }

    def context() -> dict[str, Any]:
        found = team_get(actor, team_id, at=at)
        return {
            "detail": found,
            "team": found.team,
            "leads": leads_here(actor),
            "free": free,
            "roster": roster_of(actor, team_id, at=at),
        }

    return steps_page(request, "parties/team.html", steps, context)
