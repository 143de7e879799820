"""Named lists of tickets: those that come with the product, and those that people saved.

A view is a name and a set of filters. It is evaluated for whoever opens it, so that sharing it shares no sight; one with a
filter that the reader may not use shows nothing but that.
Not here: saving (`services.views`), and the lists themselves (`lists`).
"""

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.prepared import BySight
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Engagement, Team
from cosource.tickets.models import SavedView
from cosource.tickets.queries.filters import TicketFilter, filter_from
from cosource.tickets.queries.list_ranges import asks_only
from cosource.tickets.rules.sight import READS_DESKS

SHOWN = 30


@dataclass(frozen=True, slots=True)
class ListView:
    """A named list. `filters` None: they are not to be read any more. `saved_id` None: it comes with the product."""

    key: str
    label: str
    filters: TicketFilter | None
    is_hot: bool = False
    saved_id: UUID | None = None
    shared: str = ""
    may_change: bool = False

    @property
    def query(self) -> str:
        """Return what follows the question mark in its address."""
        return self.filters.query() if self.filters else ""


_ASKED = TicketFilter(order="newest")
_ALL_ASKED = TicketFilter(order="newest", state="all")
_OPEN = TicketFilter()
_MY_TURN = TicketFilter(turn="mine", team="mine")
_OUR_TURN = TicketFilter(turn="mine")
_CLIENT = TicketFilter(turn="client")
_PARTNER = TicketFilter(turn="partner")
_REST = (
    ("hour", gettext_lazy("Due within an hour"), TicketFilter(due="hour")),
    ("overdue", gettext_lazy("Overdue"), TicketFilter(due="overdue")),
    ("unanswered", gettext_lazy("Handover not accepted"), TicketFilter(flag="unanswered")),
    ("came-back", gettext_lazy("Came back"), TicketFilter(flag="came_back")),
    ("requester", gettext_lazy("Waits for requester"), TicketFilter(turn="requester")),
)


_TO_APPROVE = TicketFilter(flag="to_approve")


def standing_views(actor: Actor, own_name: str) -> list[ListView]:
    """Return the views that come with the product, as the reader meets them. `own_name`: of the reader's organization."""
    if asks_only(actor):
        return [ListView("open", _("Open"), _ASKED), ListView("all", _("All you asked for"), _ALL_ASKED)]
    serves = any(g.engagement_id is not None for g in actor.sight.grants)
    has_desk = bool(actor.sight.roles_on(None) & READS_DESKS)
    views = [ListView("open", _("Open, all parties"), _OPEN)]
    if actor.person_id is not None and actor.sight.team_ids:
        views.append(ListView("my-turn", _("My turn"), _MY_TURN))
    if own_name:
        views.append(ListView("our-turn", _("%(name)s’s turn") % {"name": own_name}, _OUR_TURN))
    if actor.sight.roles & {SERVICE_OWNER, MANAGER}:
        views.append(ListView("to-approve", _("To approve"), _TO_APPROVE))
    if serves:
        views.append(ListView("client", _("The client’s turn"), _CLIENT))
    partner = _("A partner’s turn") if has_desk else _("Another partner’s turn")
    views.append(ListView("partner", partner, _PARTNER))
    return views + [ListView(key, str(label), given, is_hot=key == "overdue") for key, label, given in _REST]


def saved_views(actor: Actor) -> list[ListView]:
    """Return the saved views that the reader has or is shown, by who reads them and name; at most `SHOWN`. One query."""
    return [_view(row, actor) for row in _saved(actor)]


_saved = BySight[SavedView](
    lambda actor: SavedView.objects.visible_to(actor).order_by("shared", "name", "id")[:SHOWN]
)


def saved_view_get(view_id: UUID, actor: Actor) -> SavedView:
    """Return a saved view in the actor's sight. Raises: NotFound."""
    found = SavedView.objects.visible_to(actor).filter(pk=view_id).select_related("engagement").first()
    if found is None:
        raise NotFound
    return found


def may_change(view: SavedView, actor: Actor) -> bool:
    """Tell whether the actor may rename or delete the view: who saved it, or for a shared one who leads that organization."""
    if view.organization_id != actor.organization_id:
        return False
    if view.person_id == actor.person_id:
        return True
    return view.shared != SavedView.Shared.ME and leads(actor, view.engagement_id)


def leads(actor: Actor, engagement_id: UUID | None) -> bool:
    """Tell whether the actor speaks for the organization on its desk, or towards the other party of an engagement."""
    if actor.sight.as_host:
        return False
    roles = actor.sight.roles_on(None) | (
        actor.sight.roles_on(engagement_id) if engagement_id else frozenset()
    )
    return bool(roles & {SERVICE_OWNER, MANAGER})


def shareable_teams(actor: Actor) -> list[tuple[UUID, str]]:
    """Return the teams with which the actor may share a view, by name: their own, or for who leads any of the organization."""
    if actor.sight.as_host:
        return []
    teams = Team.objects.filter(organization_id=actor.reads_as, ended_at__isnull=True)
    if not leads(actor, None):
        teams = teams.filter(id__in=actor.sight.team_ids)
    return list(teams.order_by("name", "id").values_list("id", "name"))


def shareable_engagements(actor: Actor) -> list[tuple[UUID, str, str]]:
    """Return the engagements with whose other party the actor may share a view: id, name, and who reads along."""
    rows = (
        Engagement.objects.visible_to(actor).filter(ends_at__isnull=True).select_related("client", "partner")
    )
    return [
        (e.id, e.name, e.partner.name if e.client_id == actor.organization_id else e.client.name)
        for e in rows.order_by("name", "id")
        if leads(actor, e.id)
    ]


def _view(row: SavedView, actor: Actor) -> ListView:
    try:
        filters = filter_from(QueryDict(row.query).dict())
    except Invalid:
        filters = None
    return ListView(
        key=row.id.hex,
        label=row.name,
        filters=filters,
        saved_id=row.id,
        shared=row.shared,
        may_change=may_change(row, actor),
    )
