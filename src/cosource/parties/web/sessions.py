"""How long a session lasts: it ends some hours after its last use, and some days after it began.

Also the page where people see their sessions and end them one by one. Not here: ending all sessions of a leaver
(`services.signin_sessions`); a leaver is out at the next request anyway.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotFound
from cosource.parties.models import Person
from cosource.parties.services.signin_sessions import session_end, sessions_end_all

BEGAN, SEEN, SIGNED_IN_BY = "began_at", "seen_at", "signed_in_by"


def session_begin(request: HttpRequest, *, signed_in_by: UUID | None, at: datetime) -> None:
    """Start the limits of a session. `signed_in_by`: the organization whose own sign-in opened it, if one did."""
    now = int(at.timestamp())
    request.session[BEGAN] = request.session[SEEN] = now
    request.session[SIGNED_IN_BY] = signed_in_by.hex if signed_in_by else ""


class SessionLimitsMiddleware:
    """Ends a session that is over; notes its use every few minutes, so that most requests write nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the session's age, then pass on."""
        if isinstance(request.user, Person):
            at = clock.now()
            now = int(at.timestamp())
            session = request.session
            if BEGAN not in session:
                session_begin(request, signed_in_by=None, at=at)
            if (
                now - session[BEGAN] > settings.SESSION_COOKIE_AGE
                or now - session[SEEN] > settings.SESSION_IDLE_SECONDS
            ):
                logout(request)
                messages.info(request, _("You were signed out after a long time. Sign in to go on."))
            elif now - session[SEEN] > settings.SESSION_NOTE_SECONDS:
                session[SEEN] = now
                UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=at)
        return self.get_response(request)


@require_http_methods(["GET", "POST"])
@signed_in
def sessions_page(request: PageRequest) -> HttpResponse:
    """Show where one is signed in; POST ends one session, or all but this one."""
    person = request.user
    if not isinstance(person, Person):
        raise TypeError("Behind `signed_in` there is a person.")
    own_key = request.session.session_key or ""
    if request.method == "POST":
        return _end(request, person.id, own_key)
    sessions = UserSession.objects.purge_and_list(person)
    sessions.sort(key=lambda session: (session.session_key != own_key, -session.last_seen_at.timestamp()))
    return render(
        request,
        "usersessions/usersession_list.html",
        {
            "sessions": sessions,
            "session_count": len(sessions),
            "show_last_seen_at": True,
            "own_key": own_key,
        },
    )


def _end(request: PageRequest, person_id: UUID, own_key: str) -> HttpResponse:
    chosen = request.POST.get("session", "")
    if chosen:
        if not chosen.isdecimal() or not session_end(person_id=person_id, session_id=int(chosen[:18])):
            raise NotFound
        messages.success(request, _("That session is ended."))
    else:
        count = sessions_end_all(person_id=person_id, but=own_key)
        messages.success(
            request,
            ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", count)
            % {"count": count},
        )
    return HttpResponseRedirect(reverse("usersessions_list"))
