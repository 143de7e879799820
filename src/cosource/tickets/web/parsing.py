"""Reading single values of a form. Not here: what they mean; services judge that."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.tickets.services.writing import Words


def text_in(request: HttpRequest, name: str) -> str:
    """Return what a form sent under a name; empty when it sent nothing."""
    return request.POST.get(name, "")


def one_uuid(text: str, name: str) -> UUID:
    """Return an id that was chosen from a list. Raises: Invalid, naming the field."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(
            _("That is not one of the choices."), fields={name: _("Choose one of the list.")}
        ) from None


@dataclass(frozen=True, slots=True)
class ChosenAudience:
    """Whom a message is meant for; `key` names the same audience always in the same way."""

    party_ids: frozenset[UUID]
    with_requester: bool

    @property
    def key(self) -> str:
        """Return how a confirmation names this audience."""
        return ".".join(sorted(i.hex for i in self.party_ids)) + ("+" if self.with_requester else "-")


def audience_in(request: HttpRequest) -> ChosenAudience:
    """Return the audience that a form chose. Raises: Invalid, naming the field.

    The box that adds the requester counts only where several parties read: for one party it isn't shown, and a note stays one.
    """
    return audience_of_text(text_in(request, "audience"), "with_requester" in request.POST)


def audience_of_text(chosen: str, is_added: bool) -> ChosenAudience:
    """Return the audience that a choice names, with the requester where that box is ticked. Raises: Invalid."""
    parties = frozenset(one_uuid(part, "audience") for part in chosen.removesuffix("+").split(".") if part)
    added = is_added and len(parties) > 1
    return ChosenAudience(parties, added or chosen.endswith("+"))


def words_in(request: HttpRequest, chosen: ChosenAudience, file_ids: Iterable[UUID]) -> Words:
    """Return what a form has for the conversation, meant for the audience that it chose."""
    return Words(
        text_in(request, "text"),
        text_in(request, "audience"),
        chosen.party_ids,
        chosen.with_requester,
        tuple(file_ids),
    )


def level_in(request: HttpRequest, name: str) -> int:
    """Return impact or urgency. Raises: Invalid, naming the field."""
    value = text_in(request, name)
    if value not in ("1", "2", "3"):
        raise Invalid(_("That is not one of the choices."), fields={name: _("High, medium or low.")})
    return int(value)
