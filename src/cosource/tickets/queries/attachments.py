"""Files that came with what was written on a ticket: who may have one, and how they stand under their message.

What a page shows of them is in the entry itself, so that no statement asks for it. A download asks anew, by the choke point, for
which this room gives the condition: the same as for reading the message (`rules.sight.may_be_told`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from cosource.foundation.file_sight import register_file_sight
from cosource.foundation.models import AudienceReader
from cosource.foundation.rules.files import ending_of, is_disguised, name_shown
from cosource.foundation.sight import REQUESTER, WORKERS, Actor, GrantFact
from cosource.tickets.models import Participation
from cosource.tickets.queries.entry_rows import LEADS

_TABLES = frozenset({"xlsx", "xls", "ods", "csv", "tsv"})
_PAPERS = frozenset({"pdf", "docx", "doc", "odt", "rtf", "md"})
_PACKED = frozenset({"zip", "gz", "xz", "7z", "rar", "tar", "bz2", "zst"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file under its message. `name`: as it may be shown; `is_disguised`: it is not what its name says."""

    id: UUID
    name: str
    original_name: str
    bytes: int
    type: str
    icon: str
    is_disguised: bool


def attachments_in(facts: Mapping[str, Any], payload: Mapping[str, Any] | None) -> tuple[Attachment, ...]:
    """Return the files that an entry speaks of; none once its payload is erased."""
    if "files" not in facts or payload is None:
        return ()
    return tuple(
        attachment(UUID(said["id"]), str(named["name"]), said["bytes"], said["type"])
        for said, named in zip(facts["files"], payload.get("files", ()), strict=False)
    )


def attachment(file_id: UUID, name: str, size: int, kind: str) -> Attachment:
    """Return a file as it is shown."""
    return Attachment(
        file_id, name_shown(name), name, size, kind, _icon(name, kind), is_disguised(name, kind)
    )


def _icon(name: str, kind: str) -> str:
    ending = ending_of(name)
    if kind.startswith("image/"):
        return "photo"
    for endings, icon in ((_TABLES, "file-spreadsheet"), (_PAPERS, "file-description"), (_PACKED, "archive")):
        if ending in endings:
            return icon
    return "file-text" if kind == "text/plain" else "file"


def files_in_sight(actor: Actor) -> Q | None:
    """Return which files of tickets an actor may have, within their audience.

    Who works where the ticket is reads all that their organization reads. Who looks over their shoulder there reads no note that
    one party wrote for itself; who only asked reads what was written for requesters. What is hidden is read by its author,
    by who hid it and by who leads, as people and not as programs.
    """
    sight = actor.sight

    def of(grants: list[GrantFact]) -> Q | None:
        if not grants:
            return None
        reader = replace(actor, sight=replace(sight, grants=tuple(grants)))
        return Q(subject_id__in=Participation.objects.visible_to(reader).values("ticket_id"))

    asked = [grant for grant in sight.grants if grant.role == REQUESTER]
    others = [grant for grant in sight.grants if grant.role != REQUESTER]
    is_person = actor.kind == "person"
    leading = [grant for grant in others if is_person and sight.roles_on(grant.engagement_id) & LEADS]
    at_work = [grant for grant in others if sight.roles_on(grant.engagement_id) & WORKERS]
    looking_on = [grant for grant in others if grant not in at_work]
    shared = Exists(
        AudienceReader.objects.filter(audience_id=OuterRef("audience_id")).exclude(
            organization_id=actor.reads_as
        )
    )
    for_requesters = Q(audience__with_requester=True)
    shown = Q(entry__hiding__isnull=True)
    if is_person:
        shown |= Q(entry__hiding__hidden_by_id=actor.id) | Q(entry__hiding__author_id=actor.id)
    found: Q | None = None
    for reached, condition in (
        (of(leading), Q()),
        (of(at_work), shown),
        (of(looking_on), (for_requesters | Q(shared)) & shown),
        (of(asked), for_requesters & shown),
    ):
        if reached is not None:
            found = reached & condition if found is None else found | (reached & condition)
    return found


def register() -> None:
    """Let the ground floor know who may have the files of tickets."""
    register_file_sight("ticket", files_in_sight)
