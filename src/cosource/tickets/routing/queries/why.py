"""Why a ticket is where it is, as far as its reader may know: from the entries that the page has read anyway.

A party reads all of what its own rules decided; of another's rules it learns only that they named its team.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cosource.foundation.sight import Actor
from cosource.tickets.queries.as_requester import reads_as_requester
from cosource.tickets.queries.badges import badges_of
from cosource.tickets.queries.conversation import Conversation, conversation_of
from cosource.tickets.queries.entry_rows import ROUTED_ENTRY, EntryRow
from cosource.tickets.queries.events import Names
from cosource.tickets.queries.record import load
from cosource.tickets.queries.ticket_page import TicketView
from cosource.tickets.routing.queries.rule_sets import reads_rules

ASKED = {
    "kind": gettext_lazy("kind"),
    "topic": gettext_lazy("topic"),
    "subtopic": gettext_lazy("subtopic"),
    "service": gettext_lazy("service"),
    "site": gettext_lazy("place"),
    "priority": gettext_lazy("priority"),
    "language": gettext_lazy("language"),
    "team": gettext_lazy("team that has it"),
    "words": gettext_lazy("words in the title"),
    "hours": gettext_lazy("time of day"),
    "no_team": gettext_lazy("none of its teams can take it"),
}
TEAM_BECAUSE = {
    "duty": gettext_lazy("The first of its %(teams)s teams that is on duty"),
    "site": gettext_lazy("Of its %(teams)s teams the one at the ticket’s place"),
    "order": gettext_lazy("The first of its %(teams)s teams"),
}


@dataclass(frozen=True, slots=True)
class Why:
    """Why it is here: `head` in bold, `lines` below it; `shows_rules`: the reader may open the rules."""

    head: str
    lines: tuple[str, ...]
    shows_rules: bool = False


def why_of(actor: Actor, view: TicketView) -> Mapping[str, Any] | None:
    """Return what the panel on the ticket's page shows; None where no rules decided. No statement."""
    if view.for_requester:
        return None
    said = why_said(actor, view.conversation)
    return None if said is None else {"why": said}


def why_of_ticket(*, actor: Actor, ticket_id: UUID) -> Why:
    """Return why rules sent a ticket in sight where they did; nothing where none did. Raises: NotFound."""
    record = load(ticket_id, actor)
    if reads_as_requester(record, actor):
        return Why("", ())
    talk = conversation_of(
        record,
        badges_of(record),
        organization_id=actor.reads_as,
        for_requester=False,
        roles=actor.sight.roles_on(record.mine.engagement_id),
        shows_all=True,
    )
    return why_said(actor, talk) or Why("", ())


def why_said(actor: Actor, talk: Conversation) -> Why | None:
    """Return why rules sent the ticket where they did, of those that the reader may know of, the last."""
    own = [entry for entry in talk.routed if entry.kind == ROUTED_ENTRY]
    offered = [e for e in talk.routed if e.organization_id != actor.organization_id]
    giver = ""
    if offered:
        party = offered[-1].organization_id
        badge = talk.names.parties.get(party) if party else None
        who = badge.name if badge else _("another party")
        giver = _("The rules of %(party)s offered it to your team") % {"party": who}
    if own:
        said = _own(own[-1], talk.names, shows_rules=reads_rules(actor))
        return replace(said, lines=(giver, *said.lines)) if giver else said
    return Why(giver, ()) if giver else None


def _own(entry: EntryRow, names: Names, *, shows_rules: bool) -> Why:
    facts, texts = entry.facts, entry.payload or {}
    head = _("Rule %(place)s, “%(name)s”, sent it to %(whom)s") % {
        "place": facts.get("place"),
        "name": texts.get("rule") or "–",
        "whom": _whom(facts, names),
    }
    lines = [_held(facts, texts)]
    because = TEAM_BECAUSE.get(str(facts.get("team_because")))
    if because is not None:
        lines.append(because % {"teams": facts.get("teams")})
    if facts.get("wanted_person"):
        lines += _person(facts, texts, names)
    passed = facts.get("passed") or []
    if passed:
        said = ", ".join(f"{place} ({ASKED.get(what, what)})" for place, what in passed)
        lines.append(
            ngettext(
                "Before it, rule %(rules)s did not hold",
                "Before it, rules %(rules)s did not hold",
                len(passed),
            )
            % {"rules": said}
        )
    return Why(head, tuple(line for line in lines if line), shows_rules)


def _whom(facts: Mapping[str, Any], names: Names) -> str:
    """Return who got it: the person where the ticket stayed with its team."""
    if facts.get("team_because") == "stays" and facts.get("person"):
        return names.people.get(UUID(facts["person"]), "–")
    return names.whom(facts.get("to"), facts.get("team"))


def _held(facts: Mapping[str, Any], texts: Mapping[str, Any]) -> str:
    held = [str(ASKED.get(name, name)) for name in facts.get("held") or []]
    if not held:
        return _("It holds for every ticket")
    said = _("What it asks holds: %(what)s") % {"what": ", ".join(held)}
    return f"{said} (“{texts['word']}”)" if texts.get("word") else said


def _person(facts: Mapping[str, Any], texts: Mapping[str, Any], names: Names) -> list[str]:
    if not facts.get("person"):
        return [_("Nobody of the team is whom it asks for; somebody has to take it")]
    held = int(facts.get("open_tickets") or 0)
    said = ngettext("%(count)s open ticket", "%(count)s open tickets", held) % {"count": held}
    if texts.get("skill"):
        skill = _("%(skill)s at level %(level)s") % {"skill": texts["skill"], "level": facts.get("level")}
        said = f"{skill}, {said}"
    lines = [f"{names.people.get(UUID(facts['person']), '–')}: {said}"]
    if facts.get("runner_up"):
        lines.append(_("Runner-up: %(name)s") % {"name": names.people.get(UUID(facts["runner_up"]), "–")})
    return lines
