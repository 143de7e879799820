"""Joins the endpoints of all rooms into one API under /api/v1/.

A room with endpoints has a module `api.router` with `router`, made by `foundation.api.router`.
"""

import json
from importlib import import_module
from importlib.util import find_spec

from cosource.config.rooms import ROOMS
from cosource.foundation.api import CosourceAPI
from cosource.parties.api.auth import TokenAuth

DESCRIPTION = """\
The record that a client and its partners share, for programs.

Authenticate with a token that your organization made: `Authorization: Bearer TOKEN`. A token sees what its grants let it see;
anything else answers 404, as if it never existed. Browser sessions are not accepted.

Creates take `Idempotency-Key`. Edits want `If-Match` with the `ETag` that was read. Lists are paged by `cursor` and `limit`
(at most 200). Errors are `application/problem+json`.
"""


def build_api() -> CosourceAPI:
    """Return the API with the endpoints of every room that has some."""
    api = CosourceAPI(auth=TokenAuth(), version="1", description=DESCRIPTION)
    for room in ROOMS:
        name = f"cosource.{room}.api.router"
        if find_spec(f"cosource.{room}.api") and find_spec(name):
            api.add_router("", import_module(name).router)
    api.seal()
    return api


api = build_api()


def api_description() -> str:
    """Return the description of the whole API as it is kept beside the documentation."""
    return json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), indent=1, sort_keys=True) + "\n"
