"""The application object that the web process serves."""

import contextlib
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cosource.config.settings")

application = get_wsgi_application()


def _look_at_hold() -> None:
    from django.db import DatabaseError, connection

    from cosource.foundation.services.holding import held_look

    with contextlib.suppress(DatabaseError):
        held_look()
    connection.close()


_look_at_hold()
