"""A replay as the command line asks for it: as somebody, who is named, by rules of a file or of the desk.

Not here: a dry run as work in the background (`services.replaying`).
"""

from datetime import datetime

from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.services.access_log import access_note
from cosource.foundation.sight import Actor
from cosource.parties.queries.acting import acting_named, organization_acting
from cosource.tickets.routing.queries.history import replay
from cosource.tickets.routing.queries.live_rules import live_rules
from cosource.tickets.routing.queries.rule_sets import versions_of
from cosource.tickets.routing.rules.comparing import Comparison
from cosource.tickets.routing.rules.matching import RuleBook
from cosource.tickets.routing.rules.reading import BadRules, read_rules

REASON = "command line: routing replay"


def replay_asked(name: str, *, document: object | None, live: bool, at: datetime) -> tuple[Actor, Comparison]:
    """Return who looks, and what came of the replay beside the rules in force. Leaves a note in the access log.

    Raises: NotFound (nobody of that name, or one who reads no rules), Invalid (the rules cannot be read, or there are none).
    """
    actor = organization_acting(name, REASON, at) or acting_named(name, "", at)
    if actor is None:
        raise NotFound
    versions = versions_of(actor)
    chosen = versions.live if live or versions.draft is None else versions.draft
    if document is None and chosen is not None:
        document = chosen.document
    if document is None:
        raise Invalid(_("This desk has no rules to try; give some in a file."))
    try:
        book = RuleBook(read_rules(document))
    except BadRules as fault:
        raise Invalid("These rules cannot be read.", fields={fault.place: fault.fix}) from None
    access_note(
        actor=actor,
        owner_organization_id=actor.reads_as,
        object_kind="tickets",
        object_id=actor.reads_as,
        at=at,
        reason=REASON,
    )
    in_force = live_rules(actor.reads_as)
    before = in_force.book if in_force else RuleBook(())
    return actor, replay(actor=actor, book=book, before=before, at=at)
