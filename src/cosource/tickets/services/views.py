"""Saving, renaming and deleting named lists.

A view shared with another party is its name and its filters, nothing else; it may name nothing that the other party does not
know of. Each step is an entry of those who read the view. Not here: which views somebody sees (`queries.views`).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import AUDITOR, Actor
from cosource.parties.models import Engagement, EngagementService, Organization, Site
from cosource.tickets.models import FieldSet, SavedView
from cosource.tickets.queries.filters import TicketFilter, field_parts
from cosource.tickets.queries.views import leads, may_change, saved_view_get, shareable_teams
from cosource.tickets.rules.forms import fields_read
from cosource.tickets.rules.sight import READS_DESKS
from cosource.tickets.services.record import require_text

MOST = 50
_NAME_LIMIT = 80
_QUERY_LIMIT = 400


@transaction.atomic
def view_save(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    filters: TicketFilter,
    shared: str = SavedView.Shared.ME,
    engagement_id: UUID | None = None,
    team_id: UUID | None = None,
) -> SavedView:
    """Save a set of filters under a name: for oneself, a team, the own organization, or both parties of an engagement.

    Names need not differ from any other. Appends `view.saved/1`, to the engagement's stream when it is shared there.
    Raises: Invalid (name; filters that are the party's own business), NotFound (engagement, team), NotAllowed, Conflict
    (too many).
    """
    if actor.person_id is None or actor.organization_id is None or not actor.sight.roles & READS_DESKS:
        raise NotAllowed("Your role keeps no views.", code="no_views")
    cleaned = _name(name)
    query = filters.query()
    if len(query) > _QUERY_LIMIT:
        raise Invalid("These filters are too long to keep.", fields={"query": "Use fewer filters or words."})
    if shared not in SavedView.Shared.values:
        raise Invalid("That is not one of the choices.", fields={"shared": "Choose who may open it."})
    engagement = None
    if shared in (SavedView.Shared.TEAM, SavedView.Shared.ORGANIZATION) and _only_reads(actor):
        raise NotAllowed("Your role keeps views for itself only.", code="not_shareable")
    if shared == SavedView.Shared.TEAM and team_id not in dict(shareable_teams(actor)):
        raise NotFound
    if shared == SavedView.Shared.ENGAGEMENT:
        engagement = _engagement(actor, engagement_id)
        _require_known_to_both(filters, engagement)
    own = SavedView.objects.filter(organization_id=actor.organization_id, person_id=actor.person_id)
    if own.count() >= MOST:
        raise Conflict(
            _("You keep %(most)s views already; delete one first.") % {"most": MOST}, code="too_many_views"
        )
    view = SavedView.objects.create(
        organization_id=actor.organization_id,
        person_id=actor.person_id,
        engagement=engagement,
        team_id=team_id if shared == SavedView.Shared.TEAM else None,
        shared=shared,
        name=cleaned,
        query=query,
        created_at=at,
    )
    _note("view.saved/1", view, actor, at)
    return view


@transaction.atomic
def view_rename(*, view_id: UUID, name: str, actor: Actor, at: datetime) -> SavedView:
    """Give a view another name. Appends `view.renamed/1`. Raises: NotFound, NotAllowed, Invalid."""
    view = _changeable(view_id, actor)
    view.name = _name(name)
    view.save(update_fields=["name"])
    _note("view.renamed/1", view, actor, at)
    return view


@transaction.atomic
def view_delete(*, view_id: UUID, actor: Actor, at: datetime) -> None:
    """Delete a view for all who had it. Appends `view.deleted/1`. Raises: NotFound, NotAllowed."""
    view = _changeable(view_id, actor)
    _note("view.deleted/1", view, actor, at)
    view.delete()


def _changeable(view_id: UUID, actor: Actor) -> SavedView:
    view = saved_view_get(view_id, actor)
    if not may_change(view, actor):
        raise NotAllowed("Only who saved this view, or who leads there, may change it.", code="not_yours")
    return view


def _name(name: str) -> str:
    return require_text(" ".join(name.split()), "name", limit=_NAME_LIMIT)


def _only_reads(actor: Actor) -> bool:
    return actor.sight.as_host or actor.sight.roles & READS_DESKS == {AUDITOR}


def _engagement(actor: Actor, engagement_id: UUID | None) -> Engagement:
    found = Engagement.objects.visible_to(actor).filter(pk=engagement_id or NIL, ends_at__isnull=True).first()
    if found is None:
        raise NotFound
    if not leads(actor, found.id):
        raise NotAllowed("Who leads there may share a view with the other party.", code="not_shareable")
    return found


def _require_known_to_both(filters: TicketFilter, engagement: Engagement) -> None:
    """Refuse to share filters that name something which the other party does not know of. Raises: Invalid."""
    parties = {engagement.client_id.hex, engagement.partner_id.hex}
    fields = {}
    for name in ("team", "assignee"):
        if getattr(filters, name) not in ("", "mine"):
            fields[name] = "Only 'mine' can be shared: each reader has their own."
    known = {
        "client": parties,
        "holder": parties,
        "engagement": {engagement.id.hex},
    }
    for name, allowed in known.items():
        value = getattr(filters, name)
        if value and UUID(value).hex not in allowed:
            fields[name] = "The other party does not know of this."
    if (
        filters.service
        and not EngagementService.objects.filter(engagement=engagement, service_id=filters.service).exists()
    ):
        fields["service"] = "The engagement does not cover this service."
    if filters.site and not _knows_site(engagement, filters.site):
        fields["site"] = "The engagement does not cover this place."
    if filters.field and not _knows_field(engagement, filters.field):
        fields["field"] = "The other party does not know of this."
    if fields:
        raise Invalid("This view names what only your organization knows of.", fields=fields)


def _knows_field(engagement: Engagement, field: str) -> bool:
    """Tell whether the client asks for it on tickets that are shared; then its partner reads the answers as well."""
    set_id, key, _value = field_parts(field)
    shared = FieldSet.objects.filter(id=set_id, organization_id=engagement.client_id, internal=False).first()
    return shared is not None and any(f.key == key for f in fields_read(shared.form))


def _knows_site(engagement: Engagement, site_id: str) -> bool:
    if engagement.sites_limited:
        return engagement.covered_sites.filter(site_id=site_id).exists()
    return Site.objects.filter(pk=site_id, organization_id=engagement.client_id).exists()


def _note(kind: str, view: SavedView, actor: Actor, at: datetime) -> None:
    stream = (
        view.engagement.stream_id
        if view.engagement is not None
        else Organization.objects.values_list("own_stream_id", flat=True).get(pk=view.organization_id)
    )
    append(
        kind=kind,
        subject_kind="view",
        subject_id=view.id,
        audience_id=audience_intern([stream]),
        actor=actor,
        at=at,
        facts={
            "shared": str(view.shared),
            "engagement": view.engagement_id.hex if view.engagement_id else None,
            **({"team": view.team_id.hex} if view.team_id else {}),
        },
        # The organization's record is read by more people than a view that somebody keeps for themselves.
        payload=None if view.shared == SavedView.Shared.ME else {"name": view.name, "query": view.query},
    )
