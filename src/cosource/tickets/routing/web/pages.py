"""The pages of a desk's routing: its rules in words, what is in force, the draft and its dry run, and the form of one rule.

Not here: what a rule may be (`rules.reading`), and the steps themselves (`services.rule_sets`).
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import DueWork
from cosource.parties.models import Organization
from cosource.tickets.models import RoutingRules
from cosource.tickets.routing.queries.replays import examples_of, matrix_of, replay_latest, team_names
from cosource.tickets.routing.queries.rule_sets import Versions, leads_rules, nameable, versions_of
from cosource.tickets.routing.queries.sentences import sentences_of
from cosource.tickets.routing.queries.suggestions import taught
from cosource.tickets.routing.rules.reading import read_rules
from cosource.tickets.routing.services.learning import learning_ask
from cosource.tickets.routing.services.replaying import UNDER_WAY, replay_start
from cosource.tickets.routing.services.rule_sets import (
    draft_discard,
    draft_go_live,
    draft_save,
    rules_stop,
)
from cosource.tickets.routing.web.forms import RuleForm, initial_of, said_of
from cosource.tickets.web.parsing import text_in

NEW = "new"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def routing(request: PageRequest) -> HttpResponse:
    """Show the rules, or take a step with the draft: `do` says which."""
    versions = versions_of(request.actor)
    if request.method != "POST":
        if is_fragment(request):
            return _replay_part(request)
        return _draw(request, versions)
    try:
        said = _step(request, versions)
    except (Invalid, Conflict) as refusal:
        fields = refusal.details.get("fields", {})
        wrong = refusal.message + (f" {said_of(fields)}" if fields else "")
        return _draw(request, versions, wrong=wrong, status=refusal.status)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("tickets:routing"), status=303)


def _step(request: PageRequest, versions: Versions) -> str:
    actor, at = request.actor, clock.now()
    do, revision = text_in(request, "do"), _revision(request)
    if do == "draft":
        document = versions.live.document if versions.live else []
        draft_save(document=document, actor=actor, at=at, expected_version=0)
        return _("A draft is begun; nothing changes until you put it in force.")
    if do in {"up", "down", "remove"}:
        document = _moved(versions.draft.document if versions.draft else [], text_in(request, "rule"), do)
        draft_save(document=document, actor=actor, at=at, expected_version=revision)
        return _("The draft is changed.")
    if do == "discard":
        draft_discard(actor=actor, at=at, expected_version=revision)
        return _("The draft is given up.")
    if do == "live":
        draft_go_live(actor=actor, at=at, expected_version=revision)
        return _("The rules are in force.")
    if do == "stop":
        rules_stop(actor=actor, at=at)
        return _("No rules are in force any more.")
    if do == "try":
        replay_start(actor=actor, at=at)
        return _("Past tickets are being routed by these rules; nothing is changed.")
    if do == "learn":
        learning_ask(actor=actor, at=at)
        return _("Your desks are being learned from anew.")
    raise NotFound


def _revision(request: PageRequest) -> int:
    value = text_in(request, "revision")
    return int(value) if value.isdecimal() and len(value) < 10 else 0


def _moved(document: list[dict[str, Any]], rule_id: str, how: str) -> list[dict[str, Any]]:
    ids = [rule["id"] for rule in document]
    if rule_id not in ids:
        raise NotFound
    place, rules = ids.index(rule_id), list(document)
    rule = rules.pop(place)
    if how != "remove":
        rules.insert(max(0, place - 1) if how == "up" else place + 1, rule)
    return rules


def _draw(request: PageRequest, versions: Versions, *, wrong: str = "", status: int = 200) -> HttpResponse:
    actor = request.actor
    known = nameable(actor, clock.now())

    def words(row: RoutingRules | None) -> Any:
        return sentences_of(read_rules(row.document), known) if row else ()

    context = {
        "versions": versions,
        "live": words(versions.live),
        "draft": words(versions.draft),
        "leads": leads_rules(actor),
        "has_teams": bool(known.own_teams),
        "wrong": wrong,
        "taught": taught(actor),
        "room": "tickets",
        **_replay_context(request),
    }
    return render(request, "tickets/routing.html", context, status=status)


def _replay_part(request: PageRequest) -> HttpResponse:
    context = _replay_context(request)
    response = render(request, "tickets/_routing_replay.html", context)
    if not context["replay_runs"]:
        response["HX-Refresh"] = "true"
    return response


def _replay_context(request: PageRequest) -> dict[str, Any]:
    actor = request.actor
    work = replay_latest(actor) if leads_rules(actor) else None
    context: dict[str, Any] = {
        "replay": work,
        "replay_runs": work is not None and work.state in UNDER_WAY,
        "replay_failed": work is not None and work.state in (DueWork.State.PARKED, DueWork.State.CANCELLED),
    }
    if work is None or work.state != DueWork.State.DONE:
        return context
    result = work.result
    names = team_names(actor, [*result["confusion"], *result["moved"]])
    return context | {
        "result": result,
        "accuracy": round(100 * result["accuracy"], 1) if result["accuracy"] is not None else None,
        "moved": matrix_of(result["moved"], names),
        "confusion": matrix_of(result["confusion"], names),
        "by_rule": [(place, count) for place, count in result["by_rule"]],
        "examples": examples_of(actor, result["examples"], names),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def rule(request: PageRequest, key: str) -> HttpResponse:
    """Show the form of one rule of the draft (`new` for another one), or keep what was filled in."""
    actor, at = request.actor, clock.now()
    versions = versions_of(actor)
    if not leads_rules(actor):
        raise NotAllowed("Your role changes no routing rules.", action="routing.manage")
    begun = versions.draft or versions.live
    document: list[dict[str, Any]] = list(begun.document) if begun else []
    present = next((r for r in document if r["id"] == key), None)
    if present is None and key != NEW:
        raise NotFound
    zone = Organization.objects.values_list("time_zone", flat=True).get(id=actor.reads_as)
    given: dict[str, Any] = {"known": nameable(actor, at), "zone": zone}
    if request.method != "POST":
        form = RuleForm(initial=initial_of(present) if present else None, **given)
        return _draw_rule(request, form, versions, present)
    form = RuleForm(request.POST, **given)
    if form.is_valid():
        changed = form.document(key if present else "")
        rules = [changed if r["id"] == key else r for r in document] if present else [*document, changed]
        try:
            draft_save(document=rules, actor=actor, at=at, expected_version=_revision(request))
        except Invalid as refusal:
            form.add_error(None, said_of(refusal.details.get("fields", {})) or refusal.message)
        else:
            messages.success(
                request, _("The rule is in the draft; nothing changes until you put it in force.")
            )
            return HttpResponseRedirect(reverse("tickets:routing"), status=303)
    return _draw_rule(request, form, versions, present, status=422)


def _draw_rule(
    request: PageRequest,
    form: RuleForm,
    versions: Versions,
    present: dict[str, Any] | None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "rule": present,
        "revision": versions.draft.revision if versions.draft else 0,
        "room": "tickets",
    }
    return render(request, "tickets/routing_rule.html", context, status=status)
