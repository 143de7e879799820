"""Joins the addresses of all rooms.

A room with pages has a module `urls`; it is joined in from the top of the house downwards, so that the shell owns the root.
Nothing else about a room's addresses is known here. The endpoints for programs are joined in `api.py`.
"""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from cosource.config.api import api
from cosource.config.rooms import ROOMS

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("cosource.parties.web.signin_urls")),
    *(path("", include(f"cosource.{room}.urls")) for room in ROOMS if find_spec(f"cosource.{room}.urls")),
]

handler400 = "cosource.shell.web.errors.bad_request"
handler403 = "cosource.shell.web.errors.forbidden"
handler404 = "cosource.shell.web.errors.not_found"
handler429 = "cosource.shell.web.errors.too_many_requests"
handler500 = "cosource.shell.web.errors.server_error"
