"""Ending sessions: one's own, or all of a person who may no longer be here.

Not here: the limits that end a session by itself (`web.sessions`).
"""

from uuid import UUID

from allauth.usersessions.models import UserSession


def sessions_end_all(*, person_id: UUID, but: str = "") -> int:
    """End every session of a person, except the one with the key `but`; return how many."""
    sessions = list(UserSession.objects.filter(user_id=person_id).exclude(session_key=but))
    for session in sessions:
        session.end()
    return len(sessions)


def session_end(*, person_id: UUID, session_id: int) -> bool:
    """End one session of a person; return whether there was such a session."""
    session = UserSession.objects.filter(user_id=person_id, pk=session_id).first()
    if session is None:
        return False
    session.end()
    return True
