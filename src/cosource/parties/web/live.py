"""The stream of a signed-in browser: who sits there, with which rights, and for how long.

Not here: what is told (`foundation.live`), and the page's side of it (the shell's `live.js`).
"""

from functools import partial

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.live.follower import Follower, Seat, TooManyStreams
from cosource.foundation.live.outlets import OUTLET, Outlet
from cosource.parties.queries.sight import Hat, sight_kept
from cosource.parties.web.sessions import SIGNED_IN_BY, sessions_standing

_follower = Follower(standing=sessions_standing, most=settings.LIVE_STREAMS)


@require_safe
@signed_in
def live(request: PageRequest) -> HttpResponseBase:
    """Keep the answer open and tell of what changes; 204 where this server keeps none open, 429 for too many of them."""
    outlet: Outlet | None = request.META.get(OUTLET)
    if outlet is None or request.method != "GET":
        return HttpResponse(status=204)
    hat: Hat = request.__dict__["hat"]
    person_id = request.actor.person_id
    if person_id is None:
        return HttpResponse(status=204)
    signed_in_by = request.session.get(SIGNED_IN_BY, "")
    seat = Seat(
        outlet=outlet,
        who=(person_id, hat.organization_id, signed_in_by),
        person_id=person_id,
        organization_ids=frozenset({hat.organization_id, hat.employer_id or hat.organization_id}),
        session_key=request.session.session_key or "",
        rights=partial(sight_kept, person_id, hat.organization_id, signed_in_by),
    )
    outlet.want(partial(_follower.leave, seat))
    try:
        _follower.join(seat)
    except TooManyStreams:
        outlet.refuse()
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    # A proxy that gathers an answer before it passes it on would keep everything back.
    headers = {"X-Accel-Buffering": "no"}
    return StreamingHttpResponse((), content_type="text/event-stream", headers=headers)
