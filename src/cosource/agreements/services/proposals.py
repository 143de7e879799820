"""A version is written, put on the table, and taken back.

A text becomes a version as soon as it reads without a fault; from then on it never changes. Not here: confirming it.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cosource.agreements.models import Agreement, AgreementVersion, PauseReason, Target
from cosource.agreements.rules.agreement_text import (
    AgreementText,
    own_desk_problems,
    parse_agreement,
    settled_text,
    text_digest,
)
from cosource.agreements.rules.problems import BadAgreement, Problem
from cosource.agreements.rules.sections import TargetText, name_unknown
from cosource.agreements.rules.terms import EscalationTerm
from cosource.agreements.services.seats import Seat, append_version, seat_for, seat_of, version_to_lead
from cosource.foundation.errors import Conflict, Invalid, NotAllowed
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Service, Site


@transaction.atomic
def version_propose(
    *, engagement_id: UUID | None, text: str, actor: Actor, at: datetime, tabled: bool = True
) -> AgreementVersion:
    """Write a version of the agreement of an engagement, or of the own desk (None), from its YAML text.

    `tabled`: put it before the other party at once; otherwise it is a draft that only the own side reads. Appends
    `agreement.version_proposed/1`, or for a draft `agreement.version_drafted/1` to the own side's record.
    Raises: NotFound, NotAllowed, Conflict; Invalid with `fields["text"]`, a message for each fault, and `problems`.
    """
    seat = seat_for(actor, engagement_id, at)
    settled = settled_text(text)
    try:
        read = parse_agreement(settled)
        names = _names(read, seat)
    except BadAgreement as refused:
        raise _invalid(refused.problems) from refused
    agreement, _created = Agreement.objects.get_or_create(
        owner=seat.owner,
        engagement=seat.engagement,
        defaults={
            "name": seat.engagement.name if seat.engagement else seat.owner.name,
            "created_at": at,
        },
    )
    own = next(party for party in seat.parties if party.id == actor.organization_id)
    version = _write(agreement, read, settled, names, own, actor=actor, at=at)
    if tabled:
        _table(version, seat, actor=actor, at=at)
    else:
        append_version("agreement.version_drafted/1", version, seat, actor=actor, at=at, draft_of=own)
    return version


@transaction.atomic
def version_table(*, version_id: UUID, actor: Actor, at: datetime) -> AgreementVersion:
    """Put a draft before the other party; it gets its number. Appends `agreement.version_proposed/1`.

    Raises: NotFound, NotAllowed, Conflict when it was tabled or taken back before.
    """
    version = version_to_lead(actor, version_id, at)
    _table(version, seat_of(version.agreement), actor=actor, at=at)
    return version


@transaction.atomic
def version_withdraw(*, version_id: UUID, actor: Actor, at: datetime) -> AgreementVersion:
    """Take back a draft or a tabled version that isn't in force yet. Appends `agreement.version_withdrawn/1`.

    Raises: NotFound, NotAllowed for the other party's version, Conflict when it is in force or was taken back before.
    """
    version = version_to_lead(actor, version_id, at)
    if version.proposed_by_organization_id != actor.organization_id:
        raise NotAllowed(_("Only the party that proposed a version takes it back."), code="other_party")
    changed = AgreementVersion.objects.filter(
        pk=version.pk, in_force_at__isnull=True, withdrawn_at__isnull=True
    ).update(withdrawn_at=at)
    if not changed:
        raise Conflict(_("This version is in force or was taken back before."), code="settled")
    version.withdrawn_at = at
    draft_of = version.proposed_by_organization if version.tabled_at is None else None
    append_version(
        "agreement.version_withdrawn/1",
        version,
        seat_of(version.agreement),
        actor=actor,
        at=at,
        draft_of=draft_of,
    )
    return version


def _invalid(problems: Iterable[Problem]) -> Invalid:
    found = list(problems)
    message = ngettext("The text has %(count)s fault.", "The text has %(count)s faults.", len(found)) % {
        "count": len(found)
    }
    return Invalid(message, code="bad_text", fields={"text": [str(p) for p in found]}, problems=found)


def _table(version: AgreementVersion, seat: Seat, *, actor: Actor, at: datetime) -> None:
    # The update locks the agreement's row, so that two tabled at once get two numbers.
    Agreement.objects.filter(pk=version.agreement_id).update(last_number=F("last_number") + 1)
    version.number = Agreement.objects.values_list("last_number", flat=True).get(pk=version.agreement_id)
    version.tabled_at = at
    changed = AgreementVersion.objects.filter(
        pk=version.pk, tabled_at__isnull=True, withdrawn_at__isnull=True
    ).update(number=version.number, tabled_at=at)
    if not changed:
        raise Conflict(_("This is no draft any more."), code="no_draft")
    append_version("agreement.version_proposed/1", version, seat, actor=actor, at=at)


def _write(
    agreement: Agreement,
    read: AgreementText,
    text: str,
    names: "_Names",
    own: Organization,
    *,
    actor: Actor,
    at: datetime,
) -> AgreementVersion:
    version = AgreementVersion.objects.create(
        agreement=agreement,
        name=read.name,
        text=text,
        digest=text_digest(text),
        starts_at=read.starts_at,
        time_zone=read.time_zone,
        calendars=dict(read.definitions),
        priority_matrix=read.priority_matrix,
        return_limit=read.return_limit,
        warning_percent=read.warning_percent,
        accept_minutes=read.accept_minutes,
        unchallenged_minutes=read.unchallenged_minutes,
        in_time_percent=read.in_time_percent,
        allowed_misses=read.allowed_misses,
        escalation=[_kept(step) for step in read.escalation],
        proposed_by_organization=own,
        proposed_by_id=actor.id,
        proposed_at=at,
    )
    Target.objects.bulk_create(
        Target(
            version=version,
            kind=target.kind,
            priority=target.priority,
            minutes=target.minutes,
            calendar=target.calendar,
            site_id=names.sites[target.site] if target.site else None,
            service_id=names.services[target.service] if target.service else None,
        )
        for target in read.targets
    )
    PauseReason.objects.bulk_create(
        PauseReason(version=version, key=reason.key, label=reason.label, turn=reason.turn, asks=reason.asks)
        for reason in read.pause_reasons
    )
    return version


def _kept(step: EscalationTerm) -> dict[str, object]:
    return {
        "clock": step.clock,
        "priorities": sorted(step.priorities),
        "percent": step.percent,
        "after_due": step.after_due,
        "notify": step.notify,
        "hours": step.hours,
    }


class _Names:
    """What a text may name at a seat: sites and services, by name."""

    def __init__(self, sites: dict[str, UUID], services: dict[str, UUID]) -> None:
        self.sites = sites
        self.services = services

    def unknown(self, target: TargetText) -> list[Problem]:
        """Say which names of a target are not known."""
        asked = (("site", target.site, self.sites), ("service", target.service, self.services))
        return [
            name_unknown(target, key, name, sorted(known))
            for key, name, known in asked
            if name is not None and name not in known
        ]


def _names(read: AgreementText, seat: Seat) -> _Names:
    """Look up the names that the text uses. Raises: BadAgreement when one is unknown at this seat."""
    names = _covered(seat.engagement, read.starts_at) if seat.engagement else _owned(seat.owner)
    problems = [problem for target in read.targets for problem in names.unknown(target)]
    if seat.engagement is None:
        problems += own_desk_problems(read)
    if problems:
        raise BadAgreement(problems)
    return names


def _owned(owner: Organization) -> _Names:
    return _Names(
        dict(Site.objects.filter(organization=owner, ended_at__isnull=True).values_list("name", "id")),
        dict(Service.objects.filter(organization=owner, ended_at__isnull=True).values_list("name", "id")),
    )


def _covered(engagement: Engagement, starts_at: datetime) -> _Names:
    """Return what the engagement covers from the version's start on, and nothing else of the client's.

    Both parties are told of the same names, so that a fault tells a partner nothing it doesn't know.
    """
    still = Q(covered_by__engagement=engagement) & (
        Q(covered_by__ends_at__isnull=True) | Q(covered_by__ends_at__gt=starts_at)
    )
    services = Service.objects.filter(still, ended_at__isnull=True)
    limits = still if engagement.sites_limited else Q(organization_id=_client_of_all(engagement))
    sites = Site.objects.filter(limits, ended_at__isnull=True)
    return _Names(dict(sites.values_list("name", "id")), dict(services.values_list("name", "id")))


def _client_of_all(engagement: Engagement) -> UUID:
    """Return the client whose places are worked at: that of the engagement above all subcontracts."""
    while engagement.parent is not None:
        engagement = engagement.parent
    return engagement.client_id
