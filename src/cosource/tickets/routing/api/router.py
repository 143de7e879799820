"""The routing endpoints: a desk's rules from draft to live, their dry run, and why a ticket is where it is."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates, edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import NotFound
from cosource.foundation.models import DueWork
from cosource.tickets.models import RoutingRules
from cosource.tickets.routing.api.schemas import (
    AlikeOut,
    ReplayOut,
    RuleSetOut,
    RuleSetsOut,
    RulesIn,
    SuggestionsOut,
    TextIn,
    WhyOut,
)
from cosource.tickets.routing.queries.replays import replay_latest
from cosource.tickets.routing.queries.rule_sets import Versions, reads_rules, versions_of
from cosource.tickets.routing.queries.suggestions import Alike, Suggestions, similar_to, suggestions_for
from cosource.tickets.routing.queries.why import Why, why_of_ticket
from cosource.tickets.routing.services.replaying import replay_start
from cosource.tickets.routing.services.rule_sets import draft_discard, draft_go_live, draft_save

router = room_router(tag="routing")


@router.get("/routing/rules", response=RuleSetsOut, summary="Read the desk's routing rules", by_alias=False)
def routing_rules_read(request: HttpRequest, response: HttpResponse) -> Versions:
    """Return what is in force and the draft of the caller's own desk, with the draft's revision as ETag (0 for none)."""
    versions = versions_of(actor_of(request))
    stamp(response, versions.draft.revision if versions.draft else 0)
    return versions


@router.put(
    "/routing/draft", response=RuleSetOut, summary="Write the draft of the routing rules", by_alias=False
)
@edits
def routing_draft_set(request: HttpRequest, response: HttpResponse, body: RulesIn) -> RoutingRules:
    """Put these rules in place of the draft; nothing changes until a draft is put in force."""
    draft = draft_save(
        document=[rule.document() for rule in body.rules],
        actor=actor_of(request),
        at=clock.now(),
        expected_version=expected_version(request),
    )
    stamp(response, draft.revision)
    return draft


@router.delete("/routing/draft", response={204: None}, summary="Give the draft up")
@edits
def routing_draft_delete(request: HttpRequest) -> Status[None]:
    """Give the draft up."""
    draft_discard(actor=actor_of(request), at=clock.now(), expected_version=expected_version(request))
    return Status(204, None)


@router.post("/routing/draft/live", response=RuleSetOut, summary="Put the draft in force", by_alias=False)
@edits
def routing_draft_live_create(request: HttpRequest, response: HttpResponse) -> RoutingRules:
    """Put the draft in force. A person does that, who leads at the desk; a token is refused."""
    rules = draft_go_live(actor=actor_of(request), at=clock.now(), expected_version=expected_version(request))
    stamp(response, rules.revision)
    return rules


@router.post("/routing/replays", response={201: ReplayOut}, summary="Try the rules on past tickets")
@creates
def routing_replay_create(request: HttpRequest) -> Status[DueWork | None]:
    """Begin a dry run of the draft, or of what is in force where there is no draft. It changes nothing."""
    actor = actor_of(request)
    replay_start(actor=actor, at=clock.now())
    return Status(201, replay_latest(actor))


@router.get("/routing/replays/latest", response=ReplayOut, summary="Read the last dry run")
def routing_replay_read(request: HttpRequest) -> DueWork:
    """Return how far the caller's last dry run is, or what came of it."""
    actor = actor_of(request)
    found = replay_latest(actor) if reads_rules(actor) else None
    if found is None:
        raise NotFound
    return found


@router.post("/routing/suggestions", response=SuggestionsOut, summary="Ask what past tickets suggest")
def routing_suggestions_create(request: HttpRequest, body: TextIn) -> Suggestions:
    """Return topics and teams for a text, with how often such suggestions were right, and tickets like it. Changes nothing."""
    return suggestions_for(
        actor_of(request), engagement_id=body.engagement_id, title=body.title, text=body.text
    )


@router.get(
    "/tickets/{uuid:ticket_id}/similar", response=list[AlikeOut], summary="List tickets like one in sight"
)
def ticket_similar_list(request: HttpRequest, ticket_id: UUID) -> list[Alike]:
    """Return tickets like this one, in the caller's sight, most alike first; none where nothing was learned."""
    return similar_to(actor_of(request), ticket_id).similar


@router.get("/tickets/{uuid:ticket_id}/routing", response=WhyOut, summary="Read why a ticket is where it is")
def ticket_routing_read(request: HttpRequest, ticket_id: UUID) -> Why:
    """Return why rules sent it there, as far as the caller's party may know."""
    return why_of_ticket(actor=actor_of(request), ticket_id=ticket_id)
