"""How long a session lasts: it ends some hours after its last use, and some days after it began.

Also the page where people see their sessions and end them one by one. Not here: ending all sessions of a leaver
(`services.signin_sessions`); a leaver is out at the next request anyway.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotFound
from cosource.parties.models import Person
from cosource.parties.services.presence import person_seen
from cosource.parties.services.signin_sessions import session_end, sessions_end_all

BEGAN, SEEN, SIGNED_IN_BY = "began_at", "seen_at", "signed_in_by"
# A page that brings itself up to date says so.
BY_ITSELF = "Cosource-Live"

log = structlog.get_logger(__name__)


def session_begin(request: HttpRequest, *, signed_in_by: UUID | None, at: datetime) -> None:
    """Start the limits of a session. `signed_in_by`: the organization whose own sign-in opened it, if one did."""
    now = int(at.timestamp())
    request.session[BEGAN] = request.session[SEEN] = now
    request.session[SIGNED_IN_BY] = signed_in_by.hex if signed_in_by else ""
    if isinstance(request.user, Person):
        person_seen(request.user.id, at=at)


def is_over(session: Any, at: datetime) -> bool:
    """Tell whether a session has been unused for too long, or has lasted too long. `session`: what it holds."""
    now = int(at.timestamp())
    began, seen = int(session.get(BEGAN, now)), int(session.get(SEEN, now))
    return now - began > int(settings.SESSION_COOKIE_AGE) or now - seen > int(settings.SESSION_IDLE_SECONDS)


def sessions_standing(keys: Collection[str], at: datetime, looking_into: bool) -> set[str]:
    """Return the sessions among the keys that are still there; `looking_into`: and that the next request would be let in by."""
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=at)
    if not looking_into:
        return set(rows.values_list("session_key", flat=True))
    held = {row.session_key: row.get_decoded() for row in rows}
    whose = {key: str(data.get(SESSION_KEY, "")) for key, data in held.items() if not is_over(data, at)}
    people = {
        str(p.id): p for p in Person.objects.filter(id__in=[i for i in whose.values() if i], is_active=True)
    }
    return {key for key, i in whose.items() if i in people and _is_signed_for(people[i], held[key])}


def _is_signed_for(person: Person, held: Mapping[str, Any]) -> bool:
    """Tell whether a session was opened with the present password."""
    signed = held.get(HASH_SESSION_KEY, "")
    known = (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())
    return any(constant_time_compare(signed, one) for one in known)


def _comes_by_itself(request: HttpRequest) -> bool:
    """Tell whether a page asks on its own account, to keep up to date: nobody uses the session for that."""
    return BY_ITSELF in request.headers or request.headers.get("Accept") == "text/event-stream"


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
            if is_over(session, at):
                logout(request)
                messages.info(request, _("You were signed out after a long time. Sign in to go on."))
            elif now - session[SEEN] > settings.SESSION_NOTE_SECONDS and not _comes_by_itself(request):
                _note_use(session, request.user.id, at)
        return self.get_response(request)


def _note_use(session: SessionBase, person_id: UUID, at: datetime) -> None:
    """Note that the session is used; whoever reads is not refused for want of room to note it."""
    before, modified = session[SEEN], session.modified
    session[SEEN] = int(at.timestamp())
    try:
        with transaction.atomic():
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=at)
            session.save()
            person_seen(person_id, at=at)
    except OperationalError:
        session[SEEN], session.modified = before, modified
    except UpdateError:
        log.debug("session.ended_meanwhile")  # Django's own middleware, which saves it once more, says so
    else:
        session.modified = False


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
