"""A desk's rules from draft to live. A version that was live never changes; what is edited is a draft, of which there is one.

Who leads at the desk, or a token of it that may write, drafts; a person who leads puts it in force. Each step is an entry of the
organization's own record: a rule says how a party works, and is nobody else's to read.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization
from cosource.parties.services.record import append_own
from cosource.tickets.models import RoutingRules
from cosource.tickets.routing.queries.rule_sets import (
    Nameable,
    drafts_rules,
    leads_rules,
    nameable,
    reads_rules,
)
from cosource.tickets.routing.rules.reading import BadRules, read_rules, write_rules
from cosource.tickets.routing.rules.rule import Rule


@transaction.atomic
def draft_save(
    *, document: object, actor: Actor, at: datetime, expected_version: int | None = None
) -> RoutingRules:
    """Keep rules as the draft of the actor's organization, in place of the draft that there was.

    `document`: as `rules.reading` explains. `expected_version`: the draft's revision as it was read, 0 for none; None does not
    look. Appends `routing.drafted/1`. Raises: NotFound, NotAllowed, Invalid (naming the rule), StaleVersion.
    """
    organization = _organization(actor, may=drafts_rules(actor))
    rules = checked_rules(document, nameable(actor, at))
    written = write_rules(rules)
    draft = _of(organization, RoutingRules.State.DRAFT)
    if expected_version is not None and expected_version != (draft.revision if draft else 0):
        raise StaleVersion
    if draft is None:
        draft = RoutingRules(
            organization=organization,
            version=_next_version(organization),
            document=written,
            created_at=at,
            created_by_id=actor.person_id,
            changed_at=at,
        )
        try:
            with transaction.atomic():
                draft.save(force_insert=True)
        except IntegrityError:
            raise StaleVersion from None
    else:
        changed = RoutingRules.objects.filter(
            id=draft.id, revision=draft.revision, state=RoutingRules.State.DRAFT
        ).update(document=written, revision=draft.revision + 1, changed_at=at)
        if not changed:
            raise StaleVersion
        draft.document, draft.revision, draft.changed_at = written, draft.revision + 1, at
    _note("routing.drafted/1", draft, actor, at, names=[rule.name for rule in rules])
    return draft


@transaction.atomic
def draft_discard(*, actor: Actor, at: datetime, expected_version: int | None = None) -> None:
    """Give the draft up. Appends `routing.discarded/1`. Raises: NotFound, NotAllowed, Conflict without a draft, StaleVersion."""
    draft = _draft(_organization(actor, may=drafts_rules(actor)), expected_version)
    _note("routing.discarded/1", draft, actor, at)
    gone, _each = RoutingRules.objects.filter(
        id=draft.id, revision=draft.revision, state=RoutingRules.State.DRAFT
    ).delete()
    if not gone:
        raise StaleVersion


@transaction.atomic
def draft_go_live(*, actor: Actor, at: datetime, expected_version: int | None = None) -> RoutingRules:
    """Put the draft in force for every ticket that is opened or taken from now on; what was live is over.

    Appends `routing.went_live/1`. Raises: NotFound, NotAllowed, Conflict without a draft, Invalid where a rule names what is gone
    meanwhile, StaleVersion.
    """
    organization = _organization(actor, may=leads_rules(actor))
    draft = _draft(organization, expected_version)
    checked_rules(draft.document, nameable(actor, at))
    _end_live(organization, at)
    changed = RoutingRules.objects.filter(
        id=draft.id, revision=draft.revision, state=RoutingRules.State.DRAFT
    ).update(state=RoutingRules.State.LIVE, live_at=at)
    if not changed:
        raise StaleVersion
    draft.state, draft.live_at = RoutingRules.State.LIVE, at
    _note("routing.went_live/1", draft, actor, at)
    return draft


@transaction.atomic
def rules_stop(*, actor: Actor, at: datetime) -> None:
    """Take the live rules out of force: tickets go to the desk's first team again. Appends `routing.stopped/1`.

    Raises: NotFound, NotAllowed, Conflict where none are live.
    """
    organization = _organization(actor, may=leads_rules(actor))
    live = _of(organization, RoutingRules.State.LIVE)
    if live is None or not _end_live(organization, at):
        raise Conflict("No rules are in force.", code="no_live_rules")
    _note("routing.stopped/1", live, actor, at)


def checked_rules(document: object, known: Nameable) -> tuple[Rule, ...]:
    """Read rules that name only what there is for this party.

    Raises: Invalid, the same for what never existed and for what is others'.
    """
    try:
        rules = read_rules(document)
    except BadRules as fault:
        raise Invalid(
            "These rules cannot be read.", code="bad_rules", fields={fault.place: fault.fix}
        ) from None
    for place, rule in enumerate(rules, start=1):
        named = [*((name, value) for name, values in rule.when for value in values)]
        named += [("team", team) for team in rule.teams]
        if rule.need is not None and rule.need.skill:
            named.append(("skill", rule.need.skill))
        for name, value in named:
            if name in {"team", "service", "site", "skill"} and UUID(value) not in known.of(name):
                raise Invalid(
                    "These rules name something that is not there.",
                    code="bad_rules",
                    fields={f"rule {place}, {name}": "Choose one that there is, or take it out."},
                )
    return rules


def _organization(actor: Actor, *, may: bool) -> Organization:
    if not reads_rules(actor):
        raise NotFound
    if not may:
        raise NotAllowed("Your role changes no routing rules.", action="routing.manage")
    return Organization.objects.get(id=actor.reads_as)


def _of(organization: Organization, state: str) -> RoutingRules | None:
    return RoutingRules.objects.filter(organization=organization, state=state).first()


def _draft(organization: Organization, expected_version: int | None) -> RoutingRules:
    draft = _of(organization, RoutingRules.State.DRAFT)
    if draft is None:
        raise Conflict("There is no draft.", code="no_draft")
    if expected_version is not None and expected_version != draft.revision:
        raise StaleVersion
    return draft


def _next_version(organization: Organization) -> int:
    last = RoutingRules.objects.filter(organization=organization).aggregate(last=Max("version"))["last"]
    return (last or 0) + 1


def _end_live(organization: Organization, at: datetime) -> int:
    live = RoutingRules.objects.filter(organization=organization, state=RoutingRules.State.LIVE)
    return live.update(state=RoutingRules.State.OVER, over_at=at)


def _note(
    kind: str, rules: RoutingRules, actor: Actor, at: datetime, *, names: Sequence[str] | None = None
) -> None:
    facts: dict[str, Any] = {
        "version": rules.version,
        "revision": rules.revision,
        "rules": len(rules.document),
    }
    append_own(
        rules.organization,
        kind,
        ("routing", rules.id),
        actor=actor,
        at=at,
        facts=facts,
        payload={"names": list(names)} if names else None,
    )
