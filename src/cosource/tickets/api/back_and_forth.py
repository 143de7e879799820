"""The endpoint of what goes back and forth between parties."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import Out
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import NotAllowed
from cosource.tickets.api.schemas import TicketRowOut
from cosource.tickets.queries.back_and_forth import Returned, back_and_forth
from cosource.tickets.queries.list_ranges import asks_only

router = room_router(tag="tickets")


class HopOut(Out):
    """One offer. `giver_id` and `receiver_id` are null, and their teams empty, for a party that the caller does not know of.

    `reason_key`: why it was offered; `decline_key`: why it was declined, else empty. `is_return`: the receiver had it before.
    """

    at: datetime
    giver_id: UUID | None
    giver_team: str
    receiver_id: UUID | None
    receiver_team: str
    reason_key: str
    state: str
    decline_key: str
    is_return: bool


class ReturnedOut(Out):
    """A ticket that came back. `returns`: how often, as far as the caller is told. `hops`: its offers, the oldest first."""

    row: TicketRowOut
    returns: int
    hops: list[HopOut]


@router.get(
    "/tickets/back-and-forth", response=list[ReturnedOut], summary="List what goes back and forth, and why"
)
def tickets_back_and_forth(request: HttpRequest) -> list[Returned]:
    """Return open tickets in sight that came back, at most 60, each with who offered it to whom for which reason.

    Those of the pair of parties with most returns come first.
    """
    actor = actor_of(request)
    if asks_only(actor):
        raise NotAllowed(_("This is for who reads a desk’s tickets."), code="not_for_you")
    pairs, _is_cut = back_and_forth(actor, at=clock.now())
    return [one for pair in pairs for one in pair.tickets]
