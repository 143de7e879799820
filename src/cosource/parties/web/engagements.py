"""Pages of engagements: the list, beginning one, and one with its scope, stage, seat and people."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.parties.models import Engagement
from cosource.parties.queries.engagements import (
    EngagementRow,
    covered_services,
    covered_sites,
    declined_stage_changes,
    directory,
    engagement_get,
    engagement_list,
    milestone_list,
    offered_teams,
    open_stage_change,
    seat_invitations,
    timeline,
)
from cosource.parties.queries.frame import leads_here
from cosource.parties.queries.organizations import client_services, client_sites, organization_own
from cosource.parties.services.claims import stand_in_invite
from cosource.parties.services.engagements import (
    engagement_create,
    engagement_end,
    engagement_rights_set,
    engagement_update,
)
from cosource.parties.services.invitations import invitation_send_again, invitation_withdraw
from cosource.parties.services.milestones import milestone_add, milestone_answer, milestone_report
from cosource.parties.services.scope import (
    engagement_service_add,
    engagement_service_end,
    engagement_site_add,
    engagement_site_end,
)
from cosource.parties.services.stages import stage_change_answer, stage_change_propose
from cosource.parties.web.engagement_forms import (
    AnswerForm,
    CoverForm,
    EndEngagementForm,
    EngagementForm,
    EngagementNameForm,
    MilestoneForm,
    ReportForm,
    RightsForm,
    SeatForm,
    StageForm,
)
from cosource.parties.web.form_fields import RIGHT_LABELS
from cosource.parties.web.organization import METHODS, choices
from cosource.parties.web.people import link_page
from cosource.parties.web.steps import RowForm, Step, plain_page, steps_page


@require_safe
@signed_in
def engagements_page(request: PageRequest) -> HttpResponseBase:
    """Show the engagements of the organization, on either side."""
    rows = engagement_list(request.actor, at=clock.now())
    return plain_page(request, "parties/engagements.html", {"rows": rows, "leads": leads_here(request.actor)})


@require_http_methods(METHODS)
@signed_in
def engagement_new_page(request: PageRequest) -> HttpResponseBase:
    """Begin an engagement with an absent party."""
    actor, at = request.actor, clock.now()

    def begin(values: dict[str, Any]) -> HttpResponse:
        engagement = engagement_create(**values, actor=actor, at=at)
        return HttpResponseRedirect(reverse("parties:engagement", args=[engagement.id]))

    parents = [r.engagement for r in engagement_list(actor, at=at) if r.side == "partner" and not r.over]
    options = {
        "parents": choices(parents),
        "initial": {"other_time_zone": organization_own(actor).time_zone},
    }
    steps = {"begin": Step(EngagementForm, begin, _("The engagement has begun."), options)}
    return steps_page(request, "parties/engagement_new.html", steps, lambda: {"leads": leads_here(actor)})


@require_http_methods(METHODS)
@signed_in
def engagement_page(request: PageRequest, engagement_id: UUID) -> HttpResponseBase:
    """Show one engagement, and take its steps."""
    row = engagement_get(request.actor, engagement_id, at=clock.now())
    steps = {**_steps(request, row.engagement), **_growth(request, row.engagement)}
    return steps_page(request, "parties/engagement.html", steps, lambda: _context(request, row))


def _context(request: PageRequest, row: EngagementRow) -> dict[str, Any]:
    actor, at, engagement = request.actor, clock.now(), row.engagement
    waiting = open_stage_change(engagement)
    ours = actor.organization_id
    held = actor.sight.roles_on(engagement.id)
    leads = leads_here(actor) or bool(held & {"manager", "service_owner"})
    return {
        "row": row,
        "engagement": engagement,
        "leads": leads,
        # A keeper takes the client's steps for a client that is absent.
        "as_client": leads and (row.side == "client" or row.kept),
        "services": covered_services(engagement, at=at),
        "sites": covered_sites(engagement, at=at),
        "timeline": timeline(engagement),
        "waiting": waiting,
        "may_answer": leads
        and waiting is not None
        and (waiting.proposed_by_organization_id != ours or row.kept),
        "declined": declined_stage_changes(engagement),
        "milestones": milestone_list(engagement),
        "teams": offered_teams(engagement, at=at),
        "directory": directory(actor, engagement, at=at),
        "right_labels": [RIGHT_LABELS[r] for r in engagement.delegated_rights if r in RIGHT_LABELS],
        "ours": ours,
        "invited": seat_invitations(actor, row.other, at=at) if row.kept and leads else [],
        "may_withdraw": leads_here(actor),
    }


def _steps(request: PageRequest, engagement: Engagement) -> dict[str, Step]:
    """Return the steps about scope, rights, seat and end."""
    actor, at, key = request.actor, clock.now(), engagement.id

    def rename(values: dict[str, Any]) -> None:
        engagement_update(engagement_id=key, **values, actor=actor, at=at)

    def add_service(values: dict[str, Any]) -> None:
        engagement_service_add(
            engagement_id=key,
            service_id=values["subject_id"],
            starts_at=values["starts_at"],
            actor=actor,
            at=at,
        )

    def end_service(values: dict[str, Any]) -> None:
        engagement_service_end(engagement_id=key, service_id=values["id"], actor=actor, at=at)

    def add_site(values: dict[str, Any]) -> None:
        engagement_site_add(
            engagement_id=key,
            site_id=values["subject_id"],
            starts_at=values["starts_at"],
            actor=actor,
            at=at,
        )

    def end_site(values: dict[str, Any]) -> None:
        engagement_site_end(engagement_id=key, site_id=values["id"], actor=actor, at=at)

    def rights(values: dict[str, Any]) -> None:
        engagement_rights_set(engagement_id=key, **values, actor=actor, at=at)

    def seat(values: dict[str, Any]) -> HttpResponse | None:
        issued = stand_in_invite(engagement_id=key, **values, actor=actor, at=at)
        return None if values["by_mail"] else link_page(request, issued.link, issued.invitation.email)

    def send_again(values: dict[str, Any]) -> HttpResponse | None:
        issued = invitation_send_again(invitation_id=values["id"], actor=actor, at=at)
        by_mail = issued.invitation.by_mail
        return None if by_mail else link_page(request, issued.link, issued.invitation.email)

    def withdraw(values: dict[str, Any]) -> None:
        invitation_withdraw(invitation_id=values["id"], actor=actor, at=at)

    def end(values: dict[str, Any]) -> None:
        engagement_end(engagement_id=key, **values, actor=actor, at=at)

    names = {name: getattr(engagement, name) for name in ("version", "name", "initials", "provider_kind")}
    other = engagement.partner if engagement.client_id == actor.organization_id else engagement.client
    services = {"label": _("Service"), "subjects": choices(client_services(actor, engagement, at=at))}
    sites = {"label": _("Site"), "subjects": choices(client_sites(actor, engagement, at=at))}
    given = {"version": engagement.version, "rights": engagement.delegated_rights}
    return {
        "rename": Step(EngagementNameForm, rename, _("Saved."), {"initial": names}),
        "add_service": Step(CoverForm, add_service, _("The engagement covers it."), services),
        "end_service": Step(RowForm, end_service, _("The engagement no longer covers it.")),
        "add_site": Step(CoverForm, add_site, _("The engagement covers it."), sites),
        "end_site": Step(RowForm, end_site, _("The engagement no longer covers it.")),
        "rights": Step(RightsForm, rights, _("Saved."), {"initial": given}),
        "seat": Step(
            SeatForm,
            seat,
            _("The invitation is on its way."),
            {"initial": {"email": other.contact_email, "by_mail": "mail"}},
        ),
        "send_again": Step(
            RowForm, send_again, _("The invitation is on its way, with a new link; the old one is worthless.")
        ),
        "withdraw": Step(RowForm, withdraw, _("The invitation is withdrawn; its link is worthless now.")),
        "end": Step(
            EndEngagementForm, end, _("The end is recorded."), {"initial": {"version": engagement.version}}
        ),
    }


def _growth(request: PageRequest, engagement: Engagement) -> dict[str, Step]:
    """Return the steps about stage and transfer."""
    actor, at, key = request.actor, clock.now(), engagement.id

    def propose(values: dict[str, Any]) -> None:
        stage_change_propose(engagement_id=key, **values, actor=actor, at=at)

    def answer_stage(values: dict[str, Any]) -> None:
        stage_change_answer(change_id=values["id"], agreed=values["answer"] == "yes", actor=actor, at=at)

    def add_milestone(values: dict[str, Any]) -> None:
        milestone_add(engagement_id=key, **values, actor=actor, at=at)

    def report(values: dict[str, Any]) -> None:
        milestone_report(milestone_id=values["id"], evidence=values["evidence"], actor=actor, at=at)

    def answer_milestone(values: dict[str, Any]) -> None:
        milestone_answer(milestone_id=values["id"], confirmed=values["answer"] == "yes", actor=actor, at=at)

    return {
        "propose": Step(StageForm, propose, _("The proposal waits for the other party.")),
        "answer_stage": Step(AnswerForm, answer_stage, _("Your answer is recorded.")),
        "add_milestone": Step(MilestoneForm, add_milestone, _("The milestone is added.")),
        "report": Step(ReportForm, report, _("The other party confirms it.")),
        "answer_milestone": Step(AnswerForm, answer_milestone, _("Your answer is recorded.")),
    }
