"""Pages of the organization's people: the list, one person, and inviting somebody."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.parties.queries.engagements import engagement_list
from cosource.parties.queries.frame import leads_here, leads_somewhere
from cosource.parties.queries.people import people_list, person_get, skill_list, team_list
from cosource.parties.queries.rights import invitation_list
from cosource.parties.rules.policies import DESK_ROLES, roles_for
from cosource.parties.services.grants import grant_end, grant_give
from cosource.parties.services.invitations import (
    OfferedRole,
    invitation_send_again,
    invitation_withdraw,
    person_invite,
)
from cosource.parties.services.leaving import employment_end
from cosource.parties.services.people import person_phone_set
from cosource.parties.services.policy import organization_for
from cosource.parties.services.skills import person_skill_set
from cosource.parties.web.form_fields import ROLE_LABELS
from cosource.parties.web.organization import METHODS, choices
from cosource.parties.web.people_forms import (
    EndGrantForm,
    GrantForm,
    InviteForm,
    LeaveForm,
    PhoneForm,
    SkillForm,
)
from cosource.parties.web.steps import RowForm, Step, plain_page, steps_page

DESK = "desk"


@require_safe
@signed_in
def people_page(request: PageRequest) -> HttpResponseBase:
    """Show who works for the organization, and who did."""
    left = request.GET.get("left") == "1"
    find = request.GET.get("find", "")[:80]
    page = people_list(
        request.actor, at=clock.now(), find=find, left=left, cursor=request.GET.get("after", "")
    )
    context = {
        "people": page.items,
        "next_cursor": page.next_cursor,
        "find": find,
        "left": left,
        "leads": leads_here(request.actor),
    }
    return plain_page(request, "parties/people.html", context)


@require_http_methods(METHODS)
@signed_in
def person_page(request: PageRequest, person_id: UUID) -> HttpResponseBase:
    """Show one person of the organization: roles, teams, skills, placements; and let leads change them."""
    actor, at = request.actor, clock.now()
    detail = person_get(actor, person_id, at=at)

    def give(values: dict[str, Any]) -> None:
        grant_give(person_id=person_id, **values, actor=actor, at=at)

    def end_grant(values: dict[str, Any]) -> None:
        grant_end(grant_id=values["id"], reason=values["reason"], actor=actor, at=at)

    def skill(values: dict[str, Any]) -> None:
        person_skill_set(person_id=person_id, **values, actor=actor, at=at)

    def phone(values: dict[str, Any]) -> None:
        person_phone_set(person_id=person_id, **values, actor=actor, at=at)

    def leave(values: dict[str, Any]) -> None:
        employment_end(person_id=person_id, **values, actor=actor, at=at)

    steps = {
        "give": Step(GrantForm, give, _("The role is given.")),
        "end_grant": Step(EndGrantForm, end_grant, _("The role has ended.")),
        "skill": Step(SkillForm, skill, _("Saved."), {"skills": choices(skill_list(actor))}),
        "phone": Step(PhoneForm, phone, _("Saved.")),
        "leave": Step(
            LeaveForm, leave, _("They have left; their access has ended."), goes_to=reverse("parties:people")
        ),
    }

    def context() -> dict[str, Any]:
        return {
            "detail": detail,
            "person": detail.row,
            "leads": leads_here(actor),
            "leads_some": leads_somewhere(actor),
            "oneself": person_id == actor.person_id,
            "engagements": [row.engagement for row in engagement_list(actor, at=at) if not row.over],
        }

    return steps_page(request, "parties/person.html", steps, context)


@require_http_methods(METHODS)
@signed_in
def invite_page(request: PageRequest) -> HttpResponseBase:
    """Invite somebody, and see which invitations are open."""
    actor, at = request.actor, clock.now()
    organization_for(actor, "person.invite")

    def invite(values: dict[str, Any]) -> HttpResponse | None:
        roles = [_offered(text) for text in values.pop("roles")]
        issued = person_invite(**values, roles=roles, actor=actor, at=at)
        return None if values["by_mail"] else link_page(request, issued.link, issued.invitation.email)

    def send_again(values: dict[str, Any]) -> HttpResponse | None:
        issued = invitation_send_again(invitation_id=values["id"], actor=actor, at=at)
        by_mail = issued.invitation.by_mail
        return None if by_mail else link_page(request, issued.link, issued.invitation.email)

    def withdraw(values: dict[str, Any]) -> None:
        invitation_withdraw(invitation_id=values["id"], actor=actor, at=at)

    ours = [t for t in team_list(actor, at=at) if t.organization_id == actor.organization_id]
    options = {"roles": _role_choices(request), "teams": choices(ours)}
    steps = {
        "invite": Step(InviteForm, invite, _("The invitation is on its way."), options),
        "send_again": Step(
            RowForm, send_again, _("The invitation is on its way, with a new link; the old one is worthless.")
        ),
        "withdraw": Step(RowForm, withdraw, _("The invitation is withdrawn; its link is worthless now.")),
    }

    def context() -> dict[str, Any]:
        return {"invitations": invitation_list(actor, at=at), "leads": True}

    return steps_page(request, "parties/invite.html", steps, context)


def _role_choices(request: PageRequest) -> list[tuple[str, str]]:
    found = [(f"{DESK}:{role}", str(ROLE_LABELS[role])) for role in DESK_ROLES]
    for row in engagement_list(request.actor, at=clock.now()):
        if not row.over:
            found += [
                (f"{row.engagement.id}:{role}", f"{ROLE_LABELS[role]} · {row.engagement.name}")
                for role in roles_for(row.side)
            ]
    return found


def _offered(text: str) -> OfferedRole:
    where, _colon, role = text.partition(":")
    return OfferedRole(role, None if where == DESK else UUID(where))


def link_page(request: PageRequest, link: str, email: str) -> HttpResponse:
    """Show an invitation's link, this once."""
    return plain_page(
        request, "parties/link.html", {"link": link, "email": email, "leads": leads_here(request.actor)}
    )
