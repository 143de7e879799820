"""The agreement endpoints: what runs, for programs that compute with it.

Programs read the terms in force. Texts, drafts and offers, and giving a party's word, are for people, on the pages and the
command line; so there is nothing to write here.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from cosource.agreements.api.schemas import AgreementListOut, AgreementOut, AgreementTermsOut
from cosource.agreements.queries.agreements import AgreementView, agreement_get, agreement_list
from cosource.agreements.queries.version_terms import terms_holding, version_terms
from cosource.foundation import clock
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import Invalid

router = room_router(tag="agreements")


@router.get("/agreements", response=AgreementListOut, summary="List agreements in sight")
def agreements_list(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, Any]:
    """Return one page of agreements that have a version in force, by name."""
    page = agreement_list(actor_of(request), at=clock.now(), cursor=cursor, limit=limit)
    return {"items": page.items, "next_cursor": page.next_cursor or None}


@router.get("/agreements/{agreement_id}", response=AgreementOut, summary="Read an agreement")
def agreements_get(request: HttpRequest, agreement_id: UUID) -> AgreementView:
    """Return an agreement with its versions in force."""
    return agreement_get(agreement_id, actor_of(request), at=clock.now())


@router.get(
    "/agreements/{agreement_id}/terms", response=AgreementTermsOut, summary="Read the terms that hold"
)
def agreements_terms(request: HttpRequest, agreement_id: UUID, at: datetime | None = None) -> dict[str, Any]:
    """Return the terms that hold at an instant, by default now."""
    if at is not None and at.tzinfo is None:
        raise Invalid("An instant has a zone, such as 2026-03-01T08:00:00Z.", fields={"at": ["add the zone"]})
    return terms_holding(agreement_id, actor_of(request), at=at or clock.now())


@router.get(
    "/agreement-versions/{version_id}/terms",
    response=AgreementTermsOut,
    summary="Read the terms of a version",
)
def agreement_versions_terms(request: HttpRequest, version_id: UUID) -> dict[str, Any]:
    """Return the terms of one version in force, such as the one that a ticket pins."""
    return version_terms(version_id, actor_of(request))
