"""Who goes through which streams of the ledger: leads and auditors of a desk or an engagement.

Administrators see what happened, by whom and when, but no names and texts. A grant that is limited to services, sites or a
part of history opens no stream: a stream cannot be read in part. Tokens and guests at a host's desk read none.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.ledger_sight import ReadableStream
from cosource.foundation.sight import ADMINISTRATOR, AUDITOR, MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Employment, Engagement, IntegrationToken, Organization, Person

_READ_ALL = frozenset({SERVICE_OWNER, MANAGER, AUDITOR})
_ERASE = frozenset({SERVICE_OWNER, MANAGER})


class PartiesLedgerSight:
    """Answers the ledger's questions about people and organizations."""

    def streams(self, actor: Actor) -> list[ReadableStream]:
        """Return the streams that the actor may go through, the organization's own first."""
        if actor.person_id is None or actor.organization_id is None or actor.sight.as_host:
            return []
        desk = _whole_roles(actor, None)
        own = Organization.objects.get(pk=actor.organization_id)
        # An organization's own record holds its notes to itself and its drafts: an auditor reads there what happened.
        found = _stream(own.own_stream_id, own.name, desk, full=_ERASE)
        engagements = (
            Engagement.objects.visible_to(actor).select_related("client", "partner").order_by("name", "id")
        )
        for e in engagements:
            held = desk | _whole_roles(actor, e.id)
            label = f"{e.client.name} – {e.partner.name}: {e.name}"
            if e.ends_at is not None and e.ends_at <= (actor.sight.resolved_at or e.ends_at):
                label = _("%(engagement)s (ended)") % {"engagement": label}
            found += _stream(e.stream_id, label, held, full=_READ_ALL)
        return found

    def names(self, actor: Actor, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """Return the names of the people, tokens and organizations among the ids that the actor may know."""
        wanted = set(ids)
        if actor.organization_id is None:
            return {}
        parties = dict(Organization.objects.visible_to(actor).values_list("id", "name"))
        organizations = {key: name for key, name in parties.items() if key in wanted}
        # Whoever acted in a shared record did so for a party of it: those are known by name and role.
        people = dict(
            Person.objects.filter(
                pk__in=Employment.objects.filter(
                    organization_id__in=list(parties), person_id__in=wanted
                ).values("person_id")
            ).values_list("id", "name")
        )
        tokens = dict(
            IntegrationToken.objects.filter(pk__in=wanted, organization_id=actor.organization_id).values_list(
                "id", "name"
            )
        )
        return {**organizations, **people, **tokens}

    def organization_named(self, text: str) -> UUID | None:
        """Return the one organization with this id or exact name."""
        try:
            found = Organization.objects.filter(pk=UUID(text))
        except ValueError:
            # A stand-in whose party came in elsewhere keeps its name; the party itself is meant.
            found = Organization.objects.filter(name=text, stand_in=False)
        ids = list(found.values_list("id", flat=True)[:2])
        return ids[0] if len(ids) == 1 else None


def _whole_roles(actor: Actor, engagement_id: UUID | None) -> frozenset[str]:
    return frozenset(
        g.role
        for g in actor.sight.grants
        if g.engagement_id == engagement_id
        and not (g.service_ids or g.site_ids or g.history_from or g.history_until)
    )


def _stream(
    stream_id: UUID, label: str, roles: frozenset[str], *, full: frozenset[str]
) -> list[ReadableStream]:
    if not roles & (_READ_ALL | {ADMINISTRATOR}):
        return []
    return [
        ReadableStream(
            id=stream_id,
            label=label,
            with_payload=bool(roles & full),
            may_erase=bool(roles & _ERASE),
        )
    ]
