"""Sessions in the database as Django keeps them; the statement that every request begins with is kept ready."""

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from cosource.foundation import clock
from cosource.foundation.prepared import Prepared

_SHORTEST = 8


class SessionStore(db.SessionStore):
    """Django's store, which names the session that it reads by a prepared query."""

    def _validate_session_key(self, key: str | None) -> bool:
        # A cookie may hold anything; what Django never made need not be looked for.
        return key is not None and len(key) >= _SHORTEST and key.isascii() and key.isalnum()

    def _get_session_from_db(self) -> Session | None:
        # By the machine's own clock, by which Django wrote when the session ends.
        found = _session.first(key=self.session_key or "", now=clock.here())
        if found is None:
            self._session_key = None
        return found


_session = Prepared[Session](
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), key=str, now=datetime
)
