"""The refusals that every room speaks, each mapped once to an HTTP status by the doors.

A refusal is raised before anything is written, or rolls the transaction back: it changes nothing and sends nothing. It is told in
the language of whoever asked: a sentence that is written where it is raised is found by message extraction as it stands, and one
with values is `_("… %(name)s …") % {…}`, or a `Phrase` of rules.
"""

from typing import Any

from django.utils.translation import gettext, ngettext


def _told(said: Any) -> Any:
    """Return in the language in use what was said: texts, phrases of rules, and lists of either."""
    if isinstance(said, list | tuple):
        return [_told(one) for one in said]
    if hasattr(said, "text"):
        return said.text(
            lambda message, plural, count: ngettext(message, plural, count) if plural else gettext(message)
        )
    # An empty text is the name of the catalogue's own heading.
    return gettext(said) if said and isinstance(said, str) else said


class CosourceError(Exception):
    """A refusal with a sentence for the person and a stable code for programs."""

    status = 400
    code = "refused"

    def __init__(self, message: str = "", *, code: str = "", **details: Any) -> None:
        self.message = str(_told(message or self.__class__.__doc__ or ""))
        super().__init__(self.message)
        if code:
            self.code = code
        if fields := details.get("fields"):
            details["fields"] = {name: _told(said) for name, said in fields.items()}
        self.details = details


class NotFound(CosourceError):
    """There is no such thing in your sight."""

    status = 404
    code = "not_found"

    def __init__(self) -> None:
        # One text for what never existed and for what another party owns: the answer must not tell them apart.
        super().__init__()


class NotAllowed(CosourceError):
    """You may see this, but not do that."""

    status = 403
    code = "not_allowed"


class Invalid(CosourceError):
    """A value does not fit; `details['fields']` names each field and says what would fit."""

    status = 422
    code = "invalid"


class StaleVersion(CosourceError):
    """Somebody changed this since you read it; read it again and repeat what still applies."""

    status = 412
    code = "stale_version"


class Conflict(CosourceError):
    """The present state does not allow that step."""

    status = 409
    code = "conflict"


class TooMany(CosourceError):
    """Too many attempts; wait and try again."""

    status = 429
    code = "too_many"


class TooLarge(CosourceError):
    """What was sent is larger than is taken here."""

    status = 413
    code = "too_large"


class NoRoom(CosourceError):
    """There is no room for this at present; nothing was kept of it."""

    status = 507
    code = "no_room"


class StorageAway(CosourceError):
    """The storage of files does not answer at present; nothing was changed."""

    status = 503
    code = "unavailable"
