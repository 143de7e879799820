"""Pages of rights: who may what, tokens, and placements."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.parties.models import Person
from cosource.parties.queries.engagements import covered_services, engagement_get, engagement_list
from cosource.parties.queries.frame import leads_here, leads_somewhere, reads_rights
from cosource.parties.queries.organizations import covered_places
from cosource.parties.queries.people import people_choices, person_get, placement_list, team_list
from cosource.parties.queries.rights import grant_list, orphan_grants, token_list
from cosource.parties.rules.policies import MAKERS_NOTICES, READ_IN_SCOPE, WRITES_KNOWLEDGE
from cosource.parties.services.checks import field_error
from cosource.parties.services.grants import grant_end, grant_give
from cosource.parties.services.placements import placement_accept, placement_end, placement_propose
from cosource.parties.services.policy import organization_for
from cosource.parties.services.tokens import TokenGrant, token_create, token_revoke
from cosource.parties.web.organization import METHODS, choices
from cosource.parties.web.people import DESK
from cosource.parties.web.people_forms import (
    AcceptPlacementForm,
    EndGrantForm,
    GrantForm,
    PlacementForm,
    TokenForm,
)
from cosource.parties.web.steps import RowForm, Step, plain_page, steps_page


@require_http_methods(METHODS)
@signed_in
def grants_page(request: PageRequest) -> HttpResponseBase:
    """Show the rights in sight, and end one."""
    actor, at = request.actor, clock.now()
    ended = request.GET.get("ended") == "1"

    def end(values: dict[str, Any]) -> None:
        grant_end(grant_id=values["id"], reason=values["reason"], actor=actor, at=at)

    def context() -> dict[str, Any]:
        page = grant_list(actor, at=at, ended=ended, cursor=request.GET.get("after", ""))
        return {
            "grants": page.items,
            "next_cursor": page.next_cursor,
            "ended": ended,
            "orphans": orphan_grants(actor, at=at),
            "leads": leads_here(actor),
            "may_end": leads_somewhere(actor),
            "ours": actor.organization_id,
        }

    steps = {"end_grant": Step(EndGrantForm, end, _("The role has ended."))}
    return steps_page(request, "parties/grants.html", steps, context)


@require_http_methods(METHODS)
@signed_in
def grant_new_page(request: PageRequest, engagement_id: UUID, person_id: UUID) -> HttpResponseBase:
    """Give a person of the organization a role on an engagement, within what it covers."""
    actor, at = request.actor, clock.now()
    row = engagement_get(actor, engagement_id, at=at)
    person = person_get(actor, person_id, at=at).row

    def give(values: dict[str, Any]) -> None:
        grant_give(person_id=person_id, engagement_id=engagement_id, **values, actor=actor, at=at)

    options = {
        "side": row.side,
        "services": [
            (s.subject_id, s.name) for s in covered_services(row.engagement, at=at) if s.state == "now"
        ],
        "sites": choices(covered_places(actor, row.engagement, at=at)),
        "rights": row.engagement.delegated_rights,
    }
    back = f"/organization/people/{person_id}/"
    steps = {"give": Step(GrantForm, give, _("The role is given."), options, goes_to=back)}
    return steps_page(
        request,
        "parties/grant_new.html",
        steps,
        lambda: {"row": row, "engagement": row.engagement, "person": person, "leads": leads_here(actor)},
    )


@require_http_methods(METHODS)
@signed_in
def tokens_page(request: PageRequest) -> HttpResponseBase:
    """Show the organization's tokens; make one, and see its secret this once; revoke one."""
    actor, at = request.actor, clock.now()
    if not reads_rights(actor):
        organization_for(actor, "token.manage")

    def create(values: dict[str, Any]) -> HttpResponse:
        right = (READ_IN_SCOPE,) if values["read_in_scope"] else ()
        own_rights = (MAKERS_NOTICES, WRITES_KNOWLEDGE)
        on_desk = tuple(name for name in own_rights if values[name])
        if on_desk and DESK not in values["reach"]:
            raise field_error(on_desk[0], str(_("For this it must reach your own desk.")))
        made = token_create(
            name=values["name"],
            expires_at=values["expires_at"],
            may_write=values["may_write"],
            grants=[
                TokenGrant(rights=on_desk)
                if reach == DESK
                else TokenGrant(engagement_id=UUID(reach), rights=right)
                for reach in values["reach"]
            ],
            actor=actor,
            at=at,
        )
        return plain_page(
            request, "parties/token_made.html", {"token": made.token, "secret": made.secret, "leads": True}
        )

    def revoke(values: dict[str, Any]) -> None:
        token_revoke(token_id=values["id"], actor=actor, at=at)

    running = [r.engagement for r in engagement_list(actor, at=at) if not r.over]
    reach = [(DESK, _("Your own desk")), *((str(e.id), e.name) for e in running)]
    steps = {
        "create": Step(TokenForm, create, "", {"engagements": reach}),
        "revoke": Step(RowForm, revoke, _("The token is revoked.")),
    }
    return steps_page(
        request,
        "parties/tokens.html",
        steps,
        lambda: {"tokens": token_list(actor), "at": at, "leads": leads_here(actor)},
    )


@require_http_methods(METHODS)
@signed_in
def placements_page(request: PageRequest) -> HttpResponseBase:
    """Show who is placed where; propose, accept and end placements."""
    actor, at = request.actor, clock.now()

    def propose(values: dict[str, Any]) -> None:
        placement_propose(**values, actor=actor, at=at)

    def accept(values: dict[str, Any]) -> None:
        placement_accept(
            placement_id=values["id"], role=values["role"], team_ids=values["team_ids"], actor=actor, at=at
        )

    def end(values: dict[str, Any]) -> None:
        placement_end(placement_id=values["id"], actor=actor, at=at)

    rows = [r for r in engagement_list(actor, at=at) if not r.over]
    as_partner = [r.engagement for r in rows if r.side == "partner" and not r.kept]
    people: list[Person] = people_choices(actor, at=at, employed=True) if as_partner else []
    sites = [s for e in as_partner for s in covered_places(actor, e, at=at)]
    own_teams = [t for t in team_list(actor, at=at) if t.organization_id == actor.organization_id]
    options = {"engagements": choices(as_partner), "people": choices(people), "sites": choices(sites)}
    steps = {
        "propose": Step(PlacementForm, propose, _("The placement waits for the host."), options),
        "accept": Step(AcceptPlacementForm, accept, _("They are placed."), {"teams": choices(own_teams)}),
        "end": Step(RowForm, end, _("The placement has ended.")),
    }
    past = request.GET.get("past") == "1"

    def context() -> dict[str, Any]:
        return {
            "placements": placement_list(actor, at=at, past=past),
            "past": past,
            "leads": leads_here(actor),
            "may_propose": bool(as_partner) and leads_here(actor),
            "ours": actor.organization_id,
        }

    return steps_page(request, "parties/placements.html", steps, context)
