"""What the values of a breakdown are called."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _

from cosource.metrics.queries.cohorts import Asked
from cosource.metrics.rules.fields import FIELDS, Named
from cosource.metrics.rules.figure import By
from cosource.parties.models import Organization, Service, Site, Team
from cosource.tickets.rules.priority import PRIORITY_LABELS
from cosource.tickets.rules.states import KIND_LABELS, TicketKind

_MODELS: dict[Named, type[Model]] = {
    Named.SERVICE: Service,
    Named.SITE: Site,
    Named.TEAM: Team,
    Named.PARTY: Organization,
}


def values_named(asked: Asked, values: Iterable[str | None]) -> dict[str | None, By]:
    """Return each value with its name. The values come from facts that the asker may read, so their names are no secret."""
    wanted = list(values)
    field = FIELDS.get(asked.by)
    names = names_of(field.named if field else Named.NOTHING, [v for v in wanted if v])
    return {value: By(asked.by, value, _label(asked.by, value, names)) for value in wanted}


def names_of(named: Named, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of things by id as text. At most one query."""
    if named is Named.NOTHING:
        return {}
    rows = _MODELS[named]._default_manager.filter(pk__in=[UUID(i) for i in ids])  # noqa: SLF001 - Django's own name for it
    return {str(key): str(name) for key, name in rows.values_list("pk", "name")}


def _label(by: str, value: str | None, names: dict[str, str]) -> str:
    if value is None:
        return _("none recorded")
    if by == "priority":
        return f"{value} – {_(PRIORITY_LABELS[int(value)])}"
    if by == "kind":
        return _(KIND_LABELS[TicketKind(value)])
    return names.get(value, value)
