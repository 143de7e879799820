"""The list of agreements, and the page of one: its text and the terms that run, side by side.

Not here: proposing a version (`proposing`) and the steps that change one (`steps`).
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from cosource.agreements.queries.agreements import (
    AgreementView,
    VersionRow,
    agreement_get,
    agreement_list,
    version_text,
)
from cosource.agreements.queries.term_rows import term_groups, term_warnings
from cosource.agreements.queries.waiting import open_seats
from cosource.agreements.rules.red_lines import red_lines
from cosource.agreements.rules.rights import Level
from cosource.agreements.rules.standing import Standing
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor

STANDING_WORDS = {
    Standing.DRAFT: gettext_lazy("draft, your side only"),
    Standing.TABLED: gettext_lazy("tabled"),
    Standing.SUPERSEDED: gettext_lazy("superseded"),
    Standing.WITHDRAWN: gettext_lazy("taken back"),
    Standing.AHEAD: gettext_lazy("agreed, not begun"),
    Standing.IN_FORCE: gettext_lazy("in force"),
    Standing.ENDED: gettext_lazy("ended"),
}


@require_GET
@signed_in
def agreements(request: PageRequest) -> HttpResponse:
    """List the agreements in sight, and where one could begin."""
    at = clock.now()
    page = agreement_list(request.actor, at=at, cursor=request.GET.get("after", ""))
    return render(
        request,
        "agreements/list.html",
        {"page": page, "seats": open_seats(request.actor, at=at), "standing_words": STANDING_WORDS},
    )


@require_GET
@signed_in
def agreement(request: PageRequest, agreement_id: UUID) -> HttpResponse:
    """Show one version, beside another one where there is one to compare with."""
    at = clock.now()
    found = agreement_get(agreement_id, request.actor, at=at)
    shown = found.version(_id(request, "version"))
    against = _against(request, found, shown)
    reads_text = found.level >= Level.READ
    return render(
        request,
        "agreements/detail.html",
        {
            "agreement": found,
            "shown": shown,
            "against": against,
            "default_against": _compared(found, shown),
            "groups": term_groups(shown.id, against.id if against else None),
            "warnings": term_warnings(shown.id, until=shown.until, at=at),
            "lines": _lines(shown, against, request.actor) if reads_text else (),
            "reads_text": reads_text,
            "leads": found.level is Level.LEAD,
            "standing_words": STANDING_WORDS,
        },
    )


@require_GET
@signed_in
def text_file(request: PageRequest, version_id: UUID) -> HttpResponse:
    """Give the text of a version as a file, byte for byte what was confirmed."""
    response = HttpResponse(
        version_text(version_id, request.actor), content_type="application/yaml; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="agreement-{version_id.hex[-8:]}.yaml"'
    return response


def _id(request: HttpRequest, name: str) -> UUID | None:
    given = request.GET.get(name, "")
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise NotFound from None


def _against(request: HttpRequest, found: AgreementView, shown: VersionRow) -> VersionRow | None:
    """Return the version to compare with: the one asked for, none if asked for none, else the one in force."""
    if request.GET.get("against") == "none":
        return None
    asked = _id(request, "against")
    against = found.version(asked) if asked else _compared(found, shown)
    return against if against is not None and against.id != shown.id else None


def _compared(found: AgreementView, shown: VersionRow) -> VersionRow | None:
    """Return what a reader compares a version with: for one that isn't in force what is, else nothing."""
    is_open = shown.standing in (Standing.TABLED, Standing.DRAFT, Standing.AHEAD)
    return found.current if is_open else None


def _lines(shown: VersionRow, against: VersionRow | None, actor: Actor) -> object:
    before = version_text(against.id, actor) if against else None
    return red_lines(before, version_text(shown.id, actor))
