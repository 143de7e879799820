"""What the pages of a desk's own settings share: what a refused form held, and who may open them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cosource.foundation.doors import PageRequest
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, StaleVersion
from cosource.tickets.queries.attachments import Attachment
from cosource.tickets.queries.templates import uses_templates
from cosource.tickets.web.parsing import text_in

MENDED = (Invalid, Conflict, StaleVersion)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was written and brought, and what was wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""
    files: Sequence[Attachment] = ()


def require_own_people(request: PageRequest) -> None:
    """Refuse the pages of what a desk keeps to who does not work there. Raises: NotAllowed."""
    if not uses_templates(request.actor):
        raise NotAllowed(_("This is for who works on tickets."), code="not_for_you")


def version_in(request: PageRequest) -> int | None:
    """Return the version that a form was drawn of."""
    sent = text_in(request, "version")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else None


def said_of(refusal: Invalid | Conflict | StaleVersion) -> dict[str, str]:
    """Return what was wrong, by field, in the reader's language."""
    return {name: _(str(said)) for name, said in refusal.details.get("fields", {}).items()}
