"""The list of assets, its narrowing, and the page of one.

Not here: entering and changing (`editing`) and relations (`steps`).
"""

from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cosource.assets.models import Criticality, DataClass, Health, Kind, State
from cosource.assets.queries.asset_page import asset_get
from cosource.assets.queries.assets import (
    EVERY,
    AssetFilter,
    another_inventory,
    asset_find,
    asset_list,
    is_user_only,
    owners_of,
)
from cosource.assets.queries.choices import places_of
from cosource.assets.queries.rights import keeps
from cosource.assets.web.steps import relation_form
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotFound
from cosource.foundation.ids import NIL
from cosource.parties.models import Service, Site

_CHOSEN = {
    "kind": (_("Kind"), Kind.choices),
    "state": (_("State"), [*State.choices, (EVERY, _("All states"))]),
    "health": (_("Health"), Health.choices),
    "criticality": (_("Criticality"), Criticality.choices),
    "data_class": (_("Data"), [pair for pair in DataClass.choices if pair[0]]),
}


@require_safe
@signed_in
def assets(request: PageRequest) -> HttpResponse:
    """List an inventory. `?q=` finds by words, `?kind=` and others narrow, `?owner=` names another party's.

    Who keeps none of their own begins with a client's.
    """
    actor, asked = request.actor, request.GET
    owners = owners_of(actor)
    filters = _filters(asked, owner_id=_owner(asked, list(owners)))
    page = asset_list(actor, filters, cursor=asked.get("after", ""))
    if not page.rows and not asked and (other := another_inventory(actor, owners)) is not None:
        filters = _filters(asked, owner_id=other)
        page = asset_list(actor, filters)
    for_user = is_user_only(actor)
    return render(
        request,
        "assets/list.html",
        {
            "page": page,
            "filters": filters,
            "owners": owners.items() if len(owners) > 1 and not for_user else (),
            "choices": [] if for_user else _choices(request, filters),
            "for_user": for_user,
            "keeps": keeps(actor),
            "is_own": page.owner_id == actor.organization_id,
        },
    )


def _owner(asked: QueryDict, owners: list[UUID]) -> UUID | None:
    """Return whose inventory is asked for: one's own, if none is named. Raises: NotFound for one out of sight."""
    if not asked.get("owner"):
        return None
    wanted = _id(asked, "owner")
    if wanted not in owners:
        raise NotFound
    return wanted


def _filters(asked: QueryDict, *, owner_id: UUID | None) -> AssetFilter:
    named = {
        name: asked.get(name, "")
        for name, (_label, pairs) in _CHOSEN.items()
        if asked.get(name, "") in {str(value) for value, _said in pairs}
    }
    return AssetFilter(
        owner=owner_id,
        text=asked.get("q", "")[:200],
        site=_id(asked, "site"),
        service=_id(asked, "service"),
        **named,
    )


def _id(asked: QueryDict, name: str) -> UUID | None:
    given = asked.get(name, "")
    try:
        return UUID(given) if given else None
    except ValueError:
        return NIL


def _choices(request: PageRequest, filters: AssetFilter) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Return what narrows the list: name, label, what is chosen, and the pairs to choose from."""
    owner_id = filters.owner or request.actor.reads_as
    chosen = [
        (name, str(label), str(getattr(filters, name)), [(str(v), str(s)) for v, s in pairs])
        for name, (label, pairs) in _CHOSEN.items()
    ]
    for name, label, model in (("site", _("Site"), Site), ("service", _("Service"), Service)):
        known = [(str(pk), said) for pk, said in places_of(request.actor, model, owner_id)]
        if known:
            chosen.append((name, str(label), str(getattr(filters, name) or ""), known))
    return chosen


@require_safe
@signed_in
def asset(request: PageRequest, asset_id: UUID) -> HttpResponse:
    """Show one asset."""
    found = asset_get(asset_id, request.actor)
    return render(
        request,
        "assets/asset.html",
        {"view": found, "form": relation_form(request) if found.may_write else None},
    )


@require_safe
@signed_in
def find(request: PageRequest) -> HttpResponse:
    """Answer with what may complete a name that is being typed, as options."""
    rows = asset_find(request.actor, request.GET.get("other", "")[:200])
    return render(request, "assets/_options.html", {"rows": rows})
