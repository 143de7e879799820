"""A small API for the kit's own tests: leases stand for things that are made, read, edited and listed."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import Query
from ninja.responses import Status
from pydantic import Field

from cosource.foundation.api import (
    CosourceAPI,
    In,
    ListOut,
    Out,
    creates,
    edits,
    expected_version,
    list_out,
    router,
    stamp,
)
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Lease
from cosource.foundation.queries.paging import key_page
from cosource.parties.api.auth import TokenAuth

things = router(tag="things")
UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


class Part(In):
    size: int


class ThingIn(In):
    name: str = Field(min_length=1, max_length=20)
    parts: list[Part] = []


class ThingOut(Out):
    name: str
    version: int


def shown(lease: Lease) -> ThingOut:
    return ThingOut(name=lease.name, version=lease.fence)


@things.post("/things", response={201: ThingOut})
@creates
def thing_create(request: HttpRequest, body: ThingIn, response: HttpResponse):
    """Make a thing."""
    lease = Lease.objects.create(name=body.name, until=UNTIL, fence=1, holder=str(actor_of(request).id)[:8])
    if body.name == "refused":
        raise Conflict("Not now.", code="not_now")
    if body.name == "accident":
        raise ZeroDivisionError("secret-path /srv/x SELECT 1")
    stamp(response, lease.fence)
    response["Location"] = f"/api/v1/things/{lease.name}"
    return Status(201, shown(lease))


@things.get("/things", response=ListOut[ThingOut])
def thing_list(request: HttpRequest, cursor: str = "", limit: int = Query(50, ge=1, le=200)):
    """List things."""
    return list_out(
        key_page(Lease.objects.all(), order=("-until", "name"), cursor=cursor, limit=limit), shown
    )


@things.patch("/things/{name}", response=ThingOut)
@edits
def thing_update(request: HttpRequest, name: str, body: Part, response: HttpResponse):
    """Edit a thing."""
    version = expected_version(request)
    if not Lease.objects.filter(name=name, fence=version).update(fence=version + 1):
        raise StaleVersion
    stamp(response, version + 1)
    return shown(Lease.objects.get(name=name))


@things.get("/things/{thing_id}/plain", response=ThingOut)
def thing_get(request: HttpRequest, thing_id: UUID):
    """Read a thing, if it is there for you."""
    raise NotFound


@things.get("/refusals/{kind}", response=ThingOut)
def refuse(request: HttpRequest, kind: str):
    """Refuse in one of the ways."""
    raise {
        "not-allowed": NotAllowed("Not you."),
        "invalid": Invalid("Too small.", fields={"size": "give 1 or more"}),
        "conflict": Conflict(),
    }[kind]


api = CosourceAPI(auth=TokenAuth(), version="1", description="Things.")
api.add_router("", things)
api.seal()
urlpatterns = [path("api/v1/", api.urls)]
handler404 = "cosource.shell.web.errors.not_found"
handler500 = "cosource.shell.web.errors.server_error"
