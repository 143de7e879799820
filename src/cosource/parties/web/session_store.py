"""Sessions in the database as Django keeps them; the statement that every request begins with is kept ready."""

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from cosource.foundation.prepared import Prepared


class SessionStore(db.SessionStore):
    """Django's store, which names the session that it reads by a prepared query."""

    def _get_session_from_db(self) -> Session | None:
        now = timezone.now()  # noqa: TID251 - Django wrote by it when the session ends
        found = _session.first(key=self.session_key or "", now=now)
        if found is None:
            self._session_key = None
        return found


_session = Prepared[Session](
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), key=str, now=datetime
)
